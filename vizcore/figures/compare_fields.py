"""How the receptive fields of several networks grow along their depth."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING, Any

from vizcore.figures.numbers import percent
from vizcore.figures.palette import FONT_SIZE, Theme, apply_theme, theme
from vizcore.records.alignment import Alignment, DepthStep

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Lines, by the networks' order; the first is solid.
DASHES = ("solid", "dash", "dot", "dashdot")
HEIGHT_PX, MARGIN_TOP, MARGIN_BOTTOM = 430, 16, 66
LABEL_PX = 46


def finding(alignment: Alignment, names: Sequence[str]) -> str:
    """Where one value first sees half of the picture's side, in each network."""
    known, unknown = [], []
    for table, steps, name in zip(alignment.tables, alignment.steps, names, strict=True):
        half = max(table.input_shape[-2:]) / 2
        reached = [i for i, step in enumerate(steps) if step.whole or (step.field or 0) >= half]
        if any(step.field is None for step in steps[: reached[0] if reached else None]):
            unknown.append(name)
        elif reached:
            known.append(f"at {percent((reached[0] + 1) / len(steps))} of the depth of {name}")
        else:
            known.append(f"nowhere in {name}")
    said = f"One value sees half of the picture's side {_and(known)}" if known else ""
    missing = f"where it does in {_and(unknown)} is unknown" if unknown else ""
    text = "; ".join(filter(None, (said, missing)))
    return text[0].upper() + text[1:]


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def draw_fields(
    alignment: Alignment, names: Sequence[str], *, depth: str = "relative", dark: bool = False
) -> go.Figure:
    """Draw the side of the largest receptive field so far, one line a network, on a log scale.

    A filled circle is exact, an open one an upper bound, a square sees the whole picture.

    Args:
        alignment: the networks.
        names: what they are called, in the same order.
        depth: "absolute" counts weighted layers; anything else is a share of them.
        dark: the theme.
    """
    import plotly.graph_objects as go

    colours = theme(dark)
    longest = max(map(len, alignment.steps))
    traces: list[dict[str, Any]] = []
    ends: list[tuple[float, float, str]] = []
    heights = [1.0]
    for place, (table, steps) in enumerate(zip(alignment.tables, alignment.steps, strict=True)):
        picture = max(table.input_shape[-2:])
        x = [i if depth == "absolute" else 100 * i / len(steps) for i in range(1, len(steps) + 1)]
        y = [_side(step, picture) for step in steps]
        heights += [picture, *filter(None, y)]
        label = f"<b>{names[place]}</b>"
        if depth != "absolute":
            label += f"<br>{_end(alignment.before_whole(place))}"
        ends.append((x[-1], y[-1] or 1, label))
        layers = [table.rows[step.layer].name for step in steps]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": x,
                "y": y,
                "line": {"color": colours.text, "width": 2.5, "dash": DASHES[place % len(DASHES)]},
                "marker": {
                    "symbol": [_symbol(step) for step in steps],
                    "size": _sizes(steps),
                    "opacity": 1,
                    "color": colours.text,
                    "line": {"width": 2, "color": colours.text},
                },
                "customdata": list(zip(layers, map(words, steps), strict=True)),
                "hovertemplate": f"<b>{names[place]}</b>, %{{customdata[0]}}<br>"
                "%{customdata[1]}<extra></extra>",
                "showlegend": False,
            }
        )
    top = log10(max(heights)) + 0.25
    layout: dict[str, Any] = {"annotations": _end_labels(ends, top, depth, colours)}
    sides = sorted({max(table.input_shape[-2:]) for table in alignment.tables})
    layout["shapes"] = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": side,
            "y1": side,
            "line": {"color": colours.muted, "width": 1},
            "layer": "below",
        }
        for side in sides
    ]
    layout["annotations"].append(_picture_label(sides, depth, colours.muted))
    figure = go.Figure(data=traces, layout=layout)
    apply_theme(figure, dark, height=HEIGHT_PX)
    figure.update_layout(
        margin={"t": MARGIN_TOP, "b": MARGIN_BOTTOM, "r": 150 if depth == "absolute" else 250},
        meta={"alt": f"{finding(alignment, names)}."},
    )
    figure.update_yaxes(
        type="log",
        range=[-0.05, top],
        tickvals=[1, 3, 10, 30, 100, 300, 1000, 3000],
        title_text="receptive field, px a side",
    )
    if depth == "absolute":
        title = "depth: weighted layers, in the order of execution"
        figure.update_xaxes(
            range=[0, longest + 1], nticks=12, ticklabelstandoff=6, title_text=title
        )
    else:
        title = "depth: share of the network's weighted layers"
        figure.update_xaxes(
            range=[0, 101], ticksuffix="%", dtick=10, ticklabelstandoff=6, title_text=title
        )
    return figure


def _side(step: DepthStep, picture: int) -> int | None:
    """The height of a point: the field, which a layer that sees everything makes the picture."""
    return max(step.field or 0, picture) if step.whole else step.field


def _sizes(steps: Sequence[DepthStep]) -> list[int]:
    """Points are marked where something changes."""
    seen = [(step.field, step.exact, step.whole) for step in steps]
    return [8 if i == 0 or seen[i] != seen[i - 1] else 0 for i in range(len(seen))]


def _symbol(step: DepthStep) -> str:
    if step.whole:
        return "square"
    return "circle" if step.exact else "circle-open"


def words(step: DepthStep) -> str:
    """The receptive field at a step."""
    if step.whole:
        return "sees the whole picture"
    if step.field is None:
        return "unknown"
    return f"{'' if step.exact else 'at most '}{step.field} px"


def _end(before: DepthStep | None) -> str:
    """A line's end: the largest field before one value sees the whole picture."""
    return "the whole picture at once" if before is None else f"{words(before)}, then whole"


def _picture_label(sides: list[int], depth: str, ink: str) -> dict[str, Any]:
    """What the line at the picture's side is, where the lines of the networks leave room."""
    left = depth != "absolute"
    word = "the picture's side" if len(sides) == 1 else "the pictures' sides"
    return {
        "text": f"{word}, {_and([str(side) for side in sides])} px",
        "xref": "paper",
        "x": 0.01 if left else 0.99,
        "xanchor": "left" if left else "right",
        "y": log10(sides[-1] if left else sides[0]),
        "yanchor": "bottom" if left else "top",
        "showarrow": False,
        "font": {"size": FONT_SIZE, "color": ink},
    }


def _end_labels(
    ends: list[tuple[float, float, str]], top: float, depth: str, colours: Theme
) -> list[dict[str, Any]]:
    """A label at the end of each line, moved apart where two would touch.

    On the relative depth all lines end at the right edge, with the labels beside it; else a
    label stands above its line's end.
    """
    px = (HEIGHT_PX - MARGIN_TOP - MARGIN_BOTTOM) / top
    above = depth == "absolute"
    labels: list[dict[str, Any]] = []
    lowest = float("inf")
    for x, y, text in sorted(ends, key=lambda end: -end[1]):
        height = min(px * log10(max(y, 1)), lowest - (LABEL_PX / 2 if above else LABEL_PX))
        lowest = height
        labels.append(
            {
                "x": x,
                "y": height / px,
                "text": text,
                "align": "left",
                "showarrow": False,
                "xanchor": "left",
                "xshift": -8 if above else 10,
                "yanchor": "bottom" if above else "middle",
                "yshift": 4 if above else 0,
                "font": {"size": FONT_SIZE, "color": colours.text},
                "bgcolor": colours.paper if above else None,
            }
        )
    return labels
