"""The app's caches: bounded, shared by all sessions, keyed by names and hashes.

Keys are an architecture's key, a weights' hash, the sha256 of a picture's bytes and plain
parameters: never an array and never a module. Everything kept is frozen, so it can be handed out
as it is. What a device computes is kept by the job engine, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from vizcore.records.alignment import Alignment
from vizcore.records.blocks import BlockStudy
from vizcore.records.layers import Conventions, LayerTable
from vizcore.records.lectures import LectureCheck
from vizcore.records.maps import FeatureMaps

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from vizcore.figures.mosaic import Scaling

#: A block's numbers by name.
Knobs = tuple[tuple[str, int], ...]


@st.cache_resource(max_entries=128, show_spinner=False)
def traced(key: str, size: int | None) -> LayerTable:
    """One architecture traced at one input size, for one picture."""
    from vizcore import api

    return api.layers(key, input_size=size)


@st.cache_resource(max_entries=256, show_spinner=False)
def layer_table(key: str, size: int | None, conventions: Conventions) -> LayerTable:
    """The same in some conventions."""
    from vizcore.anatomy import recount

    return recount(traced(key, size), conventions)


@st.cache_resource(max_entries=64, show_spinner=False)
def layer_frame(key: str, size: int | None, conventions: Conventions) -> pd.DataFrame:
    """The table's rows as a data frame, for the screen."""
    from vizcore.ui.tables import frame_of

    return frame_of(layer_table(key, size, conventions))


@st.cache_resource(max_entries=64, show_spinner=False)
def depth_profile(
    key: str, size: int | None, conventions: Conventions, selected: int | None, dark: bool
) -> go.Figure:
    """The three charts along the depth."""
    from vizcore.figures.depth import draw_depth_profile

    return draw_depth_profile(layer_table(key, size, conventions), selected=selected, dark=dark)


#: What fits beside the sidebar of a 1280 pixel window; `style.css` doubles it on a wide one, so
#: that one value is always a whole number of pixels.
MOSAIC_PX = (664, 500)
PICTURE_PX = 256
_TALLEST_PX = 800


@dataclass(frozen=True, slots=True)
class DrawnMosaic:
    """A mosaic ready for the screen."""

    png: bytes
    caption: str


@st.cache_resource(max_entries=128, show_spinner=False)
def mosaic(
    key: tuple[str, ...],
    _maps: FeatureMaps,
    scaling: Scaling,
    colours: str,
    numbers: bool,
    dark: bool,
    mark: str = "",
) -> DrawnMosaic:
    """All channels of a layer as one PNG. `key` names the network, the picture and the layer.

    `mark` stands under the picture.
    """
    from vizcore.figures.marking import marked
    from vizcore.figures.mosaic import draw_mosaic

    maps_chw, times, columns = _fitting(_maps)
    drawn = draw_mosaic(
        maps_chw,
        _maps.order,
        scaling=scaling,
        colours="grey" if colours == "grey" else "viridis",
        signed=colours == "signed",
        columns=columns,
        numbers=numbers,
        dark=dark,
        fit_px=MOSAIC_PX,
    )
    means = f" Each pixel is the mean of {times} × {times} values." if times > 1 else ""
    png = marked(drawn.png(), mark, dark=dark)
    return DrawnMosaic(png, drawn.caption + means)


def _fitting(found: FeatureMaps) -> tuple[npt.NDArray[np.float32], int, int | None]:
    """Maps for the room there is, how many values each way are in one pixel, and columns.

    Small maps are enlarged, in as many columns as suit. Maps of many pixels stand one to one,
    lower than the window where they must, or as means.
    """
    from vizcore.figures.mosaic_fit import reduce_to_fit

    maps_chw, times, columns = reduce_to_fit(found.maps_chw, MOSAIC_PX)
    doubled = maps_chw.shape[0], 2 * maps_chw.shape[1], 2 * maps_chw.shape[2]
    if times == 1 and reduce_to_fit(np.broadcast_to(np.float32(0), doubled), MOSAIC_PX)[1] == 1:
        return maps_chw, 1, None
    if times == 1:
        return maps_chw, 1, columns
    return reduce_to_fit(found.maps_chw, (MOSAIC_PX[0], _TALLEST_PX))


@st.cache_resource(max_entries=128, show_spinner=False)
def timeline(
    quantity: str, selected: str | None, found: tuple[str, ...] | None, dark: bool
) -> go.Figure:
    """The zoo by year. `found` holds the keys that a search found."""
    from vizcore.figures.timeline import draw_timeline
    from vizcore.ui.atlas_entries import timeline_entries

    return draw_timeline(
        timeline_entries(), quantity=quantity, selected=selected, found=found, dark=dark
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def challenge_chart(selected: str | None, dark: bool) -> go.Figure:
    """The ImageNet challenge by year."""
    from vizcore.figures.challenge import draw_challenge
    from vizcore.ui.atlas_entries import challenge

    return draw_challenge(*challenge(), selected=selected, dark=dark)


@st.cache_resource(max_entries=64, show_spinner=False)
def zoo_frame(keys: tuple[str, ...]) -> pd.DataFrame:
    """Architectures as a data frame, for the screen."""
    from vizcore.ui.atlas_entries import frame_of, row

    return frame_of([row(key) for key in keys])


@st.cache_resource(max_entries=256, show_spinner=False)
def block_study(name: str, knobs: Knobs) -> BlockStudy:
    """A building block at these knobs."""
    from vizcore.blocks import study

    return study(name, **dict(knobs))


@st.cache_resource(max_entries=256, show_spinner=False)
def block_diagram(name: str, knobs: Knobs, variant: str, dark: bool) -> go.Figure:
    """One way to build a block, drawn."""
    from vizcore.figures.blocks import draw_block

    return draw_block(block_study(name, knobs), variant, dark=dark)


@st.cache_resource(max_entries=128, show_spinner=False)
def block_costs(name: str, knobs: Knobs, quantity: str, dark: bool) -> go.Figure:
    """What each operation of a block costs."""
    from vizcore.figures.blocks import draw_costs

    return draw_costs(block_study(name, knobs), quantity, dark=dark)


@st.cache_resource(max_entries=32, show_spinner=False)
def lecture_sum(claim: str, quantity: str, dark: bool, _check: LectureCheck) -> go.Figure:
    """A lecture's number beside what it should be the sum of. `claim` names `_check`."""
    from vizcore.figures.block_lecture import draw_lecture_sum

    return draw_lecture_sum(_check, quantity, dark=dark)


@st.cache_resource(max_entries=64, show_spinner=False)
def alignment(keys: tuple[str, ...]) -> Alignment:
    """Architectures side by side, each at the input it is published with."""
    from vizcore.anatomy.alignment import align

    return align([traced(key, None) for key in keys])


@st.cache_resource(max_entries=128, show_spinner=False)
def comparison(
    keys: tuple[str, ...],
    names: tuple[str, ...],
    quantity: str,
    depth: str,
    scale: str,
    dark: bool,
) -> go.Figure:
    """Where the networks' memory, parameters or work sit."""
    from vizcore.figures.compare import draw_comparison

    return draw_comparison(
        alignment(keys), names, quantity=quantity, depth=depth, scale=scale, dark=dark
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def compared_fields(
    keys: tuple[str, ...], names: tuple[str, ...], depth: str, dark: bool
) -> go.Figure:
    """How the networks' receptive fields grow."""
    from vizcore.figures.compare_fields import draw_fields

    return draw_fields(alignment(keys), names, depth=depth, dark=dark)


@st.cache_resource(max_entries=64, show_spinner=False)
def aligned_frame(keys: tuple[str, ...], names: tuple[str, ...], quantity: str) -> pd.DataFrame:
    """The networks' layers beside each other as a data frame, for the screen."""
    from vizcore.ui.compare_tables import frame_of

    return frame_of(alignment(keys), names, quantity)


@st.cache_resource(max_entries=64, show_spinner=False)
def compared_tables(
    keys: tuple[str, ...], names: tuple[str, ...], quantity: str
) -> tuple[str, str]:
    """The networks' totals, and one quantity by stage, as HTML."""
    from vizcore.ui.compare_tables import stages_html, totals_html

    return totals_html(alignment(keys), names), stages_html(alignment(keys), names, quantity)


@st.cache_resource(max_entries=128, show_spinner=False)
def design_table(notation: str, conventions: Conventions) -> LayerTable:
    """A network in the notation of slides, traced."""
    from vizcore.anatomy import trace
    from vizcore.zoo.notation import design, parse

    network = parse(notation)
    module = design(network, weights=False)
    return trace(module, network.input_shape, key="design", conventions=conventions, mine=True)


@st.cache_resource(max_entries=64, show_spinner=False)
def design_profile(notation: str, conventions: Conventions, dark: bool) -> go.Figure:
    """The three charts along the depth of a network in the notation."""
    from vizcore.figures.depth import draw_depth_profile

    return draw_depth_profile(design_table(notation, conventions), dark=dark)


def figure_html(figure: Any) -> str:
    """A figure as one HTML file that needs no network."""
    return str(figure.to_html(include_plotlyjs=True, full_html=True))
