"""Reductions along dimensions: a mean over the picture is a global pool."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from vizcore.anatomy.axes import SPACE
from vizcore.anatomy.closed_forms import mixed_over
from vizcore.anatomy.ledger import Ledger, source_of
from vizcore.anatomy.rules.base import constant, is_constant, mark, op_of, rule
from vizcore.anatomy.rules.elementwise import of_several
from vizcore.anatomy.windows import spread
from vizcore.records.layers import Kind

_REDUCTIONS = (
    "mean", "sum", "amax", "amin", "max", "min", "std", "var", "norm", "logsumexp", "prod",
)  # fmt: skip
#: Of a tensor and a dimension these return values and indices.
_WITH_INDICES = ("max", "min")


@rule(*_REDUCTIONS)
def _reduce(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    if args and isinstance(args[0], Tensor):
        return of_several(ledger, func, input, *args, **kwargs)
    source = source_of(input)
    op = op_of(func)
    place = 1 if op == "norm" else 0
    dims = kwargs.get("dim", args[place] if len(args) > place else None)
    keeps = bool(kwargs.get("keepdim", len(args) > place + 1 and args[place + 1]))
    rank = len(source.shape)
    if isinstance(dims, bool) or dims is None:
        over, keeps = set(range(rank)), False
    else:
        over = {dim % rank for dim in spread(dims, 1)}
    left = [
        (1, 0) if dim in over else (source.shape[dim], source.axes[dim])
        for dim in range(rank)
        if keeps or dim not in over
    ]
    shape = tuple(n for n, _ in left)
    if is_constant(input):
        return constant(func, (input, *args), kwargs, None if op in _WITH_INDICES else shape)
    field = mixed_over(ledger, source, tuple(over), mixes_channels=True)
    spatial = any(source.axes[dim] & SPACE for dim in over)
    kind: Kind = "pool" if spatial else "other"
    axes = tuple(axis for _, axis in left)
    entry, made = ledger.enter(ledger.op_name(op), kind, op, (source,), shape, axes, field)
    entry.activations = prod(shape)
    if op in _WITH_INDICES and len(over) < rank:
        with torch._C.DisableTorchFunction():
            result = func(input, *args, **kwargs)
        for part in result:
            mark(part, made)
        return result
    return ledger.tensor(made, input.dtype)
