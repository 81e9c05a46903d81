"""The pictures of the Feature evolution page, each drawn once.

Keys name a network's past (its architecture, weights and snapshots) and what else is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from vizcore.figures.evolution import (
    Column,
    draw_kernel_strip,
    draw_kernels,
    draw_strip,
    enlarge,
)
from vizcore.figures.numbers import percent
from vizcore.figures.patches import png
from vizcore.records.evolution import FilterHistory, LayerHistory, PatchHistory, SaliencyHistory
from vizcore.tasks.evolution import Searched, patches_searched

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Pixels in a window of 1280: the kernels of the chosen epoch, and a patch.
LARGE_PX = (656, 360)
PATCH_PX = 64
_SALIENCY_PX, _STRIP_SALIENCY_PX = 256, 128


@st.cache_resource(max_entries=32, show_spinner=False)
def kernels(
    key: tuple[str, ...], scale: str, dark: bool, _layer: LayerHistory
) -> tuple[bytes, ...]:
    """A layer's kernels at every epoch, large. `key` names whose."""
    drawn = _layer.kernels_eshwp
    assert drawn is not None
    limit = float(np.abs(drawn).max()) if scale == "all" else None
    return tuple(png(draw_kernels(each, LARGE_PX, limit=limit, dark=dark)) for each in drawn)


@st.cache_resource(max_entries=128, show_spinner=False)
def kernel_strip(
    key: tuple[str, ...],
    scale: str,
    marked: int,
    dark: bool,
    _history: FilterHistory,
    _layer: LayerHistory,
) -> bytes:
    """All epochs of a layer's kernels side by side."""
    return png(
        draw_kernel_strip(_history, _layer, one_scale=scale == "all", marked=marked, dark=dark)
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def searched_pictures(searched: Searched) -> npt.NDArray[np.uint8]:
    """The pictures that were searched."""
    return patches_searched(searched)


def _patch(
    pictures: npt.NDArray[np.uint8],
    found: PatchHistory,
    place: tuple[int, str, int, int],
    blank: tuple[int, int, int],
) -> npt.NDArray[np.uint8]:
    """One patch: of (snapshot, layer, unit, rank). Blank where the unit never rose above zero."""
    from vizcore.data.windows import cut_window, window_of

    snapshot, layer, unit, rank = place
    best = found.found[snapshot][layer]
    row, column = (int(each) for each in best.places_ckp[unit, rank])
    window = window_of(found.fields[layer], (row, column))
    cut = cut_window(pictures[best.pictures_ck[unit, rank]], window, blank)
    if best.values_ck[unit, rank] <= 0:
        cut[:] = blank
    return enlarge(cut, PATCH_PX)


@st.cache_resource(max_entries=128, show_spinner=False)
def patch_strip(
    key: tuple[str, ...],
    layer: str,
    units: tuple[int, ...],
    marked: int | None,
    dark: bool,
    _found: PatchHistory,
) -> bytes:
    """The strongest patch of units (rows) at every epoch (columns). `key` ends in what was
    searched."""
    pictures = searched_pictures(key[-1])  # type: ignore[arg-type]
    blank = _blank(dark)
    columns = [
        Column(
            (str(epoch),),
            tuple(_patch(pictures, _found, (place, layer, unit, 0), blank) for unit in units),
        )
        for place, epoch in enumerate(_found.epochs)
    ]
    names = [f"unit {unit}" for unit in units]
    return png(draw_strip(columns, names, corner="epoch", marked=marked, dark=dark))


@st.cache_resource(max_entries=128, show_spinner=False)
def nine_strip(
    key: tuple[str, ...],
    layer: str,
    units: tuple[int, ...],
    place: int,
    dark: bool,
    _found: PatchHistory,
) -> bytes:
    """The strongest patches (columns) of units (rows) at one epoch."""
    pictures = searched_pictures(key[-1])  # type: ignore[arg-type]
    blank = _blank(dark)
    top = _found.found[place][layer].values_ck.shape[1]
    columns = [
        Column(
            (f"{rank + 1}",),
            tuple(_patch(pictures, _found, (place, layer, unit, rank), blank) for unit in units),
        )
        for rank in range(top)
    ]
    names = [f"unit {unit}" for unit in units]
    return png(draw_strip(columns, names, corner="rank", dark=dark))


def _blank(dark: bool) -> tuple[int, int, int]:
    from vizcore.figures.palette import rgb_of, theme

    return rgb_of(theme(dark).grid)


@dataclass(frozen=True, slots=True)
class DrawnMaps:
    """Saliency at every snapshot over the photo, large and small."""

    large: tuple[bytes, ...]
    columns: tuple[Column, ...]
    limits: tuple[float, ...]


@st.cache_resource(max_entries=32, show_spinner=False)
def saliency_maps(key: tuple[str, ...], dark: bool, _found: SaliencyHistory) -> DrawnMaps:
    """Saliency at every epoch. `key` names whose, and the picture."""
    from vizcore.figures.overlay import draw_saliency

    large, columns, limits = [], [], []
    for epoch, found, said in zip(_found.epochs, _found.maps, _found.predictions, strict=True):
        side = max(found.values_hw.shape)
        drawn = draw_saliency(found, zoom=max(1, _SALIENCY_PX // side), dark=dark)
        small = draw_saliency(found, zoom=max(1, _STRIP_SALIENCY_PX // side), dark=dark)
        large.append(drawn.png("over"))
        limits.append(drawn.limit)
        name = said.classes[0] if len(said.classes[0]) < 13 else said.classes[0][:11] + "…"
        head = (f"epoch {epoch}", f"{name} {percent(said.probabilities[0])}")
        columns.append(Column(head, (small.over_hwc,)))
    return DrawnMaps(tuple(large), tuple(columns), tuple(limits))


@st.cache_resource(max_entries=128, show_spinner=False)
def saliency_strip(
    key: tuple[str, ...], marked: int | None, dark: bool, _found: SaliencyHistory
) -> bytes:
    """All epochs of the saliency, four side by side."""
    columns = saliency_maps(key, dark, _found).columns
    return png(draw_strip(columns, marked=marked, across=4, dark=dark))


@st.cache_resource(max_entries=128, show_spinner=False)
def settling_chart(
    key: tuple[str, ...], measure: str, selected: int, dark: bool, _history: FilterHistory
) -> go.Figure:
    """How the layers settled. `key` names whose past."""
    from vizcore.figures.settling import draw_settling

    return draw_settling(_history, measure, selected=selected, dark=dark)
