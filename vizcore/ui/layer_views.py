"""The parts of the Layers page: controls, answer, pictures, the panel of one layer, the table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore.errors import NotApplicable, UnknownLayer
from vizcore.figures.depth import columns, half_depth, shares_by_kind
from vizcore.figures.numbers import percent, short, short_bytes
from vizcore.figures.palette import KIND_NAMES
from vizcore.formats.words import counted
from vizcore.records.layers import DTYPE_BYTES, LayerTable
from vizcore.ui import cache, tables
from vizcore.ui.address import View
from vizcore.ui.charts import draw_chart
from vizcore.ui.room import Room
from vizcore.zoo import Architecture

if TYPE_CHECKING:
    import plotly.graph_objects as go

GRAPH_COLOURS = {
    "kind": "kind of layer",
    "activations": "memory",
    "params": "parameters",
    "macs": "work",
    "receptive_field": "receptive field",
}
_LAYER_OF = "layers.layer_of"


def draw_controls(here: Room, arch: Architecture, views: dict[str, str]) -> None:
    """The row of switches: what is shown, and in which conventions."""
    view = here.view
    with here.controls():
        st.segmented_control(
            "View", list(views), format_func=views.__getitem__, required=True, **view.bind("view")
        )
        _draw_size(view, arch)
        st.number_input("Batch", 1, 4096, width=110, **view.bind("batch"))
        st.segmented_control(
            "Work in",
            ["macs", "flops"],
            format_func={"macs": "MACs", "flops": "FLOPs"}.__getitem__,
            help="One multiply-add (MAC) is two floating-point operations (FLOPs).",
            required=True,
            **view.bind("ops"),
        )
        st.segmented_control(
            "Memory for",
            ["forward", "training"],
            format_func={"forward": "Forward", "training": "Training"}.__getitem__,
            help="Forward: every layer's output, kept once. Training: the outputs, their "
            "gradients, the parameters and their gradients; no optimiser state.",
            required=True,
            **view.bind("memory"),
        )
        with st.popover("More", icon=":material/tune:"):
            st.toggle("Count biases", **view.bind("bias"))
            st.selectbox(
                "Number type",
                list(DTYPE_BYTES),
                help="Sets the bytes of a value: float32 has 4, float16 has 2.",
                **view.bind("dtype"),
            )


def _draw_size(view: View, arch: Architecture) -> None:
    own = arch.input_shape[-1]
    key = f"layers.size_of.{arch.key}"
    st.session_state[key] = view["size"] or own

    def take() -> None:
        value = st.session_state[key]
        view["size"] = 0 if value == own else value

    st.number_input(
        "Input size",
        1,
        4096,
        key=key,
        on_change=take,
        width=125,
        help=f"Height and width in pixels. {arch.name} is published with {own}.",
    )


def answer(arch: Architecture, table: LayerTable) -> str:
    """One sentence: how much the network holds, and where."""
    memory, params, work = columns(table)
    depth, name = half_depth(table, memory)
    kind, share = (shares_by_kind(table, params) or [("other", 0.0)])[0]
    totals = table.totals
    batch = table.conventions.batch
    pictures = "one picture" if batch == 1 else f"{counted(batch, 'picture')}"
    to_train = " to train" if table.conventions.memory == "training" else ""
    return (
        f"For {pictures}, {arch.name} holds "
        f"<b>{short(totals.activations + totals.input_values)} values</b> "
        f"({short_bytes(totals.memory_bytes)}{to_train}), picture included, "
        f"half of them by <code>{name}</code>, {percent(depth)} of the way down; "
        f"<b>{percent(share)}</b> of its <b>{short(totals.params)} parameters</b> are in "
        f"{KIND_NAMES[kind]} layers; it does <b>{short(totals.macs)} {work.unit}</b>."  # type: ignore[index]
    )


def alternative_text(arch: Architecture, table: LayerTable) -> str:
    """The finding of the charts, for those who cannot see them."""
    totals = table.totals
    work = columns(table)[2].unit
    return (
        f"Three bar charts along the depth of {arch.name}: {short(totals.activations)} activation "
        f"values, {short(totals.params)} parameters, {short(totals.macs)} {work}."
    )


def selected_index(here: Room, arch: Architecture, table: LayerTable) -> int | None:
    """The chosen layer's row; a name that is not there is refused in one sentence."""
    view = here.view
    name = view["layer"]
    if not name:
        return None
    names = row_names(table)
    if name in names:
        st.session_state[_LAYER_OF] = arch.key
        return names.index(name)
    if st.session_state.get(_LAYER_OF, arch.key) == arch.key:
        error = UnknownLayer.among(f"layer of {arch.name}", name, names)
        view.complaints.append(str(error))
    view["layer"] = ""
    return None


def row_names(table: LayerTable) -> list[str]:
    """A name for every row; a module's later runs are numbered: `layer1.0.relu:2`."""
    runs: Counter[str] = Counter()
    names = []
    for row in table:
        runs[row.name] += 1
        names.append(row.name if runs[row.name] == 1 else f"{row.name}:{runs[row.name]}")
    return names


def choose_layer(view: View, table: LayerTable, index: int | None) -> None:
    """Make a row the chosen layer."""
    view["layer"] = "" if index is None else row_names(table)[index]


def picture_and_panel() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The place of the picture and the table, and beside both that of a chosen layer's panel.

    The panel's place is there without a layer too, hidden by `style.css`: so the picture and the
    table keep theirs, and the page does not jump when a row is clicked. The panel stays in sight
    while the table scrolls past it.
    """
    with st.container(key="layer-panes"):
        picture, panel = st.columns([2.1, 1], gap="medium")
    return picture, panel


def draw_charts(here: Room, arch: Architecture, table: LayerTable, figure: go.Figure) -> None:
    """The three charts along the depth; a click on a bar chooses that layer."""

    def take(data: Any) -> None:
        if data:
            choose_layer(here.view, table, int(data[0]))

    draw_chart(figure, key="layers.chart", alt=alternative_text(arch, table), on_pick=take)


def draw_graph(view: View, table: LayerTable, selected: int | None, *, dark: bool) -> None:
    """The collapsible graph, coloured by a chosen column."""
    from vizcore.ui.graph import draw_graph as draw

    st.segmented_control(
        "Colour by",
        list(GRAPH_COLOURS),
        format_func=GRAPH_COLOURS.__getitem__,
        required=True,
        **view.bind("colour"),
    )
    clicked = draw(table, column=view["colour"], selected=selected, dark=dark, key="layers.graph")
    if clicked is not None and clicked != selected:
        choose_layer(view, table, clicked)
        st.rerun()


def draw_layer(view: View, table: LayerTable, index: int) -> None:
    """The panel of the chosen layer: its numbers, with the arithmetic."""
    from vizcore.anatomy import explain

    row = table.rows[index]
    memory, params, work = columns(table)
    with st.container(border=True, key="layer-panel"):
        with st.container(horizontal=True, gap="small"):
            for label, step in (("Previous", -1), ("Next", 1)):
                st.button(
                    label,
                    key=f"layers.{label}",
                    type="tertiary",
                    disabled=not 0 <= index + step < len(table),
                    on_click=choose_layer,
                    args=(view, table, index + step),
                )
            st.button(
                "Close",
                key="layers.close",
                type="tertiary",
                on_click=choose_layer,
                args=(view, table, None),
            )
        st.markdown(f"**`{view['layer']}`**  \n{row.op}, {KIND_NAMES[row.kind]}")
        st.markdown("\n".join(f"- {line}" for line in explain(row)))
        shares = [
            f"{percent(column.read(row) / total)} of the network's {column.unit}"
            for column in (memory, params, work)
            if (total := sum(map(column.read, table.rows))) and column.read(row)
        ]
        if shares:
            st.caption("It has " + ", ".join(shares) + ".")


def draw_table(here: Room, arch: Architecture, table: LayerTable, selected: int | None) -> None:
    """The whole table, the chosen layer marked; a click on a row chooses that layer."""
    view = here.view
    frame = cache.layer_frame(arch.key, view["size"] or None, table.conventions)
    key = "layers.table"
    chosen = [] if selected is None else [selected]
    st.session_state[key] = {"selection": {"rows": chosen, "columns": [], "cells": []}}

    def take() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        choose_layer(view, table, rows[0] if rows else None)

    hidden = set() if table.conventions.bias else {"weights", "biases"}
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height=min(36 * (len(frame) + 1) + 4, 720),
        column_order=[name for name in frame.columns if name not in hidden],
        column_config=tables.column_config(table),
        on_select=take,
        selection_mode="single-row",
        alt=f"Layer table of {arch.name}: {len(frame)} rows",
    )


def draw_textbook(here: Room, table: LayerTable) -> None:
    """The table as lecturers print it, with the lecture's totals beside ours."""
    from vizcore.anatomy import textbook

    try:
        page = textbook(table)
    except NotApplicable as error:
        here.refuse(error)
    else:
        st.html(f'<div class="cs-textbook">{page.html()}</div>')
