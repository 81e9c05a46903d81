"""Parts of the page What excites a unit: its pictures, the wall of a layer, the panel of a unit."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.data.loading import Views
from vizcore.data.picture_sets import PictureSet
from vizcore.errors import BadChoice, ConvScopeError
from vizcore.figures.numbers import short
from vizcore.formats.words import counted
from vizcore.records.patches import TopPatches
from vizcore.ui import address, cache, picture_sets
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, View, any_text, one_of, whole
from vizcore.ui.cells import Cells, draw_cells, size_of
from vizcore.ui.room import Download, Room, is_dark
from vizcore.ui.strongest_choice import (
    ALONE,
    CONVOLUTIONS,
    PLACES,
    cost,
    draw_choices,
    layers_of,
    open_places,
    take_layer,
)
from vizcore.ui.strongest_scan import draw_stopped, scanned, still_to_see
from vizcore.ui.strongest_unit import draw_table, draw_unit
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from vizcore.figures.patch_wall import PatchWall

PAGE = "strongest"
#: Units on a wall; it is drawn for a wide window, and shown at half its size in others.
SHOWN, WALL_PX, PATCH_PX, LABEL_PX = 32, 1304, 56, 26
HEIGHT_PX = 1040
_LAYER = Choice("layer", "", any_text)
_NONE = -1

EXPLANATION = """
Every picture of the set goes through the network once, as far as the deepest layer of the scan. Of
each channel the nine pictures are kept in which its **greatest** value is greatest, one place a
picture, as in Zeiler and Fergus (2014, section 4). Values of a convolution are its own, before the
normalisation and the activation after it; those are places themselves, as poolings, sums and
concatenations are.

**A patch** is what that one value can see: its receptive field, cut to the pixel out of the
picture as the network saw it (resized and cropped). Flat grey is the padding outside the picture.

**Kept.** The scan lies on this machine's disk: it is not repeated for the same network, weights and
pictures, and one that was stopped goes on where it was. A scan of every place serves each of them.
"""


def choices() -> list[Choice]:
    """What can be chosen on the page; a unit belongs to its layer."""
    layer = address.peek(PAGE, _LAYER)
    return [
        picture_sets.choice(PAGE),
        _LAYER,
        Choice("scan", CONVOLUTIONS, one_of(CONVOLUTIONS, PLACES, ALONE)),
        Choice("from", 0, whole(0, 1_000_000), of=layer),
        Choice("unit", _NONE, whole(_NONE, 1_000_000), of=layer),
    ]


def draw_scan(here: Room, weights: Weights, pictures: PictureSet) -> TopPatches | None:
    """All of the page: the scan as it goes on, and what it found; None where nothing was."""
    view = here.view
    places = open_places(weights)
    try:
        layer = take_layer(view, places, weights)
    except ConvScopeError as error:
        with here.controls():
            picture_sets.draw_control(view)
        here.refuse(error, sets="layer")
        return None
    with here.controls():
        picture_sets.draw_control(view)
        draw_choices(view, places)
        rest = st.container(
            horizontal=True, width="content", vertical_alignment="bottom", gap="small"
        )
    said = cost(view, places, pictures)

    def draw_so_far(so_far: TopPatches) -> None:
        _draw_so_far(here, weights, pictures, so_far, layer, said)

    found = scanned(weights, pictures, layers_of(view), draw_so_far)
    left = None if found is None else still_to_see(found, pictures)
    if left != 0:
        draw_stopped(found, pictures)
    if found is not None:
        with rest:
            unit = _draw_unit_choice(view, found, layer)
        _draw(here, weights, pictures, found, layer, unit, said)
    return found


def _draw_so_far(
    here: Room,
    weights: Weights,
    pictures: PictureSet,
    found: TopPatches,
    layer: str,
    said: str,
) -> None:
    """The wall of the pictures that were looked at until now, while the scan goes on."""
    if found.fields.get(layer) is None:
        return
    start = min(here.view["from"], len(found.found[layer].values_ck) - 1) // SHOWN * SHOWN
    held = _views(found.data_sha256, repr(weights.preprocessing), pictures, weights)
    cells, _ = _drawn(layer, start, is_dark(), views.mark(weights), found, held)
    st.image(cells.png, alt=f"{cells.alt}, so far", width="stretch")
    text = f"{layer}, after {found.looked_at:,} of {counted(len(pictures), 'picture')}. {said}"
    views.caption(weights, text)


def _draw_unit_choice(view: View, found: TopPatches, layer: str) -> int:
    """Which units stand on the wall, and which one beside it; the strongest to begin with.

    Raises:
        BadChoice: the layer has no such unit.
    """
    best = found.found[layer]
    count = len(best.values_ck)
    start = min(view["from"], count - 1) // SHOWN * SHOWN
    unit: int = view["unit"]
    if unit == _NONE:
        unit = start + int(best.values_ck[start : start + SHOWN, 0].argmax())
    if unit >= count:
        raise BadChoice(
            f"'{layer}' has no unit {unit}. Allowed: 0 to {count - 1}.", received=str(unit)
        )
    view["unit"], view["from"] = unit, start
    if count > SHOWN:
        st.selectbox(
            "Units",
            list(range(0, count, SHOWN)),
            format_func=lambda first: f"{first} to {min(count, first + SHOWN) - 1}",
            width=120,
            **view.bind("from"),
        )
    st.number_input("Unit, large", 0, count - 1, width=110, **view.bind("unit"))
    return unit


def _draw(
    here: Room,
    weights: Weights,
    pictures: PictureSet,
    found: TopPatches,
    layer: str,
    unit: int,
    said: str,
) -> None:
    """The wall of a layer, and one unit's patches large."""
    view, start = here.view, here.view["from"]
    here.answer(views.answer(weights, _answer(found, layer, unit, still_to_see(found, pictures))))
    held = _views(found.data_sha256, repr(weights.preprocessing), pictures, weights)
    key = (found.key, weights.identity, found.data_sha256, str(found.looked_at), layer)
    row = st.container(horizontal=True, gap="medium")
    with row.container(width="stretch"):
        if found.fields[layer] is None:
            st.info(f"What a value of {layer} sees of a picture is not known: no patch can be cut.")
        else:
            wall = _wall(key, start, is_dark(), views.mark(weights), found, held)

            def pick(place: int) -> None:
                view["unit"] = wall[1].channels[place]

            shown = wall[1].channels
            selected = shown.index(unit) if unit in shown else -1
            draw_cells(wall[0], key="strongest-wall", on_pick=pick, selected=selected)
            views.caption(weights, f"{wall[1].caption} {said} {pictures.origin}".rstrip())
        draw_table(found.patches(layer, unit), unit)
    with row.container(width=cache.PICTURE_PX):
        draw_unit(weights, found, layer, unit, held, key)
    if found.fields[layer] is not None:
        stem = views.stem(weights, layer, "patches")
        here.offer(Download("Wall, PNG", f"{stem}.png", "image/png", lambda: wall[0].png))
    imports, argument = views.weights_code(weights)
    given = repr(picture_sets.code_name(view["pictures"]))
    asked = layers_of(view)
    layers = "" if asked is None else f", {asked!r}"
    here.code(
        f"import vizcore as vc\n{imports}\n"
        f"found = vc.top_patches({weights.architecture!r}, {given}{layers}{argument})\n"
        f"for patch in found.patches({layer!r}, {unit}):\n"
        "    print(patch.value, patch.picture, patch.place, patch.window)"
    )


def draw_skipped(found: TopPatches) -> None:
    """What was not looked at, by name and reason."""
    rows = [{"file": each.name, "why": each.reason} for each in found.skipped]
    st.dataframe(rows, hide_index=True, width="stretch")


def _answer(found: TopPatches, layer: str, unit: int, left: int) -> str:
    patch = found.patches(layer, unit)[0]
    skipped = f", {len(found.skipped):,} files were not looked at" if found.skipped else ""
    return (
        f"Of {'the first ' if left else ''}<b>{found.looked_at:,}</b> pictures, "
        f"<b>{html.escape(patch.picture)}</b> excites unit <b>{unit}</b> of "
        f"<code>{html.escape(layer)}</code> most: <b>{short(patch.value)}</b>{skipped}."
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _views(sha256: str, how: str, _pictures: PictureSet, _weights: Weights) -> Views:
    return Views(_pictures, _weights.preprocessing, max_bytes=128_000_000)


@st.cache_resource(max_entries=64, show_spinner=False)
def _wall(
    key: tuple[str, ...], start: int, dark: bool, mark: str, _found: TopPatches, _view: Views
) -> tuple[Cells, PatchWall]:
    """Some units of a layer for the screen, and as they were drawn; `key` names the layer last."""
    return _drawn(key[-1], start, dark, mark, _found, _view)


def _drawn(
    layer: str, start: int, dark: bool, mark: str, found: TopPatches, view: Views
) -> tuple[Cells, PatchWall]:
    from vizcore.figures.marking import marked
    from vizcore.figures.patch_wall import GUTTER_PX, draw_patch_wall

    shown = range(start, min(start + SHOWN, len(found.found[layer].values_ck)))
    wall = draw_patch_wall(
        found,
        layer,
        view,
        shown,
        width_px=WALL_PX,
        patch_px=PATCH_PX,
        label_px=LABEL_PX,
        height_px=HEIGHT_PX,
        dark=dark,
    )
    content = views.png(wall.rgb_hwc)
    content = marked(content, mark, dark=dark)
    values = found.found[layer].values_ck
    cells = Cells(
        png=content,
        size_px=size_of(content),
        tile_px=wall.tile_px[::-1],
        gutter_px=GUTTER_PX,
        columns=wall.columns,
        labels=[
            f"Unit {each}: {short(float(values[each, 0]))} on "
            f"{found.patches(layer, each)[0].picture}"
            for each in wall.channels
        ],
        alt=f"The strongest patches of units of {layer}",
        hint="Point at a unit for its strongest picture, click it for more",
        half=True,
    )
    return cells, wall
