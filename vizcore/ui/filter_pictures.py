"""Pictures of filters, drawn once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from vizcore.figures.marking import marked
from vizcore.formats.words import counted
from vizcore.records.filters import FilterBank, FilterSlices, Resemblance
from vizcore.ui import cache
from vizcore.ui import picture_views as views
from vizcore.ui.cells import Cells, size_of

if TYPE_CHECKING:
    from vizcore.figures.filters import Scaling


@st.cache_resource(max_entries=64, show_spinner=False)
def bank_picture(
    key: tuple[str, ...],
    scale: Scaling,
    numbers: bool,
    dark: bool,
    mark: str,
    _bank: FilterBank,
) -> tuple[Cells, str, tuple[int, ...]]:
    """All filters of a layer, what their colours mean, and their order. `key` names whose."""
    from vizcore.figures.filters import draw_bank

    drawn = draw_bank(_bank, scaling=scale, numbers=numbers, fit_px=cache.MOSAIC_PX, dark=dark)
    content = marked(drawn.png(), mark, dark=dark)
    norms = _bank.statistics.norms_f
    cells = Cells(
        png=content,
        size_px=size_of(content),
        tile_px=drawn.tile_px[::-1],
        gutter_px=drawn.gutter_px,
        columns=drawn.columns,
        labels=[f"Filter {each}: norm {norms[each]:.3g}" for each in drawn.order],
        alt=f"The {counted(_bank.layer.filters, 'filter')} of {_bank.layer.name}",
        hint="Point at a filter for its number, click it for more",
    )
    return cells, drawn.caption, drawn.order


@st.cache_resource(max_entries=64, show_spinner=False)
def slices_picture(
    key: tuple[str, ...],
    picture: str,
    scale: Scaling,
    dark: bool,
    mark: str,
    _found: FilterSlices,
) -> cache.DrawnMosaic:
    """One filter by input channel. `key` names which, `picture` the photo."""
    from vizcore.figures.filter_sheets import draw_slices

    drawn = draw_slices(_found, scaling=scale, dark=dark)
    return cache.DrawnMosaic(marked(drawn.png(), mark, dark=dark), drawn.caption)


@st.cache_resource(max_entries=64, show_spinner=False)
def textbook_picture(
    key: tuple[str, ...],
    dark: bool,
    mark: str,
    _found: tuple[Resemblance, ...],
    _bank: FilterBank,
) -> cache.DrawnMosaic:
    """Textbook filters and the nearest ones. `key` names the network and the photo."""
    from vizcore.figures.filter_sheets import draw_resemblances

    drawn = draw_resemblances(_found, _bank, dark=dark)
    return cache.DrawnMosaic(marked(drawn.png(), mark, dark=dark), drawn.caption)


@st.cache_resource(max_entries=128, show_spinner=False)
def kernel_picture(key: tuple[str, ...], number: int, _bank: FilterBank) -> bytes:
    """One filter, large. `key` names the layer."""
    from vizcore.figures.filters import draw_filter

    return views.png(draw_filter(_bank, number, "filter", cache.PICTURE_PX))


@st.cache_resource(max_entries=128, show_spinner=False)
def map_picture(key: tuple[str, ...], picture: str, _found: FilterSlices) -> tuple[bytes, float]:
    """What one filter makes of the photo, and its largest magnitude. `key` names the filter."""
    from vizcore.figures.filters import draw_map

    assert _found.output_hw is not None
    drawn, limit = draw_map(_found.output_hw, cache.PICTURE_PX)
    return views.png(drawn), limit
