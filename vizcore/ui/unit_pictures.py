"""A unit's map over the photo, and its kernel."""

from __future__ import annotations

import streamlit as st

from vizcore.figures import unit_words as words
from vizcore.figures.patches import png
from vizcore.records.filters import FilterBank, FilterSlices
from vizcore.records.unit import Unit
from vizcore.tasks import filters as filter_tasks
from vizcore.ui import cache, work
from vizcore.ui import picture_views as views
from vizcore.ui.room import Download, is_dark
from vizcore.ui.unit_seen import Seen

#: Kernels shown of a filter that reads many channels.
_KERNELS = 6


def draw_map(seen: Seen) -> None:
    unit = seen.unit
    drawn = _map_picture(seen.key, seen.chosen.picture.sha256, is_dark(), unit)
    where = f"strongest at row {unit.place[0]}, column {unit.place[1]}"
    st.image(drawn, alt=f"Unit {unit.channel} of {unit.layer} on {seen.chosen.title}, {where}")
    views.caption(seen.weights, f"On {seen.chosen.title}. {words.map_caption(unit)}")
    stem = seen.stem(seen.chosen.name)
    seen.downloads.append(
        Download("Map on the photo, PNG", f"{stem}.png", "image/png", lambda: drawn)
    )


def draw_kernel(seen: Seen, is_convolution: bool) -> None:
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
    from vizcore.figures.filter_sheets import draw_slices

    return draw_slices(_slices, most=_KERNELS, columns=2, dark=dark).png()
