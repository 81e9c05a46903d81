"""The parts of the Compare page: choices, controls, the answer, charts, tables, downloads."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore import zoo
from vizcore.errors import BadChoice, ConvScopeError
from vizcore.figures.numbers import short
from vizcore.records.alignment import Alignment
from vizcore.ui import cache, sidebar
from vizcore.ui.address import Choice, one_of
from vizcore.ui.charts import draw_chart
from vizcore.ui.compare_tables import lightest, ratio_text
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    pass

MOST = 4
DEFAULT = ["vgg_d", "resnet50", "mobilenet_v2"]
QUANTITIES = {"macs": "Multiply-adds", "params": "Parameters", "activations": "Memory"}
DEPTHS = {"relative": "Relative", "absolute": "Layer by layer", "stage": "By stage"}
SCALES = {"share": "Share of its own total", "count": "Counts"}
RULE = (
    "The depth of a network is the order of its weighted layers: convolutions, fully connected "
    "layers and attention, the projections of shortcuts included. What has no weights, and every "
    "normalisation, counts with the weighted layer before it.",
    "A layer's stage is how often the picture has been halved at its output, rounded: 227 / 55 = "
    "4.13 is two halvings, stage 1/4. Stages never go back: a gate, or a branch that shrinks "
    "before its neighbours do, counts with them. A vector or tokens have no map.",
    "Layers stand beside each other when they have the same stage and the same place in it.",
    "The receptive field is the side of the square of input pixels one value can see, the largest "
    "up to that depth. “At most” marks an upper bound.",
    "Each network gets one picture of the size it is published with. Memory is every layer's "
    "output, kept once, in float32.",
)
_REFUSED = "compare.refused"


def parse_archs(text: str) -> list[str]:
    """Names with commas between, as keys; aliases are taken, duplicates dropped.

    Raises:
        ValueError: none, more than four, or an unknown one.
    """
    keys = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        try:
            keys.append(zoo.get(name).key)
        except ConvScopeError as error:
            nearest = ", ".join(error.suggestions) or "those that the Atlas lists"
            raise ValueError(f"'{name}' is unknown. The nearest names are {nearest}.") from None
    keys = list(dict.fromkeys(keys))
    if not 1 <= len(keys) <= MOST:
        raise ValueError(f"Allowed: two to {MOST} architectures, with commas; here {len(keys)}.")
    return keys


CHOICES = [
    Choice("archs", DEFAULT, parse_archs, write=",".join, always=True),
    Choice("quantity", "macs", one_of(*QUANTITIES)),
    Choice("depth", "relative", one_of(*DEPTHS)),
    Choice("scale", "share", one_of(*SCALES)),
]


def draw_controls(here: Room) -> None:
    """Which networks, and what is compared."""
    view = here.view
    chosen = view["archs"]
    keys = [entry.key for entry in zoo.architectures()]
    with here.controls():
        st.multiselect(
            "Architectures",
            [*keys, *(key for key in chosen if key not in keys)],
            format_func=sidebar.label,
            max_selections=MOST,
            accept_new_options=True,
            on_change=_take_typed,
            args=(view.key("archs"),),
            help=f"Two to {MOST}, compared in this order: the first is drawn solid. "
            "Search by name, family or year.",
            **view.bind("archs"),
        )
    if refused := st.session_state.pop(_REFUSED, None):
        st.warning(refused)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for name, label, words in (
            ("quantity", "Compare", QUANTITIES),
            ("depth", "Along the depth", DEPTHS),
            ("scale", "Heights", SCALES),
        ):
            st.segmented_control(
                label,
                list(words),
                format_func=words.__getitem__,
                required=True,
                **view.bind(name),
            )


def _take_typed(key: str) -> None:
    """Turn typed aliases into keys; leave out unknown names, and say so."""
    keys = []
    for name in st.session_state[key]:
        try:
            keys.append(zoo.get(name).key)
        except ConvScopeError as error:
            st.session_state[_REFUSED] = str(error)
    st.session_state[key] = list(dict.fromkeys(keys))


def chosen_keys(here: Room) -> tuple[str, ...]:
    """The architectures to compare.

    Raises:
        BadChoice: fewer than two; offers one more.
    """
    keys = tuple(here.view["archs"])
    if len(keys) < 2:
        more = [",".join([*keys, key]) for key in DEFAULT if key not in keys]
        raise BadChoice(
            f"A comparison takes two to {MOST} architectures; {len(keys)} "
            f"{'is' if len(keys) == 1 else 'are'} chosen.",
            received=",".join(keys),
            suggestions=more if keys else [",".join(DEFAULT)],
        )
    return keys


def names_of(keys: tuple[str, ...]) -> tuple[str, ...]:
    """What networks are called; those of one name carry their keys."""
    names = [zoo.get(key).name for key in keys]
    count = Counter(names)
    return tuple(
        f"{name} ({key})" if count[name] > 1 else name
        for name, key in zip(names, keys, strict=True)
    )


def answer(alignment: Alignment, names: tuple[str, ...]) -> str:
    """One sentence: what the lightest network costs, and how many times that the others do."""
    base = lightest(alignment)
    least = alignment.tables[base].totals
    others = [
        f"{names[place]} <b>{ratio_text(table.totals.macs, least.macs)} times</b> the work and "
        f"<b>{ratio_text(table.totals.params, least.params)} times</b> the parameters"
        for place, table in enumerate(alignment.tables)
        if place != base
    ]
    return (
        f"{names[base]} does <b>{short(least.macs)} multiply-adds</b> with "
        f"<b>{short(least.params)} parameters</b>; {'; '.join(others)}."
    )


def draw_charts(
    here: Room, alignment: Alignment, keys: tuple[str, ...], names: tuple[str, ...], *, dark: bool
) -> None:
    """Where the chosen quantity sits, the totals, and how the receptive fields grow."""
    from vizcore.figures.compare_fields import finding

    view = here.view
    shown = cache.comparison(keys, names, view["quantity"], view["depth"], view["scale"], dark)
    draw_chart(shown, key="compare.bars")
    totals, _ = cache.compared_tables(keys, names, view["quantity"])
    st.html(totals)
    st.caption(f"Small numbers: how many times {names[lightest(alignment)]}'s.")
    st.markdown(f"**{finding(alignment, names)}**")
    draw_chart(cache.compared_fields(keys, names, view["depth"], dark), key="compare.fields")
    st.caption(
        "The largest receptive field so far. Filled circle: exact. Open circle: an upper bound. "
        "Square: one value sees the whole picture."
    )


def draw_tables(here: Room, keys: tuple[str, ...], names: tuple[str, ...]) -> None:
    """The networks by stage, the rule, and every layer beside its counterpart."""
    quantity = here.view["quantity"]
    st.markdown(f"**{QUANTITIES[quantity]} by stage: maps of the same part of the picture's size**")
    st.html(cache.compared_tables(keys, names, quantity)[1])
    with here.details("How networks are aligned and counted") as is_open:
        if is_open:
            st.markdown("\n".join(f"- {line}" for line in RULE))
    with here.details("Every layer beside its counterpart") as is_open:
        if is_open:
            frame = cache.aligned_frame(keys, names, quantity)
            st.dataframe(
                frame,
                key="compare.layers",
                hide_index=True,
                height=min(36 * (len(frame) + 1) + 4, 720),
                placeholder="",
                column_config={
                    "stage": st.column_config.TextColumn("Stage", pinned=True, width=80),
                    "place": st.column_config.NumberColumn("Place", pinned=True, width=55),
                    **_column_widths(names, [str(name) for name in frame]),
                },
                alt=f"Layers of {', '.join(names)} beside each other: {len(frame)} lines",
            )


def _column_widths(names: tuple[str, ...], columns: list[str]) -> dict[str, Any]:
    """Three columns a network: narrow ones, so that two or three networks fit side by side."""
    config = st.column_config
    return {
        column: config.TextColumn(width=150, help=column)
        if column in names
        else config.TextColumn("sees", width=80, help=column)
        if column.endswith(": sees")
        else config.NumberColumn(
            column.rpartition(": ")[2], width=100, format="localized", help=column
        )
        for column in columns[2:]
    }


def offer_downloads(
    here: Room, alignment: Alignment, keys: tuple[str, ...], names: tuple[str, ...]
) -> None:
    """Totals and aligned layers as CSV and JSON, and the two charts."""
    from vizcore.anatomy import alignment_export as export

    view = here.view  # read now: a download is made without the session
    quantity, depth, scale = view["quantity"], view["depth"], view["scale"]
    stem = "_".join(key.replace(":", "_") for key in keys)

    def bars() -> str:
        return cache.figure_html(cache.comparison(keys, names, quantity, depth, scale, False))

    def fields() -> str:
        return cache.figure_html(cache.compared_fields(keys, names, depth, False))

    here.offer(
        Download(
            "Totals, CSV",
            f"{stem}_totals.csv",
            "text/csv",
            lambda: export.to_csv(export.totals(alignment)),
        ),
        Download(
            "Totals, JSON",
            f"{stem}_totals.json",
            "application/json",
            lambda: export.to_json(export.totals(alignment)),
        ),
        Download(
            "Aligned layers, CSV",
            f"{stem}_layers.csv",
            "text/csv",
            lambda: export.to_csv(export.layers(alignment)),
        ),
        Download(
            "Aligned layers, JSON",
            f"{stem}_layers.json",
            "application/json",
            lambda: export.to_json(export.layers(alignment)),
        ),
        Download("Chart along the depth, HTML", f"{stem}_{quantity}.html", "text/html", bars),
        Download("Receptive fields, HTML", f"{stem}_fields.html", "text/html", fields),
    )


def snippet(keys: tuple[str, ...]) -> str:
    """The lines of Python behind the view."""
    return (
        "import vizcore as vc\n\n"
        f"for key in {keys!r}:\n"
        "    totals = vc.layers(key).totals\n"
        "    print(key, totals.macs, totals.params, totals.activations)"
    )
