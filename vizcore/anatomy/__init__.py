"""Layers of any network in numbers: shapes, parameters, multiply-adds, memory, receptive fields.

Nothing here knows a network's name, and no weight is ever allocated.
"""

from vizcore.anatomy.arithmetic import explain
from vizcore.anatomy.lecture_table import Textbook, TextbookLine, textbook
from vizcore.anatomy.totals import recount
from vizcore.anatomy.tracing import trace

__all__ = ["Textbook", "TextbookLine", "explain", "recount", "textbook", "trace"]
