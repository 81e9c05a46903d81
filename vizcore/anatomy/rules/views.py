"""The same values under another shape: reshapes, permutations, parts, and moves along a side."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import SPACE, Axes, B, H, reshaped
from vizcore.anatomy.ledger import META, DoesNotFit, Ledger, Origin, origin_of, source_of
from vizcore.anatomy.receptive import NOTHING, Field
from vizcore.anatomy.rules.base import (
    constant,
    first_line,
    is_constant,
    mark,
    op_of,
    rule,
    unknown,
)
from vizcore.anatomy.windows import spread

_AxesOf = Callable[[Origin, tuple[int, ...]], Axes]


def _view(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    axes_of: _AxesOf,
    field_of: Callable[[Origin], Field | None] | None = None,
) -> Any:
    """Run a view for real and follow its axes and its field."""
    origin = origin_of(input)
    if origin is None or is_constant(input):
        return constant(func, (input, *args), kwargs)
    try:
        result = func(input, *args, **kwargs)
    except (RuntimeError, IndexError) as error:
        raise DoesNotFit(ledger.scope, origin.shape, first_line(error)) from error
    parts = result if isinstance(result, (tuple, list)) else (result,)
    shape = tuple(parts[0].shape)
    op = op_of(func)
    axes = axes_of(origin, shape)
    field = field_of(origin) if field_of else origin.field
    _, made = ledger.enter(ledger.op_name(op), "other", op, (origin,), shape, axes, field)
    for part in parts:
        part_shape = tuple(part.shape)
        mark(part, made if part_shape == shape else Origin(made.row, part_shape, axes, field))
    return result


@rule("view", "reshape", "flatten", "unflatten", "view_as", "reshape_as")
def _reshape(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        field = origin.field
        sides = (field.h.places, field.w.places) if field else (0, 0)
        return reshaped(origin.shape, origin.axes, shape, sides)

    return _view(ledger, func, input, args, kwargs, axes_of)


@rule(
    "permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "adjoint",
)  # fmt: skip
def _permute(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        # A shape whose sizes say which dimension they are comes out in the new order.
        numbered = torch.empty(tuple(range(1, len(shape) + 1)), device=META)
        return tuple(origin.axes[size - 1] for size in func(numbered, *args, **kwargs).shape)

    return _view(ledger, func, input, args, kwargs, axes_of)


@rule("squeeze", "unsqueeze", "expand", "expand_as", "repeat")
def _stretch(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    op = op_of(func)

    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        axes = origin.axes
        if op == "unsqueeze":
            dim = (args[0] if args else kwargs["dim"]) % len(shape)
            return (*axes[:dim], 0, *axes[dim:])
        if op == "squeeze":
            chosen = args[0] if args else kwargs.get("dim")
            rank = len(axes)
            dims = range(rank) if chosen is None else [d % rank for d in spread(chosen, 1)]
            gone = {dim for dim in dims if origin.shape[dim] == 1}
            return tuple(axis for dim, axis in enumerate(axes) if dim not in gone)
        return (0,) * (len(shape) - len(axes)) + axes

    return _view(ledger, func, input, args, kwargs, axes_of)


@rule("chunk", "split", "tensor_split", "unsafe_chunk", "unbind", "narrow", "select")
def _part(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    op = op_of(func)
    place = 0 if op in ("unbind", "narrow", "select") else 1
    dim: int = kwargs.get("dim", args[place] if len(args) > place else 0)

    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        where = dim % len(origin.shape)
        if op in ("unbind", "select"):
            return (*origin.axes[:where], *origin.axes[where + 1 :])
        return origin.axes

    def field_of(origin: Origin) -> Field | None:
        field = origin.field
        if field is None or field is NOTHING:
            return field
        if origin.axes[dim] & SPACE:
            return field if receptive.is_still(field) else None
        return field if field.uniform else field._replace(exact=False)

    return _view(ledger, func, input, args, kwargs, axes_of, field_of)


@rule("__getitem__")
def _index(ledger: Ledger, func: Any, input: Tensor, index: Any) -> Any:
    origin = origin_of(input)
    if isinstance(index, Tensor) and index.dtype not in (torch.bool, torch.uint8):
        return _gathered(ledger, func, input, index)
    if origin is None or is_constant(input):
        return constant(func, (input, index), {})
    keys = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(key, (Tensor, list, bool)) for key in keys):
        return unknown(ledger, func, (input, index), {})
    if any(key is Ellipsis for key in keys):
        spot = next(i for i, key in enumerate(keys) if key is Ellipsis)
        missing = len(origin.shape) - sum(key is not None for key in keys) + 1
        keys[spot : spot + 1] = [slice(None)] * missing
    axes: list[int] = []
    field = origin.field
    dim = 0
    for key in keys:
        if key is None:
            axes.append(0)
            continue
        if dim == len(origin.shape):
            reason = f"{len(keys)} indices are too many"
            raise DoesNotFit(ledger.scope, origin.shape, reason)
        axis = origin.axes[dim]
        if isinstance(key, slice):
            axes.append(axis)
        if key != slice(None):
            field = _sliced(field, axis, key, origin.shape[dim])
        dim += 1
    axes += origin.axes[dim:]
    return _view(ledger, func, input, (index,), {}, lambda *_: tuple(axes), lambda _: field)


def _gathered(ledger: Ledger, func: Any, input: Tensor, index: Tensor) -> Any:
    """Pick entries along the first dimension by their numbers."""
    source = source_of(input)
    rank = index.dim()
    shape = (*index.shape, *source.shape[1:])
    if is_constant(input):
        return constant(func, (input, index), {}, shape)
    field = source.field
    if field is not None and not receptive.is_still(field):
        field = None
    axes = (0,) * rank + source.axes[1:]
    name = ledger.op_name("getitem")
    entry, made = ledger.enter(name, "other", "getitem", (source,), shape, axes, field)
    entry.activations = prod(shape)
    return ledger.tensor(made, input.dtype)


def _sliced(field: Field | None, axis: int, key: Any, size: int) -> Field | None:
    bits = axis & SPACE
    if field is None or field is NOTHING or receptive.is_still(field):
        return field
    if not bits:
        return field if field.uniform or axis & B else field._replace(exact=False)
    if bits == SPACE or not isinstance(key, slice):
        return None
    places = range(*key.indices(size))
    span = field.h if bits == H else field.w
    moved = span._replace(
        offset=span.offset + places.start * span.stride,
        stride=span.stride * places.step,
        places=len(places),
    )
    return field._replace(h=moved) if bits == H else field._replace(w=moved)


@rule("roll", "flip")
def _roll(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    origin = origin_of(input)
    if origin is None or is_constant(input):
        return constant(func, (input, *args), kwargs)
    field = origin.field
    if field is not None and not receptive.is_still(field):
        field = None
    op = op_of(func)
    entry, made = ledger.enter(
        ledger.op_name(op), "other", op, (origin,), origin.shape, origin.axes, field
    )
    entry.activations = prod(origin.shape)
    return ledger.tensor(made)
