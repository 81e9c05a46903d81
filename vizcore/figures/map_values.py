"""The values of one map as a histogram, and two measures of contribution against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vizcore.errors import NotApplicable
from vizcore.figures.numbers import percent, short
from vizcore.figures.palette import apply_theme, theme
from vizcore.records.maps import Contribution

if TYPE_CHECKING:
    import plotly.graph_objects as go

_BINS = 40


def zero_share(map_hw: npt.NDArray[np.floating]) -> float:
    """The share of values that are exactly zero.

    Example:
        >>> zero_share(np.array([[0.0, 1.0], [0.0, -2.0]]))
        0.5
    """
    return float((map_hw == 0).mean())


def draw_values(map_hw: npt.NDArray[np.floating], name: str, *, dark: bool = False) -> go.Figure:
    """Draw how often each value comes in a map; the zeros are a bar of their own.

    Raises:
        NotApplicable: values that are not finite.
    """
    import plotly.graph_objects as go

    if not np.isfinite(map_hw).all():
        raise NotApplicable("The map holds values that are not finite.")
    colours = theme(dark)
    values = map_hw[map_hw != 0].astype(np.float64)
    zeros = map_hw.size - values.size
    title = f"{name}: {percent(zero_share(map_hw))} of {map_hw.size:,} values are zero"
    figure = go.Figure()
    apply_theme(figure, dark, title=title, height=300)
    width = 1.0
    if values.size:
        counts, edges = np.histogram(values, bins=_BINS)
        width = float(edges[1] - edges[0])
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=width,
            marker={"color": colours.accent, "line": {"width": 0}},
            hovertemplate="%{y} values near %{x:.3~g}<extra></extra>",
        )
    if zeros:
        figure.add_bar(
            x=[0],
            y=[zeros],
            width=width,
            marker={"color": colours.muted, "line": {"width": 0}},
            hovertemplate="%{y} values are zero<extra></extra>",
        )
    figure.update_layout(
        showlegend=False, barmode="overlay", bargap=0, meta={"alt": f"Histogram. {title}."}
    )
    figure.update_xaxes(title_text="value", nticks=8)
    figure.update_yaxes(title_text="values", nticks=5, rangemode="tozero")
    return figure


def draw_agreement(
    found: Contribution, *, selected: int | None = None, dark: bool = False
) -> go.Figure:
    """Draw each channel's estimate by gradient against its fall by ablation; equal on the line.

    Raises:
        NotApplicable: it was not measured by ablation.
    """
    import plotly.graph_objects as go

    if found.ablation_c is None:
        raise NotApplicable("The channels were not set to zero one by one, so nothing compares.")
    colours = theme(dark)
    title = agreement_words(found)
    ends = [
        float(min(found.gradient_c.min(), found.ablation_c.min(), 0)),
        float(max(found.gradient_c.max(), found.ablation_c.max(), 0)),
    ]
    figure = go.Figure()
    apply_theme(figure, dark, title=title, height=420)
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": colours.grid, "width": 2}, hoverinfo="skip"
    )
    channels = np.arange(len(found.gradient_c))
    chosen = channels == (-1 if selected is None else selected)
    for part, colour, size in ((~chosen, colours.accent, 8), (chosen, "#D55E00", 14)):
        figure.add_scatter(
            x=found.gradient_c[part],
            y=found.ablation_c[part],
            mode="markers",
            marker={"color": colour, "size": size, "opacity": 0.8},
            customdata=channels[part],
            hovertemplate="channel %{customdata}: gradient × activation %{x:.3~g}, "
            "without it the score falls by %{y:.3~g}<extra></extra>",
        )
    figure.update_layout(showlegend=False, meta={"alt": f"A point for each channel. {title}."})
    figure.update_xaxes(title_text="gradient × activation", nticks=7)
    figure.update_yaxes(title_text="fall of the score without it", nticks=7)
    return figure


def agreement_words(found: Contribution) -> str:
    """How far the two measures agree, in words with the number."""
    if found.agreement is None:
        return "All channels contribute the same, so there are no two orders to compare"
    return f"Spearman's rank correlation of the two orders: {found.agreement:.2f}"


def contribution_words(found: Contribution, channel: int) -> str:
    """What one channel is worth, by what was measured."""
    words = f"gradient × activation {short(float(found.gradient_c[channel]))}"
    if found.ablation_c is not None:
        words += f"; without it the score falls by {short(float(found.ablation_c[channel]))}"
    return f"For {found.target_class} (score {short(found.score)}): {words}"
