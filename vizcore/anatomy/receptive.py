"""Receptive fields: which input pixels a value can see, along each side of the picture.

Along one side, the values of a map see windows of the same `size` whose first one starts at
`offset` and whose next ones start `stride` pixels further (Araujo, Norris and Sim, "Computing
Receptive Fields of Convolutional Neural Networks", Distill 2019). A stride of 0 says that every
value sees the same pixels, as after global pooling; sliding a kernel over such a map changes
nothing, so that one formula serves both cases.
"""

from __future__ import annotations

from typing import NamedTuple

from vizcore.records import Pair, ReceptiveField


class Span(NamedTuple):
    """Windows along one side of the picture: `places` of them, `stride` apart."""

    size: int
    stride: int
    offset: int
    places: int


class Field(NamedTuple):
    """What the values of a map see.

    Attributes:
        h, w: along the height and the width.
        exact: a path exists to every corner of the window; else the size is an upper bound.
        uniform: all channels see the same window; else some see less.
    """

    h: Span
    w: Span
    exact: bool = True
    uniform: bool = True


#: The field of a value that does not depend on the picture.
NOTHING = Field(Span(0, 0, 0, 0), Span(0, 0, 0, 0))


def of_picture(height: int, width: int) -> Field:
    """The field of the picture itself: each pixel sees itself."""
    return Field(Span(1, 1, 0, height), Span(1, 1, 0, width))


def slide(span: Span, kernel: int, stride: int, padding: int, dilation: int, count: int) -> Span:
    """The windows after sliding a kernel over the map.

    Example:
        >>> slide(Span(7, 2, -3, 112), 3, 2, 1, 1, 56)
        Span(size=11, stride=4, offset=-5, places=56)
    """
    size, step, offset, _ = span
    return Span(
        size + (kernel - 1) * dilation * step, step * stride, offset - padding * step, count
    )


def gather(span: Span, side: int) -> Span:
    """The union of all windows, inside a picture of `side` pixels: what a global pool sees."""
    size, stride, offset, count = span
    first = max(0, offset)
    last = min(side, offset + (count - 1) * stride + size)
    return Span(max(0, last - first), 0, first, count)


def adapt(span: Span, length: int, count: int) -> tuple[Span, bool]:
    """Adaptive pooling of `length` values to `count`; also whether the window is exact."""
    if length % count == 0:
        kernel = length // count
        return slide(span, kernel, kernel, 0, 1, count), True
    step = length // count or 1
    starts = [i * length // count for i in range(count)]
    ends = [-(-(i + 1) * length // count) for i in range(count)]
    low = min(start - i * step for i, start in enumerate(starts))
    high = max(end - i * step for i, end in enumerate(ends))
    return slide(span, high - low, step, -low, 1, count), False


def enlarge(span: Span, factor: int, reach: int, count: int) -> Span | None:
    """An upper bound of the windows after upsampling by a whole `factor`.

    `reach` is the number of source values beside the nearest that a value is mixed from. None
    where the windows would move by less than a pixel.
    """
    size, stride, offset, _ = span
    if stride % factor:
        return None
    step = stride // factor
    slack = stride - step
    return Span(size + slack + 2 * reach * stride, step, offset - slack - reach * stride, count)


def _covers(a: Span, b: Span) -> bool:
    """Whether every window of `a` holds the window of `b` at the same place."""
    if a.stride == b.stride:
        return a.offset <= b.offset and b.offset + b.size <= a.offset + a.size
    if a.stride == 0:
        last = b.offset + (b.places - 1) * b.stride + b.size
        return a.offset <= b.offset and last <= a.offset + a.size
    return False


def _hull(a: Span, b: Span) -> tuple[Span, bool]:
    """The smallest windows that hold both, and whether they are no larger than needed."""
    if a.stride == b.stride:
        low = min(a.offset, b.offset)
        high = max(a.offset + a.size, b.offset + b.size)
        return Span(high - low, a.stride, low, max(a.places, b.places)), True
    count = max(a.places, b.places)
    step = max(a.stride, b.stride) if a.stride and b.stride else 0
    lows, highs = [], []
    for span in (a, b):
        for i in (0, count - 1 if span.stride else 0):
            low = span.offset + i * span.stride - i * step
            lows.append(low)
            highs.append(low + span.size)
    return Span(max(highs) - min(lows), step, min(lows), count), False


def _holds(a: Span, b: Span, side: int) -> bool:
    return _covers(a, b) or (a.stride == 0 and _covers(a, gather(b, side)))


def join(a: Field | None, b: Field | None, picture: Pair, *, mixes: bool) -> Field | None:
    """The field of values made of two maps: added (`mixes`) or laid side by side.

    None is a field that is not known.
    """
    if a is b or b is NOTHING:
        return a
    if a is NOTHING:
        return b
    if a is None or b is None:
        known = a or b
        return known if known and is_whole(known, picture) and mixes else None
    height, width = picture
    for big, small in ((a, b), (b, a)):
        if _holds(big.h, small.h, height) and _holds(big.w, small.w, width):
            same = (big.h[:3], big.w[:3]) == (small.h[:3], small.w[:3])
            if same:
                uniform = a.uniform and b.uniform
                if mixes:
                    uniform = uniform or (a.uniform and a.exact) or (b.uniform and b.exact)
                return Field(big.h, big.w, a.exact or b.exact, uniform)
            return Field(big.h, big.w, big.exact, big.uniform and mixes)
    h, h_tight = _hull(a.h, b.h)
    w, w_tight = _hull(a.w, b.w)
    corners = mixes and h_tight and w_tight and a.uniform and b.uniform and _reach(a, b, h, w)
    return Field(h, w, bool(corners and a.exact and b.exact), bool(corners))


def _reach(a: Field, b: Field, h: Span, w: Span) -> bool:
    """Whether each corner of the hull belongs to one of the two windows."""
    for top in (True, False):
        for left in (True, False):
            if not any(_at(f.h, h, top) and _at(f.w, w, left) for f in (a, b)):
                return False
    return True


def _at(part: Span, hull: Span, low: bool) -> bool:
    if low:
        return part.offset == hull.offset
    return part.offset + part.size == hull.offset + hull.size


def is_whole(field: Field, picture: Pair) -> bool:
    """Whether every value sees every pixel because all positions were mixed."""
    return all(
        span.stride == 0 and span.offset <= 0 and span.offset + span.size >= side
        for span, side in zip(field[:2], picture, strict=True)
    )


def is_still(field: Field) -> bool:
    """Whether all values see the same pixels, so that moving values about changes nothing."""
    return field.h.stride == 0 and field.w.stride == 0


def whole(picture: Pair, *, exact: bool = True) -> Field:
    """The field of a value that sees the whole picture."""
    return Field(Span(picture[0], 0, 0, 1), Span(picture[1], 0, 0, 1), exact)


def mixed(field: Field | None, h: bool, w: bool, picture: Pair) -> Field | None:
    """The field after all positions along the height (`h`) or the width (`w`) were mixed."""
    if field is NOTHING:
        return field
    if field is None:
        return whole(picture, exact=False) if h and w else None
    return Field(
        gather(field.h, picture[0]) if h else field.h,
        gather(field.w, picture[1]) if w else field.w,
        field.exact,
        field.uniform,
    )


def record(field: Field | None, picture: Pair) -> ReceptiveField | None:
    """Return what a table shows of a field; None where it is unknown or empty."""
    if field is None or field is NOTHING:
        return None
    h, w = field.h, field.w
    return ReceptiveField(
        (h.size, w.size),
        (h.stride, w.stride),
        (h.offset, w.offset),
        field.exact,
        is_whole(field, picture),
    )
