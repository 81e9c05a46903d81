"""Parts of the Feature maps room: the choices, the mosaic, one channel, the way through depth."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from vizcore.data.samples import sample_pictures
from vizcore.figures.map_values import (
    agreement_words,
)
from vizcore.figures.numbers import percent, short
from vizcore.figures.tiles import Tiles, pack_maps
from vizcore.formats.words import counted
from vizcore.records.maps import Contribution, FeatureMaps, MapLayer
from vizcore.tasks import maps as map_tasks
from vizcore.tasks.maps import feature_maps_task, map_layers_task
from vizcore.ui import cache, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, View, any_text, flag, one_of, whole, yes_no
from vizcore.ui.pictures import Chosen, uploaded
from vizcore.ui.room import Room, is_dark
from vizcore.ui.tiles import draw_tiles
from vizcore.ui.unit_links import draw_link, has_units
from vizcore.zoo.weights import Weights

PAGE = "feature-maps"
SORTINGS = {
    "maximum": "Strongest value",
    "mean": "Mean",
    "sparsity": "Sparsity",
    "gradient": "Gradient × activation",
    "ablation": "Ablation",
    "channel": "Channel number",
}
OF_A_CLASS = ("gradient", "ablation")
SCALINGS = {"map": "Each map", "layer": "All maps"}
COLOURS = {"viridis": "Colour", "grey": "Grey", "signed": "Signed"}
STRIPS = {"strongest": "Strongest channel", "mean": "Mean of all channels"}
NO_CHANNEL = -1
#: Room for each of two mosaics, in a window of 1280 pixels.
_BESIDE_PX = 440
CHOICES = [
    Choice("layer", "", any_text),
    Choice("sort", "maximum", one_of(*SORTINGS)),
    Choice("class", "", any_text),
    Choice("scale", "map", one_of(*SCALINGS)),
    Choice("colours", "viridis", one_of(*COLOURS)),
    Choice("numbers", False, yes_no, write=flag),
    Choice("channel", NO_CHANNEL, whole(NO_CHANNEL, 99_999)),
    Choice("row", -1, whole(-1, 9_999)),
    Choice("column", -1, whole(-1, 9_999)),
    Choice("beside", "", any_text),
    Choice("strip", "strongest", one_of(*STRIPS)),
]
EXPLANATION = (
    "Each tile is one channel: the value the layer computes at each place of the picture. Early "
    "layers answer to edges and colours at their place; deep layers have few places, each "
    "answering to a large piece of the picture.\n\n"
    "A layer that runs several times is listed for each run (`relu`, `relu_1`), and so are the "
    "functions that a network calls between its layers: `layer1.0.add` is the sum at the end of a "
    "residual block. Nothing deeper than the chosen layer is computed.\n\n"
    "**Contribution** to a class score is measured in two ways. *Gradient × activation*, summed "
    "over the map, estimates what the score would lose without the channel if the rest of the "
    "network were linear. *Ablation* sets the channel to zero and computes the rest again. Where "
    "the rest is linear the two are equal; elsewhere they differ, and the rank correlation says "
    "how much."
)


def listed_layers(
    weights: Weights, chosen: Chosen, slot: str = "maps.layers"
) -> tuple[MapLayer, ...]:
    """Every layer with maps, in the order they are computed."""
    task = map_layers_task(weights.architecture, chosen.picture, weights=weights)
    return work.run(task, slot=slot)


def layer_label(layer: MapLayer) -> str:
    """A layer in the list of layers."""
    whole_of = "" if layer.leaf else " (output)"
    return (
        f"{layer.name}{whole_of} · {layer.op} · {counted(layer.channels, 'map')} of "
        f"{layer.height} × {layer.width}"
    )


def draw_controls(here: Room, weights: Weights, chosen: Chosen, found: Sequence[MapLayer]) -> None:
    """The row above the picture; at its end the way to the unit that was picked."""
    view = here.view
    layers = {each.name: layer_label(each) for each in found}
    before = st.session_state.get("maps.network")
    if before not in (None, weights.architecture) and view["layer"] not in layers:
        view["layer"] = ""  # the last network's: another one was chosen since
        pick(view, NO_CHANNEL)
    st.session_state["maps.network"] = weights.architecture
    if not view["layer"]:
        view["layer"] = found[0].name
    layers.setdefault(view["layer"], view["layer"])  # an unknown one is refused below
    sortings = dict(SORTINGS)
    if not weights.classes:
        for name in OF_A_CLASS:
            sortings.pop(name)
        if view["sort"] in OF_A_CLASS:
            view["sort"] = "maximum"
    with here.controls():
        st.selectbox(
            "Layer", list(layers), format_func=layers.__getitem__, width=254, **view.bind("layer")
        )
        st.selectbox(
            "Sort by",
            list(sortings),
            format_func=sortings.__getitem__,
            width=170,
            help="Gradient × activation and Ablation: what a channel contributes to a class.",
            **view.bind("sort"),
        )
        if view["sort"] in OF_A_CLASS:
            names = ["", *weights.classes]
            if view["class"] not in names:
                names.append(view["class"])
            st.selectbox(
                "Class",
                names,
                format_func=lambda name: views.plain(name) if name else "Most probable",
                width=150,
                **view.bind("class"),
            )
        others = besides(weights)
        if view["beside"] and view["beside"] not in others:
            others[view["beside"]] = view["beside"]
        st.selectbox(
            "Beside it",
            ["", *others],
            format_func=lambda name: others[name] if name else "Nothing",
            width=160,
            help="The same layer for another picture, or another network on the same picture.",
            **view.bind("beside"),
        )
        with st.popover("Look", icon=":material/palette:"):
            st.segmented_control(
                "Scale",
                list(SCALINGS),
                format_func=SCALINGS.__getitem__,
                help="Each map: every map uses the whole colour range, so faint maps show. "
                "All maps: one range for the layer, so maps can be compared.",
                required=True,
                **view.bind("scale"),
            )
            st.segmented_control(
                "Colours",
                list(COLOURS),
                format_func=COLOURS.__getitem__,
                help="Signed: red is positive, blue negative, white zero.",
                required=True,
                **view.bind("colours"),
            )
            st.toggle(
                "Numbers", help="Write each channel's number under it", **view.bind("numbers")
            )
        channels = {each.name: each.channels for each in found}.get(view["layer"], 0)
        if 0 <= view["channel"] < channels and has_units(view["layer"], found):
            draw_link(weights, view["layer"], view["channel"], picture=chosen.name)


def besides(weights: Weights) -> dict[str, str]:
    """What can stand beside the maps: other pictures, and other networks that are here."""
    titles = uploaded() | {each.name: each.title for each in sample_pictures()}
    pictures = {f"picture:{name}": f"Picture: {title}" for name, title in titles.items()}
    keys = [key for key in work.network_keys() if key != weights.architecture]
    return pictures | {f"network:{key}": f"Network: {key}" for key in keys}


def contributions(view: View, weights: Weights, chosen: Chosen, *, ablate: bool) -> Contribution:
    """What the channels of the chosen layer contribute to the chosen class."""
    task = map_tasks.contribution_task(
        weights.architecture,
        chosen.picture,
        view["layer"],
        view["class"] or None,
        ablate=ablate,
        weights=weights,
    )
    return work.run(task, slot=f"maps.contribution.{ablate}")


def sorted_maps(
    view: View, weights: Weights, chosen: Chosen, slot: str, layer: str
) -> tuple[FeatureMaps, Contribution | None]:
    """The layer's maps in the chosen order."""
    sort, found = view["sort"], None
    plain: Any = sort if sort not in OF_A_CLASS else "maximum"
    task = feature_maps_task(weights.architecture, chosen.picture, layer, plain, weights=weights)
    maps = work.run(task, slot=slot)
    if sort in OF_A_CLASS:
        from vizcore.lenses.feature_maps import sort_maps

        found = contributions(view, weights, chosen, ablate=sort == "ablation")
        maps = sort_maps(maps, sort, found)
    return maps, found


@st.cache_resource(max_entries=128, show_spinner=False)
def packed_maps(
    key: tuple[Any, ...],
    _maps: FeatureMaps,
    order: tuple[int, ...],
    scaling: Any,
    colours: str,
    numbers: bool,
    dark: bool,
    fit_px: tuple[int, int],
) -> Tiles:
    """All channels of a layer for the screen. `key` names the network, the picture, the layer."""
    return pack_maps(
        _maps.maps_chw,
        order,
        scaling=scaling,
        colours="grey" if colours == "grey" else "viridis",
        signed=colours == "signed",
        numbers=numbers,
        dark=dark,
        fit_px=fit_px,
    )


def draw_mosaic_of(
    view: View,
    weights: Weights,
    chosen: Chosen,
    maps: FeatureMaps,
    *,
    key: str,
    order: tuple[int, ...] | None = None,
    narrow: bool = False,
    opens: bool = True,
) -> None:
    """All channels as one picture; one that is clicked is opened, where they are the page's own."""
    order = maps.order if order is None else order
    width, height = cache.MOSAIC_PX
    tiles = packed_maps(
        (weights.architecture, weights.identity, chosen.picture.sha256, maps.layer),
        maps,
        order,
        view["scale"],
        view["colours"],
        view["numbers"],
        is_dark(),
        (_BESIDE_PX if narrow else width, height),
    )
    if not opens:
        tiles = replace(tiles, hint="Point at a map for its numbers")
    selected = order.index(view["channel"]) if opens and view["channel"] in order else -1

    def open_channel(place: int) -> None:
        if opens and order[place] != view["channel"]:
            pick(view, order[place])

    draw_tiles(tiles, key=key, on_pick=open_channel, selected=selected)
    views.caption(weights, tiles.caption)


def pick(view: View, channel: int) -> None:
    """Open a channel, with none of its values worked out yet."""
    view["channel"], view["row"], view["column"] = channel, -1, -1


def answer_text(view: View, said: Any, maps: FeatureMaps, found: Contribution | None) -> str:
    """The page's sentence."""
    first = maps.order[0]
    silent = float((maps.maps_chw.max(axis=(1, 2)) <= 0).mean())
    quiet = f" ({percent(silent)} nowhere above zero)" if silent else ""
    by = SORTINGS[view["sort"]].lower()
    if found is not None:
        by = f"{by} for {html.escape(found.target_class)}"
    head = ""
    if said is not None:
        head = (
            f"The network says <b>{html.escape(said.classes[0])}</b> "
            f"({percent(said.probabilities[0])}). "
        )
    text = (
        f"{head}Of the <b>{counted(len(maps.order), 'channel')}</b> of "
        f"<code>{html.escape(maps.layer)}</code>"
        f"{quiet}, channel <b>{first}</b> comes first by {by} "
        f"({short(float(maps.strength_c[first]))})."
    )
    if found is not None and found.agreement is not None:
        text += f" {agreement_words(found)}."
    return text
