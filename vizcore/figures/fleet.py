"""Trained networks: accuracy against cost, one point a network, plain and residual pairs joined."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING, Any

from vizcore.errors import NotApplicable
from vizcore.figures.beside import Spot, spots
from vizcore.figures.fleet_words import COSTS, alternative, brief, cost_of, finding, hover
from vizcore.figures.palette import FONT_SIZE, Theme, apply_theme, theme
from vizcore.records.fleet import SkipPair, TrainedNetwork, skip_pairs

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 500
#: The plotting area in a window of 1280 pixels: names are placed for it.
_PLOT_PX = (850.0, 375.0)
#: Places along a line that joins a pair, which names should not hide.
_ALONG = tuple(part / 16 for part in range(1, 16))


def draw_fleet(
    networks: Sequence[TrainedNetwork], *, cost: str = "macs", dark: bool = False
) -> go.Figure:
    """Draw the test accuracy of networks against what they cost, on a logarithmic axis.

    A point is the mean over a network's seeds; where there are several, small dots are the single
    seeds. A line joins a plain network (open) and its residual twin (filled). Every point has its
    key as `customdata`, so that a click can select it.

    Args:
        networks: of one data set: accuracies on different pictures do not share an axis.
        cost: a key of `COSTS`; networks whose cards do not say it are left out.

    Raises:
        BadChoice: another cost.
        NotApplicable: networks of several data sets, or none whose cost is known.
    """
    import plotly.graph_objects as go

    if len(sets := {each.data for each in networks}) > 1:
        raise NotApplicable(
            f"Accuracies on {' and '.join(sorted(sets))} cannot stand on one axis: they are "
            "measured on different pictures."
        )
    shown = [each for each in networks if cost_of(each, cost)]
    if not shown:
        raise NotApplicable("No network's card says what is asked for here.")
    colours = theme(dark)
    pairs = skip_pairs(tuple(shown))
    plain = {pair.plain.key for pair in pairs}
    paired = plain | {pair.residual.key for pair in pairs}
    x = {each.key: float(cost_of(each, cost) or 0) for each in shown}
    traces = [*_joins(pairs, x, colours), *_seeds(shown, x, paired, colours)]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [x[each.key] for each in shown],
            "y": [100 * each.mean_test for each in shown],
            "customdata": [[each.key] for each in shown],
            "hovertext": [hover(each) for each in shown],
            "hoverinfo": "text",
            "cliponaxis": False,
            "marker": {
                "size": 15,
                "color": [
                    colours.paper
                    if each.key in plain
                    else colours.accent
                    if each.key in paired
                    else colours.outline
                    for each in shown
                ],
                "line": {
                    "width": 3,
                    "color": [
                        colours.accent if each.key in paired else colours.outline for each in shown
                    ],
                },
            },
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": 1}},
        }
    )
    ranges = _ranges(shown, x)
    figure = go.Figure(traces)
    apply_theme(
        figure,
        dark,
        title=finding(shown),
        x_title=COSTS[cost],
        y_title="test accuracy, %",
        height=HEIGHT_PX,
    )
    figure.update_layout(
        showlegend=False,
        hovermode="closest",
        annotations=_names(shown, x, ranges, colours),
        meta={"alt": alternative(shown, cost)},
    )
    figure.update_xaxes(type="log", range=ranges[0], showgrid=True, **decades(ranges[0]))
    figure.update_yaxes(range=ranges[1], nticks=7)
    return figure


def _joins(pairs: Sequence[SkipPair], x: dict[str, float], colours: Theme) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [x[pair.plain.key], x[pair.residual.key]],
            "y": [100 * pair.plain.mean_test, 100 * pair.residual.mean_test],
            "line": {"width": 3, "color": colours.accent},
            "hoverinfo": "skip",
        }
        for pair in pairs
    ]


def _seeds(
    shown: Sequence[TrainedNetwork], x: dict[str, float], paired: set[str], colours: Theme
) -> list[dict[str, Any]]:
    """Small dots for single seeds, where there are several, on a thin line from end to end."""
    traces: list[dict[str, Any]] = []
    for each in shown:
        if len(each.test_runs) > 1:
            colour = colours.accent if each.key in paired else colours.outline
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": [x[each.key]] * len(each.test_runs),
                    "y": [100 * value for value in sorted(each.test_runs)],
                    "line": {"width": 1, "color": colour},
                    "marker": {"size": 6, "color": colour},
                    "hoverinfo": "skip",
                }
            )
    return traces


def _ranges(
    shown: Sequence[TrainedNetwork], x: dict[str, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of both axes, with room for names; the first in powers of ten."""
    low, high = log10(min(x.values())), log10(max(x.values()))
    aside = max(0.08 * (high - low), 0.12)
    values = [100 * value for each in shown for value in each.test_runs]
    above = max(0.08 * (max(values) - min(values)), 0.6)
    return (low - aside, high + aside), (min(values) - above, max(values) + above)


def _names(
    shown: Sequence[TrainedNetwork],
    x: dict[str, float],
    ranges: tuple[tuple[float, float], tuple[float, float]],
    colours: Theme,
) -> list[dict[str, Any]]:
    (left, right), (low, high) = ranges

    def spot(key: str, accuracy: float) -> tuple[float, float]:
        return (
            (log10(x[key]) - left) / (right - left) * _PLOT_PX[0],
            (100 * accuracy - low) / (high - low) * _PLOT_PX[1],
        )

    points = [spot(each.key, each.mean_test) for each in shown]
    seeds = [spot(e.key, run) for e in shown if len(e.test_runs) > 1 for run in e.test_runs]
    lines = [
        (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
        for pair in skip_pairs(tuple(shown))
        for a, b in [
            [spot(each.key, each.mean_test) for each in (pair.plain, pair.residual)],
        ]
        for share in _ALONG
    ]
    names = [brief(each) for each in shown]
    return [
        {
            "text": name,
            "x": log10(x[each.key]),
            "y": 100 * each.mean_test,
            "font": {"size": FONT_SIZE, "color": colours.text},
            **place(found, colours),
        }
        for each, name, found in zip(
            shown, names, spots(points, names, _PLOT_PX, also_px=[*seeds, *lines]), strict=True
        )
    ]


def place(spot: Spot, colours: Theme) -> dict[str, Any]:
    """A name beside its point, or further off with a thin line to it."""
    where: dict[str, Any]
    if not spot.far:
        where = {"xshift": spot.right, "yshift": spot.up, "xanchor": spot.xanchor}
        return {"showarrow": False, **where}
    line = {"arrowhead": 0, "arrowwidth": 1, "arrowcolor": colours.muted, "standoff": 9}
    where = {"ax": spot.right, "ay": -spot.up, "xanchor": spot.xanchor, "yanchor": "middle"}
    return {"showarrow": True, **where, **line}


#: Ticks within a power of ten, as fine as it takes for three of them to be seen.
_STEPS = (
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0),
    tuple(step / 10 for step in (*range(10, 20), *range(20, 50, 2), *range(50, 100, 5))),
)


def decades(ends: tuple[float, float], factor: float = 1.0) -> dict[str, Any]:
    """Ticks at 1, 2 and 5 times the powers of ten: "5M", "10M", "20M"; finer on a short axis.

    Args:
        ends: of the axis, in powers of ten.
        factor: of the axis's unit, for what is written at the ticks.
    """
    values: list[float] = []
    for steps in _STEPS:
        values = [
            step * 10.0**power
            for power in range(int(ends[0]) - 1, int(ends[1]) + 2)
            for step in steps
            if ends[0] <= log10(step * 10.0**power) <= ends[1]
        ]
        if len(values) >= 3:
            break
    return {"tickvals": values, "ticktext": [_round(value * factor) for value in values]}


def _round(value: float) -> str:
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if value >= unit * (1 - 1e-9):
            return f"{value / unit:.6g}{letter}"
    return f"{value:.6g}"
