"""Where several networks' memory, parameters and work sit, on one depth axis and one scale.

Kinds of layer keep their colours. The first network is solid, the others are hatched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizcore.errors import BadChoice
from vizcore.figures.compare_bars import Bar, bars_of, column_of, half_at, heading, stage_label
from vizcore.figures.numbers import exact, percent, round_ticks, short
from vizcore.figures.palette import (
    FONT_SIZE,
    KIND_COLOURS,
    KIND_NAMES,
    SECOND_PATTERN,
    apply_theme,
    theme,
)
from vizcore.records.alignment import Alignment
from vizcore.records.layers import KINDS

if TYPE_CHECKING:
    import plotly.graph_objects as go

SCALES = ("share", "count")
#: Fill patterns, by the networks' order; the first is solid.
PATTERNS = ("", SECOND_PATTERN, "\\", "x")
#: Units that fit beside a panel.
_SHORT_UNITS = {"multiply-adds": "MACs", "activation values": "values"}
#: Heights in pixels: bars, the heading above them, the legend, the axis with its title.
BARS_PX, HEADING_PX, LEGEND_PX, AXIS_PX = 98, 36, 32, 70


def draw_comparison(
    alignment: Alignment,
    names: Sequence[str],
    *,
    quantity: str = "macs",
    depth: str = "relative",
    scale: str = "share",
    dark: bool = False,
) -> go.Figure:
    """Draw one panel of bars a network, on one depth axis and one scale.

    Args:
        alignment: the networks.
        names: what they are called, in the same order.
        quantity, depth: as in `bars_of`.
        scale: "share" (of each network's own total) or "count".
        dark: the theme.

    Raises:
        BadChoice: another quantity, depth or scale.
    """
    import plotly.graph_objects as go

    if scale not in SCALES:
        raise BadChoice.among("scale", scale, SCALES)
    panels = [bars_of(alignment, i, quantity, depth) for i in range(len(names))]
    totals = [sum(sum(bar.by_kind.values()) for bar in bars) or 1.0 for bars in panels]
    units = totals if scale == "share" else [1.0] * len(panels)
    most = max(
        sum(bar.by_kind.values()) / unit
        for bars, unit in zip(panels, units, strict=True)
        for bar in bars
    )
    body = len(panels) * (BARS_PX + HEADING_PX)
    colours = theme(dark)
    unit = column_of(alignment.tables[0], quantity).unit
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"annotations": []}
    for place, (bars, name) in enumerate(zip(panels, names, strict=True)):
        bottom = 1 - ((place + 1) * (BARS_PX + HEADING_PX)) / body
        top = bottom + BARS_PX / body
        axis = "" if place == 0 else str(place + 1)
        layout[f"yaxis{axis}"] = {
            "domain": [max(0.0, bottom), top],
            "range": [0, most * (1.3 if depth == "stage" else 1.1)],
            "title": {"text": "share" if scale == "share" else _SHORT_UNITS.get(unit, unit)},
            **_ticks(most, scale),
        }
        layout["annotations"].append(
            {
                "text": heading(alignment, place, name, quantity),
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "showarrow": False,
                "y": top,
                "yref": "paper",
                "yanchor": "bottom",
                "font": {"size": FONT_SIZE + 1, "color": colours.text},
            }
        )
        traces += _panel(bars, place, units[place], totals[place], unit, colours.paper)
        if depth == "stage":
            layout["annotations"] += _bar_labels(bars, axis, units[place], scale)
    present = [kind for kind in KINDS if any(kind in b.by_kind for bars in panels for b in bars)]
    traces += [
        {
            "type": "bar",
            "x": [None],
            "y": [None],
            "name": KIND_NAMES[kind],
            "marker": {"color": KIND_COLOURS[kind]},
        }
        for kind in present
    ]
    figure = go.Figure(data=traces, layout=layout)
    apply_theme(figure, dark, height=body + LEGEND_PX + AXIS_PX)
    figure.update_layout(
        barmode="overlay",
        margin={"t": LEGEND_PX, "b": AXIS_PX, "l": 64},
        legend={"y": 1.0, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False},
        meta={"alt": _alternative(alignment, names, quantity)},
        xaxis={
            "showgrid": False,
            "ticklabelstandoff": 6,
            "anchor": "free",
            "position": 0,
            **_depth_axis(alignment, depth),
        },
    )
    return figure


def _ticks(most: float, scale: str) -> dict[str, Any]:
    if scale == "share":
        return {"nticks": 4, "tickformat": ".0%"}
    values, labels = zip(*round_ticks(most, 3), strict=True)
    return {"tickvals": values, "ticktext": labels}


def _depth_axis(alignment: Alignment, depth: str) -> dict[str, Any]:
    if depth == "relative":
        return {
            "range": [0, 100],
            "ticksuffix": "%",
            "dtick": 10,
            "title": {"text": "depth: share of the network's weighted layers"},
        }
    if depth == "absolute":
        longest = max(map(len, alignment.steps))
        return {
            "range": [0.4, longest + 0.6],
            "nticks": 12,
            "title": {"text": "depth: weighted layers, in the order of execution"},
        }
    return {
        "range": [-0.5, len(alignment.stages) - 0.5],
        "tickvals": list(range(len(alignment.stages))),
        "ticktext": [stage_label(stage) for stage in alignment.stages],
        "title": {"text": "stage: height and width of the maps, as a part of the picture's"},
    }


def _panel(
    bars: list[Bar], place: int, divisor: float, total: float, unit: str, paper: str
) -> list[dict[str, Any]]:
    """One trace a kind, stacked by hand: the pattern tells the networks apart."""
    gap = bars[1].at - bars[0].at if len(bars) > 1 else 1.0
    floor = [0.0] * len(bars)
    traces = []
    for kind in KINDS:
        shown = [i for i, bar in enumerate(bars) if bar.by_kind.get(kind)]
        if not shown:
            continue
        values = [bars[i].by_kind[kind] for i in shown]
        traces.append(
            {
                "type": "bar",
                "x": [bars[i].at for i in shown],
                "y": [value / divisor for value in values],
                "base": [floor[i] for i in shown],
                "yaxis": "y" if place == 0 else f"y{place + 1}",
                "width": gap * 0.86,
                "marker": {
                    "color": KIND_COLOURS[kind],
                    "line": {"width": 0},
                    "pattern": {
                        "shape": PATTERNS[place % len(PATTERNS)],
                        "fillmode": "replace" if place == 0 else "overlay",
                        "fgcolor": paper,
                        "size": 8,
                        "solidity": 0.25,
                    },
                },
                "showlegend": False,
                "customdata": [
                    [bars[i].where, _span(bars[i].layers), exact(round(v)), percent(v / total)]
                    for i, v in zip(shown, values, strict=True)
                ],
                "hovertemplate": "<b>%{customdata[0]}</b> (%{customdata[1]})<br>"
                f"{KIND_NAMES[kind]}: %{{customdata[2]}} {unit}, %{{customdata[3]}}<extra></extra>",
            }
        )
        for i, value in zip(shown, values, strict=True):
            floor[i] += value / divisor
    return traces


def _span(layers: list[str]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[0]} to {layers[-1]}"


def _bar_labels(bars: list[Bar], axis: str, divisor: float, scale: str) -> list[dict[str, Any]]:
    """Each stage's sum above its bar."""
    labels = []
    for bar in bars:
        value = sum(bar.by_kind.values()) / divisor
        if bar.layers:
            text = percent(value) if scale == "share" else short(round(value))
            labels.append(
                {
                    "x": bar.at,
                    "y": value,
                    "xref": "x",
                    "yref": f"y{axis}",
                    "text": text,
                    "showarrow": False,
                    "yanchor": "bottom",
                    "font": {"size": FONT_SIZE},
                }
            )
    return labels


def _alternative(alignment: Alignment, names: Sequence[str], quantity: str) -> str:
    parts = []
    for place, name in enumerate(names):
        share, layer = half_at(alignment, place, quantity)
        parts.append(f"{name} has half by {layer}, {percent(share)} of its weighted layers in")
    unit = column_of(alignment.tables[0], quantity).unit
    return f"Where the {unit} sit along the depth: {'; '.join(parts)}."
