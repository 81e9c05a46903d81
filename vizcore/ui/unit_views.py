"""Parts of the Unit page: its choices, its pictures as they come, its neighbours."""

from __future__ import annotations

import json

import streamlit as st

from vizcore.errors import (
    BadChoice,
    ConvScopeError,
    NotApplicable,
)
from vizcore.figures import unit_words as words
from vizcore.figures.unit import nine_width_px
from vizcore.formats.words import counted
from vizcore.networks import offers
from vizcore.records.maps import MapLayer
from vizcore.records.unit import Unit
from vizcore.tasks import filters as filter_tasks
from vizcore.tasks import units as unit_tasks
from vizcore.tasks.maps import map_layers_task
from vizcore.ui import address, cache, picture_sets, sidebar, weights_view, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, any_text, whole
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download, Room
from vizcore.ui.unit_links import HASH, draw_neighbours, short_hash
from vizcore.ui.unit_numbers import draw_fed, draw_numbers
from vizcore.ui.unit_pictures import draw_kernel, draw_map
from vizcore.ui.unit_seen import Seen
from vizcore.ui.unit_strongest import draw_strongest
from vizcore.zoo.weights import Weights

PAGE = "unit"
#: Empty is the convolution in the middle of the network.
LAYER = Choice("layer", "", any_text)
#: The channel with the greatest value on the photo.
GREATEST = -1


def choices() -> list[Choice]:
    """What can be chosen on the page; a channel belongs to its layer."""
    return [*_choices(address.peek(PAGE, LAYER)), *_hash_choice()]


def _hash_choice() -> list[Choice]:
    """The weights' hash in the address: where they have changed since, the unit is another one."""
    network = address.peek(PAGE, sidebar.network_choice())
    name = address.peek(PAGE, weights_view.choice(network))
    try:
        weights = offers.weights(network, name)
    except ConvScopeError:  # own weights that are not here, which the page asks for again
        return []
    here = short_hash(weights)

    def parse(text: str) -> str:
        if text != here:
            raise ValueError(
                f"The weights {name} of {network} are others here, so that a unit of this number "
                "need not be the one that was meant."
            )
        return text

    found = Choice(HASH, here, parse, always=True, of=f"{network}.{name}")
    return [found] if here else []


def _choices(layer: str) -> list[Choice]:
    pictures = picture_sets.choice(PAGE)
    return [pictures, LAYER, Choice("channel", GREATEST, whole(0, 1_000_000), of=layer)]


def go_to(layer: str, channel: int) -> None:
    """Choose another unit, before the page is drawn anew."""
    view = address.View(PAGE, {each.name: each for each in _choices(layer)})
    view["layer"], view["channel"] = layer, channel


def draw(here: Room, weights: Weights, chosen: Chosen) -> None:
    """The unit of the address: first what one photo tells, then what all pictures do."""
    layers = _layers(weights, chosen)
    convolutions = [name for name, (_, is_convolution) in layers.items() if is_convolution]
    view = here.view
    if not view["layer"]:
        view["layer"] = convolutions[len(convolutions) // 2] if convolutions else next(iter(layers))
    layer, channel = view["layer"], view["channel"]
    try:
        asked = unit_tasks.unit_task(
            weights.architecture,
            chosen.picture,
            layer,
            None if channel == GREATEST else channel,
            weights=weights,
        )
        unit = work.run(asked, slot="unit.unit")
    except ConvScopeError as error:
        with here.controls():
            _draw_layers(here, layers)
        here.refuse(error, sets="channel" if isinstance(error, BadChoice) else "layer")
        return
    view["channel"] = unit.channel
    with here.controls():
        _draw_layers(here, layers)
        _draw_channel(here, unit)
        picture_sets.draw_control(view)
    here.answer(views.answer(weights, words.first_answer(unit, chosen.title)))
    row = st.container(horizontal=True, gap="medium", key="unit-row")
    strongest = row.container(width=nine_width_px(unit))
    over = row.container(width=cache.PICTURE_PX)
    kernel = row.container(width=cache.PICTURE_PX) if layer in convolutions else over
    fed = row.container(width=280)
    with strongest:
        pictures = picture_sets.chosen(here, weights)
    seen = Seen(weights, chosen, unit, pictures)
    with over:
        draw_map(seen)
    with kernel:
        draw_kernel(seen, layer in convolutions)
    with st.container(key="unit-neighbours"):
        draw_neighbours(weights, unit, chosen.name, go_to, is_convolution=layer in convolutions)
    if pictures is not None:
        with strongest:
            draw_strongest(seen, pictures, whole_network=layer in convolutions)
    if seen.found is not None:
        with fed:
            draw_fed(seen)
        with over:
            draw_numbers(seen, whole_network=layer in convolutions)
        here.answer(views.answer(weights, words.answer(unit, seen.nine, seen.found, seen.fed)))
        seen.downloads.append(_json(seen))
    here.offer(*seen.downloads)
    here.code(_code(seen, view["pictures"], whole_network=layer in convolutions))


EXPLANATION = """
**A unit** is one channel of a place in the network that gives maps. Of a convolution it is one
kernel, slid over the picture; its *activation* at a place is large where what the layer before
holds there looks like what the kernel asks for. An activation, a pooling or a normalisation has one
unit for each channel that it reads, a sum one for each pair that it adds, and a concatenation those
of all that it joins: these have no kernel of their own. The list names the convolutions first.

**The patches.** Of every picture of the set the place where the unit is greatest is found;
the nine greatest of those are shown, one a picture, each cut to exactly the pixels that the value
sees (its receptive field). Where the field is larger than the picture, all of the picture is shown.

**The projections** (deconvnet) send that one activation back down through the network: pooling is
undone at the places that won, what is negative is dropped at every ReLU, and each convolution is
run backwards. What comes out at the pixels is what in the patch excited the unit.

**The classes it feeds.** The gradient of each class score times the activation, summed over the
map, says what the score would lose without the unit, if the network were linear from there on. It
is asked on the nine pictures only, where the unit is at work.
"""


def _layers(weights: Weights, chosen: Chosen) -> dict[str, tuple[MapLayer, bool]]:
    """Every place that gives maps, and whether it is a convolution; those stand first."""
    key = weights.architecture
    task = filter_tasks.filter_layers_task(key, weights=weights)
    try:
        kernels = {each.name for each in work.run(task, slot="unit.layers")}
    except NotApplicable:
        kernels = set()
    every = map_layers_task(key, chosen.picture, weights=weights)
    found = work.run(every, slot="unit.places")
    ops = {each.op for each in found if each.name in kernels}  # a later run has a name of its own
    rows = {each.name: (each, each.leaf and each.op in ops) for each in found}
    return dict(sorted(rows.items(), key=lambda row: not row[1][1]))


def _draw_layers(here: Room, layers: dict[str, tuple[MapLayer, bool]]) -> None:
    """Where there are units, and the layer of the address where it is no such place."""
    offered = [*layers]
    if here.view["layer"] not in layers:
        offered.append(here.view["layer"])

    def label(name: str) -> str:
        if name not in layers:
            return name
        found, is_convolution = layers[name]
        if is_convolution:
            return f"{name} · {counted(found.channels, 'unit')}"
        output = "" if found.leaf else " (output)"
        return f"{name} · {found.op}{output} · {counted(found.channels, 'unit')}"

    st.selectbox("Layer", offered, format_func=label, width=290, **here.view.bind("layer"))


def _draw_channel(here: Room, unit: Unit) -> None:
    last = unit.channels - 1
    st.button(
        "Previous",
        key="unit-previous",
        disabled=unit.channel == 0,
        on_click=go_to,
        args=(unit.layer, unit.channel - 1),
    )
    st.number_input("Channel", 0, last, width=110, **here.view.bind("channel"))
    st.button(
        "Next",
        key="unit-next",
        disabled=unit.channel == last,
        on_click=go_to,
        args=(unit.layer, unit.channel + 1),
    )


def _json(seen: Seen) -> Download:
    def make() -> str:
        assert seen.found is not None
        found = words.as_json(
            seen.unit,
            seen.found,
            seen.nine,
            seen.projections,
            seen.reason,
            seen.fed,
            seen.numbers,
            seen.chosen.name,
        )
        return json.dumps({**found, "weights_sha256": seen.weights.sha256}, indent=2)

    return Download("Everything here, JSON", f"{seen.stem()}.json", "application/json", make)


def _code(seen: Seen, pictures: str, *, whole_network: bool) -> str:
    key, unit = seen.weights.architecture, seen.unit
    imports, argument = views.weights_code(seen.weights)
    name = picture_sets.code_name(pictures)
    layers = "" if whole_network else f", [{unit.layer!r}]"
    lines = (
        "import vizcore as vc\nfrom vizcore.picture_sources import open_pictures\n"
        f"{imports}\npictures = open_pictures({name!r})\n"
        f"found = vc.top_patches({key!r}, pictures{layers}{argument})\n"
        f"nine = found.patches({unit.layer!r}, {unit.channel})\n"
        "print([(each.picture, each.place, each.value) for each in nine])\n"
    )
    if seen.reason:
        return lines
    return lines + (
        "\nimages = [pictures.read(each.number) for each in nine]\n"
        f"places = [each.place for each in nine]\n"
        f"back = vc.deconvnet({key!r}, images, {unit.layer!r}, {unit.channel}, places{argument})\n"
        "print(back.projections_nchw.shape)"
    )
