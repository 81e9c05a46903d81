"""A unit's nine strongest patches with their projections, as they come."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

import streamlit as st

from vizcore.data.loading import Views
from vizcore.data.picture_sets import PictureSet
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import (
    JobCancelled,
    JobError,
    NotApplicable,
)
from vizcore.figures import unit_words as words
from vizcore.figures.palette import rgb_of, theme
from vizcore.figures.patches import png
from vizcore.formats.words import counted
from vizcore.records.patches import TopPatches
from vizcore.tasks import deconvnet as deconvnet_tasks
from vizcore.tasks import patches as patch_tasks
from vizcore.ui import picture_views as views
from vizcore.ui import work
from vizcore.ui.room import Download, is_dark
from vizcore.ui.unit_seen import Seen

TOP = 9
STOPPED = "unit.stopped"  # the key of the work that the person stopped
_SO_FAR = "unit.so-far"  # (key, what an unfinished scan has found)


def draw_strongest(seen: Seen, pictures: PictureSet, *, whole_network: bool) -> None:
    """The nine patches with their projections: the scan, then the way down, as they come."""
    unit, weights = seen.unit, seen.weights
    key = weights.architecture
    task = patch_tasks.top_patches_task(
        key, pictures, None if whole_network else [unit.layer], top=TOP, weights=weights
    )
    status, place = st.container(), st.empty()

    def show(so_far: TopPatches) -> None:
        if unit.layer in so_far.found:
            st.session_state[_SO_FAR] = (task.key, so_far)
            with place.container():
                _draw_so_far(seen, so_far)

    if st.session_state.get(STOPPED) != task.key:
        try:
            with status:
                seen.found = work.run(task, slot="unit.scan", on_cancel=stop(task.key), show=show)
        except JobCancelled:
            st.session_state[STOPPED] = task.key
    if seen.found is None:
        with status:
            _draw_stopped()
        known, so_far = st.session_state.get(_SO_FAR, (None, None))
        if known == task.key:
            show(so_far)
        return
    st.session_state.pop(_SO_FAR, None)
    seen.nine = seen.found.patches(unit.layer, unit.channel)
    if seen.nine[0].window is None:
        st.markdown(_no_patch(seen))
        return
    with place.container():
        _draw_pictures(seen, coming=True)
    _project(seen, pictures)
    with place.container():
        _draw_pictures(seen)


def _project(seen: Seen, pictures: PictureSet) -> None:
    """The way down from each of the nine, or the reason why there is none."""
    unit, weights = seen.unit, seen.weights
    task = deconvnet_tasks.deconvnet_task(
        weights.architecture,
        [pictures.read(each.number) for each in seen.nine],
        unit.layer,
        unit.channel,
        [each.place for each in seen.nine],
        weights=weights,
    )
    try:
        seen.projections = work.run(task, slot="unit.projections")
    except NotApplicable as error:
        seen.reason = str(error)
    except JobError as error:
        seen.reason = f"The projections are not here: {error}"


def _no_patch(seen: Seen) -> str:
    return (
        f"What a value of `{seen.unit.layer}` sees of the picture is not known, so no patch can be "
        f"cut. The strongest: {'; '.join(words.labels(seen.nine))}."
    )


def stop(key: Hashable) -> Callable[[], None]:
    """Told when Cancel is pressed: nothing is begun again until the person wants it."""

    def stop() -> None:
        st.session_state[STOPPED] = key

    return stop


def _draw_stopped() -> None:
    with st.container(border=True, key="unit-stopped"):
        st.markdown("**The scan was stopped. What it had found is kept on disk.**")
        st.button(
            "Go on with the scan",
            key="unit-go-on",
            type="primary",
            on_click=lambda: st.session_state.pop(STOPPED, None),
        )


def _draw_so_far(seen: Seen, so_far: TopPatches) -> None:
    """The strongest patches of the pictures that were looked at until now."""
    nine = so_far.patches(seen.unit.layer, seen.unit.channel)
    part = replace(seen, found=so_far, nine=nine)
    if nine[0].window is None:
        st.markdown(_no_patch(part))
        return
    st.image(_nine(part, views.mark(seen.weights), is_dark()), alt="The strongest patches so far")
    views.caption(
        seen.weights,
        f"The strongest of the {counted(so_far.looked_at, 'picture')} looked at so far; "
        f"{len(so_far.names):,} are in the set.",
    )


def _draw_pictures(seen: Seen, *, coming: bool = False) -> None:
    assert seen.found is not None
    mark, dark = views.mark(seen.weights), is_dark()
    content = _nine_picture(seen.key, coming, bool(seen.reason), dark, mark, seen)
    classes = ", ".join(dict.fromkeys(words.subject(each.picture) for each in seen.nine))
    alt = f"The {counted(len(seen.nine), 'patch', 'patches')} that excite the unit most: {classes}"
    caption = words.nine_caption(seen.unit, seen.nine, seen.found, seen.projections)
    if seen.reason:
        with st.container(horizontal=True, gap="medium"):
            st.image(content, alt=alt)
            with st.container(border=True, width=330, key="unit-no-projection"):
                st.markdown(f"**No projections.** {seen.reason}")
    else:
        st.image(content, alt=alt)
    origin = "" if seen.pictures is None else f" {seen.pictures.origin}"
    views.caption(seen.weights, f"{caption}{origin}".rstrip())
    if not coming:
        label = "Nine patches, PNG" if seen.reason else "Nine patches and projections, PNG"
        stem = seen.stem("nine")
        seen.downloads.insert(0, Download(label, f"{stem}.png", "image/png", lambda: content))


@st.cache_resource(max_entries=4, show_spinner=False)
def _views(stamp: str, how: Preprocessing, _pictures: PictureSet) -> Views:
    return Views(_pictures, how, max_bytes=64_000_000)


@st.cache_resource(max_entries=128, show_spinner=False)
def _nine_picture(
    key: tuple[str | int, ...], coming: bool, refused: bool, dark: bool, mark: str, _seen: Seen
) -> bytes:
    """The patches, each with its projection, or with the place for it. `key` names the unit."""
    return _nine(_seen, mark, dark)


def _nine(seen: Seen, mark: str, dark: bool) -> bytes:
    from vizcore.data.windows import cut_window
    from vizcore.figures.deconvnet import colour_projection
    from vizcore.figures.marking import marked
    from vizcore.figures.patch_wall import cut_patches
    from vizcore.figures.unit import draw_nine

    assert seen.found is not None
    assert seen.pictures is not None
    unit, view = seen.unit, _views(seen.pictures.stamp, seen.weights.preprocessing, seen.pictures)
    patches = cut_patches(seen.found, unit.layer, unit.channel, view, dark=dark)
    projections = None
    if seen.projections is not None:
        grey = rgb_of(theme(dark).grid)
        projections = []
        for each, values in zip(seen.nine, seen.projections.projections_nchw, strict=True):
            assert each.window is not None
            colours, _ = colour_projection(values)
            projections.append(cut_window(colours, each.window, grey))
    names = words.labels(seen.nine)
    pairs = not seen.reason
    content = png(draw_nine(list(patches), names, projections, pairs=pairs, dark=dark))
    return marked(content, mark, dark=dark)
