"""Where a network's memory, parameters and multiply-adds are, along its depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vizcore.figures.numbers import exact, percent, round_ticks, short
from vizcore.figures.palette import (
    FONT_SIZE,
    KIND_COLOURS,
    KIND_NAMES,
    apply_theme,
    theme,
)
from vizcore.records.layers import KINDS, LayerRow, LayerTable

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that can be drawn: its name, its unit, and how to read it."""

    name: str
    title: str
    unit: str
    read: Callable[[LayerRow], int]


def columns(table: LayerTable) -> tuple[Column, ...]:
    """The three quantities of a table, in its own conventions."""
    flops = table.conventions.ops == "flops"
    bias = table.conventions.bias
    return (
        Column("activations", "Memory", "activation values", lambda row: row.activations),
        Column(
            "params",
            "Parameters",
            "parameters",
            lambda row: row.params if bias else row.weights,
        ),
        Column(
            "macs",
            "Work",
            "FLOPs" if flops else "multiply-adds",
            lambda row: row.macs * (2 if flops else 1),
        ),
    )


def shares_by_kind(table: LayerTable, column: Column) -> list[tuple[str, float]]:
    """Each kind's share of a column, largest first; kinds with nothing are left out."""
    total = sum(map(column.read, table.rows)) or 1
    shares = [
        (kind, sum(column.read(row) for row in table.rows if row.kind == kind) / total)
        for kind in KINDS
    ]
    return sorted((pair for pair in shares if pair[1] > 0), key=lambda pair: -pair[1])


def half_depth(table: LayerTable, column: Column) -> tuple[float, str]:
    """Where the first half of a column's total has been reached: share of the depth, and layer.

    Returns:
        The share of the rows up to there (0 to 1), and that row's name.
    """
    total = sum(map(column.read, table.rows))
    running = 0
    for row in table.rows:
        running += column.read(row)
        if 2 * running >= total:
            return (row.index + 1) / len(table.rows), row.name
    return 1.0, table.rows[-1].name


def finding(table: LayerTable, column: Column) -> str:
    """One phrase that says where a column sits: "89% in fully connected layers"."""
    total = sum(map(column.read, table.rows))
    kind, share = (shares_by_kind(table, column) or [("other", 0.0)])[0]
    heading = f"{column.title}: {short(total)} {column.unit}"
    if column.name == "params" and share > 0.5:
        return f"{heading}, {percent(share)} in {KIND_NAMES[kind]} layers"  # type: ignore[index]
    depth, _ = half_depth(table, column)
    return f"{heading}, half of them in the first {percent(depth)} of the depth"


#: More rows than this are drawn several to a bar: a bar thinner than that hides its neighbours.
MOST_BARS = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """Neighbouring rows of one kind in one bar: where it stands, how high, what it says."""

    centre: float
    height: int
    row: LayerRow
    name: str


def bars(table: LayerTable, column: Column, kind: str, group: int) -> list[Bar]:
    """The bars of one kind: `group` neighbouring rows a bar, named after its largest row."""
    made = []
    for start in range(0, len(table.rows), group):
        near = table.rows[start : start + group]
        rows = [row for row in near if row.kind == kind and column.read(row) > 0]
        if rows:
            largest = max(rows, key=column.read)
            more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
            height = sum(map(column.read, rows))
            made.append(Bar(start + (len(near) - 1) / 2, height, largest, largest.name + more))
    return made


def draw_depth_profile(
    table: LayerTable, *, selected: int | None = None, dark: bool = False
) -> go.Figure:
    """Draw three bar charts over one depth axis: activations, parameters, multiply-adds.

    Each bar is a row of the table, in the order of execution, in its kind's colour; in a network
    of more than `MOST_BARS` rows, some neighbouring rows, its kinds stacked. Bars carry the index
    of their (largest) row as `customdata`, so that a click can select it.

    Args:
        table: the layer table; its conventions set the units.
        selected: index of the row to mark.
        dark: the theme.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    shown = columns(table)
    group = -(-len(table.rows) // MOST_BARS)
    figure = make_subplots(
        rows=len(shown),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.13,
        subplot_titles=[finding(table, column) for column in shown],
    )
    for place, column in enumerate(shown, start=1):
        for kind in KINDS:
            made = bars(table, column, kind, group)
            if not made:
                continue
            figure.add_trace(
                go.Bar(
                    x=[bar.centre for bar in made],
                    y=[bar.height for bar in made],
                    customdata=[
                        [bar.row.index, bar.name, exact(bar.height), bar.row.op] for bar in made
                    ],
                    hovertemplate="<b>%{customdata[1]}</b> (%{customdata[3]})<br>"
                    f"%{{customdata[2]}} {column.unit}<extra></extra>",
                    marker={"color": KIND_COLOURS[kind], "line_width": 0},
                    name=KIND_NAMES[kind],
                    legendgroup=kind,
                    showlegend=False,
                    width=0.9 * group,
                ),
                row=place,
                col=1,
            )
    drawn = {trace.name for trace in figure.data}
    present = [kind for kind in KINDS if KIND_NAMES[kind] in drawn]
    for kind in present:
        figure.add_trace(
            go.Bar(x=[None], y=[None], marker_color=KIND_COLOURS[kind], name=KIND_NAMES[kind])
        )
    colours = theme(dark)
    apply_theme(figure, dark, height=540)
    if selected is not None:
        figure.add_vrect(
            x0=selected // group * group - 0.5,
            x1=selected // group * group + group - 0.5,
            fillcolor=colours.accent,
            opacity=0.22,
            line_width=0,
            layer="below",
        )
    figure.update_annotations(
        x=0, xanchor="left", font={"size": FONT_SIZE + 2, "color": colours.text}, align="left"
    )
    figure.update_layout(
        barmode="stack",
        bargap=0,
        margin={"t": 60, "b": 44},
        legend={"y": 1.07, "yanchor": "bottom", "traceorder": "normal", "itemclick": False},
        showlegend=True,
    )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(showgrid=False, range=[-0.7, len(table.rows) - 0.3])
    order = "layer, in the order of execution"
    order += f" (one bar is {group} layers)" if group > 1 else ""
    figure.update_xaxes(title_text=order, row=len(shown), col=1, nticks=12)
    for place, column in enumerate(shown, start=1):
        heights: Counter[float] = Counter()
        for kind in KINDS:
            for bar in bars(table, column, kind, group):
                heights[bar.centre] += bar.height
        ticks = round_ticks(max(heights.values(), default=0), count=2)
        figure.update_yaxes(
            title_text=column.unit,
            tickvals=[value for value, _ in ticks],
            ticktext=[label for _, label in ticks],
            row=place,
            col=1,
        )
    return figure
