"""The third quantity of a plot of accuracy against cost: circles' areas, and the circles that give
their scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import Any

from vizcore.figures.accuracy_words import scale_unit
from vizcore.figures.palette import FONT_SIZE, Theme
from vizcore.records.accuracy import Axis

#: Diameters in pixels: of the largest circle, and of one without a third quantity.
_LARGEST_PX, _PLAIN_PX, _SMALLEST_PX = 48.0, 13.0, 7.0


def _largest(areas: Sequence[float | None], here: Sequence[int]) -> float:
    return max((areas[n] or 0.0 for n in here), default=0.0)


def diameters(areas: Sequence[float | None], here: Sequence[int]) -> list[float]:
    """The circles' diameters in pixels: areas in the ratio of the values, but for the tiniest."""
    largest = _largest(areas, here)
    if largest <= 0:
        return [_PLAIN_PX] * len(areas)
    return [
        _PLAIN_PX if area is None else max(_SMALLEST_PX, _LARGEST_PX * (area / largest) ** 0.5)
        for area in areas
    ]


def legend_of_areas(
    area: Axis | None, areas: Sequence[float | None], here: Sequence[int], colours: Theme
) -> list[dict[str, Any]]:
    """Three circles in the corner, whose areas are round numbers."""
    largest = _largest(areas, here)
    if area is None or largest <= 0:
        return []
    tens = 10.0 ** floor(log10(largest))
    top = floor(largest / tens) * tens  # one digit, not above the largest
    values = [float(f"{top / part:.0e}") for part in (10, 3, 1)]
    return [
        {
            "type": "scatter",
            "mode": "markers+text",
            "xaxis": "x2",
            "yaxis": "y2",
            "x": [0.15, 0.35, 0.65],
            "y": [0.6] * 3,
            "text": [f"{value:g}" for value in values[:2]] + [f"{values[2]:g}{scale_unit(area)}"],
            "textposition": "bottom center",
            "textfont": {"size": FONT_SIZE, "color": colours.muted},
            "hovertext": [f"{area.title}: {value:g}" for value in values],
            "hoverinfo": "text",
            "cliponaxis": False,
            "marker": {
                "size": [_LARGEST_PX * (value / largest) ** 0.5 for value in values],
                "color": "rgba(0,0,0,0)",
                "line": {"width": 1, "color": colours.muted},
            },
        }
    ]
