"""Parts of the Unit page: its choices, its pictures as they come, its neighbours."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import streamlit as st

from vizcore import deconvnet_tasks, filter_tasks, patch_tasks, unit_tasks
from vizcore.data.loading import Views
from vizcore.data.picture_sets import BUNDLED, PictureSet
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import (
    BadChoice,
    BadImage,
    ConvScopeError,
    JobCancelled,
    JobError,
    NotApplicable,
)
from vizcore.figures import unit_words as words
from vizcore.figures.palette import theme
from vizcore.figures.patches import png
from vizcore.figures.unit import nine_width_px
from vizcore.records_deconvnet import Projections
from vizcore.records_filters import FilterBank, FilterLayer, FilterSlices
from vizcore.records_patches import Patch, TopPatches
from vizcore.records_unit import ChannelNumbers, ClassesFed, Unit
from vizcore.ui import address, cache, picture_sets, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, any_text, whole
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download, Room, is_dark
from vizcore.ui.unit_links import draw_neighbours
from vizcore.zoo.weights import Weights

PAGE = "unit"
#: Empty is the convolution in the middle of the network.
LAYER = Choice("layer", "", any_text)
#: The channel with the greatest value on the photo.
GREATEST = -1
TOP = 9
_STOPPED = "unit.stopped"  # the key of the work that the person stopped
_SO_FAR = "unit.so-far"  # (key, what an unfinished scan has found)
#: Kernels shown of a filter that reads many channels.
_KERNELS = 6

Pixels = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Seen:
    """What is known of the unit so far in this run of the page."""

    weights: Weights
    chosen: Chosen
    unit: Unit
    pictures: PictureSet | None
    found: TopPatches | None = None
    nine: tuple[Patch, ...] = ()
    projections: Projections | None = None
    reason: str = ""
    fed: ClassesFed | None = None
    numbers: ChannelNumbers | None = None
    downloads: list[Download] = field(default_factory=list)

    @property
    def key(self) -> tuple[str | int, ...]:
        """Names the unit, for what is drawn of it."""
        return (
            self.weights.architecture,
            self.weights.identity,
            self.unit.layer,
            self.unit.channel,
            "" if self.pictures is None else self.pictures.stamp,
        )

    def stem(self, *parts: str) -> str:
        """What a file of it is called."""
        return views.stem(self.weights, self.unit.layer, f"unit-{self.unit.channel}", *parts)


def choices() -> list[Choice]:
    """What can be chosen on the page; a channel belongs to its layer."""
    return _choices(address.peek(PAGE, LAYER))


def _choices(layer: str) -> list[Choice]:
    pictures = picture_sets.choice(PAGE)
    return [pictures, LAYER, Choice("channel", GREATEST, whole(0, 1_000_000), of=layer)]


def go_to(layer: str, channel: int) -> None:
    """Choose another unit, before the page is drawn anew."""
    view = address.View(PAGE, {each.name: each for each in _choices(layer)})
    view["layer"], view["channel"] = layer, channel


def draw(here: Room, weights: Weights, chosen: Chosen) -> None:
    """The unit of the address: first what one photo tells, then what all pictures do."""
    task = filter_tasks.filter_layers_task(weights.architecture, weights=weights)
    layers = {each.name: each for each in work.run(task, slot="unit.layers")}
    view = here.view
    if not view["layer"]:
        view["layer"] = list(layers)[len(layers) // 2]
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
    strongest, over, kernel, fed, numbers = (
        row.container(width=width)
        for width in (nine_width_px(unit), cache.PICTURE_PX, cache.PICTURE_PX, 280, 300)
    )
    with strongest:
        pictures = picture_sets.chosen(here, weights)
    seen = Seen(weights, chosen, unit, pictures)
    with over:
        _draw_map(seen)
    with kernel:
        _draw_kernel(seen, unit.module in layers)
    with st.container(key="unit-neighbours"):
        draw_neighbours(weights, unit, chosen.name, go_to, is_convolution=unit.module in layers)
    if pictures is not None:
        with strongest:
            _draw_strongest(seen, pictures, whole_network=layer in layers)
    if seen.found is not None:
        with fed:
            _draw_fed(seen)
        with numbers:
            _draw_numbers(seen, whole_network=layer in layers)
        here.answer(views.answer(weights, words.answer(unit, seen.nine, seen.found, seen.fed)))
        seen.downloads.append(_json(seen))
    here.offer(*seen.downloads)
    here.code(_code(seen, view["pictures"], whole_network=layer in layers))


EXPLANATION = """
**A unit** is one channel of a layer: one kernel, slid over the picture. Its *activation* at a place
is large where the picture there looks like what the kernel asks for.

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


def _draw_layers(here: Room, layers: dict[str, FilterLayer]) -> None:
    """The convolutions, and the layer of the address where it is another."""
    offered = [*layers]
    if here.view["layer"] not in layers:
        offered.append(here.view["layer"])

    def label(name: str) -> str:
        found = layers.get(name)
        return name if found is None else f"{name} · {found.filters} units"

    st.selectbox("Layer", offered, format_func=label, width=260, **here.view.bind("layer"))


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


def _draw_map(seen: Seen) -> None:
    unit = seen.unit
    drawn = _map_picture(seen.key, seen.chosen.picture.sha256, is_dark(), unit)
    where = f"strongest at row {unit.place[0]}, column {unit.place[1]}"
    st.image(drawn, alt=f"Unit {unit.channel} of {unit.layer} on {seen.chosen.title}, {where}")
    views.caption(seen.weights, f"On {seen.chosen.title}. {words.map_caption(unit)}")
    stem = seen.stem(seen.chosen.name)
    seen.downloads.append(
        Download("Map on the photo, PNG", f"{stem}.png", "image/png", lambda: drawn)
    )


def _draw_kernel(seen: Seen, is_convolution: bool) -> None:
    """The first layer's kernel in colour, or a deeper one's by its strongest input channels."""
    from vizcore.figures.filters import has_bank

    unit, weights = seen.unit, seen.weights
    if not is_convolution or unit.module is None:
        st.markdown(words.no_kernel(unit))
        return
    key = weights.architecture
    task = filter_tasks.filters_task(key, unit.module, weights=weights)
    bank = work.run(task, slot="unit.bank")
    if has_bank(bank):
        st.image(
            _kernel_picture(seen.key, bank, unit.channel),
            alt=f"The kernel of unit {unit.channel} of {unit.layer}",
        )
        zero = "Mid-grey" if bank.weights_fihw.shape[1] == 3 else "White"
        text = f"Its kernel, {_size(bank)}, with its own scale: {zero.lower()} is a weight of 0."
    else:
        # What a later run of the convolution reads is no input of its first.
        picture = None if unit.run else seen.chosen.picture
        one = filter_tasks.filter_slices_task(
            key, picture, unit.module, unit.channel, weights=weights
        )
        slices = work.run(one, slot="unit.slices")
        drawn = _slices_picture(seen.key, seen.chosen.picture.sha256, is_dark(), slices)
        st.image(drawn, alt=f"The kernels of unit {unit.channel} of {unit.layer}, largest first")
        text = f"Its kernels, {_size(bank)} each. {words.kernels_caption(slices, _KERNELS)}"
    views.caption(weights, text)


def _size(bank: FilterBank) -> str:
    height, width = bank.layer.kernel
    return f"{height} × {width}"


def _draw_strongest(seen: Seen, pictures: PictureSet, *, whole_network: bool) -> None:
    """The nine patches with their projections: the scan, then the way down, as they come."""
    unit, weights = seen.unit, seen.weights
    key = weights.architecture
    task = patch_tasks.top_patches_task(
        key, pictures, None if whole_network else [unit.layer], top=TOP, weights=weights
    )
    status, place = st.container(), st.empty()

    def show(so_far: TopPatches) -> None:
        if unit.layer in so_far.found:
            st.session_state[_SO_FAR] = (task.key, so_far)
            with place.container():
                _draw_so_far(seen, so_far)

    if st.session_state.get(_STOPPED) != task.key:
        try:
            with status:
                seen.found = work.run(task, slot="unit.scan", on_cancel=_stop(task.key), show=show)
        except JobCancelled:
            st.session_state[_STOPPED] = task.key
    if seen.found is None:
        with status:
            _draw_stopped()
        known, so_far = st.session_state.get(_SO_FAR, (None, None))
        if known == task.key:
            show(so_far)
        return
    st.session_state.pop(_SO_FAR, None)
    seen.nine = seen.found.patches(unit.layer, unit.channel)
    if seen.nine[0].window is None:
        st.markdown(_no_patch(seen))
        return
    with place.container():
        _draw_pictures(seen, coming=True)
    _project(seen, pictures)
    with place.container():
        _draw_pictures(seen)


def _project(seen: Seen, pictures: PictureSet) -> None:
    """The way down from each of the nine, or the reason why there is none."""
    unit, weights = seen.unit, seen.weights
    task = deconvnet_tasks.deconvnet_task(
        weights.architecture,
        [pictures.read(each.number) for each in seen.nine],
        unit.layer,
        unit.channel,
        [each.place for each in seen.nine],
        weights=weights,
    )
    try:
        seen.projections = work.run(task, slot="unit.projections")
    except NotApplicable as error:
        seen.reason = str(error)
    except JobError as error:
        seen.reason = f"The projections are not here: {error}"


def _no_patch(seen: Seen) -> str:
    return (
        f"What a value of `{seen.unit.layer}` sees of the picture is not known, so no patch can be "
        f"cut. The strongest: {'; '.join(words.labels(seen.nine))}."
    )


def _stop(key: Hashable) -> Callable[[], None]:
    """Told when Cancel is pressed: nothing is begun again until the person wants it."""

    def stop() -> None:
        st.session_state[_STOPPED] = key

    return stop


def _draw_stopped() -> None:
    with st.container(border=True, key="unit-stopped"):
        st.markdown("**The scan was stopped. What it had found is kept on disk.**")
        st.button(
            "Go on with the scan",
            key="unit-go-on",
            type="primary",
            on_click=lambda: st.session_state.pop(_STOPPED, None),
        )


def _draw_so_far(seen: Seen, so_far: TopPatches) -> None:
    """The strongest patches of the pictures that were looked at until now."""
    nine = so_far.patches(seen.unit.layer, seen.unit.channel)
    part = replace(seen, found=so_far, nine=nine)
    if nine[0].window is None:
        st.markdown(_no_patch(part))
        return
    st.image(_nine(part, views.mark(seen.weights), is_dark()), alt="The strongest patches so far")
    views.caption(
        seen.weights,
        f"The strongest of the {so_far.looked_at:,} pictures looked at so far; "
        f"{len(so_far.names):,} are in the set.",
    )


def _draw_pictures(seen: Seen, *, coming: bool = False) -> None:
    assert seen.found is not None
    mark, dark = views.mark(seen.weights), is_dark()
    content = _nine_picture(seen.key, coming, bool(seen.reason), dark, mark, seen)
    classes = ", ".join(dict.fromkeys(words.subject(each.picture) for each in seen.nine))
    alt = f"The {len(seen.nine)} patches that excite the unit most: {classes}"
    caption = words.nine_caption(seen.unit, seen.nine, seen.found, seen.projections)
    if seen.reason:
        with st.container(horizontal=True, gap="medium"):
            st.image(content, alt=alt)
            with st.container(border=True, width=330, key="unit-no-projection"):
                st.markdown(f"**No projections.** {seen.reason}")
    else:
        st.image(content, alt=alt)
    views.caption(seen.weights, caption)
    if not coming:
        label = "Nine patches, PNG" if seen.reason else "Nine patches and projections, PNG"
        stem = seen.stem("nine")
        seen.downloads.insert(0, Download(label, f"{stem}.png", "image/png", lambda: content))


def _draw_fed(seen: Seen) -> None:
    """The classes whose scores the unit raises most, over its nine pictures."""
    unit, weights = seen.unit, seen.weights
    assert seen.pictures is not None
    try:
        task = unit_tasks.classes_fed_task(
            weights.architecture,
            [seen.pictures.read(each.number) for each in seen.nine],
            unit.layer,
            unit.channel,
            weights=weights,
        )
        seen.fed = work.run(task, slot="unit.classes")
    except (NotApplicable, JobError) as error:
        st.markdown(str(error))
        return
    mean = seen.fed.mean_k
    best = [int(each) for each in np.argsort(-mean, kind="stable")[: words.LISTED]]
    order = [number for number in best if mean[number] > 0]
    if not order:
        st.markdown("It raises the score of no class on these pictures.")
        views.caption(weights, words.fed_caption(seen.fed, unit.layer))
        return
    largest = float(mean[order[0]])
    rows = "".join(
        f"<tr><td>{html.escape(seen.fed.classes[number])}</td>"
        f'<td class="n">{float(mean[number]):+.3g}</td><td class="bar">'
        f'<div style="width:{100 * float(mean[number]) / largest:.1f}%"></div></td></tr>'
        for number in order
    )
    st.html(
        '<table class="cs-table cs-bars"><thead><tr><th>feeds class</th><th class="n">score</th>'
        f"<th></th></tr></thead><tbody>{rows}</tbody></table>"
    )
    views.caption(weights, words.fed_caption(seen.fed, unit.layer))


def _draw_numbers(seen: Seen, *, whole_network: bool) -> None:
    """The unit over all pictures, in numbers."""
    unit, weights = seen.unit, seen.weights
    missing = ""
    try:
        task = unit_tasks.activity_task(
            weights.architecture,
            seen.pictures,
            None if whole_network else unit.layer,
            weights=weights,
        )
        if st.session_state.get(_STOPPED) == task.key:
            raise JobCancelled("The numbers over all pictures were stopped.")
        found = work.run(
            task,
            slot="unit.numbers",
            on_cancel=_stop(task.key),
        )
        seen.numbers = found.layers.get(unit.layer)
    except (JobError, BadImage) as error:
        missing = str(error)
    cells = "".join(
        f'<tr><td>{name}</td><td class="n">{value}</td></tr>'
        for name, value in words.numbers_rows(unit, seen.numbers)
    )
    st.html(
        f'<table class="cs-table"><thead><tr><th>Unit {unit.channel}</th><th></th></tr></thead>'
        f"<tbody>{cells}</tbody></table>"
    )
    if missing:
        st.caption(missing)
        st.button(
            "Measure them",
            key="unit-measure",
            on_click=lambda: st.session_state.pop(_STOPPED, None),
        )
        return
    assert seen.found is not None
    st.caption(f"Over all places of {seen.found.looked_at:,} pictures ({seen.found.pictures}).")


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
        return json.dumps(found, indent=2)

    return Download("Everything here, JSON", f"{seen.stem()}.json", "application/json", make)


def _code(seen: Seen, pictures: str, *, whole_network: bool) -> str:
    key, unit = seen.weights.architecture, seen.unit
    imports, argument = views.weights_code(seen.weights)
    name = pictures if pictures in BUNDLED else "pictures.zip"
    layers = "" if whole_network else f", [{unit.layer!r}]"
    lines = (
        "import vizcore as vc\nfrom vizcore.data.picture_sets import open_pictures\n"
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


@st.cache_resource(max_entries=4, show_spinner=False)
def _views(stamp: str, how: Preprocessing, _pictures: PictureSet) -> Views:
    return Views(_pictures, how, max_bytes=64_000_000)


@st.cache_resource(max_entries=128, show_spinner=False)
def _nine_picture(
    key: tuple[str | int, ...], coming: bool, refused: bool, dark: bool, mark: str, _seen: Seen
) -> bytes:
    """The patches, each with its projection, or with the place for it. `key` names the unit."""
    return _nine(_seen, mark, dark)


def _nine(seen: Seen, mark: str, dark: bool) -> bytes:
    from vizcore.data.windows import cut_window
    from vizcore.figures.deconvnet import colour_projection
    from vizcore.figures.marking import marked
    from vizcore.figures.patch_wall import cut_patches
    from vizcore.figures.unit import draw_nine

    assert seen.found is not None
    assert seen.pictures is not None
    unit, view = seen.unit, _views(seen.pictures.stamp, seen.weights.preprocessing, seen.pictures)
    patches = cut_patches(seen.found, unit.layer, unit.channel, view, dark=dark)
    projections = None
    if seen.projections is not None:
        red, green, blue = bytes.fromhex(theme(dark).grid.removeprefix("#"))
        projections = []
        for each, values in zip(seen.nine, seen.projections.projections_nchw, strict=True):
            assert each.window is not None
            colours, _ = colour_projection(values)
            projections.append(cut_window(colours, each.window, (red, green, blue)))
    names = words.labels(seen.nine)
    pairs = not seen.reason
    content = png(draw_nine(list(patches), names, projections, pairs=pairs, dark=dark))
    return marked(content, mark, dark=dark) if mark else content


@st.cache_resource(max_entries=128, show_spinner=False)
def _map_picture(key: tuple[str | int, ...], sha256: str, dark: bool, _unit: Unit) -> bytes:
    """The map over the photo. `key` names the unit."""
    from vizcore.figures.unit import draw_over_photo

    return png(draw_over_photo(_unit, cache.PICTURE_PX, dark=dark))


@st.cache_resource(max_entries=128, show_spinner=False)
def _kernel_picture(key: tuple[str | int, ...], _bank: FilterBank, channel: int) -> bytes:
    """The kernel of a unit that is one picture. `key` names the unit."""
    from vizcore.figures.filters import draw_filter

    return png(draw_filter(_bank, channel, "filter", cache.PICTURE_PX))


@st.cache_resource(max_entries=128, show_spinner=False)
def _slices_picture(
    key: tuple[str | int, ...], sha256: str, dark: bool, _slices: FilterSlices
) -> bytes:
    """The kernels of a unit by the strongest channels they read. `key` names the unit."""
    from vizcore.figures.filters import draw_slices

    return draw_slices(_slices, most=_KERNELS, columns=2, dark=dark).png()
