"""A photograph that is moved: features of a first and a last layer, and the class probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vizcore.errors import BadChoice
from vizcore.figures.invariance_words import amount, held, moved
from vizcore.figures.numbers import percent
from vizcore.figures.palette import FONT_SIZE, KIND_COLOURS, apply_theme, sequential, theme
from vizcore.records.invariance import Distance, Invariance

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 340
#: What the axis of the first plot says.
DISTANCE_SAID: dict[Distance, str] = {
    "relative": "part of the original's length",
    "euclidean": "Euclidean distance",
}
#: Photographs that lines can still be told apart of.
MOST = 5


def colours(count: int, dark: bool = False) -> list[str]:
    """A colour for each photograph: the accent for one, else the sequential map.

    Example:
        >>> colours(1), len(colours(3))
        (['#0072B2'], 3)
    """
    if count == 1:
        return [theme(dark).accent]
    low, high = (0.35, 1.0) if dark else (0.0, 0.8)
    return ["#" + bytes(shade).hex() for shade in sequential(np.linspace(low, high, count))]


def draw_invariance(
    found: Sequence[Invariance],
    first: int,
    last: int,
    names: Sequence[str] = (),
    *,
    distance: Distance = "relative",
    selected: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw three plots over the amount: two layers' distances, and the probability.

    Distances that are parts of the original's length share a scale; Euclidean ones do not.

    Args:
        found: one photograph or several, of one kind and with the same layers; the range over
            which the answer stays is shaded for one.
        first, last: places of the two layers.
        names: of the photographs, where there are several.
        distance: "relative" or "euclidean".
        selected: an amount to mark.

    Raises:
        BadChoice: none, or more than five photographs, or of different kinds.
    """
    from plotly.subplots import make_subplots

    if not 1 <= len(found) <= MOST or len({each.kind for each in found}) != 1:
        raise BadChoice(
            f"{len(found)} photographs came in. Allowed: 1 to {MOST}, moved in the same way."
        )
    one, house = found[0], theme(dark)
    layers = one.shifts.layers
    whose = f"of {one.target_class}" if len(found) == 1 else "of its first answer"
    figure = make_subplots(
        rows=1,
        cols=3,
        horizontal_spacing=0.07,
        subplot_titles=[
            f"<b>{layers[first].name}</b>: distance",
            f"<b>{layers[last].name}</b>: distance",
            f"<b>Probability</b> {_short(whose)}",
        ],
    )
    greatest = [0.0, 0.0]
    for number, (each, colour) in enumerate(zip(found, colours(len(found), dark), strict=True)):
        order = np.argsort(each.amounts, kind="stable")
        amounts = np.array(each.amounts)[order]
        said = [f"{amount(each, each.amounts[n])}: {each.said_n[n]}" for n in order]
        name = names[number] if number < len(names) else ""
        lines = [each.shifts.measured_ln(distance)[place] for place in (first, last)]
        for which, line in enumerate(lines):
            greatest[which] = max(greatest[which], float(np.nanmax(line, initial=0.0)))
        for column, values in enumerate([*lines, each.probabilities_n], start=1):
            figure.add_scatter(
                x=amounts,
                y=values[order],
                customdata=said,
                mode="lines+markers",
                line={"color": colour, "width": 3},
                marker={"size": 6},
                name=name,
                legendgroup=name,
                showlegend=column == 1 and len(found) > 1,
                hovertemplate="%{customdata}<br>%{y:.3f}<extra>" + name + "</extra>",
                row=1,
                col=column,
            )
    apply_theme(figure, dark, height=HEIGHT_PX)
    if len(found) == 1 and one.held is not None:
        for low, high in _shaded(one, *one.held):
            figure.add_vrect(
                low, high, fillcolor=house.panel, line_width=0, layer="below", row=1, col=3
            )
    for place, colour, dash in ((one.neutral, house.muted, "dot"), (selected, house.text, "solid")):
        if place is not None:
            figure.add_vline(x=place, line={"color": colour, "width": 1.5, "dash": dash})
    ticks = {"tickvals": list(range(0, 361, 90))} if one.kind == "rotation" else {"nticks": 6}
    figure.update_xaxes(title_text=axis_title(one), **ticks)
    figure.update_yaxes(nticks=6)
    if distance == "relative":
        greatest = 2 * [max(greatest)]
    for column, top in enumerate(greatest, start=1):
        figure.update_yaxes(range=[0, 1.08 * top or 1.0], row=1, col=column)
    figure.update_yaxes(range=[0, 1.04], row=1, col=3)
    figure.update_yaxes(title_text=DISTANCE_SAID[distance], row=1, col=1)
    figure.update_annotations(font={"size": FONT_SIZE, "color": house.text}, yshift=6)
    figure.update_layout(
        margin={"t": 72 if len(found) > 1 else 44, "b": 56, "r": 12},
        legend={"y": 1.12},
        hovermode="closest",
        meta={"alt": alt(found, first, last)},
    )
    return figure


def _shaded(found: Invariance, low: float, high: float) -> list[tuple[float, float]]:
    """The ranges of the axis over which the answer stays; turns below 0 end at a whole turn."""
    least, most = min(found.amounts), max(found.amounts)
    if low >= least:
        return [(low, high)]
    return [(least, high), (low + 360, most)]


def draw_layers(found: Invariance, *, dark: bool = False) -> go.Figure:
    """Draw each layer's median distance over the changed views, in the order the layers run."""
    import plotly.graph_objects as go

    layers = found.shifts.layers
    medians = [moved(found, place) for place in range(len(layers))]
    figure = go.Figure(
        go.Bar(
            x=[layer.name for layer in layers],
            y=medians,
            marker={"color": [KIND_COLOURS[layer.kind] for layer in layers]},
            customdata=[f"{layer.op}, {layer.values:,} values" for layer in layers],
            hovertemplate="<b>%{x}</b>, %{customdata}<br>median %{y:.3f}<extra></extra>",
        )
    )
    apply_theme(figure, dark, height=HEIGHT_PX, y_title="median distance")
    figure.update_xaxes(tickangle=-60 if len(layers) > 8 else 0, nticks=40)
    figure.update_layout(
        margin={"t": 12},
        meta={
            "alt": f"Median distance of {len(layers)} layers: {layers[0].name} "
            f"{percent(medians[0])}, {layers[-1].name} {percent(medians[-1])}."
        },
    )
    return figure


def axis_title(found: Invariance) -> str:
    """The amount with its unit, for an axis."""
    unit = {"px": "px", "×": "factor", "°": "degrees"}[found.unit]
    return f"{found.label}, {unit}"


def alt(found: Sequence[Invariance], first: int, last: int) -> str:
    """The finding in a sentence or two."""
    one = found[0]
    layers = one.shifts.layers
    said = "; ".join(held(each) for each in found)
    return (
        f"{one.label}: {said}. Median distance in {layers[first].name} "
        f"{percent(moved(one, first))}, in {layers[last].name} {percent(moved(one, last))}."
    )


def _short(text: str) -> str:
    return text if len(text) <= 22 else f"{text[:21]}…"
