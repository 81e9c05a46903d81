"""Networks one below the other by one quantity: accuracy, information density, or any other.

After the bar charts of Canziani, Paszke, Culurciello, "An Analysis of Deep Neural Network Models
for Practical Applications" (arXiv:1605.07678).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizcore.errors import NotApplicable
from vizcore.figures.accuracy_findings import ranking_finding, wrapped_title
from vizcore.figures.accuracy_words import digits, hover, short_label
from vizcore.figures.palette import FONT_SIZE, apply_theme, theme
from vizcore.records.accuracy import AccuracyPoint, Axis
from vizcore.records.bench import Measurement

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW_PX = 30
#: More bars than these cannot be read on one screen: then the first ones only.
MOST = 40


def draw_ranking(
    points: Sequence[AccuracyPoint],
    measured: Sequence[Measurement | None],
    axis: Axis,
    *,
    chosen: frozenset[int] = frozenset(),
    dark: bool = False,
) -> go.Figure:
    """Draw one quantity as a bar a network, the best above; at most `MOST` of them.

    A hollow bar is an accuracy that somebody read off a figure; a line at the end of a bar is the
    standard deviation over seeds. `customdata` holds a point's number, so that a click can select
    it. Networks whose quantity is unknown are left out.

    Args:
        points: the networks.
        measured: what a machine measured of each, or None.
        chosen: numbers of points to point out; without any, all bars have one colour.

    Raises:
        NotApplicable: the quantity is known of no network.
    """
    import plotly.graph_objects as go

    values = {
        number: float(value)
        for number, pair in enumerate(zip(points, measured, strict=True))
        if (value := axis.value(*pair)) is not None
    }
    if not values:
        raise NotApplicable(
            f"{axis.title.partition(',')[0]} is known of no network here. Choose another quantity"
            + (", or measure some." if axis.measured else ".")
        )
    sign = 1 if axis.less_is_better else -1
    order = sorted(values, key=lambda number: (sign * values[number], points[number].label))
    colours = theme(dark)
    title = ranking_finding([points[n] for n in order], [values[n] for n in order], axis)
    order = order[:MOST]
    names = [short_label(points[n]) for n in order]
    spread = [points[n].spread_pct if axis.key == "top1" else None for n in order]
    reach = max(values[n] + (each or 0.0) for n, each in zip(order, spread, strict=True))

    def colour(number: int) -> str:
        return colours.accent if not chosen or number in chosen else colours.outline

    figure = go.Figure(
        {
            "type": "bar",
            "orientation": "h",
            "x": [values[n] for n in order],
            "y": list(range(len(order))),
            "customdata": [[n] for n in order],
            "hovertext": [hover(points[n], measured[n], (axis,)) for n in order],
            "hoverinfo": "text",
            "text": [f" {_written(points[n], values[n], axis)}" for n in order],
            "textposition": "outside",
            "cliponaxis": False,
            "textfont": {"size": FONT_SIZE, "color": colours.text},
            "error_x": {
                "type": "data",
                "array": [each or 0.0 for each in spread],
                "thickness": 2,
                "color": colours.text,
                "visible": any(each is not None for each in spread),
            },
            "marker": {
                "color": [
                    colours.paper if points[n].kind == "read off a figure" else colour(n)
                    for n in order
                ],
                "line": {"width": 2, "color": [colour(n) for n in order]},
            },
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": 1}},
        }
    )
    listed = "; ".join(f"{name} {digits(values[n])}" for name, n in zip(names, order, strict=True))
    apply_theme(
        figure,
        dark,
        title=wrapped_title(title),
        x_title=axis.title,
        height=max(240, 110 + _ROW_PX * len(order)),
    )
    figure.update_layout(
        margin_t=84 if "<br>" in wrapped_title(title) else 56,
        showlegend=False,
        hovermode="closest",
        bargap=0.28,
        meta={"alt": f"{axis.title} of {len(order)} networks. {title}. {listed}."},
    )
    low = min(values[n] for n in order) - 2 if axis.key == "year" else 0.0
    figure.update_xaxes(range=[low, low + 1.1 * (reach - low)], showgrid=True)
    figure.update_yaxes(
        tickvals=list(range(len(order))),
        ticktext=[f"{name} " for name in names],
        autorange="reversed",
        showgrid=False,
    )
    return figure


def _written(point: AccuracyPoint, value: float, axis: Axis) -> str:
    """A bar's value; an accuracy with its tenths, unless it was read off a figure."""
    if axis.key != "top1":
        return digits(value)
    return f"about {value:.0f}" if point.kind == "read off a figure" else f"{value:.1f}"
