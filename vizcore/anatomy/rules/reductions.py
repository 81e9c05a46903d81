"""Reductions along dimensions: a mean over the picture is a global pool."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from vizcore.anatomy.axes import SPACE
from vizcore.anatomy.ledger import Ledger, origin_of
from vizcore.anatomy.modules import mixed_over
from vizcore.anatomy.rules.base import constant, is_constant, mark, op_of, rule
from vizcore.anatomy.rules.elementwise import of_several
from vizcore.anatomy.windows import spread
from vizcore.records import Kind

_REDUCTIONS = (
    "mean", "sum", "amax", "amin", "max", "min", "std", "var", "norm", "logsumexp", "prod",
)  # fmt: skip


@rule(*_REDUCTIONS)
def _reduce(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    if args and isinstance(args[0], Tensor):
        return of_several(ledger, func, input, *args, **kwargs)
    origin = origin_of(input)
    if origin is None or is_constant(input):
        return constant(func, (input, *args), kwargs)
    with torch._C.DisableTorchFunction():
        result = func(input, *args, **kwargs)
    op = op_of(func)
    place = 1 if op == "norm" else 0
    dims = kwargs.get("dim", args[place] if len(args) > place else None)
    rank = len(origin.shape)
    over = {dim % rank for dim in (range(rank) if dims is None else spread(dims, 1))}
    values: Tensor = result if isinstance(result, Tensor) else result[0]
    shape = tuple(values.shape)
    keeps = len(shape) == rank
    axes = tuple(
        0 if dim in over else axis
        for dim, axis in enumerate(origin.axes)
        if keeps or dim not in over
    )
    field = mixed_over(ledger, origin, tuple(over), mixes_channels=True)
    spatial = any(origin.axes[dim] & SPACE for dim in over)
    kind: Kind = "pool" if spatial else "other"
    entry, made = ledger.enter(ledger.op_name(op), kind, op, (origin,), shape, axes, field)
    entry.activations = prod(shape)
    if isinstance(result, Tensor):
        return ledger.tensor(made, values.dtype)
    for part in result:
        mark(part, made)
    return result
