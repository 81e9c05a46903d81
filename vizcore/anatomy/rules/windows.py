"""Rules for functions of windows: convolution, pooling, resizing, padding."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import SPACE, H, W
from vizcore.anatomy.ledger import DoesNotFit, Ledger, Origin, origin_of, source_of
from vizcore.anatomy.receptive import NOTHING, Field
from vizcore.anatomy.rules.base import constant, is_constant, named, op_of, pending, rule, unknown
from vizcore.anatomy.windows import (
    Window,
    convolve,
    convolve_transposed,
    pool,
    pool_to_size,
    spread,
)


@rule("conv1d", "conv2d", "conv3d")
def _conv(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    out_channels, per_group, *kernel = source_of(weight).shape
    rank = len(kernel)
    window = Window(
        tuple(kernel),
        spread(stride, rank),
        padding if isinstance(padding, str) else spread(padding, rank),
        spread(dilation, rank),
    )
    name, params = named(ledger, func, weight), pending((weight, bias))
    channels = (out_channels, per_group)
    return convolve(ledger, name, op_of(func), source_of(input), window, channels, groups, params)


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _conv_transposed(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    shape = source_of(weight).shape
    rank = len(shape) - 2
    return convolve_transposed(
        ledger,
        named(ledger, func, weight),
        op_of(func),
        source_of(input),
        shape,
        spread(stride, rank),
        spread(padding, rank),
        spread(output_padding, rank),
        spread(dilation, rank),
        groups,
        pending((weight, bias)),
    )


@rule("max_pool1d", "max_pool2d", "max_pool3d")
def _max_pool(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    if return_indices:
        args = (input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
        return unknown(ledger, func, args, {})
    rank = int(func.__name__[-2])
    kernel = spread(kernel_size, rank)
    step = spread(stride, rank) if stride else kernel
    holes = spread(dilation, rank)
    window = Window(kernel, step, spread(padding, rank), holes, ceil=ceil_mode)
    return pool(ledger, named(ledger, func), op_of(func), source_of(input), window)


@rule("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _avg_pool(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    *_: Any,
    **__: Any,
) -> Any:
    rank = int(func.__name__[-2])
    kernel = spread(kernel_size, rank)
    step = spread(stride, rank) if stride else kernel
    window = Window(kernel, step, spread(padding, rank), (1,) * rank, ceil=ceil_mode)
    return pool(ledger, named(ledger, func), op_of(func), source_of(input), window)


@rule(
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d",
)  # fmt: skip
def _adaptive_pool(
    ledger: Ledger, func: Any, input: Tensor, output_size: Any, *_: Any, **__: Any
) -> Any:
    rank = int(func.__name__[-2])
    single = output_size is None or isinstance(output_size, int)
    sides = (output_size,) * rank if single else tuple(output_size)
    return pool_to_size(ledger, named(ledger, func), op_of(func), source_of(input), sides)


@rule("interpolate", "upsample")
def _interpolate(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    *_: Any,
    **__: Any,
) -> Any:
    origin = source_of(input)
    rank = len(origin.shape) - 2
    sides = origin.shape[2:]
    if size is not None:
        out = spread(size, rank)
    else:
        factors = [scale_factor] * rank if isinstance(scale_factor, (int, float)) else scale_factor
        out = tuple(int(side * factor) for side, factor in zip(sides, factors, strict=True))
    shape = (*origin.shape[:2], *out)
    if is_constant(input):
        return constant(func, (input, size, scale_factor, mode), {}, shape)
    field = _resized(origin, sides, out, mode)
    op = op_of(func)
    entry, made = ledger.enter(
        named(ledger, func), "other", op, (origin,), shape, origin.axes, field
    )
    entry.activations = prod(shape)
    return ledger.tensor(made)


def _resized(
    origin: Origin, sides: tuple[int, ...], out: tuple[int, ...], mode: str
) -> Field | None:
    field = origin.field
    if field is None or field is NOTHING or receptive.is_still(field):
        return field
    whole_factors = all(new % old == 0 for new, old in zip(out, sides, strict=True))
    if origin.axes[2:] != (H, W) or not whole_factors:
        return None
    reach = {"nearest": 0, "nearest-exact": 0, "bilinear": 1}.get(mode, 2)
    h = receptive.enlarge(field.h, out[0] // sides[0], reach, out[0])
    w = receptive.enlarge(field.w, out[1] // sides[1], reach, out[1])
    if h is None or w is None:
        return None
    return Field(h, w, field.exact and out == sides, field.uniform)


@rule("pad")
def _pad(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> Any:
    origin = origin_of(input)
    if origin is None:
        return constant(func, (input, list(pad), mode, value), {})
    if not any(pad):
        return input
    shape = list(origin.shape)
    field = origin.field
    for i in range(len(pad) // 2):
        low, high = pad[2 * i], pad[2 * i + 1]
        dim = len(shape) - 1 - i
        shape[dim] += low + high
        if low or high:
            field = _padded(field, origin.axes[dim] & SPACE, low, shape[dim], mode)
    if min(shape) < 1:
        raise DoesNotFit(ledger.scope, origin.shape, f"nothing is left after padding by {pad}")
    name = named(ledger, func)
    entry, made = ledger.enter(name, "other", "pad", (origin,), tuple(shape), origin.axes, field)
    entry.activations = prod(shape)
    return ledger.tensor(made)


def _padded(field: Field | None, bits: int, low: int, length: int, mode: str) -> Field | None:
    if not bits or field is None or field is NOTHING:
        return field
    if bits == SPACE:
        return field if receptive.is_still(field) else None
    span = field.h if bits == H else field.w
    moved = span._replace(offset=span.offset - low * span.stride, places=length)
    exact = field.exact and mode == "constant"
    return field._replace(h=moved, exact=exact) if bits == H else field._replace(
        w=moved, exact=exact
    )  # fmt: skip
