"""Objects found at each intersection over union: a line a method, baselines in grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vizcore.figures.palette import apply_theme, sequential, theme
from vizcore.records.localisation import FOUND_ABOVE, BoxScores, LocalisationStudy, SceneBaselines

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 380
#: Steps of the curves' axis.
_STEPS = 100
_DASHES = ("dash", "dot", "dashdot")


def reached(scores: BoxScores) -> npt.NDArray[np.float64]:
    """The share (0..1) of scenes with more than each IoU, at 0, 0.01, ..., 1.

    Example:
        >>> found = reached(BoxScores("", (None, None), np.array([0.25, 0.75])))
        >>> found[[0, 25, 26, 75, 76]].tolist()
        [1.0, 0.5, 0.5, 0.0, 0.0]
    """
    at = np.arange(_STEPS + 1) / _STEPS
    return (scores.ious_n[None] > at[:, None]).mean(axis=1)


def draw_reached(
    studies: Sequence[LocalisationStudy], without: SceneBaselines, *, dark: bool = False
) -> go.Figure:
    """Draw the share of scenes against the IoU that their boxes exceed."""
    import plotly.graph_objects as go

    house = theme(dark)
    figure = apply_theme(go.Figure(), dark, height=HEIGHT_PX)
    at = np.arange(_STEPS + 1) / _STEPS
    low, high = (0.35, 1.0) if dark else (0.0, 0.8)
    shades = sequential(np.linspace(low, high, max(len(studies), 1)))
    lines = [
        (each.scores, "#" + bytes(shade).hex(), "solid", 3.5)
        for each, shade in zip(studies, shades, strict=True)
    ]
    lines += [
        (each, house.muted, dash, 2.5) for each, dash in zip(without.all, _DASHES, strict=True)
    ]
    for scores, colour, dash, width in lines:
        figure.add_scatter(
            x=at,
            y=100 * reached(scores),
            name=scores.title,
            mode="lines",
            line={"color": colour, "width": width, "dash": dash},
            hovertemplate=f"{scores.title}<br>IoU above %{{x:.2f}}: "
            "%{y:.3~g}% of scenes<extra></extra>",
        )
    figure.add_vline(x=FOUND_ABOVE, line={"color": house.outline, "width": 1.5})
    figure.add_annotation(
        x=FOUND_ABOVE,
        y=102,
        text=f"found above {FOUND_ABOVE:g}",
        showarrow=False,
        xanchor="left",
        yanchor="top",
        xshift=6,
        font={"size": 16, "color": house.text},
    )
    figure.update_xaxes(title_text="IoU, more than", range=[0, 1], fixedrange=True)
    figure.update_yaxes(title_text="scenes, %", range=[0, 104], fixedrange=True)
    figure.update_layout(
        margin={"t": 12, "b": 52, "r": 8},
        legend={
            "orientation": "v",
            "x": 1.01,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        meta={"alt": alt(studies, without)},
    )
    return figure


def alt(studies: Sequence[LocalisationStudy], without: SceneBaselines) -> str:
    """The finding in one sentence."""
    all_scores = [*(each.scores for each in studies), *without.all]
    parts = [f"{each.title} {100 * (1 - each.error):.0f}%" for each in all_scores]
    return f"Scenes with an IoU above {FOUND_ABOVE:g}: {', '.join(parts)}."
