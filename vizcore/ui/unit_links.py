"""Ways from one unit to another, and to the unit page from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from vizcore.records.maps import MapLayer
from vizcore.records.unit import Neighbour, Unit
from vizcore.ui import picture_sets, pictures
from vizcore.zoo.weights import Weights

ICON = ":material/center_focus_weak:"
#: The weights' hash in a unit's address.
HASH = "sha256"
#: Letters of a layer's name that have room in the link; a longer one stands in the controls only.
_SHORT = 14


def unit_address(
    weights: Weights, layer: str, channel: int, picture: str | None = None
) -> dict[str, str]:
    """The parameters of a unit's address; the session's picture where none is named.

    All that the page would write itself: where it had to add one, the browser's Back would lead
    to the address without it, and so nowhere.
    """
    found = {
        "network": weights.architecture,
        "weights": weights.name,
        "picture": picture or st.session_state.get("picture") or pictures.DEFAULT,
        "pictures": picture_sets.current(weights),
        "layer": layer,
        "channel": str(channel),
        HASH: short_hash(weights),
    }
    return {name: value for name, value in found.items() if value}


def short_hash(weights: Weights) -> str:
    """The start of the weights' sha256, as an address carries it; empty where there is none."""
    return (weights.sha256 or "")[:12]


def draw_link(
    weights: Weights,
    layer: str,
    channel: int,
    *,
    picture: str | None = None,
) -> None:
    """The way from what was picked on a page to the page of that unit; one on a page."""
    with st.container(key="open-unit"):
        st.page_link(
            st.session_state["pages"]["unit"],
            label=f"Open unit {channel}" + (f" of {layer}" if len(layer) <= _SHORT else ""),
            icon=ICON,
            query_params=unit_address(weights, layer, channel, picture),
        )


def has_units(layer: str, places: Sequence[MapLayer]) -> bool:
    """Whether a place of a network has unit pages: every one that gives maps has."""
    return any(each.name == layer for each in places)


def draw_neighbours(
    weights: Weights,
    unit: Unit,
    picture: str,
    go: Callable[[str, int], None],
    *,
    is_convolution: bool,
) -> None:
    """The same place in the layers beside, the nearest filters, and the layer's own pages.

    Args:
        go: opens another unit of the network. (A link from a page to itself would leave the
            browser's address as it was.)
    """

    def button(layer: str, channel: int, words: str) -> None:
        key = f"unit-to-{words.split(':')[0]}"
        st.button(words, key=key, on_click=go, args=(layer, channel))

    def beside(found: Neighbour | None, words: str) -> None:
        if found is not None:
            words = f"{words}: {found.layer}, channel {found.channel} ({found.value:.3g})"
            button(found.layer, found.channel, words)

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        beside(unit.before, "Same place, layer before")
        beside(unit.after, "Same place, layer after")
        for channel, cosine in unit.nearest:
            button(unit.layer, channel, f"Filter {channel}: cosine {cosine:.2f}")
    said = []
    if unit.before or unit.after:
        said.append(
            "Same place: the channel with the greatest value there, on this photo, of the "
            "convolution before and after."
        )
    if unit.nearest:
        said.append("Filters: those of this layer whose weights point most nearly the same way.")
    if said:
        st.caption(" ".join(said))
    pages = st.session_state["pages"]
    of = {"network": weights.architecture, "weights": weights.name, "layer": unit.layer}
    with st.container(horizontal=True, gap="small"):
        st.page_link(
            pages["feature-maps"],
            label=f"All maps of {unit.layer}",
            icon=":material/grid_view:",
            query_params={**of, "picture": picture},
        )
        st.page_link(
            pages["class-images"],
            label=f"The image that excites unit {unit.channel}",
            icon=":material/auto_awesome:",
            query_params={
                **of,
                "view": "unit",
                "channel": str(unit.channel),
                "picture": picture,
            },
        )
        if is_convolution:
            st.page_link(
                pages["filters"],
                label=f"All filters of {unit.module or unit.layer}",
                icon=":material/blur_on:",
                query_params={
                    **of,
                    "layer": unit.module or unit.layer,
                    "filter": str(unit.channel),
                    "picture": picture,
                },
            )
