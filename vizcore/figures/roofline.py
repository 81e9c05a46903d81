"""The roofline: operations a byte against the reached rate, under a machine's two ceilings; and
what explains latency better than multiply-adds do.

Williams, Waterman, Patterson, "Roofline" (Communications of the ACM 52, 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

from vizcore.errors import NotApplicable
from vizcore.figures.accuracy_layout import PLOT_PX
from vizcore.figures.beside import spots
from vizcore.figures.fleet import decades, place
from vizcore.figures.measured import ms
from vizcore.figures.numbers import short
from vizcore.figures.palette import FONT_SIZE, apply_theme, theme
from vizcore.figures.roofline_words import bound_words, roofline_finding, why_finding
from vizcore.records.roofline import Roofline

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 560
_MOST_NAMED = 16


def draw_roofline(rooflines: Sequence[Roofline], *, dark: bool = False) -> go.Figure:
    """Draw each network at its operations a byte and the rate it reached, under the ceilings.

    Filled circles: arithmetic bounds most of the least time; hollow ones: memory does.

    Raises:
        NotApplicable: nothing was measured, or the machine's ceilings were not.
    """
    import plotly.graph_objects as go

    shown = [each for each in rooflines if each.latency_ms]
    if not shown:
        raise NotApplicable("No network was measured together with this machine's ceilings yet.")
    colours, ceiling = theme(dark), shown[0].ceiling
    xs = [each.intensity for each in shown]
    ys = [each.flops / (each.latency_ms or 1) * 1e3 / 1e9 for each in shown]
    top = ceiling.flops_per_s / 1e9
    left, right = min([*xs, ceiling.ridge]) / 3, max([*xs, ceiling.ridge]) * 4
    low, high = min(ys) / 3, 2 * max(top, *ys)
    roof_x = [left, ceiling.ridge, right]
    roof_y = [left * ceiling.bytes_per_s / 1e9, top, top]
    figure = go.Figure()
    figure.add_scatter(
        x=roof_x,
        y=roof_y,
        mode="lines",
        line={"width": 3, "color": colours.text},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=xs,
        y=ys,
        mode="markers",
        marker={
            "size": 14,
            "color": [
                colours.paper if each.bound == "memory" else colours.accent for each in shown
            ],
            "line": {"width": 3, "color": colours.accent},
        },
        customdata=[[each.network] for each in shown],
        hovertext=[
            f"<b>{each.network}</b><br>{each.intensity:.3g} operations a byte<br>"
            f"{short(rate * 1e9)} operations a second<br>{bound_words(each)}"
            for each, rate in zip(shown, ys, strict=True)
        ],
        hoverinfo="text",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    title = roofline_finding(shown)
    apply_theme(
        figure,
        dark,
        title=title,
        x_title="Operations a byte moved",
        y_title="Reached, 10⁹ operations a second",
        height=HEIGHT_PX,
    )
    ends_x, ends_y = (log10(left), log10(right)), (log10(low), log10(high))

    def spot(x: float, y: float) -> tuple[float, float]:
        return (
            (log10(x) - ends_x[0]) / (ends_x[1] - ends_x[0]) * PLOT_PX[0],
            (log10(y) - ends_y[0]) / (ends_y[1] - ends_y[0]) * PLOT_PX[1],
        )

    # Names of many networks would hide each other: then they are told where one points.
    named = shown if len(shown) <= _MOST_NAMED else []
    names = [each.network for each in named]
    points = [spot(x, y) for x, y in zip(xs, ys, strict=True)][: len(named)]
    figure.update_layout(
        showlegend=False,
        hovermode="closest",
        annotations=[
            *(
                {
                    "text": name,
                    "x": log10(x),
                    "y": log10(y),
                    "font": {"size": FONT_SIZE, "color": colours.text},
                    **place(found, colours),
                }
                for name, x, y, found in zip(
                    names, xs, ys, spots(points, names, PLOT_PX), strict=False
                )
            ),
            {
                "text": f"arithmetic: {short(ceiling.flops_per_s)} operations a second, measured",
                "x": ends_x[1],
                "y": log10(top),
                "xanchor": "right",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": FONT_SIZE, "color": colours.muted},
            },
            {
                "text": f"memory: {ceiling.bytes_per_s / 1e9:.3g} GB a second, measured",
                "x": ends_x[0],
                "y": ends_y[1],
                "xanchor": "left",
                "yanchor": "top",
                "showarrow": False,
                "font": {"size": FONT_SIZE, "color": colours.muted},
            },
        ],
        meta={"alt": f"{title}. " + " ".join(f"{bound_words(each)}." for each in shown)},
    )
    figure.update_xaxes(type="log", range=ends_x, showgrid=True, **decades(ends_x))
    figure.update_yaxes(type="log", range=ends_y, **decades(ends_y))
    return figure


def _ends(logs: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis with room at both."""
    aside = 0.1 * (max(logs) - min(logs)) + 0.05
    return min(logs) - aside, max(logs) + aside


def draw_why(rooflines: Sequence[Roofline], *, dark: bool = False) -> go.Figure:
    """Draw latency against operations, and against the least time at both ceilings, side by side.

    Raises:
        NotApplicable: fewer than three networks were measured together with the ceilings.
    """
    from plotly.subplots import make_subplots

    shown = [each for each in rooflines if each.latency_ms]
    if len(shown) < 3:
        raise NotApplicable(
            f"{len(shown)} networks were measured in this setup together with the machine's "
            "ceilings; what explains latency shows from 3 on."
        )
    colours = theme(dark)
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.04)
    times = [each.latency_ms or 0 for each in shown]
    columns = (
        ([each.flops / 1e9 for each in shown], "Operations of a pass, 10⁹"),
        ([each.least_ms for each in shown], "Least time at both ceilings, ms"),
    )
    apply_theme(figure, dark, title=why_finding(shown), height=HEIGHT_PX)
    for column, (values, title) in enumerate(columns, start=1):
        figure.add_scatter(
            x=values,
            y=times,
            mode="markers",
            marker={
                "size": 12,
                "color": [
                    colours.paper if each.bound == "memory" else colours.accent for each in shown
                ],
                "line": {"width": 3, "color": colours.accent},
            },
            hovertext=[
                f"<b>{each.network}</b><br>{ms(each.latency_ms or 0)} a pass<br>{bound_words(each)}"
                for each in shown
            ],
            hoverinfo="text",
            row=1,
            col=column,
        )
        size = (PLOT_PX[0] / 2, PLOT_PX[1])
        logs = [(log10(x), log10(y)) for x, y in zip(values, times, strict=True)]
        ends = [_ends([pair[axis] for pair in logs]) for axis in (0, 1)]
        (left, right), (low, high) = ends
        points = [
            ((x - left) / (right - left) * size[0], (y - low) / (high - low) * size[1])
            for x, y in logs
        ]
        figure.update_xaxes(
            type="log",
            title_text=title,
            showgrid=True,
            range=ends[0],
            **decades(ends[0]),
            row=1,
            col=column,
        )
        figure.update_yaxes(type="log", range=ends[1], **decades(ends[1]), row=1, col=column)
        names = [each.network for each in shown]
        if len(names) <= _MOST_NAMED:
            for name, pair, found in zip(names, logs, spots(points, names, size), strict=True):
                figure.add_annotation(
                    text=name,
                    x=pair[0],
                    y=pair[1],
                    font={"size": FONT_SIZE, "color": colours.text},
                    row=1,
                    col=column,
                    **place(found, colours),
                )
    figure.update_yaxes(title_text="Latency of one pass, ms", row=1, col=1)
    figure.update_layout(
        showlegend=False,
        hovermode="closest",
        meta={"alt": f"{why_finding(shown)}. " + " ".join(f"{bound_words(e)}." for e in shown)},
    )
    return figure
