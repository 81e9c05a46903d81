"""What can be chosen on the Design page: where to start, quick edits, how it is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.errors import BadNotation, ConvScopeError
from vizcore.records.layers import Conventions
from vizcore.ui import design_tables
from vizcore.ui.address import Choice, View, one_of, whole
from vizcore.ui.design_notation import set_network
from vizcore.ui.room import Room
from vizcore.zoo.notation import Network, edits, from_address, parse, to_address, write
from vizcore.zoo.notation.lexer import LONGEST_TEXT
from vizcore.zoo.notation.originals import ORIGINALS, Original, original

if TYPE_CHECKING:
    pass


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
            on_click=set_network,
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
