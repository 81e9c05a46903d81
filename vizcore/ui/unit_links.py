"""Ways from one unit to another, and to the unit page from elsewhere."""

from __future__ import annotations

import streamlit as st

from vizcore.records_unit import Neighbour, Unit
from vizcore.ui.address import View
from vizcore.zoo.weights import Weights

ICON = ":material/center_focus_weak:"


def unit_address(
    weights: Weights, layer: str, channel: int, picture: str | None = None
) -> dict[str, str]:
    """The parameters of a unit's address."""
    found = {
        "network": weights.architecture,
        "weights": weights.name,
        "layer": layer,
        "channel": str(channel),
    }
    return found if picture is None else {**found, "picture": picture}


def draw_link(
    weights: Weights,
    layer: str,
    channel: int,
    label: str | None = None,
    *,
    picture: str | None = None,
    icon: str | None = ICON,
) -> None:
    """A link to the page of one unit."""
    st.page_link(
        st.session_state["pages"]["unit"],
        label=label or f"Unit {channel} of {layer}: what it looks for",
        icon=icon,
        query_params=unit_address(weights, layer, channel, picture),
    )


def draw_neighbours(view: View, weights: Weights, unit: Unit, *, is_convolution: bool) -> None:
    """The same place in the layers beside, the nearest filters, and the layer's own pages."""
    picture = view["picture"]

    def beside(found: Neighbour | None, words: str) -> None:
        if found is not None:
            draw_link(
                weights,
                found.layer,
                found.channel,
                f"{words}: {found.layer}, channel {found.channel} ({found.value:.3g})",
                picture=picture,
                icon=None,
            )

    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    with row:
        beside(unit.before, "Same place, layer before")
        beside(unit.after, "Same place, layer after")
        for channel, cosine in unit.nearest:
            draw_link(
                weights,
                unit.layer,
                channel,
                f"Filter {channel}, cosine {cosine:.2f}",
                picture=picture,
                icon=None,
            )
    if unit.before or unit.after or unit.nearest:
        st.caption(
            "Same place: the channel with the greatest value there, on this photo, of the "
            "convolution before and after. Filters: those of this layer whose weights point most "
            "nearly the same way."
        )
    pages = st.session_state["pages"]
    of = {"network": weights.architecture, "weights": weights.name, "layer": unit.layer}
    with st.container(horizontal=True, gap="small"):
        st.page_link(
            pages["feature-maps"],
            label=f"All maps of {unit.layer}",
            icon=":material/grid_view:",
            query_params={**of, "picture": picture},
        )
        if is_convolution:
            st.page_link(
                pages["filters"],
                label=f"All filters of {unit.layer}",
                icon=":material/blur_on:",
                query_params={**of, "filter": str(unit.channel), "picture": picture},
            )
