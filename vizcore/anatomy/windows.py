"""Operations that slide a window over a map: convolutions and pooling, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import SPACE, Axes, H, W, space_of
from vizcore.anatomy.ledger import DoesNotFit, Ledger, Origin
from vizcore.anatomy.receptive import NOTHING, Field
from vizcore.records import Pair, Shape

Ints = tuple[int, ...]


def spread(value: int | Sequence[int], rank: int) -> Ints:
    """One number per side of the window."""
    if isinstance(value, int):
        return (value,) * rank
    numbers = tuple(value)
    return numbers * rank if len(numbers) == 1 else numbers


def window_count(
    length: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool = False
) -> int:
    """How many windows fit: `(length + padding - dilation·(kernel - 1) - 1)/stride + 1`.

    `padding` is that of both ends together. With `ceil` a last window may hang over the end, if it
    starts inside the map or its leading padding.

    Example:
        >>> window_count(227, 11, 4, 0, 1)
        55
    """
    room = length + padding - dilation * (kernel - 1) - 1
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= length + padding // 2 else count


def pair(numbers: Ints) -> Pair | None:
    """(height, width) of a window over a picture or a sequence; None for a volume."""
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    return (1, numbers[0]) if len(numbers) == 1 else None


def slid(
    ledger: Ledger,
    origin: Origin,
    kernel: Ints,
    stride: Ints,
    low: Ints,
    dilation: Ints,
    out: Ints,
    mixes_channels: bool,
) -> Field | None:
    """The field after a window slid over the map's last dimensions."""
    field = origin.field
    if field is None or field is NOTHING:
        return field
    h, w, exact, uniform = field
    uniform = uniform or mixes_channels
    if len(kernel) == 2 and origin.axes[-2:] == (H, W) and not space_of(origin.axes[:-2]):
        h = receptive.slide(h, kernel[0], stride[0], low[0], dilation[0], out[0])
        w = receptive.slide(w, kernel[1], stride[1], low[1], dilation[1], out[1])
        return Field(h, w, exact, uniform)
    rank = len(kernel)
    moving = (H if h.stride else 0) | (W if w.stride else 0)
    if not space_of(origin.axes[-rank:]) & moving:
        channels = origin.axes[-rank - 1] if len(origin.axes) > rank else 0
        if not (channels & moving and mixes_channels):
            return Field(h, w, exact, uniform)
    return None


def _check_channels(name: str, shape: Shape, rank: int, channels: int) -> None:
    if len(shape) not in (rank + 1, rank + 2):
        raise DoesNotFit(name, shape, f"it needs {rank + 2} dimensions, not {len(shape)}")
    if shape[-rank - 1] != channels:
        raise DoesNotFit(name, shape, f"it needs {channels} channels, not {shape[-rank - 1]}")


def convolve(
    ledger: Ledger,
    name: str,
    op: str,
    origin: Origin,
    weight_shape: Shape,
    stride: Ints,
    padding: Ints | str,
    dilation: Ints,
    groups: int,
    params: tuple[Tensor | None, ...],
) -> Tensor:
    """Enter a convolution; `weight_shape` is (out, in per group, *kernel)."""
    out_channels, per_group, *sides = weight_shape
    kernel = tuple(sides)
    rank = len(kernel)
    shape = origin.shape
    _check_channels(name, shape, rank, per_group * groups)
    if isinstance(padding, str):
        whole_pad = tuple(
            d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)
        )
        low = tuple(total // 2 for total in whole_pad)
    else:
        low = padding
        whole_pad = tuple(2 * p for p in low)
    out = tuple(
        (length + p - d * (k - 1) - 1) // s + 1
        for length, k, s, p, d in zip(
            shape[-rank:], kernel, stride, whole_pad, dilation, strict=True
        )
    )
    if min(out) < 1:
        raise DoesNotFit(name, shape, f"its {_by(kernel)} window is larger than its padded input")
    out_shape = (*shape[: -rank - 1], out_channels, *out)
    axes = _channels_cleared(origin.axes, rank)
    field = slid(ledger, origin, kernel, stride, low, dilation, out, groups == 1)
    values = prod(out_shape)
    entry, made = ledger.enter(name, "conv", op, (origin,), out_shape, axes, field)
    entry.macs = values * per_group * prod(kernel)
    entry.activations = values
    entry.kernel = pair(kernel)
    entry.stride = pair(stride)
    entry.padding = pair(low)
    entry.dilation = pair(dilation)
    entry.groups = groups
    ledger.charge(entry, params)
    return ledger.tensor(made)


def convolve_transposed(
    ledger: Ledger,
    name: str,
    op: str,
    origin: Origin,
    weight_shape: Shape,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    dilation: Ints,
    groups: int,
    params: tuple[Tensor | None, ...],
) -> Tensor:
    """Enter a transposed convolution; `weight_shape` is (in, out per group, *kernel)."""
    in_channels, per_group, *sides = weight_shape
    kernel = tuple(sides)
    rank = len(kernel)
    shape = origin.shape
    _check_channels(name, shape, rank, in_channels)
    out = tuple(
        (length - 1) * s - 2 * p + d * (k - 1) + extra + 1
        for length, k, s, p, d, extra in zip(
            shape[-rank:], kernel, stride, padding, dilation, output_padding, strict=True
        )
    )
    if min(out) < 1:
        raise DoesNotFit(name, shape, "nothing is left of its output after the padding is cut off")
    out_shape = (*shape[: -rank - 1], per_group * groups, *out)
    reach = tuple(
        -(-(d * (k - 1) + p) // s)
        for k, d, p, s in zip(kernel, dilation, padding, stride, strict=True)
    )
    field = _enlarged(origin, stride, reach, out, groups == 1)
    axes = _channels_cleared(origin.axes, rank)
    entry, made = ledger.enter(name, "conv", op, (origin,), out_shape, axes, field)
    entry.macs = prod(shape) * per_group * prod(kernel)
    entry.activations = prod(out_shape)
    entry.kernel, entry.stride, entry.padding = pair(kernel), pair(stride), pair(padding)
    entry.dilation, entry.groups = pair(dilation), groups
    ledger.charge(entry, params)
    return ledger.tensor(made)


def _enlarged(
    origin: Origin, stride: Ints, reach: Ints, out: Ints, mixes_channels: bool
) -> Field | None:
    field = origin.field
    if field is None or field is NOTHING or receptive.is_still(field):
        return field
    if origin.axes[-2:] != (H, W) or len(out) != 2:
        return None
    h = receptive.enlarge(field.h, stride[0], reach[0], out[0])
    w = receptive.enlarge(field.w, stride[1], reach[1], out[1])
    if h is None or w is None:
        return None
    return Field(h, w, False, field.uniform or mixes_channels)


def pool(
    ledger: Ledger,
    name: str,
    op: str,
    origin: Origin,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    ceil: bool,
) -> Tensor:
    """Enter a pooling operation."""
    rank = len(kernel)
    shape = origin.shape
    out = tuple(
        window_count(length, k, s, 2 * p, d, ceil)
        for length, k, s, p, d in zip(shape[-rank:], kernel, stride, padding, dilation, strict=True)
    )
    if min(out) < 1:
        raise DoesNotFit(name, shape, f"its {_by(kernel)} window is larger than its padded input")
    out_shape = (*shape[:-rank], *out)
    field = slid(ledger, origin, kernel, stride, padding, dilation, out, False)
    entry, made = ledger.enter(name, "pool", op, (origin,), out_shape, origin.axes, field)
    entry.activations = prod(out_shape)
    entry.kernel, entry.stride, entry.padding = pair(kernel), pair(stride), pair(padding)
    entry.dilation = pair(dilation)
    return ledger.tensor(made)


def pool_to_size(
    ledger: Ledger, name: str, op: str, origin: Origin, size: Sequence[int | None]
) -> Tensor:
    """Enter an adaptive pooling operation; a pool onto the same size changes nothing."""
    shape = origin.shape
    rank = len(size)
    out = tuple(
        length if wanted is None else wanted
        for length, wanted in zip(shape[-rank:], size, strict=True)
    )
    out_shape = (*shape[:-rank], *out)
    field = origin.field
    if field is not None and field is not NOTHING and rank == 2:
        if origin.axes[-2:] == (H, W) and out == (1, 1):
            field = receptive.mixed(field, True, True, ledger.picture)
        elif origin.axes[-2:] == (H, W):
            h, h_exact = receptive.adapt(field.h, shape[-2], out[0])
            w, w_exact = receptive.adapt(field.w, shape[-1], out[1])
            field = Field(h, w, field.exact and h_exact and w_exact, field.uniform)
        elif space_of(origin.axes) & SPACE:
            field = None if field.h.stride or field.w.stride else field
    elif field is None and out == (1, 1) and not space_of(origin.axes[:-2]):
        field = receptive.mixed(None, True, True, ledger.picture)
    entry, made = ledger.enter(name, "pool", op, (origin,), out_shape, origin.axes, field)
    entry.activations = 0 if out_shape == shape else prod(out_shape)
    if rank == 2 and all(length % n == 0 for length, n in zip(shape[-2:], out, strict=True)):
        entry.kernel = entry.stride = (shape[-2] // out[0], shape[-1] // out[1])
        entry.padding, entry.dilation = (0, 0), (1, 1)
    return ledger.tensor(made)


def _channels_cleared(axes: Axes, rank: int) -> Axes:
    dim = len(axes) - rank - 1
    return axes if dim < 0 or axes[dim] == 0 or dim == 0 else (*axes[:dim], 0, *axes[dim + 1 :])


def _by(sides: Sequence[Any]) -> str:
    return "x".join(str(side) for side in sides)
