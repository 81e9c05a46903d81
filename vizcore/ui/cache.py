"""The app's caches: bounded, shared by all sessions, keyed by names and hashes.

Keys are an architecture's key, a weights' hash, the sha256 of a picture's bytes and plain
parameters: never an array and never a module. Everything kept is frozen, so it can be handed out
as it is. What a device computes is kept by the job engine, not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore.records import Conventions, LayerTable

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


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


def figure_html(figure: Any) -> str:
    """A figure as one HTML file that needs no network."""
    return str(figure.to_html(include_plotlyjs=True, full_html=True))
