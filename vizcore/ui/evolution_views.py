"""Parts of the Feature evolution page: its choices, its pictures, its answers."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import numpy as np
import streamlit as st

from vizcore import zoo
from vizcore.errors import BadChoice
from vizcore.figures.numbers import percent
from vizcore.figures.palette import KIND_COLOURS
from vizcore.figures.settling import MEASURES, alt, colours_of
from vizcore.formats.data import npy
from vizcore.records.evolution import PatchHistory
from vizcore.tasks import evolution as evolution_tasks
from vizcore.ui import cache, picture_views, work
from vizcore.ui import evolution_pictures as drawings
from vizcore.ui import evolution_words as words
from vizcore.ui.charts import draw_chart
from vizcore.ui.evolution_choices import (
    FIRST_UNITS,
    MOST_UNITS,
    SCALES,
    SEARCHED,
    SHOWS,
    check_units,
)
from vizcore.ui.evolution_past import Past
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download, Room


@contextmanager
def _controls(here: Room, past: Past, *, layer: bool) -> Iterator[None]:
    """What is shown, of which layer and at which epoch; then what the view adds."""
    view, keys = here.view, evolution_tasks.keys_with_snapshots()
    with here.controls():
        if len(keys) > 1:
            st.selectbox(
                "Network",
                keys,
                format_func=lambda key: zoo.get(key).name,
                width=200,
                **view.bind("network"),
            )
        st.segmented_control(
            "Show", list(SHOWS), format_func=SHOWS.__getitem__, required=True, **view.bind("show")
        )
        st.select_slider("Epoch", past.history.epochs, width=190, **view.bind("epoch"))
        if layer:
            names = [each.layer for each in past.history.convolutions]
            st.selectbox("Layer", names, width=110, **view.bind("layer"))
        yield


@contextmanager
def _beside_panel(past: Past) -> Iterator[None]:
    """The picture, and at its right what is left of each layer's way."""
    row = st.container(horizontal=True, gap="medium")
    picture = row.container(width="stretch")
    with row.container(width=cache.PICTURE_PX):
        _draw_panel(past)
    with picture:
        yield


def draw_filters(here: Room, past: Past) -> None:
    """The layer's filters at the chosen epoch, and small at all epochs."""
    view, layer = here.view, past.layer
    with _controls(here, past, layer=True):
        st.segmented_control(
            "Scale",
            list(SCALES),
            format_func=SCALES.__getitem__,
            help="Each filter: every filter uses the whole colour range at every epoch, so faint "
            "ones show. All epochs: one range, so growth shows.",
            required=True,
            **view.bind("scale"),
        )
    here.answer(words.answer_filters(past.history, layer, past.place))
    key, scale, dark = (*past.key, layer.layer), view["scale"], past.dark
    with _beside_panel(past):
        large = drawings.kernels(key, scale, dark, layer)[past.place]
        st.image(large, alt=f"{layer.layer} at epoch {past.epoch}, large")
    strip = drawings.kernel_strip(key, scale, past.place, dark, past.history, layer)
    with st.container(key="evolution-strip"):
        st.image(strip, alt=f"{layer.layer} at epochs {_listed(past.history.epochs)}")
    st.caption(words.kernel_caption(layer, scale))
    stem = f"{past.network}_{layer.layer}"
    kernels = layer.kernels_eshwp
    assert kernels is not None
    here.offer(
        Download("All epochs, PNG", f"{stem}_evolution.png", "image/png", lambda: strip),
        Download(
            f"Epoch {past.epoch}, PNG", f"{stem}_epoch-{past.epoch}.png", "image/png", lambda: large
        ),
        Download(
            "Kernels, NumPy",
            f"{stem}_evolution.npy",
            "application/octet-stream",
            lambda: npy(kernels),
        ),
    )


def draw_patches(here: Room, past: Past) -> None:
    """The strongest patch of some units at all epochs, and nine of each at the chosen one."""
    view, layer = here.view, past.layer
    with _controls(here, past, layer=True):
        st.segmented_control(
            "From",
            list(SEARCHED),
            format_func=SEARCHED.__getitem__,
            help="Training: windows of the pixels it was trained on. Validation: patches it was "
            "never trained on.",
            required=True,
            **view.bind("searched"),
        )
        units_slot = st.container(width=330)
    here.answer(f"{words.verdict(past.history)}.")  # until the patches are found
    task = evolution_tasks.evolution_patches_task(past.network, view["searched"])
    found = work.run(task, slot="evolution.patches")
    try:
        check_units(view["units"], layer.filters, layer.layer)
    except BadChoice as error:
        here.refuse(error)
        return
    with units_slot:
        st.multiselect(
            "Units",
            range(layer.filters),
            placeholder="strongest at the end, each by another patch",
            max_selections=MOST_UNITS,
            **view.bind("units"),
        )
    units = tuple(view["units"] or default_units(found, layer.layer))
    here.answer(words.answer_patches(found, layer.layer))
    key, dark = cast(tuple[str, ...], task.key), past.dark
    with _beside_panel(past):
        strip = drawings.patch_strip(key, layer.layer, units, past.place, dark, found)
        st.image(strip, alt=f"Strongest patches of units {_listed(units)} of {layer.layer}")
        st.caption(words.patch_caption(found, layer.layer))
    nine = drawings.nine_strip(key, layer.layer, units, past.place, dark, found)
    with here.details("The nine strongest patches of each unit at the chosen epoch") as is_open:
        if is_open:
            st.image(nine, alt=f"Nine strongest patches of each unit at epoch {past.epoch}")
            st.caption(f"At epoch {past.epoch}, the strongest at the left.")
    stem = f"{past.network}_{layer.layer}_{view['searched']}-patches"
    here.offer(
        Download("All epochs, PNG", f"{stem}.png", "image/png", lambda: strip),
        Download(
            f"Nine at epoch {past.epoch}, PNG",
            f"{stem}_epoch-{past.epoch}.png",
            "image/png",
            lambda: nine,
        ),
    )


def draw_saliency(here: Room, past: Past, chosen: Chosen) -> None:
    """Saliency of the chosen picture at all epochs, and large at the chosen one."""
    with _controls(here, past, layer=False):
        pass
    here.answer(f"{words.verdict(past.history)}.")  # until the maps are there
    task = evolution_tasks.evolution_saliency_task(past.network, chosen.picture)
    found = work.run(task, slot="evolution.saliency")
    here.answer(words.answer_saliency(found))
    key = cast(tuple[str, ...], task.key)
    maps = drawings.saliency_maps(key, past.dark, found)
    strip = drawings.saliency_strip(key, past.place, past.dark, found)
    row = st.container(horizontal=True, gap="medium")
    with row.container(width="stretch"):
        st.image(strip, alt=f"Saliency at epochs {_listed(past.history.epochs)}")
    with row.container(width=cache.PICTURE_PX):
        large = maps.large[past.place]
        st.image(large, alt=f"Saliency at epoch {past.epoch} over {chosen.title}")
        picture_views.draw_scale(maps.limits[past.place], signed=False)
        st.caption(f"Epoch {past.epoch}")
        said = found.predictions[past.place]
        rows = list(zip(said.classes, said.probabilities, strict=True))
        st.html(_bars("class", "probability", rows, [KIND_COLOURS["conv"]] * len(rows)))
    st.caption(words.saliency_caption(found))
    stem = f"{past.network}_{chosen.name}_saliency"
    here.offer(
        Download("All epochs, PNG", f"{stem}_evolution.png", "image/png", lambda: strip),
        Download(
            f"Epoch {past.epoch}, PNG", f"{stem}_epoch-{past.epoch}.png", "image/png", lambda: large
        ),
    )


def draw_settling(here: Room, past: Past) -> None:
    """The measured curves of all layers."""
    view = here.view
    with _controls(here, past, layer=False):
        st.segmented_control(
            "Measure",
            list(MEASURES),
            format_func=lambda name: MEASURES[name].label,
            required=True,
            **view.bind("measure"),
        )
    here.answer(words.answer_settling(past.history))
    measure = view["measure"]
    with _beside_panel(past):
        chart = drawings.settling_chart(past.key, measure, past.epoch, past.dark, past.history)
        draw_chart(chart, key="evolution.chart", alt=alt(past.history))
        st.caption(words.measure_caption(past.history, measure))
    here.offer(
        Download(
            "Chart, HTML",
            f"{past.network}_{measure}.html",
            "text/html",
            lambda: cache.figure_html(
                drawings.settling_chart(past.key, measure, past.epoch, False, past.history)
            ),
        )
    )


def default_units(found: PatchHistory, layer: str) -> list[int]:
    """The units that answer most strongly at the end, no two of them to the same patch.

    Where there are not that many patches, further units follow by strength.
    """
    best = found.found[-1][layer]
    order = [int(unit) for unit in np.argsort(-best.values_ck[:, 0], kind="stable")]
    firsts: dict[int, int] = {}
    for unit in order:
        firsts.setdefault(int(best.pictures_ck[unit, 0]), unit)
    different = list(firsts.values())
    return [*different, *(unit for unit in order if unit not in different)][:FIRST_UNITS]


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _draw_panel(past: Past) -> None:
    """What is left of each layer's way at the chosen epoch, as bars in the chart's colours."""
    history, place = past.history, past.place
    shades = colours_of(history, past.dark)
    said = (
        f"<p><b>Epoch {past.epoch}</b>: {percent(history.validation[place])} of the validation "
        "patches right</p>"
    )
    ways = [(each.layer, float(each.way_left_e[place])) for each in history.layers]
    st.html(said + _bars("layer", "way left", ways, [shades[name] for name, _ in ways]))


def _bars(what: str, share: str, rows: Sequence[tuple[str, float]], colours: Sequence[str]) -> str:
    """Names, shares of 1 and their bars, as a table."""
    lines = "".join(
        f'<tr><td>{html.escape(name)}</td><td class="n">{percent(value)}</td><td class="bar">'
        f'<div style="width:{min(100.0, 100 * value):.1f}%;background:{colour}"></div></td></tr>'
        for (name, value), colour in zip(rows, colours, strict=True)
    )
    return (
        f'<table class="cs-table cs-bars"><thead><tr><th>{what}</th><th class="n">{share}</th>'
        f"<td></td></tr></thead><tbody>{lines}</tbody></table>"
    )
