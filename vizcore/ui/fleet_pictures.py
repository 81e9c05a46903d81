"""Pictures of the Networks page, kept for all sessions: charts, and the patches themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore.records.fleet import Confusion, HeldOut, TrainedNetwork

if TYPE_CHECKING:
    import plotly.graph_objects as go


def identity(networks: Sequence[TrainedNetwork]) -> tuple[tuple[Any, ...], ...]:
    """What of networks a picture of them depends on, as a key of a cache."""
    return tuple((n.key, n.sha256, n.params, n.macs, n.test, n.test_runs) for n in networks)


@st.cache_resource(max_entries=32, show_spinner=False)
def fleet_chart(
    key: tuple[tuple[Any, ...], ...], cost: str, dark: bool, _networks: Sequence[TrainedNetwork]
) -> go.Figure:
    """Trained networks' accuracy against their cost. `key` says which networks."""
    from vizcore.figures.fleet import draw_fleet

    return draw_fleet(_networks, cost=cost, dark=dark)


@st.cache_resource(max_entries=64, show_spinner=False)
def confusion_chart(
    key: tuple[Any, ...], selected: tuple[int, int] | None, dark: bool, _found: Confusion
) -> go.Figure:
    """A confusion matrix. `key` says whose."""
    from vizcore.figures.confusion import draw_confusion

    return draw_confusion(_found, selected=selected, dark=dark)


@st.cache_resource(max_entries=256, show_spinner=False)
def patches_png(
    data: str, part: HeldOut, places: tuple[int, ...], columns: int, dark: bool
) -> bytes:
    """Held-out pictures of a data set, by their places, side by side as PNG."""
    from vizcore import trained
    from vizcore.figures.patches import draw_patches, png

    pictures, _ = trained.pictures(data, part)
    return png(draw_patches(pictures[list(places)], columns=columns, dark=dark))


@st.cache_resource(max_entries=64, show_spinner=False)
def curves_chart(key: tuple[Any, ...], dark: bool, _network: TrainedNetwork) -> go.Figure:
    """Learning curves. `key` says whose."""
    from vizcore.figures.curves import draw_curves

    return draw_curves(_network.curve, dark=dark)
