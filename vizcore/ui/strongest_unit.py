"""One unit beside the wall of its layer: its patches large, and where they are."""

from __future__ import annotations

import html

import streamlit as st

from vizcore.data.loading import Views
from vizcore.errors import BadImage
from vizcore.figures.numbers import short
from vizcore.formats.words import counted
from vizcore.records.patches import Patch, TopPatches
from vizcore.ui import cache
from vizcore.ui import picture_views as views
from vizcore.ui.room import is_dark
from vizcore.ui.unit_links import draw_link
from vizcore.zoo.weights import Weights


@st.cache_resource(max_entries=128, show_spinner=False)
def _large(
    key: tuple[str, ...], unit: int, dark: bool, _found: TopPatches, _view: Views
) -> tuple[bytes, bytes]:
    """A unit's nine patches, and the first picture with the box of what the value sees."""
    from vizcore.figures.patch_wall import cut_patches, draw_boxed
    from vizcore.figures.patches import draw_patches

    layer = key[-1]
    first = _found.patches(layer, unit)[0]
    assert first.window is not None
    side = (cache.PICTURE_PX - 8) // 3
    cuts = cut_patches(_found, layer, unit, _view, dark=dark)
    nine = draw_patches(cuts, columns=3, side_px=side, dark=dark)
    boxed = draw_boxed(_view(first.number), first.window, cache.PICTURE_PX, dark=dark)
    return views.png(nine), views.png(boxed)


def draw_unit(
    weights: Weights,
    found: TopPatches,
    layer: str,
    unit: int,
    held: Views,
    key: tuple[str, ...],
) -> None:
    patches = found.patches(layer, unit)
    draw_link(weights, layer, unit)
    if found.fields[layer] is not None:
        try:
            nine, boxed = _large(key, unit, is_dark(), found, held)
        except BadImage as error:
            st.warning(f"A picture cannot be read any more: {error}")
        else:
            st.image(nine, alt=f"The strongest patches of unit {unit}")
            count = counted(len(patches), "strongest patch", "strongest patches")
            views.caption(weights, f"Unit {unit}: its {count}")
            st.image(boxed, alt=f"{patches[0].picture}, with what the value sees in a box")
            st.caption(f"{patches[0].picture}, as the network sees it, and what the value sees")


def draw_table(patches: tuple[Patch, ...], unit: int) -> None:
    """Where a unit was strongest: the pictures by name, the values, the places in its map."""
    rows = "".join(
        f'<tr><td>{html.escape(each.picture)}</td><td class="n">{short(each.value)}</td>'
        f'<td class="n">{each.place[0]}, {each.place[1]}</td></tr>'
        for each in patches
    )
    st.html(
        f'<table class="cs-table"><thead><tr><th>unit {unit}, picture</th><th class="n">value</th>'
        f'<th class="n">row, column</th></tr></thead><tbody>{rows}</tbody></table>'
    )
