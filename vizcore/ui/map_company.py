"""What stands with a layer's maps: contributions, the way through depth, maps beside them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vizcore.errors import ConvScopeError, UnknownName
from vizcore.figures.map_values import (
    agreement_words,
    draw_agreement,
)
from vizcore.figures.numbers import short
from vizcore.figures.tiles import Tiles, pack_strip
from vizcore.networks import offers
from vizcore.records.maps import FeatureMaps
from vizcore.tasks import maps as map_tasks
from vizcore.tasks.maps import feature_maps_task
from vizcore.ui import picture_views as views
from vizcore.ui import work
from vizcore.ui.charts import draw_chart
from vizcore.ui.map_views import (
    NO_CHANNEL,
    OF_A_CLASS,
    STRIPS,
    besides,
    contributions,
    draw_mosaic_of,
    listed_layers,
    pick,
)
from vizcore.ui.pictures import Chosen, named
from vizcore.ui.room import Room, is_dark
from vizcore.ui.tiles import draw_tiles
from vizcore.zoo.weights import Weights


def draw_contributions(here: Room, weights: Weights, chosen: Chosen) -> None:
    """Both measures of what the channels contribute, against each other."""
    found = contributions(here.view, weights, chosen, ablate=True)
    channel = here.view["channel"]
    chart = draw_agreement(
        found, selected=channel if channel != NO_CHANNEL else None, dark=is_dark()
    )
    st.markdown(
        f"What each channel of `{found.layer}` contributes to the score of "
        f"{views.plain(found.target_class)} ({short(found.score)}). {agreement_words(found)}."
    )
    draw_chart(chart, key="agreement")


@st.cache_resource(max_entries=32, show_spinner=False)
def _strip(key: tuple[Any, ...], _found: Any, mean: bool, dark: bool) -> Tiles:
    return pack_strip(_found, mean=mean, dark=dark)


def draw_strip(here: Room, weights: Weights, chosen: Chosen) -> None:
    """One picture a layer from the first to the last; a click opens the layer."""
    view = here.view
    found = work.run(
        map_tasks.depth_strip_task(weights.architecture, chosen.picture, weights=weights),
        slot="maps.strip",
    )
    st.segmented_control(
        "Of each layer",
        list(STRIPS),
        format_func=STRIPS.__getitem__,
        required=True,
        **view.bind("strip"),
    )
    key = (weights.architecture, weights.identity, chosen.picture.sha256)
    tiles = _strip(key, found, view["strip"] == "mean", is_dark())
    names = [each.layer.name for each in found.pictures]
    selected = names.index(view["layer"]) if view["layer"] in names else -1

    def open_layer(place: int) -> None:
        if names[place] != view["layer"]:
            view["layer"] = names[place]
            pick(view, NO_CHANNEL)

    draw_tiles(tiles, key="maps-strip", on_pick=open_layer, selected=selected)
    views.caption(weights, tiles.caption)


def draw_beside(here: Room, weights: Weights, chosen: Chosen, maps: FeatureMaps) -> None:
    """The same channels for another picture, or another network's layer of the same depth."""
    kind, _, name = here.view["beside"].partition(":")
    other_weights, other, layer, order = weights, chosen, maps.layer, None
    offered = besides(weights)
    if kind != "network" and here.view["beside"] not in offered:
        what = "picture or network to stand beside it"
        here.refuse(UnknownName.among(what, here.view["beside"], offered), sets="beside")
        return
    try:
        if kind == "picture":
            other = named(name)
            order = maps.order
            title = f"{other.title}, the same channels in the same order"
        else:
            other_weights = offers.weights(name)
            there = [x for x in listed_layers(other_weights, chosen, "maps.layers.2") if x.leaf]
            names = [each.name for each in there]
            if layer not in names:
                mine = [x.name for x in listed_layers(weights, chosen) if x.leaf]
                share = mine.index(layer) / len(mine) if layer in mine else 0.5
                layer = names[int(share * len(names))]
            title = f"{other_weights.architecture}, {layer}"
        sort: Any = "maximum" if here.view["sort"] in OF_A_CLASS else here.view["sort"]
        task = feature_maps_task(
            other_weights.architecture, other.picture, layer, sort, weights=other_weights
        )
        second = work.run(task, slot="maps.beside")
    except ConvScopeError as error:
        here.refuse(error)
        return
    st.markdown(f"**{views.plain(title)}**")
    draw_mosaic_of(
        here.view,
        other_weights,
        other,
        second,
        key="maps-beside",
        order=order,
        narrow=True,
        opens=order is not None,
    )
