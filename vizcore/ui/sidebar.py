"""What every page shares: the architecture, the trained network, the picture, the device.

Each is a `Choice` kept for the whole session and written in the address of the pages that use it.
"""

from __future__ import annotations

import streamlit as st

from vizcore import zoo
from vizcore.errors import ConvScopeError, UnknownArchitecture
from vizcore.ui import pictures, work
from vizcore.ui.address import Choice, View
from vizcore.ui.rooms import RoomEntry

DEFAULT_ARCHITECTURE = "vgg_d"
_REFUSED = "arch.refused"


def _key_of(text: str) -> str:
    try:
        return zoo.get(text).key
    except ConvScopeError as error:
        allowed = ", ".join(error.suggestions) or "those that the Atlas lists"
        raise ValueError(f"The nearest names are {allowed}.") from None


def _network_of(text: str) -> str:
    keys = work.network_keys()
    if text not in keys:
        raise ValueError(f"Networks with weights here: {', '.join(keys)}.")
    return text


ARCHITECTURE = Choice("arch", DEFAULT_ARCHITECTURE, _key_of, always=True, shared=True)


def network_choice() -> Choice:
    """The trained network; the first bundled one unless chosen."""
    return Choice("network", work.network_keys()[0], _network_of, always=True, shared=True)


PICTURE = Choice("picture", pictures.DEFAULT, pictures.parse, always=True, shared=True)


def choices(entry: RoomEntry) -> list[Choice]:
    """The shared choices that a page's sidebar shows."""
    return [
        network_choice()
        if name == "network"
        else {"architecture": ARCHITECTURE, "picture": PICTURE}[name]
        for name in entry.sidebar
    ]


def draw(entry: RoomEntry, view: View) -> None:
    """Draw a page's part of the sidebar. Call it after the address has been read."""
    with st.sidebar:
        if "architecture" in entry.sidebar:
            _draw_architecture(view)
        if "network" in entry.sidebar:
            _draw_network(view)
        if "picture" in entry.sidebar:
            pictures.draw_picker(view)
        if "network" in entry.sidebar:
            st.caption(work.device_line())


def label(key: str) -> str:
    """An architecture in a list: its name, year, and the library's name for it."""
    try:
        found = zoo.get(key)
    except UnknownArchitecture:
        return key
    short = [alias for alias in found.aliases if ":" not in alias]
    names = [found.name, str(found.year) if found.year else "", *short[:1]]
    return " · ".join(name for name in names if name)


def _draw_architecture(view: View) -> None:
    chosen = view["arch"]
    keys = [entry.key for entry in zoo.architectures()]
    if chosen not in keys:
        keys.append(chosen)
    st.selectbox(
        "Architecture",
        keys,
        format_func=label,
        accept_new_options=True,
        on_change=_take_typed_name,
        args=(chosen,),
        help="Search by name, family or year. Any convolutional classifier of timm is here too: "
        "type timm: and its name, such as timm:resnest50d.",
        **view.bind("arch"),
    )
    if refused := st.session_state.pop(_REFUSED, None):
        st.warning(refused)


def _take_typed_name(before: str) -> None:
    """Turn a typed alias into its key; keep the last choice where the name is unknown."""
    typed = st.session_state["arch"]
    try:
        st.session_state["arch"] = zoo.get(typed).key
    except ConvScopeError as error:
        st.session_state["arch"] = before
        st.session_state[_REFUSED] = str(error)


def _draw_network(view: View) -> None:
    st.selectbox(
        "Trained network",
        work.network_keys(),
        format_func=label,
        help="Networks whose trained weights are on this machine.",
        **view.bind("network"),
    )
