"""The set of pictures that units are looked for in: bundled, torchvision's, one's own archive.

It is one choice for all pages and stands in their addresses, an archive by the hash of its bytes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from vizcore import zoo
from vizcore.data.library_sets import LIBRARY, library_here, open_library
from vizcore.data.picture_sets import PictureSet, bundled_for, from_zip, open_pictures, shown
from vizcore.errors import BadImage
from vizcore.picture_sources import data_folder
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
#: Sets that the address names by themselves.
_NAMED = (*(name for name in TITLES if name != ZIP), *LIBRARY)
_BROUGHT = "picture_sets.brought"  # names of the archives that this session has brought or opened


def choice(page: str) -> Choice:
    """The set; to begin with the bundled one that suits the network's channels."""
    network = address.peek(page, sidebar.network_choice())
    return _choice(zoo.get(network).input_shape[0])


def _choice(channels: int) -> Choice:
    kind = "grey" if channels == 1 else ""
    return Choice("pictures", bundled_for(channels), _parse, always=True, shared=True, of=kind)


def _parse(text: str) -> str:
    if text not in (*_NAMED, ZIP) and not is_archive(text):
        allowed = ", ".join((*TITLES, *LIBRARY))
        raise ValueError(f"Allowed: {allowed}, or the name of an archive (zip-...).")
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
    here = [name for name in _NAMED if name in TITLES or name in library_here(data_folder())]
    if view["pictures"] in LIBRARY and view["pictures"] not in here:
        here.append(view["pictures"])  # the address asks for it; it is refused below
    st.selectbox(
        "Pictures",
        [*here, *brought, ZIP],
        format_func=title,
        width=220,
        help="Torchvision's data sets are offered where they lie on this machine, in the folder "
        "that CONVSCOPE_DATA names.",
        **view.bind("pictures"),
    )


def code_name(name: str) -> str:
    """A set as code names it.

    Example:
        >>> code_name("cifar10"), code_name("zip-1234")
        ('cifar10', 'pictures.zip')
    """
    return name if name in _NAMED else "pictures.zip"


def title(name: str) -> str:
    """A set in a list."""
    if name == ZIP and st.session_state.get(_BROUGHT):
        return "Another zip archive"
    if name in LIBRARY:
        return LIBRARY[name].title
    return TITLES.get(name) or Archives().title(name)


def chosen(here: Room, weights: Weights) -> PictureSet | None:
    """The set to look through; None while an archive is waited for.

    Raises:
        BadImage: the archive or the data set cannot be used; says why.
    """
    view = here.view
    name = view["pictures"]
    if name in LIBRARY:
        root = data_folder()
        folder = root / LIBRARY[name].folder
        try:
            return _library(name, str(root), folder.stat().st_mtime_ns if folder.is_dir() else 0)
        except BadImage as error:
            here.refuse(error)
            return None
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


@st.cache_resource(max_entries=3, show_spinner="Opening the data set")
def _library(name: str, root: str, changed: int) -> PictureSet:
    """A data set of torchvision; opened anew where its folder has changed."""
    return open_library(name, Path(root))


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(name: str, path: str) -> PictureSet:
    """A kept archive. Its name says what is in it; when its file was last used does not matter."""
    return replace(from_zip(Path(path), Archives().title(name)), stamp=name)
