"""What every page shares: the architecture, the network and its weights, the picture, the device.

Each is a `Choice` kept for the whole session and written in the address of the pages that use it.
"""

from __future__ import annotations

import streamlit as st

from vizcore import zoo
from vizcore.errors import ConvScopeError, UnknownArchitecture
from vizcore.ui import pictures, weights_view, work
from vizcore.ui.address import Choice, View, peek
from vizcore.ui.rooms import RoomEntry

DEFAULT_ARCHITECTURE = "vgg_d"
_REFUSED = "arch.refused"


def _key_of(text: str) -> str:
    try:
        return zoo.get(text).key
    except ConvScopeError as error:
        allowed = ", ".join(error.suggestions) or "those that the Atlas lists"
        raise ValueError(f"The nearest names are {allowed}.") from None


ARCHITECTURE = Choice("arch", DEFAULT_ARCHITECTURE, _key_of, always=True, shared=True)


def network_choice() -> Choice:
    """The network that looks at pictures; a bundled one unless chosen."""
    return Choice("network", work.default_network(), _key_of, always=True, shared=True)


def picture_choice(channels: int = 3) -> Choice:
    """The picture to look at; networks for grey pictures have one of their own, a digit."""
    grey = channels == 1
    default = pictures.DEFAULT_GREY if grey else pictures.DEFAULT
    kind = "grey" if grey else ""
    return Choice("picture", default, pictures.parse, always=True, shared=True, of=kind)


def choices(entry: RoomEntry) -> list[Choice]:
    """The shared choices that a page's sidebar shows."""
    found: list[Choice] = []
    channels = 3
    for name in entry.sidebar:
        if name == "network":
            network = network_choice()
            chosen = peek(entry.name, network)
            found += [network, weights_view.choice(chosen)]
            channels = zoo.get(chosen).input_shape[0]
        elif name == "picture":
            found.append(picture_choice(channels))
        else:
            found.append(ARCHITECTURE)
    return found


def draw(entry: RoomEntry, view: View) -> None:
    """Draw a page's part of the sidebar. Call it after the address has been read."""
    with st.sidebar:
        if "architecture" in entry.sidebar:
            _draw_architecture(view)
        if "network" in entry.sidebar:
            _draw_network(view)
            try:
                weights_view.draw_picker(view)
            except ConvScopeError as error:  # such as a file of settings that cannot be read
                st.error(str(error), icon=":material/error:")
        if "picture" in entry.sidebar:
            grey = "network" in entry.sidebar and zoo.get(view["network"]).input_shape[0] == 1
            pictures.draw_picker(view, 1 if grey else 3)
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
    keys = [entry.key for entry in zoo.architectures()]
    _draw_list(
        view,
        "arch",
        "Architecture",
        keys,
        "Search by name, family or year. Any convolutional classifier of timm is here too: "
        "type timm: and its name, such as timm:resnest50d.",
    )


def _draw_network(view: View) -> None:
    """Every architecture, those with bundled weights first."""
    bundled = list(work.network_keys())
    others = [entry.key for entry in zoo.architectures() if entry.key not in bundled]
    _draw_list(
        view,
        "network",
        "Network",
        bundled + others,
        "The first ones come with trained weights. Every other of the zoo is here too, with its "
        "library's pretrained weights, your own, or random ones.",
    )


def _draw_list(view: View, name: str, label_text: str, keys: list[str], help_text: str) -> None:
    chosen = view[name]
    if chosen not in keys:
        keys.append(chosen)
    st.selectbox(
        label_text,
        keys,
        format_func=label,
        accept_new_options=True,
        on_change=_take_typed_name,
        args=(name, chosen),
        help=help_text,
        **view.bind(name),
    )
    if refused := st.session_state.pop(_REFUSED, None):
        st.warning(refused)


def _take_typed_name(name: str, before: str) -> None:
    """Turn a typed alias into its key; keep the last choice where the name is unknown."""
    typed = st.session_state[name]
    try:
        st.session_state[name] = zoo.get(typed).key
    except ConvScopeError as error:
        st.session_state[name] = before
        st.session_state[_REFUSED] = str(error)
