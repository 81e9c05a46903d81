"""Rules for torch's functions: the shape, the counts and the field of what they return.

A rule takes the ledger, the function and its arguments. Reshapes run torch's own (cheap) code and
only follow the axes; elementwise functions copy the shape; the rest is in closed form. A function
without a rule runs torch's meta kernel, and torch's own flop formulas count it.
"""

from vizcore.anatomy.rules import elementwise, joins, layers, products, reductions, views, windows
from vizcore.anatomy.rules.base import RULES, tracked, unknown

__all__ = ["RULES", "elementwise", "joins", "layers", "products", "reductions", "tracked",
           "unknown", "views", "windows"]  # fmt: skip
