"""Maps laid side by side, and values written into a part of a map."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import SPACE, Axes
from vizcore.anatomy.ledger import CONSTANT, DoesNotFit, Ledger, Origin, source_of
from vizcore.anatomy.rules.base import constant, is_parameter, mark, rule, tracked
from vizcore.records import Shape


@rule("cat", "concat", "concatenate")
def _cat(ledger: Ledger, func: Any, tensors: Sequence[Tensor], dim: int = 0, **kwargs: Any) -> Any:
    dim = kwargs.get("axis", dim)
    sources = [source_of(tensor) for tensor in tensors]
    origins = [source for source in sources if source.row != CONSTANT]
    if not origins:
        return constant(func, (tensors, dim), {})
    head = sources[0].shape
    dim %= len(head)
    before, after = head[:dim], head[dim + 1 :]
    total = 0
    bits = [0] * len(head)
    for source in sources:
        shape = source.shape
        if shape[:dim] != before or shape[dim + 1 :] != after:
            reason = f"{_by(head)} and {_by(shape)} cannot be concatenated along dimension {dim}"
            raise DoesNotFit(ledger.scope, shape, reason)
        total += shape[dim]
        for i, axis in enumerate(source.axes):
            bits[i] |= axis
    return _laid(ledger, "cat", tensors, sources, origins, (*before, total, *after), tuple(bits),
                 moved=len(origins) > 1 and bool(bits[dim] & SPACE))  # fmt: skip


@rule("stack")
def _stack(ledger: Ledger, func: Any, tensors: Sequence[Tensor], dim: int = 0) -> Any:
    origins = tracked(tensors)
    if not origins:
        return constant(func, (tensors, dim), {})
    sources = [source_of(tensor) for tensor in tensors]
    head = sources[0].shape
    dim %= len(head) + 1
    shape = (*head[:dim], len(sources), *head[dim:])
    axes = (*origins[0].axes[:dim], 0, *origins[0].axes[dim:])
    return _laid(ledger, "stack", tensors, sources, origins, shape, axes)


def _laid(
    ledger: Ledger,
    op: str,
    tensors: Sequence[Tensor],
    sources: list[Origin],
    origins: list[Origin],
    shape: Shape,
    axes: Axes,
    *,
    moved: bool = False,
) -> Tensor:
    field = ledger.join(reversed(origins), mixes=False)
    if moved and field is not None and not receptive.is_still(field):
        field = None
    several = any(origin is not origins[0] for origin in origins)
    entry, made = ledger.enter(
        ledger.op_name(op),
        "join" if several else "other",
        op,
        tuple(s for s in sources if s.row != CONSTANT or s.params),
        shape,
        axes,
        field,
        head=origins[0],
    )
    ledger.charge(entry, [tensor for tensor in tensors if is_parameter(tensor)])
    entry.activations = prod(shape)
    return ledger.tensor(made)


@rule("__setitem__")
def _set_part(ledger: Ledger, func: Any, input: Tensor, index: Any, value: Any) -> None:
    with torch._C.DisableTorchFunction():
        func(input, index, value)
    origins = tracked((input, value))
    if origins:
        target = source_of(input)
        field = ledger.join(origins, mixes=False)
        if field is not None and not receptive.is_still(field):
            field = None
        name = ledger.op_name("setitem")
        sources = tuple(origins)
        _, made = ledger.enter(name, "join", "setitem", sources, target.shape, target.axes, field)
        mark(input, made)


def _by(shape: Shape) -> str:
    return "x".join(str(size) for size in shape)


@rule(
    "new_zeros", "new_ones", "new_full", "new_empty", "new_tensor", "zeros_like", "ones_like",
    "full_like", "empty_like", "rand_like", "randn_like",
)  # fmt: skip
def _fresh(ledger: Ledger, func: Any, *args: Any, **kwargs: Any) -> Any:
    """Run a function that takes only the shape of a tensor: the result is a constant."""
    return func(*args, **kwargs)
