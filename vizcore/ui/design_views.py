"""The parts of the Design page: the notation, quick edits, totals, charts, rows, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from vizcore import formats
from vizcore.errors import BadNotation, ConvScopeError
from vizcore.figures.numbers import short
from vizcore.figures.palette import CHART_CONFIG
from vizcore.records import Conventions, LayerTable
from vizcore.ui import cache, design_tables
from vizcore.ui.address import Choice, View, one_of, whole
from vizcore.ui.room import Download, Room
from vizcore.zoo import notation
from vizcore.zoo.notation import Network, edits, from_address, parse, plan, to_address, write
from vizcore.zoo.notation.lexer import LONGEST_TEXT
from vizcore.zoo.notation.originals import ORIGINALS, Original, original
from vizcore.zoo.notation.syntax import Conv, Dense

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vizcore.anatomy.difference import RowChange
    from vizcore.zoo.notation import Step


def parse_original(text: str) -> str:
    """The key of a network to start from.

    Raises:
        ValueError: the notation has no network of this name; the message lists the nearest.
    """
    try:
        return original(text).key
    except ConvScopeError as error:
        nearest = ", ".join(error.suggestions) or "those that 'Start from' lists"
        raise ValueError(f"The nearest networks in the notation are {nearest}.") from None


ORIGINAL = Choice("from", "vgg_d", parse_original, always=True)
_PICKED = "design.picked"


def choices(original: Original) -> list[Choice]:
    """The network, kept for each original apart, and how it is counted and shown."""
    return [
        ORIGINAL,
        Choice("net", original.notation, _reader(original), write=_written, of=original.key),
        Choice("batch", 1, whole(1, 4096)),
        Choice("ops", "macs", one_of("macs", "flops")),
        Choice("memory", "forward", one_of("forward", "training")),
        Choice("rows", "layers", one_of(*design_tables.ROWS)),
    ]


def _reader(original: Original) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = from_address(text)
        if len(found) > LONGEST_TEXT:
            raise ValueError(f"Allowed: at most {LONGEST_TEXT:,} characters.")
        try:
            network = parse(found)
        except BadNotation:
            return found  # the page says what is wrong with it, and where
        same = network == parse(original.notation)
        return original.notation if same else write(network, lines=True)

    return read


def _written(text: str) -> str:
    """The network in the address: as the printer writes it, where it can be read."""
    try:
        return to_address(write(parse(text)))
    except BadNotation:
        return to_address(text)


def conventions_of(view: View) -> Conventions:
    """How the tables count."""
    return Conventions(batch=view["batch"], ops=view["ops"], memory=view["memory"])


def read_or_none(text: str) -> Network | None:
    """The network, or None where the text cannot be read."""
    try:
        return parse(text)
    except BadNotation:
        return None


def _set(view: View, text: str) -> None:
    view["net"] = text


def _edit(view: View, change: Callable[[Network], Network]) -> None:
    network = read_or_none(view["net"])
    if network is not None:
        view["net"] = write(change(network), lines=True)


def _leave_out(view: View) -> None:
    places = st.session_state[_PICKED]
    st.session_state[_PICKED] = []
    try:
        _edit(view, lambda network: edits.without(network, places))
    except ConvScopeError as error:
        st.session_state["design.refused"] = str(error)


def draw_controls(here: Room, original: Original, network: Network | None) -> None:
    """Where to start, the quick edits, and how it is counted."""
    view = here.view
    with here.controls():
        st.selectbox(
            "Start from",
            list(ORIGINALS),
            format_func=lambda key: ORIGINALS[key].name,
            width=250,
            **view.bind("from"),
        )
        _draw_picker(view, network)
        for label, change, help in (
            ("5×5 as two 3×3", edits.stacked, "Every later map keeps its size."),
            (
                "Pool the head",
                edits.pooled_head,
                "Replaces the fully connected layers by global average pooling and one layer to "
                "the classes.",
            ),
        ):
            reason = _not_applicable(network, change)
            st.button(
                label,
                key=f"design.{label}",
                help=reason or help,
                disabled=bool(reason),
                on_click=_edit,
                args=(view, change),
            )
        st.button(
            "Undo all",
            key="design.original",
            disabled=view["net"] == original.notation,
            on_click=_set,
            args=(view, original.notation),
            icon=":material/undo:",
        )
        with st.popover("More", icon=":material/tune:"):
            st.number_input("Batch", 1, 4096, **view.bind("batch"))
            st.segmented_control(
                "Work in",
                ["macs", "flops"],
                format_func={"macs": "MACs", "flops": "FLOPs"}.__getitem__,
                required=True,
                help="One multiply-add (MAC) is two floating-point operations (FLOPs).",
                **view.bind("ops"),
            )
            st.segmented_control(
                "Memory for",
                ["forward", "training"],
                format_func={"forward": "Forward", "training": "Training"}.__getitem__,
                required=True,
                **view.bind("memory"),
            )
    if refused := st.session_state.pop("design.refused", None):
        st.warning(refused)


def _draw_picker(view: View, network: Network | None) -> None:
    with st.popover(
        "Leave layers out", icon=":material/content_cut:", disabled=network is None, width="content"
    ):
        if network is None:
            return
        found = {part.place: part.label for part in edits.parts(network)}
        kept = [place for place in st.session_state.get(_PICKED, []) if place in found]
        st.session_state[_PICKED] = kept
        st.multiselect(
            "Layers, numbered as papers do",
            list(found),
            format_func=found.__getitem__,
            key=_PICKED,
            help="Layers with weights count from 1. Normalisation and dropout leave with them.",
        )
        st.button(
            "Leave them out",
            key="design.leave",
            type="primary",
            disabled=not kept,
            on_click=_leave_out,
            args=(view,),
        )


def _not_applicable(network: Network | None, change: Callable[[Network], Network]) -> str:
    if network is None:
        return "The network cannot be read yet."
    try:
        change(network)
    except ConvScopeError as error:
        return str(error)
    return ""


def draw_notation(view: View) -> None:
    """The text of the network."""
    st.text_area(
        "The network, in the notation of slides",
        height=232,
        help="conv3-64: 3×3, 64 channels, ReLU. conv7-64/2: stride 2. p0, g2: padding, groups. "
        "[...] x2 repeats. Below, “The notation” has all of it.",
        **view.bind("net"),
    )


def refuse(here: Room, error: BadNotation) -> None:
    """Say what is wrong with the text, point at it, and offer what could stand there."""
    text = here.view["net"]
    with st.container(border=True, key=f"refusal-{here.name}"):
        st.markdown(f":material/error: **{plain_markdown(str(error))}**")
        st.code(pointed(text, error), language=None)
        with st.container(horizontal=True):
            for value in error.suggestions[:3]:
                st.button(
                    f"Write {value}",
                    key=f"refusal-design-{value}",
                    on_click=_set,
                    args=(here.view, text[: error.start] + value + text[error.end :]),
                )


def pointed(text: str, error: BadNotation, reach: int = 22) -> str:
    """The line of the error, near the error, and under it what is meant.

    Example:
        >>> from vizcore.errors import BadNotation
        >>> at = BadNotation("no layer", line=1, column=10, start=9, end=13)
        >>> print(pointed("conv3-64 pole fc-10", at))
        conv3-64 pole fc-10
                 ^^^^
    """
    line = (text.split("\n")[error.line - 1 :] or [""])[0]
    begin = error.column - 1
    width = max(1, min(error.end - error.start, len(line) - begin, reach))
    cut = max(0, begin - reach)
    shown = ("…" if cut else "") + line[cut : begin + width + reach]
    if begin + width + reach < len(line):
        shown += "…"
    return f"{shown}\n{' ' * (begin - cut + bool(cut))}{'^' * width}"


def plain_markdown(text: str) -> str:
    """A sentence with notation in it as Markdown that shows every letter.

    Example:
        >>> plain_markdown("expected ']' and x*y")
        "expected '\\\\]' and x\\\\*y"
    """
    return "".join(f"\\{letter}" if letter in "\\`*_[]~$<>|" else letter for letter in text)


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
    st.plotly_chart(
        figure,
        theme=None,
        config=CHART_CONFIG,
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


def layer_words(steps: tuple[Step, ...], prefix: str = "") -> dict[str, str]:
    """The notation of each module, by torch's dotted name."""
    found: dict[str, str] = {}
    for step in steps:
        name = prefix + step.name
        if step.branches:
            inner = ("body", "shortcut") if step.name.startswith("res") else ()
            for place, branch in enumerate(step.branches):
                part = inner[place] if inner else f"branches.{place}"
                found |= layer_words(branch, f"{name}.{part}.")
        elif isinstance(step.layer, (Conv, Dense)):  # a ReLU has its own row
            found[name] = notation.write_layer(replace(step.layer, relu=True))
        elif not isinstance(step.layer, str):
            found[name] = notation.write_layer(step.layer)
    return found


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
        from vizcore.anatomy.difference import to_csv

        return to_csv(changes)

    here.offer(
        Download("Notation, text", "design.txt", "text/plain", lambda: text),
        Download("Table, CSV", "design.csv", "text/csv", lambda: formats.to_csv(table)),
        Download(
            "Table, Markdown", "design.md", "text/markdown", lambda: formats.to_markdown(table)
        ),
        Download("Table, LaTeX", "design.tex", "text/x-tex", lambda: formats.to_latex(table)),
        Download("Table, JSON", "design.json", "application/json", lambda: formats.to_json(table)),
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
