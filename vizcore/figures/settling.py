"""How far each layer's filters were from the finished ones, and how fast they changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, pairwise
from math import log10
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vizcore.errors import BadChoice
from vizcore.figures.numbers import percent, short
from vizcore.figures.palette import FONT_SIZE, apply_theme, sequential, theme
from vizcore.records.evolution import FilterHistory, LayerHistory

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 500
#: Dashes of the layers without kernels, first to last.
_DASHES = ("dot", "dash", "dashdot", "longdash")


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to see layers settle.

    Attributes:
        title: of the axis, with its unit.
        rate: whether a value belongs to the gap between two snapshots, not to a snapshot.
    """

    name: str
    label: str
    title: str
    rate: bool
    read: Callable[[LayerHistory], npt.NDArray[np.float64]]


MEASURES: dict[str, Measure] = {
    each.name: each
    for each in (
        Measure("way", "Way left", "L2 distance left, %", False, lambda of: of.way_left_e),
        Measure("turn", "Turn left", "1 − cosine left, %", False, lambda of: of.turn_left_e),
        Measure("cosine", "Turn per epoch", "1 − cosine, an epoch", True, lambda of: of.cosine_g),
        Measure(
            "relative", "Change per epoch", "relative L2, an epoch", True, lambda of: of.relative_g
        ),
    )
}


def colours_of(history: FilterHistory, dark: bool = False) -> dict[str, str]:
    """Each layer's colour: the sequential map by depth for convolutions, muted for the others.

    Example:
        >>> from vizcore.records.evolution import FilterHistory
        >>> colours_of(FilterHistory("net", (1, 2), (0.1, 0.9), ()))
        {}
    """
    convolutions = history.convolutions
    low, high = (0.35, 1.0) if dark else (0.0, 0.82)
    shades = sequential(np.linspace(low, high, max(len(convolutions), 1)))
    found = {
        layer.layer: "#" + bytes(shade).hex()
        for layer, shade in zip(convolutions, shades, strict=False)
    }
    return {layer.layer: found.get(layer.layer, theme(dark).muted) for layer in history.layers}


def draw_settling(
    history: FilterHistory, measure: str = "way", *, selected: int | None = None, dark: bool = False
) -> go.Figure:
    """Draw a line a layer over the epochs, and under them the validation accuracy.

    What is left of the way is a point a snapshot. Rates are level from one snapshot to the next:
    the change between the two, divided by the epochs between them.

    Args:
        measure: a key of `MEASURES`.
        selected: the epoch to mark.

    Raises:
        BadChoice: there is no such measure.
    """
    if measure not in MEASURES:
        raise BadChoice.among("measure", measure, MEASURES)
    from plotly.subplots import make_subplots

    how, house, epochs = MEASURES[measure], theme(dark), history.epochs
    shades = colours_of(history, dark)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.07
    )
    dashes = cycle(_DASHES)
    for layer in history.layers:
        convolution = layer.kind == "conv"
        x, y, said = _line(history, layer, how)
        figure.add_scatter(
            x=x,
            y=y,
            customdata=said,
            mode="lines" if how.rate else "lines+markers",
            line={
                "color": shades[layer.layer],
                "width": 3 if convolution else 1.5,
                "dash": "solid" if convolution else next(dashes),
            },
            marker={"size": 8 if convolution else 5},
            hovertemplate=f"<b>{layer.layer}</b><br>%{{customdata}}<extra></extra>",
            name=layer.layer,
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=epochs,
        y=[100 * share for share in history.validation],
        mode="lines+markers+text",
        text=[percent(share) for share in history.validation],
        textposition="top center",
        textfont={"size": FONT_SIZE, "color": house.text},
        line={"color": house.text, "width": 2},
        hovertemplate="epoch %{x}: %{y:.1f}% of the validation patches<extra></extra>",
        showlegend=False,
        cliponaxis=False,
        row=2,
        col=1,
    )
    apply_theme(figure, dark, height=HEIGHT_PX)
    figure.update_layout(
        margin={"t": 12, "b": 52, "r": 16},
        meta={"alt": alt(history)},
        showlegend=True,
        legend={
            "orientation": "v",
            "x": 0.995,  # the lines fall: there is room over their ends
            "xanchor": "right",
            "y": 0.99,
            "yanchor": "top",
            "bgcolor": house.paper,
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    figure.update_xaxes(
        type="log",
        tickvals=epochs,
        ticktext=[str(epoch) for epoch in epochs],
        range=[log10(epochs[0]) - 0.06, log10(epochs[-1]) + 0.06],
    )
    figure.update_xaxes(title_text="epochs of training", row=2, col=1)
    if how.rate:
        figure.update_yaxes(
            type="log", title_text=how.title, exponentformat="power", dtick=1, row=1, col=1
        )
    else:
        figure.update_yaxes(title_text=how.title, rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="right, %", range=[0, 135], tickvals=[0, 50, 100], row=2, col=1)
    if selected is not None:
        figure.add_vline(x=selected, line={"color": house.accent, "width": 2}, layer="below")
    return figure


def alt(history: FilterHistory) -> str:
    """The finding in one sentence."""
    halves = [
        f"{layer.layer} by epoch {short(history.halfway(layer.way_left_e))}"
        for layer in history.convolutions
    ]
    return f"Half of the way to the finished filters is done in {', '.join(halves)}."


def _line(
    history: FilterHistory, layer: LayerHistory, how: Measure
) -> tuple[list[float], list[float | None], list[str]]:
    """Points of a layer's line, and what each says. No value on a log axis for a rate of 0."""
    values = how.read(layer)
    if not how.rate:
        said = [
            f"epoch {epoch}: {percent(value)} left"
            for epoch, value in zip(history.epochs, values, strict=True)
        ]
        return list(map(float, history.epochs)), [100 * float(v) for v in values], said
    x: list[float] = []
    y: list[float | None] = []
    said = []
    for (early, late), value in zip(pairwise(history.epochs), values, strict=True):
        rate = float(value) / (late - early)
        x += [early, late]
        y += [rate or None] * 2
        said += [f"from epoch {early} to {late}: {rate:.3g} an epoch"] * 2
    return x, y, said
