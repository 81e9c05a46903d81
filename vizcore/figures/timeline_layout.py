"""Where the circles of the timeline stand: a column a family, a band a year, nothing hidden."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby

#: The plotting area in a window of 1280 pixels, and a column of it: circles are spread for these.
PLOT_PX = 280
WIDTH_PX = 815
COLUMN_PX = 26
#: A band is at least this many columns wide, so that a year's four digits fit.
BAND_COLUMNS = 1.7
_STEP_PX = 8.0
_OVERLAP = 0.75  # circles may come nearer than their radii, so far


#: left, low, right, high of a name on the plotting area, in pixels.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Circle:
    """What the layout needs to know of an entry: `height` is 0 to 1 of the plotting area."""

    key: str
    year: int
    family: str
    height: float
    diameter_px: float


@dataclass(slots=True)
class Layout:
    """Where everything stands along the chart, in columns.

    Attributes:
        x: of each circle, by key.
        families: (centre, name) of each column.
        years: (begin, end, year) of each band.
    """

    x: dict[str, float] = field(default_factory=dict)
    families: list[tuple[float, str]] = field(default_factory=list)
    years: list[tuple[float, float, int]] = field(default_factory=list)


def sidesteps(circles: Sequence[Circle]) -> list[float]:
    """How far each circle of a column steps aside so that all can be seen, in pixels.

    Example:
        >>> low, high = Circle("a", 2014, "VGG", 0.1, 20), Circle("b", 2014, "VGG", 0.9, 20)
        >>> sidesteps([low, high]), sidesteps([low, low])
        ([0.0, 0.0], [0.0, 16.0])
    """
    placed: list[tuple[float, float, float]] = []
    for circle in circles:
        y, radius = circle.height * PLOT_PX, circle.diameter_px / 2
        for turn in count():
            x = (turn + 1) // 2 * (1 if turn % 2 else -1) * _STEP_PX
            if all(
                (x - x0) ** 2 + (y - y0) ** 2 >= (_OVERLAP * (radius + radius0)) ** 2
                for x0, y0, radius0 in placed
            ):
                placed.append((x + 0.0, y, radius))
                break
    return [x for x, _, _ in placed]


def lay_out(circles: Sequence[Circle]) -> Layout:
    """Put the circles in columns, years in order, families in the order they come."""
    layout, edge = Layout(), 0.0
    for year, of_year in groupby(sorted(circles, key=lambda c: c.year), key=lambda c: c.year):
        columns: dict[str, list[Circle]] = {}
        for circle in of_year:
            columns.setdefault(circle.family, []).append(circle)
        spread = {
            family: sidesteps(sorted(members, key=lambda c: c.height))
            for family, members in columns.items()
        }
        widths = {
            family: max(1.0, 0.4 + (max(steps) - min(steps) + 14) / COLUMN_PX)
            for family, steps in spread.items()
        }
        band = max(BAND_COLUMNS, sum(widths.values()))
        left = edge + (band - sum(widths.values())) / 2
        for family, members in columns.items():
            steps = spread[family]
            centre = left + widths[family] / 2
            shift = (max(steps) + min(steps)) / 2
            for circle, step in zip(sorted(members, key=lambda c: c.height), steps, strict=True):
                layout.x[circle.key] = centre + (step - shift) / COLUMN_PX
            layout.families.append((centre, family))
            left += widths[family]
        layout.years.append((edge, edge + band, year))
        edge += band
    return layout


def label_shift(
    key: str,
    text: str,
    circles: Sequence[Circle],
    layout: Layout,
    taken: list[Box],
    lit: Container[str] | None = None,
) -> tuple[float, float]:
    """Where a circle's name hides least: the shift of its centre (right, up), in pixels.

    `taken` holds the boxes of names already placed, and gets this one. Circles that are not in
    `lit` (None: all are) are faded, and matter less.
    """
    scale = WIDTH_PX / layout.years[-1][1]
    spots = {c.key: (layout.x[c.key] * scale, c.height * PLOT_PX) for c in circles}
    x, y = spots[key]
    radius = next(c.diameter_px for c in circles if c.key == key) / 2
    half_width, half_height = 4.4 * len(text), 10.0

    def box(shift: tuple[float, float]) -> Box:
        a, b = x + shift[0], y + shift[1]
        return (a - half_width, b - half_height, a + half_width, b + half_height)

    def hidden(shift: tuple[float, float]) -> float:
        left, low, right, high = box(shift)
        covered = sum(
            (2.0 if lit is None or c.key in lit else 0.2)
            for c in circles
            if left - c.diameter_px / 2 < spots[c.key][0] < right + c.diameter_px / 2
            and low - c.diameter_px / 2 < spots[c.key][1] < high + c.diameter_px / 2
        )
        crossed = sum(left < b[2] and b[0] < right and low < b[3] and b[1] < high for b in taken)
        outside = (left < -8) + (right > WIDTH_PX + 8) + (low < -12) + (high > PLOT_PX + 20)
        return covered + 5 * crossed + 20 * outside

    up, aside = radius + half_height + 7, radius + half_width + 9
    shifts = [(0.0, up), (aside, 0.0), (-aside, 0.0)]
    for tall in (up, -up, up + 20, -up - 20):
        shifts += [(0.0, tall), (half_width * 0.8, tall), (-half_width * 0.8, tall)]
    best = min(shifts, key=hidden)
    taken.append(box(best))
    return best
