"""Deletion and insertion drawn: a line a method, and a band where random orders lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vizcore.figures.palette import apply_theme, sequential, theme
from vizcore.records.trust import MapMetrics, PixelCurve

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 400
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_WAYS = ("deletion", "insertion")


def draw_pixel_curves(found: MapMetrics, *, selected: str = "", dark: bool = False) -> go.Figure:
    """Draw the class's probability against the share of pixels, deletion left, insertion right.

    Args:
        selected: the key of a method whose line is drawn in the accent's colour.
    """
    from plotly.subplots import make_subplots

    house = theme(dark)
    titles = ("Deletion: largest values taken away first", "Insertion: given back first")
    figure = make_subplots(
        rows=1, cols=2, shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.04
    )
    apply_theme(figure, dark, height=HEIGHT_PX)
    rows = [row for row in found.rows if row.curves is not None]
    low, high = (0.35, 1.0) if dark else (0.0, 0.8)
    shades = sequential(np.linspace(low, high, max(len(rows), 1)))
    for column, way in enumerate(_WAYS, start=1):
        curves: list[PixelCurve] = [getattr(each, way) for each in found.random]
        shares = 100 * curves[0].shares_s
        stack = 100 * np.stack([each.probabilities_s for each in curves])
        figure.add_scatter(
            x=[*shares, *shares[::-1]],
            y=[*stack.max(axis=0), *stack.min(axis=0)[::-1]],
            fill="toself",
            fillcolor=house.grid,
            line={"width": 0},
            mode="lines",
            name=f"{len(curves)} random orders",
            legendrank=2000,
            showlegend=column == 1,
            hoverinfo="skip",
            row=1,
            col=column,
        )
        for place, row in enumerate(rows):
            curve: PixelCurve = getattr(row.curves, way)
            chosen = row.method == selected
            figure.add_scatter(
                x=100 * curve.shares_s,
                y=100 * curve.probabilities_s,
                name=row.title,
                mode="lines",
                line={
                    "color": "#" + bytes(shades[place]).hex(),
                    "width": 4 if chosen else 2.5,
                    "dash": _DASHES[place % len(_DASHES)],
                },
                showlegend=column == 1,
                hovertemplate=f"{row.title}<br>%{{x:.0f}}% of the pixels: "
                "%{y:.3~g}% probable<extra></extra>",
                row=1,
                col=column,
            )
    figure.update_xaxes(title_text="pixels, %", range=[0, 100], fixedrange=True)
    figure.update_yaxes(range=[-2, 102], fixedrange=True)
    figure.update_yaxes(title_text=f"probability of {found.target_class}, %", row=1, col=1)
    figure.update_layout(
        margin={"t": 40, "b": 52, "r": 8},
        legend={
            "orientation": "v",
            "x": 1.01,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        meta={"alt": alt(found)},
    )
    figure.update_annotations(font_size=16, font_color=house.text)
    return figure


def alt(found: MapMetrics) -> str:
    """The finding in one sentence."""
    parts = [
        f"{row.title} {row.curves.deletion.area:.2f} and {row.curves.insertion.area:.2f}"
        for row in found.rows
        if row.curves is not None
    ]
    mean, other = (found.random_areas(way)[0] for way in ("deletion", "insertion"))
    return (
        f"Areas under deletion and insertion: {', '.join(parts)}; "
        f"random orders {mean:.2f} and {other:.2f}."
    )
