"""What a trained network confuses: the matrix, and the confused pictures themselves."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore.errors import UnknownName
from vizcore.formats.words import counted
from vizcore.records.fleet import Confusion, TrainedNetwork
from vizcore.ui import cache, fleet_pictures
from vizcore.ui.charts import draw_chart
from vizcore.ui.fleet_pictures import identity
from vizcore.ui.fleet_tables import to_csv
from vizcore.ui.room import Download, Room

#: Pictures on the page at once, at most.
MOST_PICTURES = 60
_GROUP_COLUMNS = 5
_MATRIX_PX = 880


def cell_text(found: Confusion, cell: tuple[int, int]) -> str:
    """A cell as it stands in the address: "cat,rocket"."""
    return ",".join(found.classes[number] for number in cell)


def parse_cell(found: Confusion, text: str) -> tuple[int, int] | None:
    """The (true, named) classes of a cell in the address; None for all mistakes.

    Raises:
        UnknownName: no picture is in such a cell; suggests the nearest that have some.
    """
    if not text:
        return None
    filled = {cell_text(found, cell): cell for cell in cells(found)}
    if text not in filled:
        raise UnknownName.among("filled cell", text, filled)
    return filled[text]


def cells(found: Confusion) -> list[tuple[int, int]]:
    """The filled cells: mistakes first, most frequent first, then the classes named rightly."""
    rightly = [(k, k) for k in range(len(found.classes)) if found.counts_tp[k, k]]
    return [(true, named) for true, named, _ in found.mistakes()] + rightly


def draw(
    here: Room,
    network: TrainedNetwork,
    found: Confusion,
    control: DeltaGenerator,
    dark: bool,
) -> None:
    """The matrix, and beside or below it the pictures of a cell or all mistakes."""
    view, counts = here.view, found.counts_tp
    words = {"": f"all mistakes ({found.wrong})"}
    for true, named in cells(found):
        verb = "named rightly" if true == named else f"named {found.classes[named]}"
        words[cell_text(found, (true, named))] = (
            f"{found.classes[true]} {verb} ({counts[true, named]})"
        )
    words.setdefault(view["cell"], view["cell"])  # an unknown one is refused below
    with control:
        st.selectbox(
            "Pictures", list(words), format_func=words.__getitem__, width=320, **view.bind("cell")
        )
    try:
        cell = parse_cell(found, view["cell"])
    except UnknownName as error:
        here.refuse(error, sets="cell")
        cell = None
    chart = fleet_pictures.confusion_chart(
        (*identity([network]), network.predictions["test"]), cell, dark, found
    )
    key = f"networks.matrix.{network.key}"

    def take(picked: Any) -> None:
        if picked:
            view["cell"] = cell_text(found, (picked[0], picked[1]))

    with st.container(horizontal=True, gap="medium", key="networks-confusions"):
        with st.container(width=_MATRIX_PX, key="networks-matrix"):
            draw_chart(chart, key=key, on_pick=take)
        with st.container(width="stretch", key="networks-pictures"):
            draw_groups(network, found, cell, dark)
    here.offer(
        Download(
            "Confusion matrix, CSV",
            f"{network.key}_confusion.csv",
            "text/csv",
            lambda: matrix_csv(found),
        ),
        Download(
            "Confusion matrix, HTML",
            f"{network.key}_confusion.html",
            "text/html",
            lambda: cache.figure_html(
                fleet_pictures.confusion_chart(
                    (*identity([network]), network.predictions["test"]), cell, False, found
                )
            ),
        ),
    )


def draw_groups(
    network: TrainedNetwork, found: Confusion, cell: tuple[int, int] | None, dark: bool
) -> None:
    """The pictures of one cell, or of all mistakes, grouped by what they are and are named."""
    groups = [(*cell, 0)] if cell else list(found.mistakes())
    st.markdown(f"**{_groups_title(found, cell)}**")
    left = MOST_PICTURES
    with st.container(horizontal=True, gap="medium"):
        for true, named, _ in groups:
            places = found.pictures(true, named)
            shown = places[:left]
            left -= len(shown)
            if shown:
                draw_group(network, found, (true, named), shown, dark)
    total = int(found.counts_tp[cell]) if cell else found.wrong
    if total > MOST_PICTURES:
        st.caption(
            f"{MOST_PICTURES} of {total}, the most frequent confusions first. "
            "Choose a cell to see the others."
        )


def _groups_title(found: Confusion, cell: tuple[int, int] | None) -> str:
    if cell is None:
        count = len(found.labels_n)
        return f"The {found.wrong} mistakes" if found.wrong else f"No mistake in {count} pictures"
    true, named = cell
    of = int((found.labels_n == true).sum())
    verb = "rightly" if true == named else found.classes[named]
    return f"{found.counts_tp[cell]} of {of} pictures of {found.classes[true]} are named {verb}"


def draw_group(
    network: TrainedNetwork,
    found: Confusion,
    cell: tuple[int, int],
    places: tuple[int, ...],
    dark: bool,
) -> None:
    """Pictures of one class that are named another, under the two names."""
    true, named = (found.classes[number] for number in cell)
    with st.container(width="content"):
        said = "named rightly" if true == named else f"named **{named}**"
        st.markdown(f"**{true}**, {said}" + (f" × {len(places)}" if len(places) > 1 else ""))
        st.image(
            fleet_pictures.patches_png(network.data, found.part, places, _GROUP_COLUMNS, dark),
            output_format="PNG",
            alt=f"{counted(len(places), 'picture')} of {true}, named {named}",
        )


def matrix_csv(found: Confusion) -> str:
    """The matrix as CSV: a row a true class, a column a named one."""
    return to_csv(
        [
            {
                "true class": name,
                **{other: int(found.counts_tp[t, p]) for p, other in enumerate(found.classes)},
            }
            for t, name in enumerate(found.classes)
        ]
    )
