"""Where things stand on a plot of accuracy against cost: scales, the legend of areas, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist, log10
from typing import Any

from vizcore.figures.accuracy_words import short_label
from vizcore.figures.beside import Point, Spot, spots
from vizcore.figures.fleet import place
from vizcore.figures.palette import FONT_SIZE, Theme
from vizcore.records.accuracy import AccuracyPoint

#: The plotting area in a window of 1280 pixels: names are placed for it.
PLOT_PX = (870.0, 440.0)
#: A range wider than this is drawn on a logarithmic axis.
_DECADES = 1.3

#: Along a line that joins two circles, names should not hide what is this far apart, in pixels.
_ALONG_PX = 28.0
#: What a name keeps off lines and bars.
_THIN_PX = 4.0
#: A line of text, and a letter, at 16 pixels.
_LINE_PX, _LETTER_PX = 20.0, 8.2


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: logarithmic or not, and its ends (powers of ten where it is)."""

    is_log: bool
    ends: tuple[float, float]

    def share(self, value: float) -> float:
        """How far along the axis a value stands, 0 to 1."""
        low, high = self.ends
        return ((log10(value) if self.is_log else value) - low) / (high - low)


def share_of(scale: dict[str, Scale], point: tuple[float, float]) -> tuple[float, float]:
    """Where a point stands on both axes, 0 to 1."""
    return scale["x"].share(point[0]), scale["y"].share(point[1])


#: Where the legend of areas can stand: right below, left above, right above, left below.
_CORNERS = (
    ([0.68, 1.0], [0.0, 0.2]),
    ([0.0, 0.32], [0.8, 1.0]),
    ([0.68, 1.0], [0.8, 1.0]),
    ([0.0, 0.32], [0.0, 0.2]),
)


def free_corner(
    shares: Sequence[tuple[float, float]], lines: Sequence[tuple[int, int]] = ()
) -> tuple[list[float], list[float]]:
    """The corner with the fewest points, and the least of the lines that join some, in it."""
    steps = [step / 16 for step in range(17)]
    joined = [
        (shares[a][0] + step * (shares[b][0] - shares[a][0]),
         shares[a][1] + step * (shares[b][1] - shares[a][1]))
        for a, b in lines
        for step in steps
    ]  # fmt: skip

    def inside(corner: tuple[list[float], list[float]]) -> int:
        (left, right), (low, high) = corner
        return sum(
            left - 0.1 <= x <= right + 0.02 and low - 0.05 <= y <= high + 0.05
            for x, y in (*shares, *joined)
        )

    return min(_CORNERS, key=inside)


def scale_of(values: Sequence[float]) -> Scale:
    """An axis that holds the values with room at both ends; logarithmic for wide ranges."""
    if min(values) > 0 and log10(max(values) / min(values)) > _DECADES:
        low, high = log10(min(values)), log10(max(values))
        aside = 0.08 * (high - low)
        return Scale(True, (low - aside, high + aside))
    return linear(values)


def linear(values: Sequence[float], *, from_zero: bool = False) -> Scale:
    """The same, never logarithmic."""
    low, high = min(values), max(values)
    aside = 0.11 * (high - low) or max(abs(high) * 0.1, 0.5)
    return Scale(False, (-aside / 2 if from_zero else low - aside, high + aside))


def names(
    points: Sequence[AccuracyPoint],
    named: Sequence[int],
    spread: dict[int, tuple[float, float]],
    sizes: Sequence[float],
    scale: dict[str, Scale],
    lines: Sequence[tuple[int, int]],
    colours: Theme,
    also: Sequence[int] = (),
    *,
    bars: Sequence[Point] = (),
    is_crowded: bool = False,
) -> list[dict[str, Any]]:
    """Names beside their circles, as annotations, off the lines that join some.

    Args:
        named: which points have to have one.
        also: which have one where there is room beside them, the first ones first.
        bars: (x, y) on error bars, which names should not hide.
        is_crowded: names that would hide each other are left out but one.
    """

    def placed(x: float, y: float) -> Point:
        return scale["x"].share(x) * PLOT_PX[0], scale["y"].share(y) * PLOT_PX[1]

    def spot(number: int) -> Point:
        return placed(*spread[number])

    def radius(number: int) -> float:
        return max(8.0, sizes[number] / 2 + 1)

    texts = [short_label(points[n]) for n in named]
    thin = [placed(*bar) for bar in bars]
    for one, other in lines:
        if one in spread and other in spread:
            thin += _along(spot(one), spot(other))
    found = spots(
        [spot(n) for n in named],
        texts,
        PLOT_PX,
        radius_px=[radius(n) for n in named],
        also_px=[*map(spot, spread), *thin],  # a circle weighs more than a place on a line
        also_radius_px=[*map(radius, spread), *([_THIN_PX] * len(thin))],
    )
    boxes: list[Box] = []
    kept = []
    for n, text, where in zip(named, texts, found, strict=True):
        box = _box(spot(n), text, where.right, where.up, where.xanchor)
        if not is_crowded or not any(_cross(box, other) for other in boxes):
            boxes.append(box)
            kept.append((n, text, where))
    marks = [(*spot(n), radius(n)) for n in spread]
    for number in also:
        if (room := _room(spot(number), short_label(points[number]), marks, boxes)) is not None:
            kept.append((number, short_label(points[number]), room))
    made = []
    for number, name, where in kept:
        x, y = spread[number]
        annotation = {
            "text": name,
            "x": log10(x) if scale["x"].is_log else x,
            "y": log10(y) if scale["y"].is_log else y,
            "font": {"size": FONT_SIZE, "color": colours.text},
            **place(where, colours),
        }
        if where.far:
            annotation["standoff"] = radius(number) + 1
        made.append(annotation)
    return made


Box = tuple[float, float, float, float]


def _along(one: Point, other: Point) -> list[Point]:
    """Places on the line between two points."""
    steps = int(dist(one, other) / _ALONG_PX)
    return [
        (
            one[0] + (other[0] - one[0]) * step / (steps + 1),
            one[1] + (other[1] - one[1]) * step / (steps + 1),
        )
        for step in range(1, steps + 1)
    ]


def _box(point: Point, text: str, right: float, up: float, xanchor: str) -> Box:
    """The left, low, right and high pixels of a name."""
    width = _LETTER_PX * len(text)
    left = point[0] + right - {"left": 0.0, "center": width / 2, "right": width}[xanchor]
    middle = point[1] + up
    return left, middle - _LINE_PX / 2, left + width, middle + _LINE_PX / 2


def _cross(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _room(
    point: Point, text: str, marks: Sequence[tuple[float, float, float]], boxes: list[Box]
) -> Spot | None:
    """Where a name hides no circle and no name beside its point, if anywhere; takes the place."""
    reach = next((r for x, y, r in marks if (x, y) == point), 8.0)
    offered = (
        Spot(reach + 5, 0.0, "left", False),
        Spot(-reach - 5, 0.0, "right", False),
        Spot(0.0, reach + 10, "center", False),
        Spot(0.0, -reach - 10, "center", False),
    )
    for where in offered:
        left, low, right, high = box = _box(point, text, where.right, where.up, where.xanchor)
        inside = left >= 0 and low >= 0 and right <= PLOT_PX[0] and high <= PLOT_PX[1]
        hidden = any(
            left - r < x < right + r and low - r < y < high + r
            for x, y, r in marks
            if (x, y) != point
        )
        if inside and not hidden and not any(_cross(box, other) for other in boxes):
            boxes.append(box)
            return where
    return None
