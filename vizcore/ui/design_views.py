"""The parts of the Design page: the notation, quick edits, totals, charts, rows, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from vizcore.figures.numbers import short
from vizcore.records.layers import LayerTable
from vizcore.ui import cache, design_tables
from vizcore.ui.address import View
from vizcore.ui.charts import draw_chart
from vizcore.ui.design_notation import layer_words
from vizcore.ui.room import Download, Room
from vizcore.ui.tables import table_files
from vizcore.zoo import notation
from vizcore.zoo.notation import Network, parse, plan
from vizcore.zoo.notation.originals import Original

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vizcore.anatomy.difference import RowChange


def answer(original: Original, before: LayerTable, after: LayerTable) -> str:
    """One sentence: what the network costs, and against the original."""
    params, work, memory = design_tables.totals(before, after)[:3]
    unit = work.label if work.label == "FLOPs" else work.label.lower()
    if before.rows == after.rows:
        return (
            f"{original.name}, as published, has <b>{short(params.after)} parameters</b>, does "
            f"<b>{short(work.after)} {unit}</b> and keeps <b>{short(memory.after)} values</b>; "
            f"a value of its last map sees <b>{design_tables.last_field(after)} pixels</b>."
        )

    def said(total: design_tables.Total, what: str) -> str:
        change = design_tables.change_text(total.before, total.after)
        return f"<b>{short(total.after)} {what}</b> ({change})"

    return (
        f"Against {original.name}, this network has {said(params, 'parameters')}, does "
        f"{said(work, unit)} and keeps {said(memory, 'values')}."
    )


def draw_charts(figure: go.Figure, table: LayerTable) -> None:
    """The three charts along the depth."""
    totals = table.totals
    draw_chart(
        figure,
        key="design.chart",
        alt=f"Three bar charts along the depth of your network: {short(totals.activations)} "
        f"activation values, {short(totals.params)} parameters, {short(totals.macs)} operations.",
    )


def draw_rows(
    view: View, changes: tuple[RowChange, ...], tables: tuple[LayerTable, LayerTable], old: str
) -> None:
    """The layers, row by row, with what became of each."""
    st.segmented_control(
        "Rows",
        list(design_tables.ROWS),
        format_func=design_tables.ROWS.__getitem__,
        required=True,
        **view.bind("rows"),
    )
    shown = design_tables.chosen(changes, view["rows"])
    if not shown:
        st.markdown("No row differs from the original.")
        return
    words = layer_words(plan(parse(old)).steps), layer_words(plan(parse(view["net"])).steps)
    st.html(design_tables.rows_html(shown, *tables, words))


def draw_details(here: Room, table: LayerTable) -> None:
    """What waits until asked for: the notation, and how it is counted."""
    with here.details("The notation") as is_open:
        if is_open:
            st.code((notation.__doc__ or "").strip(), language=None)
    with here.details("How this is counted") as is_open:
        if is_open:
            st.markdown(
                "\n".join(f"- {line}" for line in table.not_counted)
                + "\n- The receptive field in the totals is that of the last map whose values do "
                "not all see the whole picture.\n- Rows are matched by what they do; where only "
                "sizes or counts differ, a row is “changed”."
            )


def offer_downloads(
    here: Room, text: str, table: LayerTable, changes: tuple[RowChange, ...]
) -> None:
    """The notation, the table in four forms, the difference and the charts."""

    def charts() -> str:
        return cache.figure_html(cache.design_profile(text, table.conventions, False))

    def rows() -> str:
        from vizcore.anatomy.difference import changes_csv

        return changes_csv(changes)

    here.offer(
        Download("Notation, text", "design.txt", "text/plain", lambda: text),
        *table_files("design", table),
        Download("Difference, CSV", "design_difference.csv", "text/csv", rows),
        Download("Charts, HTML", "design.html", "text/html", charts),
    )


def snippet(text: str, network: Network, view: View) -> str:
    """The lines of Python behind the view."""
    standard = {"batch": 1, "ops": "macs", "memory": "forward"}
    changed = "".join(
        f", {name}={view[name]!r}" for name, value in standard.items() if view[name] != value
    )
    return (
        "import vizcore as vc\n\n"
        f'network = vc.design("""\n{text}\n""", weights=False)  # True: ready to train\n'
        f"table = vc.layers(network, input_size={network.input_shape}{changed})\n"
        "print(table)\n"
        "print(table.totals)"
    )
