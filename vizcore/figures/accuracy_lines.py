"""What joins the points of a plot of accuracy against cost, and the bars over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vizcore.figures.palette import Theme
from vizcore.records.accuracy import AccuracyPoint, Axis


def bars(
    points: Sequence[AccuracyPoint],
    spread: dict[int, tuple[float, float]],
    axes: tuple[Axis, Axis],
    colours: Theme,
) -> list[dict[str, Any]]:
    """Bars of the standard deviation over seeds, where accuracy is an axis and there are some."""
    some = [n for n in spread if points[n].spread_pct is not None]
    axis = dict(zip("xy", axes, strict=True))
    reach = [points[n].spread_pct for n in some]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [spread[n][0] for n in some],
            "y": [spread[n][1] for n in some],
            f"error_{name}": {
                "type": "data",
                "array": reach,
                "thickness": 2,
                "color": colours.text,
            },
            "marker": {"size": 1, "color": colours.text},
            "hoverinfo": "skip",
        }
        for name in ("x", "y")
        if axis[name].key == "top1" and some
    ]


def along_bars(
    points: Sequence[AccuracyPoint], spread: dict[int, tuple[float, float]], axes: tuple[Axis, Axis]
) -> list[tuple[float, float]]:
    """Places on the bars of the standard deviation."""
    steps = (-1.0, -0.5, 0.5, 1.0)
    return [
        (x + step * reach, y) if axes[0].key == "top1" else (x, y + step * reach)
        for number, (x, y) in spread.items()
        if (reach := points[number].spread_pct) and "top1" in (axes[0].key, axes[1].key)
        for step in steps
    ]


def family_traces(
    pairs: Sequence[tuple[int, int]],
    spread: dict[int, tuple[float, float]],
    colours: Theme,
    *,
    is_crowded: bool,
) -> list[dict[str, Any]]:
    """Families: thin lines under everything; where there are many, a ground and no figure."""
    joined = [(spread[a], spread[b]) for a, b in pairs if a in spread and b in spread]
    if not joined:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [value for a, b in joined for value in (a[0], b[0], None)],
            "y": [value for a, b in joined for value in (a[1], b[1], None)],
            "line": {"width": 1, "color": colours.grid if is_crowded else colours.outline},
            "hoverinfo": "skip",
        }
    ]


def front_trace(
    front: Sequence[int], spread: dict[int, tuple[float, float]], colours: Theme
) -> list[dict[str, Any]]:
    """The networks that no other beats, joined by dots."""
    if len(front) < 2:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [spread[n][0] for n in front],
            "y": [spread[n][1] for n in front],
            "line": {"width": 2, "color": colours.accent, "dash": "dot"},
            "hoverinfo": "skip",
        }
    ]
