"""The set of pictures that units are looked for in: a bundled one, or an archive of one's own.

It is one choice for all pages and stands in their addresses, an archive by the hash of its bytes.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from vizcore import zoo
from vizcore.data.picture_sets import PictureSet, bundled_for, from_zip, open_pictures, shown
from vizcore.runtime.archives import Archives, is_archive
from vizcore.ui import address, sidebar
from vizcore.ui.address import Choice, View
from vizcore.ui.room import Room
from vizcore.zoo.weights import Weights

#: An archive that is still to come.
ZIP = "zip"
TITLES = {
    "photos20": "Photos-20, held out",
    "photographs": "Twenty photographs",
    "digits10": "Digits, held out",
    ZIP: "A zip archive of yours",
}
_BROUGHT = "picture_sets.brought"  # names of the archives that this session has brought or opened


def choice(page: str) -> Choice:
    """The set; to begin with the bundled one that suits the network's channels."""
    network = address.peek(page, sidebar.network_choice())
    return _choice(zoo.get(network).input_shape[0])


def _choice(channels: int) -> Choice:
    kind = "grey" if channels == 1 else ""
    return Choice("pictures", bundled_for(channels), _parse, always=True, shared=True, of=kind)


def _parse(text: str) -> str:
    if text not in TITLES and not is_archive(text):
        raise ValueError(f"Allowed: {', '.join(TITLES)}, or the name of an archive (zip-...).")
    return text


def current(weights: Weights) -> str:
    """The session's set, as a link to another page carries it."""
    found = _choice(weights.preprocessing.channels)
    name = str(address.View("", {found.name: found})[found.name])
    return str(found.default) if name == ZIP else name


def draw_control(view: View) -> None:
    """Which pictures to look through."""
    brought = st.session_state.setdefault(_BROUGHT, [])
    if is_archive(view["pictures"]) and view["pictures"] not in brought:
        brought.append(view["pictures"])
    bundled = [name for name in TITLES if name != ZIP]
    st.selectbox(
        "Pictures", [*bundled, *brought, ZIP], format_func=title, width=220, **view.bind("pictures")
    )


def title(name: str) -> str:
    """A set in a list."""
    if name == ZIP and st.session_state.get(_BROUGHT):
        return "Another zip archive"
    return TITLES.get(name) or Archives().title(name)


def chosen(here: Room, weights: Weights) -> PictureSet | None:
    """The set to look through; None while an archive is waited for.

    Raises:
        BadImage: the archive cannot be used; says why.
    """
    view = here.view
    name = view["pictures"]
    if name in TITLES and name != ZIP:
        return open_pictures(name)
    path = Archives().find(name)
    if path is None:
        place = st.empty()
        with place.container():
            if name != ZIP:
                _draw_gone(view, weights)
            brought = _take()
        if brought is None:
            return None
        view["pictures"] = name = brought
        path = Archives().find(name)
        assert path is not None, "it has just been kept"
        place.empty()
    return _opened(name, str(path))


def _draw_gone(view: View, weights: Weights) -> None:
    bundled = bundled_for(weights.preprocessing.channels)

    def use_bundled() -> None:
        view["pictures"] = bundled

    with st.container(border=True, key="archive-gone"):
        st.markdown(
            f":material/error: **The archive of this address, `{view['pictures']}`, is not on "
            "this machine (any more).** Give it again below, or look through the bundled pictures."
        )
        words = f"Use {TITLES[bundled]} instead"
        st.button(words, key="archive-gone-bundled", on_click=use_bundled)


def _take() -> str | None:
    """The field for an archive; the name under which it is kept once it is here."""
    given = st.file_uploader(
        "Zip archive of pictures",
        type=["zip"],
        key="picture_sets.zip",
        help="It stays in this machine's cache folder until newer ones need the room, so that the "
        "view's address opens it again; whoever has the address can look through it.",
    )
    if given is None:
        st.info("Give a zip archive of pictures: PNG, JPEG, WebP, BMP, GIF or TIFF.")
        return None
    with st.spinner(f"Reading {shown(given.name)}", show_time=True):
        content = given.getvalue()
        from_zip(content, shown(given.name))  # refused here, before it is kept
        return Archives().keep(content, shown(given.name))


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(name: str, path: str) -> PictureSet:
    """A kept archive. Its name says what is in it; when its file was last used does not matter."""
    from pathlib import Path

    return replace(from_zip(Path(path), Archives().title(name)), stamp=name)
