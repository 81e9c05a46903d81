"""Accuracy against cost: one circle a network, its area a third quantity, the front that nobody
beats, lines through families.

After figure 2 of Canziani, Paszke, Culurciello, "An Analysis of Deep Neural Network Models for
Practical Applications" (arXiv:1605.07678).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from vizcore.errors import NotApplicable
from vizcore.figures.accuracy_areas import diameters, legend_of_areas
from vizcore.figures.accuracy_findings import alternative, finding, wrapped_title
from vizcore.figures.accuracy_layout import Scale, free_corner, linear, names, scale_of, share_of
from vizcore.figures.accuracy_lines import along_bars, bars, family_traces, front_trace
from vizcore.figures.accuracy_words import hover, plain_unit
from vizcore.figures.fleet import decades
from vizcore.figures.palette import Theme, apply_theme, theme
from vizcore.records.accuracy import AccuracyPoint, Axis, pareto_front
from vizcore.records.bench import Measurement

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 540
#: Names for more points than this hide each other: then the front's and the chosen ones' only.
_ALL_NAMED = 24


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the points is drawn, and how.

    Attributes:
        x, y: the two axes.
        area: what the circles' area shows; None for equal ones.
        front: draw the line of the points that no other beats.
        lines: pairs of points to join.
        chosen: numbers of points to point out.
    """

    x: Axis
    y: Axis
    area: Axis | None = None
    front: bool = True
    lines: Sequence[tuple[int, int]] = ()
    chosen: frozenset[int] = frozenset()


def draw_accuracy(
    points: Sequence[AccuracyPoint],
    measured: Sequence[Measurement | None],
    shown: Shown,
    *,
    dark: bool = False,
) -> go.Figure:
    """Draw networks by two quantities, a third as the circles' area.

    A hollow circle is an accuracy that somebody read off a figure, a cross a network whose third
    quantity is unknown. A bar through a circle is the standard deviation over seeds. `customdata`
    holds a point's number, so that a click can select it. Points that lack one of the two
    quantities are left out.

    Args:
        points: the networks.
        measured: what a machine measured of each, or None.

    Raises:
        NotApplicable: no point has both quantities.
    """
    import plotly.graph_objects as go

    pairs = list(zip(points, measured, strict=True))
    xs = [shown.x.value(*pair) for pair in pairs]
    ys = [shown.y.value(*pair) for pair in pairs]
    here = [n for n in range(len(pairs)) if xs[n] is not None and ys[n] is not None]
    if not here:
        raise NotApplicable(
            f"No network here has both {shown.x.title.split(',')[0].lower()} and "
            f"{shown.y.title.split(',')[0].lower()}. Choose other axes"
            + (", or measure some." if shown.x.measured or shown.y.measured else ".")
        )
    spread = {n: (float(xs[n] or 0), float(ys[n] or 0)) for n in here}
    areas = [None if shown.area is None else shown.area.value(*pair) for pair in pairs]
    colours = theme(dark)
    front = [here[i] for i in _front(shown, [spread[n] for n in here])] if shown.front else []
    across, up = zip(*spread.values(), strict=True)
    scale = {"x": scale_of(across), "y": scale_of(up)}
    for name, axis, values in (("x", shown.x, across), ("y", shown.y, up)):
        if _is_from_zero(axis, shown, values, scale[name]):
            scale[name] = linear(values, from_zero=True)
    sizes = diameters(areas, here)
    is_crowded = len(here) > _ALL_NAMED
    traces = family_traces(shown.lines, spread, colours, is_crowded=is_crowded)
    traces += front_trace(front, spread, colours)
    traces.append(_circles(points, here, spread, sizes, shown, front, measured, colours))
    traces += bars(points, spread, (shown.x, shown.y), colours)
    at = {number: place for place, number in enumerate(here)}
    joined = [*shown.lines, *pairwise(front)]
    corner = free_corner(
        [share_of(scale, spread[n]) for n in here],
        [(at[a], at[b]) for a, b in joined if a in at and b in at],
    )
    traces += legend_of_areas(shown.area, areas, here, colours)
    figure = go.Figure(traces)
    title = wrapped_title(
        finding([points[n] for n in here], list(spread.values()), shown.x, shown.y)
    )
    apply_theme(
        figure,
        dark,
        title=title,
        x_title=shown.x.title,
        y_title=shown.y.title,
        height=HEIGHT_PX,
    )
    named = [n for n in here if not is_crowded or n in front or n in shown.chosen]
    also = _best_of_families(points, [n for n in here if n not in named])
    figure.update_layout(
        showlegend=False,
        hovermode="closest",
        margin_t=84 if "<br>" in title else 56,
        plot_bgcolor="rgba(0,0,0,0)",
        annotations=names(
            points,
            named,
            spread,
            sizes,
            scale,
            joined,
            colours,
            also,
            bars=along_bars(points, spread, (shown.x, shown.y)),
            is_crowded=is_crowded,
        ),
        meta={
            "alt": alternative([points[n] for n in here], list(spread.values()), shown.x, shown.y)
        },
    )
    for name, axis, update in (
        ("x", shown.x, figure.update_xaxes),
        ("y", shown.y, figure.update_yaxes),
    ):
        found = scale[name]
        if found.is_log:
            words, factor = plain_unit(axis)
            ticks = decades(found.ends, factor)
            update(type="log", range=found.ends, showgrid=True, title_text=words, **ticks)
        else:
            update(range=found.ends, showgrid=True, nticks=11)
    if shown.area is not None:
        aside = {"visible": False, "range": [0, 1]}
        figure.update_layout(
            xaxis2={"domain": corner[0], "anchor": "y2", **aside},
            yaxis2={"domain": corner[1], "anchor": "x2", **aside},
        )
    return figure


def _is_from_zero(axis: Axis, shown: Shown, values: Sequence[float], scale: Scale) -> bool:
    """Whether an axis begins at zero: operations as the study has them, time, one cost by another.

    Only then does a straight line on the plot mean that one grows in proportion to the other.
    """
    if min(values) <= 0 or axis.key in ("year", "top1") or max(values) >= 100 * min(values):
        return False
    two_costs = shown.x.less_is_better and shown.y.less_is_better
    is_wide = max(values) > 3 * min(values)
    return (
        is_wide and (axis.key == "gops" or (two_costs and "year" not in (shown.x.key, shown.y.key)))
    ) or (axis.measured and not scale.is_log)


def _front(shown: Shown, values: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    return pareto_front(values, less_x=shown.x.less_is_better, less_y=shown.y.less_is_better)


def _best_of_families(points: Sequence[AccuracyPoint], numbers: Sequence[int]) -> list[int]:
    """The most accurate network of each family, the most accurate first."""
    order = sorted(numbers, key=lambda n: -points[n].top1_pct)
    first: dict[str, int] = {}
    for number in order:
        first.setdefault(points[number].family, number)
    return list(first.values())


def _circles(
    points: Sequence[AccuracyPoint],
    here: Sequence[int],
    spread: dict[int, tuple[float, float]],
    sizes: Sequence[float],
    shown: Shown,
    front: Sequence[int],
    measured: Sequence[Measurement | None],
    colours: Theme,
) -> dict[str, Any]:
    def colour(number: int) -> str:
        pointed = shown.chosen or front  # what is pointed out is the one thing in the accent
        return colours.accent if number in pointed else colours.outline

    order = sorted(here, key=lambda n: -sizes[n])  # small ones on top, so that all can be hit
    area = shown.area
    unknown = [area is not None and area.value(points[n], measured[n]) is None for n in order]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [spread[n][0] for n in order],
        "y": [spread[n][1] for n in order],
        "customdata": [[n] for n in order],
        "hovertext": [hover(points[n], measured[n], (shown.x, shown.y, shown.area)) for n in order],
        "hoverinfo": "text",
        "cliponaxis": False,
        "marker": {
            "size": [sizes[n] for n in order],
            "opacity": 1,
            "symbol": ["x-thin" if each else "circle" for each in unknown],
            "color": [
                "rgba(0,0,0,0)" if points[n].kind == "read off a figure" else _faint(colour(n))
                for n in order
            ],
            "line": {
                "width": [4 if n in shown.chosen else 2 for n in order],
                "color": [colour(n) for n in order],
            },
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"
