"""The picture of the session: a sample, an upload or a photo from the camera.

A sample has its name in the address. An uploaded picture stays in the person's own session and
is never written anywhere; its address says so when somebody else opens it.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from vizcore.data.images import Picture, decode
from vizcore.data.samples import sample, sample_pictures, sample_pictures_for
from vizcore.errors import BadImage, UnknownName
from vizcore.ui.address import View

DEFAULT = "coffee"
DEFAULT_GREY = "digit-3-test"
KINDS = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff")
_UPLOADS = "pictures.uploads"
_REFUSED = "pictures.refused"
_KEPT = 6
_THUMBNAIL_PX = 240
_UPLOADED = re.compile(r"^upload-[0-9a-f]{12}$")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The picture in use: decoded pixels, its name in the address, and a caption."""

    name: str
    title: str
    picture: Picture
    thumbnail: bytes


def _made(name: str, title: str, data: bytes) -> Chosen:
    """Decode a picture, and make the small one for the sidebar."""
    picture = decode(data)
    small = Image.fromarray(picture.rgb_hwc)
    small.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    file = io.BytesIO()
    small.save(file, "PNG", compress_level=4)
    return Chosen(name, title, picture, file.getvalue())


def _uploads() -> dict[str, Chosen]:
    uploads: dict[str, Chosen] = st.session_state.setdefault(_UPLOADS, {})
    return uploads


def parse(text: str) -> str:
    """Check a picture's name from the address."""
    if _UPLOADED.match(text):
        if text not in _uploads():
            raise ValueError(
                "It was uploaded in another session and stayed there: upload the picture again, "
                "or choose a sample."
            )
        return text
    try:
        return sample(text).name
    except UnknownName as error:
        raise ValueError(f"The nearest samples are {', '.join(error.suggestions)}.") from None


@st.cache_resource(max_entries=64, show_spinner=False)
def _sample(name: str) -> Chosen:
    found = sample(name)
    return _made(name, found.title, found.read())


def chosen(view: View) -> Chosen:
    """The decoded picture of the session."""
    name = view["picture"]
    uploads = _uploads()
    return uploads[name] if name in uploads else _sample(name)


def named(name: str) -> Chosen:
    """A sample or a picture of the session's own, decoded, by its name.

    Raises:
        UnknownName: there is no such sample; the message lists the nearest.
    """
    if name in _uploads():
        return _uploads()[name]
    made: Chosen = _sample(sample(name).name)
    return made


def uploaded() -> dict[str, str]:
    """The names and titles of the session's own pictures."""
    return {name: each.title for name, each in _uploads().items()}


def _title(name: str) -> str:
    uploads = _uploads()
    return uploads[name].title if name in uploads else sample(name).title


def origin(name: str) -> str:
    """Where a sample comes from, and its licence; nothing for an upload."""
    if name in _uploads():
        return ""
    found = sample(name)
    seen = "no pixel of it was trained on" if found.held_out else "parts of it were trained on"
    return f"{found.title}. {found.source}. {found.licence}. {seen.capitalize()}."


def draw_picker(view: View, channels: int = 3) -> None:
    """Draw the samples, those that suit the network first, the upload and the camera."""
    first = sample_pictures_for(channels)
    others = (each for each in sample_pictures() if each not in first)
    names = [*_uploads(), *(each.name for each in (*first, *others))]
    st.selectbox("Picture", names, format_func=_title, **view.bind("picture"))
    with st.container(horizontal=True, gap="small"):
        with st.popover("Upload"):
            st.file_uploader(
                "A picture of your own",
                type=list(KINDS),
                key="pictures.file",
                max_upload_size=20,
                on_change=_take,
                args=("pictures.file", view.key("picture")),
                help="It stays in your session. PNG, JPEG, WebP, BMP, GIF or TIFF, at most 20 MB "
                "and 25 megapixels.",
            )
            _say_refused("pictures.file")
        with st.popover("Camera"):
            if st.toggle("Use the camera", key="pictures.camera_on"):
                st.camera_input(
                    "Photo",
                    key="pictures.camera",
                    on_change=_take,
                    args=("pictures.camera", view.key("picture")),
                    label_visibility="collapsed",
                )
            _say_refused("pictures.camera")
    now = chosen(view)
    height, width = now.picture.rgb_hwc.shape[:2]
    st.image(now.thumbnail, alt=now.title)
    notes = "".join(f"; {note}" for note in now.picture.notes)
    st.caption(f"{width} × {height} pixels{notes}")


def _say_refused(key: str) -> None:
    """Say what was wrong with the last file, where it came in: the open popover hides the rest."""
    source, text = st.session_state.get(_REFUSED, ("", ""))
    if source == key:
        st.warning(text, icon=":material/broken_image:")


def _take(key: str, choice: str) -> None:
    """Decode what came in and choose it; a bad file leaves the picture as it was."""
    st.session_state.pop(_REFUSED, None)
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        title = "Photo from the camera" if key == "pictures.camera" else file.name
        accept(title, file.getvalue(), choice)
    except BadImage as error:
        st.session_state[_REFUSED] = (key, f"{file.name}: {error}")


def accept(title: str, data: bytes, choice: str = "picture") -> None:
    """Put an uploaded picture among the session's pictures, and choose it.

    Args:
        choice: where the session keeps the name of the picture in use.
    """
    name = f"upload-{hashlib.sha256(data).hexdigest()[:12]}"
    uploads = _uploads()
    uploads[name] = _made(name, title, data)
    while len(uploads) > _KEPT:
        del uploads[next(iter(uploads))]
    st.session_state[choice] = name
