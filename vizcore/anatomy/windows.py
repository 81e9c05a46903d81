"""Operations that slide a window over a map: convolutions and pooling, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torch import Tensor

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import PICTURES, SPACE, Axes, H, W, space_of
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


def _pair(numbers: Ints) -> Pair | None:
    """(height, width) of a window over a picture or a sequence; None for a volume."""
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    return (1, numbers[0]) if len(numbers) == 1 else None


class Window:
    """A window that slides over the last dimensions of a map, with what is often asked of it.

    Attributes:
        kernel, stride, dilation: one number per side.
        low, pads: padding before the map, and before and after it together.
        spans: sides of the dilated kernel; `area` is the number of its values.
        shown: kernel, stride, padding and dilation as a table shows them.
    """

    __slots__ = (
        "area", "ceil", "dilation", "kernel", "low", "pads", "rank", "shown", "spans", "stride",
    )  # fmt: skip

    def __init__(
        self,
        kernel: Ints,
        stride: Ints,
        padding: Ints | str,
        dilation: Ints,
        *,
        ceil: bool = False,
    ) -> None:
        self.kernel, self.stride, self.dilation, self.ceil = kernel, stride, dilation, ceil
        self.rank = len(kernel)
        self.spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        if isinstance(padding, str):
            same = padding == "same"
            self.pads = tuple(span - 1 if same else 0 for span in self.spans)
            self.low = tuple(pad // 2 for pad in self.pads)
        else:
            self.low = padding
            self.pads = tuple(2 * pad for pad in padding)
        self.area = prod(kernel)
        self.shown = (_pair(kernel), _pair(stride), _pair(self.low), _pair(dilation))

    def places(self, name: str, shape: Shape) -> Ints:
        """How many windows fit along each side of a map of this shape."""
        numbers = zip(shape[-self.rank :], self.pads, self.spans, self.stride, strict=True)
        if self.ceil:
            out = tuple([_hanging(*each) for each in numbers])
        else:
            out = tuple([(length + pad - span) // step + 1 for length, pad, span, step in numbers])
        if min(out) < 1:
            sides = "x".join(str(side) for side in self.kernel)
            raise DoesNotFit(name, shape, f"its {sides} window is larger than its padded input")
        return out


def _hanging(length: int, padding: int, span: int, stride: int) -> int:
    """How many windows fit if the last may hang over the end, starting in map or padding."""
    count = -((span - length - padding) // stride) + 1
    return count - 1 if (count - 1) * stride >= length + padding // 2 else count


def slid(origin: Origin, window: Window, places: Ints, *, mixes_channels: bool) -> Field | None:
    """The field after a window slid over the map's last dimensions."""
    field = origin.field
    if field is None or field is NOTHING:
        return field
    axes, rank = origin.axes, window.rank
    h, w, exact, uniform = field
    uniform = uniform or mixes_channels
    if rank == 2 and (axes == PICTURES or (axes[-2:] == (H, W) and not space_of(axes[:-2]))):
        kernel, stride, low, dilation = window.kernel, window.stride, window.low, window.dilation
        h = receptive.slide(h, kernel[0], stride[0], low[0], dilation[0], places[0])
        w = receptive.slide(w, kernel[1], stride[1], low[1], dilation[1], places[1])
        return Field(h, w, exact, uniform)
    moving = (H if h.stride else 0) | (W if w.stride else 0)
    channels = axes[-rank - 1] if len(axes) > rank and mixes_channels else 0
    if (space_of(axes[-rank:]) | channels) & moving:
        return None
    return Field(h, w, exact, uniform)


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
    window: Window,
    channels: Pair,
    groups: int,
    params: tuple[Tensor | None, ...],
) -> Tensor:
    """Enter a convolution; `channels` are those of the output, and of the input in one group."""
    out_channels, per_group = channels
    rank, shape = window.rank, origin.shape
    _check_channels(name, shape, rank, per_group * groups)
    places = window.places(name, shape)
    out_shape = (*shape[: -rank - 1], out_channels, *places)
    field = slid(origin, window, places, mixes_channels=groups == 1)
    axes = _channels_cleared(origin.axes, rank)
    entry, made = ledger.enter(name, "conv", op, (origin,), out_shape, axes, field)
    values = prod(out_shape)
    entry.macs = values * per_group * window.area
    entry.activations = values
    entry.kernel, entry.stride, entry.padding, entry.dilation = window.shown
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
    entry.kernel, entry.stride = _pair(kernel), _pair(stride)
    entry.padding, entry.dilation = _pair(padding), _pair(dilation)
    entry.groups = groups
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


def pool(ledger: Ledger, name: str, op: str, origin: Origin, window: Window) -> Tensor:
    """Enter a pooling operation."""
    shape = origin.shape
    places = window.places(name, shape)
    out_shape = (*shape[: -window.rank], *places)
    field = slid(origin, window, places, mixes_channels=False)
    entry, made = ledger.enter(name, "pool", op, (origin,), out_shape, origin.axes, field)
    entry.activations = prod(out_shape)
    entry.kernel, entry.stride, entry.padding, entry.dilation = window.shown
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
