"""What each operation of a block costs, as bars on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vizcore.errors import BadChoice
from vizcore.figures.numbers import exact, percent, round_ticks, short
from vizcore.figures.palette import FONT_SIZE, KIND_COLOURS, apply_theme, theme
from vizcore.figures.wording import layer_label
from vizcore.records.blocks import BlockStudy, BlockVariant
from vizcore.records.layers import LayerRow

if TYPE_CHECKING:
    import plotly.graph_objects as go

UNITS = {"macs": "multiply-adds", "params": "weights", "activations": "values"}
AXES = {
    "macs": "Multiply-adds (one picture)",
    "params": "Weights",
    "activations": "Output values (one picture)",
}
#: Heights: a bar, a variant's heading, the axis with its title, the figure's title.
BAR_PX, HEADING_PX, AXIS_PX, TITLE_PX = 34, 40, 64, 40


def _names(variant: BlockVariant, rows: list[LayerRow]) -> list[str]:
    """Labels of rows, told apart by their modules' names where two are the same."""
    words = dict(variant.labels)
    labels = [words.get(row.name) or layer_label(row) for row in rows]
    return [
        f"{label} ({row.name})" if labels.count(label) > 1 else label
        for label, row in zip(labels, rows, strict=True)
    ]


def _value(row: LayerRow, quantity: str) -> int:
    return int(getattr(row, quantity))


def _finding(study: BlockStudy, quantity: str) -> str:
    """Which operation dominates, or how the two compared variants differ if none does."""
    first, second = (study.variant(name) for name in study.compared)
    rows = list(first.table.rows)
    values = [_value(row, quantity) for row in rows]
    unit, total, most = UNITS[quantity], sum(values), max(values)
    if values.count(most) == 1 and most < total:
        name = _names(first, rows)[values.index(most)]
        return f"{name} takes {percent(most / total)} of the {unit} of “{first.label}”"
    other = int(getattr(second.table.totals, quantity))
    return f"{short(total)} {unit} for “{first.label}”, {short(other)} for “{second.label}”"


def draw_costs(study: BlockStudy, quantity: str | None = None, *, dark: bool = False) -> go.Figure:
    """Draw what each operation costs, one horizontal bar each, all variants on one axis.

    `quantity` is "macs", "params" or "activations"; without it, the one the study is about.

    Raises:
        BadChoice: another quantity.
    """
    import plotly.graph_objects as go

    chosen = study.quantity if quantity is None else quantity
    if chosen not in AXES:
        raise BadChoice.among("quantity", chosen, AXES)
    panels = _panels(study, chosen)
    bottom = sum(BAR_PX * len(p.values) + HEADING_PX for p in panels)
    most = max((value for p in panels for value in p.values), default=1)
    ticks, labels = zip(*round_ticks(most), strict=True)
    layout: dict[str, Any] = {
        "xaxis": {
            "range": [0, most * 1.12],
            "tickvals": ticks,
            "ticktext": labels,
            "title": {"text": AXES[chosen]},
            "anchor": "free",
            "position": 0,
        },
        "title": {"text": _finding(study, chosen), "xref": "container", "pad": {"l": 8}},
        "margin": {"t": TITLE_PX},
        "height": bottom + TITLE_PX + AXIS_PX,
        "showlegend": False,
        "annotations": [],
        "meta": {"alt": f"{_finding(study, chosen)}. {'; '.join(p.heading for p in panels)}."},
    }
    down = 0
    for place, panel in enumerate(panels, start=1):
        top = down + HEADING_PX
        down = top + BAR_PX * len(panel.values)
        layout["annotations"].append(_panel_heading(panel.heading, 1 - top / bottom))
        layout[f"yaxis{place}"] = {
            "domain": [max(0.0, 1 - down / bottom), 1 - top / bottom],
            "range": [len(panel.values) - 0.5, -0.5],
            "showgrid": False,
            "ticklabelstandoff": 6,
        }
    bars = [_bars(panel, place, chosen, dark) for place, panel in enumerate(panels, start=1)]
    return apply_theme(go.Figure(data=bars, layout=layout), dark)


@dataclass(frozen=True, slots=True)
class _Panel:
    """The bars of one variant: one row each, where the quantity is not zero."""

    heading: str
    labels: list[str]
    names: list[str]
    colours: list[str]
    values: list[int]


def _panels(study: BlockStudy, quantity: str) -> list[_Panel]:
    panels = []
    for variant in study.variants:
        rows = [row for row in variant.table.rows if _value(row, quantity)]
        total = exact(getattr(variant.table.totals, quantity))
        panels.append(
            _Panel(
                heading=f"{variant.label}: {total} {UNITS[quantity]}",
                labels=_names(variant, rows),
                names=[row.name for row in rows],
                colours=[KIND_COLOURS[row.kind] for row in rows],
                values=[_value(row, quantity) for row in rows],
            )
        )
    return panels


def _panel_heading(text: str, y: float) -> dict[str, Any]:
    return {
        "text": text,
        "x": 0,
        "xref": "paper",
        "y": y,
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": FONT_SIZE},
    }


def _bars(panel: _Panel, place: int, quantity: str, dark: bool) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": panel.values,
        "y": panel.labels,
        "yaxis": f"y{place}" if place > 1 else "y",
        "width": 0.8,
        "text": [short(value) for value in panel.values],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": FONT_SIZE, "color": theme(dark).text},
        "marker": {"color": panel.colours, "line": {"width": 0}},
        "customdata": [
            [name, exact(value)] for name, value in zip(panel.names, panel.values, strict=True)
        ],
        "hovertemplate": f"%{{customdata[0]}}: %{{customdata[1]}} {UNITS[quantity]}<extra></extra>",
    }
