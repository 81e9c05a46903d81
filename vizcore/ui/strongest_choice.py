"""What the page What excites a unit searches: the layer shown, the places of the scan, its cost."""

from __future__ import annotations

import streamlit as st

from vizcore.data.picture_sets import PictureSet
from vizcore.errors import NotApplicable, UnknownLayer
from vizcore.figures.numbers import short
from vizcore.formats.words import counted
from vizcore.patch_places import EVERY, absence_task, patch_places_task
from vizcore.records.patches import PatchPlace
from vizcore.ui import work
from vizcore.ui.address import View
from vizcore.zoo.weights import Weights

Places = dict[str, PatchPlace]

#: What a scan goes through.
CONVOLUTIONS, PLACES, ALONE = "convolutions", "places", "layer"


def open_places(weights: Weights) -> Places:
    """Every place of the network by name, the convolutions first."""
    task = patch_places_task(weights.architecture, weights=weights)
    found = work.run(task, slot="strongest.places")
    return {each.name: each for each in sorted(found, key=lambda each: not each.convolution)}


def take_layer(view: View, places: Places, weights: Weights) -> str:
    """The chosen layer; to begin with the convolution whose values see about half of the picture.

    A layer that is no convolution is not among them: it is searched alone, unless all places are.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer has no maps (says which have), or none has.
    """
    name = view["layer"]
    if not places:
        raise NotApplicable("This network has no maps, so there are no strongest patches.")
    if not name:
        name = view["layer"] = _half_seen(places, weights.preprocessing.crop_px)
    if name not in places:
        work.run(absence_task(weights.architecture, name, weights=weights), slot="strongest.absent")
        raise UnknownLayer.among("layer with maps", name, places)
    if not places[name].convolution and view["scan"] == CONVOLUTIONS:
        view["scan"] = ALONE
    return str(name)


def layers_of(view: View) -> list[str] | str | None:
    """What `vc.top_patches` calls the places of the scan."""
    named: dict[str, list[str] | str | None] = {CONVOLUTIONS: None, PLACES: EVERY}
    return named.get(view["scan"], [str(view["layer"])])


def draw_choices(view: View, places: Places) -> None:
    """The layer, and what is searched with it."""
    convolutions = sum(each.convolution for each in places.values())
    titles = {
        CONVOLUTIONS: f"Convolutions ({convolutions})",
        PLACES: f"Every place ({len(places)})",
        ALONE: "This layer alone",
    }
    st.selectbox(
        "Layer",
        list(places),
        format_func=lambda name: _label(places[name]),
        width=230,
        **view.bind("layer"),
    )
    offered = [ALONE] if not convolutions else list(titles)
    if not places[view["layer"]].convolution:
        offered = [PLACES, ALONE]
    st.selectbox(
        "Scan",
        offered,
        format_func=titles.__getitem__,
        width=180,
        help="What is searched in one pass over the pictures. Every place: after each activation, "
        "pooling, normalisation, sum and concatenation too.",
        **view.bind("scan"),
    )


def cost(view: View, places: Places, pictures: PictureSet) -> str:
    """What the scan takes, in a sentence.

    Example:
        >>> one = PatchPlace("conv1", "Conv2d", 64, True, True, None, 9_633_792)
        >>> _cost([one], 759)
        'The scan: 64 units of 1 place, 9.63M multiply-adds for each of 759 pictures, 7.31G in all.'
    """
    asked = [
        each
        for each in places.values()
        if view["scan"] == PLACES
        or each.name == view["layer"]
        or (view["scan"] == CONVOLUTIONS and each.convolution)
    ]
    return _cost(asked, len(pictures))


def _cost(asked: list[PatchPlace], count: int) -> str:
    units = sum(each.channels for each in asked)
    macs = max(each.macs for each in asked)
    where = f"{len(asked)} places" if len(asked) > 1 else "1 place"
    return (
        f"The scan: {counted(units, 'unit')} of {where}, {short(macs)} multiply-adds for each of "
        f"{counted(count, 'picture')}, {short(macs * count)} in all."
    )


def _half_seen(places: Places, input_px: int) -> str:
    """The convolution whose values see most nearly half of the picture; else the first place."""

    def off(place: PatchPlace) -> float:
        return float("inf") if place.field is None else abs(max(place.field.size) - input_px / 2)

    offered = [each for each in places.values() if each.convolution] or list(places.values())
    return min(offered, key=off).name


def _label(place: PatchPlace) -> str:
    if place.convolution:
        return f"{place.name} · {counted(place.channels, 'unit')}"
    whole = "" if place.leaf else " (output)"
    return f"{place.name} · {place.op}{whole} · {counted(place.channels, 'unit')}"
