"""Where things stand on a plot of accuracy against cost: scales, the legend of areas, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from vizcore.figures.accuracy_words import short_label
from vizcore.figures.beside import spots
from vizcore.figures.fleet import place
from vizcore.figures.palette import FONT_SIZE, Theme
from vizcore.records_accuracy import AccuracyPoint

#: The plotting area in a window of 1280 pixels: names are placed for it.
PLOT_PX = (870.0, 440.0)
#: A range wider than this is drawn on a logarithmic axis.
_DECADES = 1.3

#: Places along a line that names should not hide.
_ALONG = tuple(part / 12 for part in range(1, 12))


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


def free_corner(shares: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """The corner with the fewest points in it."""

    def inside(corner: tuple[list[float], list[float]]) -> int:
        (left, right), (low, high) = corner
        return sum(left <= x <= right and low - 0.05 <= y <= high + 0.05 for x, y in shares)

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
    aside = 0.09 * (high - low) or max(abs(high) * 0.1, 0.5)
    return Scale(False, (-aside / 3 if from_zero else low - aside, high + aside))


def names(
    points: Sequence[AccuracyPoint],
    named: Sequence[int],
    spread: dict[int, tuple[float, float]],
    sizes: Sequence[float],
    scale: dict[str, Scale],
    lines: Sequence[tuple[int, int]],
    colours: Theme,
) -> list[dict[str, Any]]:
    """Names beside their circles, as annotations, off the lines that join some."""

    def spot(number: int) -> tuple[float, float]:
        x, y = spread[number]
        return scale["x"].share(x) * PLOT_PX[0], scale["y"].share(y) * PLOT_PX[1]

    texts = [short_label(points[n]) for n in named]
    others = [spot(n) for n in spread if n not in named]
    for one, other in lines:
        if one in spread and other in spread:
            (x1, y1), (x2, y2) = spot(one), spot(other)
            others += [(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part) for part in _ALONG]
    found = spots([spot(n) for n in named], texts, PLOT_PX, also_px=others)
    made = []
    for number, name, where in zip(named, texts, found, strict=True):
        x, y = spread[number]
        reach = max(0.0, sizes[number] / 2 - 8) if not where.far else 0.0
        made.append(
            {
                "text": name,
                "x": log10(x) if scale["x"].is_log else x,
                "y": log10(y) if scale["y"].is_log else y,
                "font": {"size": FONT_SIZE, "color": colours.text},
                **_pushed(place(where, colours), where.right, reach),
            }
        )
    return made


def _pushed(where: dict[str, Any], right: float, reach: float) -> dict[str, Any]:
    """A name stands off a large circle as it does off a small one."""
    if "xshift" in where and right:
        where["xshift"] += reach if right > 0 else -reach
    elif "yshift" in where:
        where["yshift"] += reach if where["yshift"] > 0 else -reach
    return where
