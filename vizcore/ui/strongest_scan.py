"""The scan behind the page What excites a unit: watched as it goes on, stopped, gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import streamlit as st

from vizcore.data.picture_sets import PictureSet
from vizcore.errors import JobCancelled
from vizcore.records.patches import TopPatches
from vizcore.ui import work
from vizcore.zoo.weights import Weights

_STOPPED = "strongest.stopped"  # the key of the scan that the person stopped
_SO_FAR = "strongest.so-far"  # (key, what an unfinished scan has found)
#: Drawing what was found takes at most this share of the time of a scan.
_DRAWING = 0.2


def scanned(
    weights: Weights,
    pictures: PictureSet,
    layers: Sequence[str] | str | None,
    draw: Callable[[TopPatches], None],
) -> TopPatches | None:
    """The nine strongest places of the units of layers; None where the scan was stopped before any.

    Args:
        layers: as for `vizcore.tasks.patches.top_patches_task`.
        draw: what was found in the pictures looked at so far, while the scan goes on.
    """
    from vizcore.tasks.patches import top_patches_task

    task = top_patches_task(weights.architecture, pictures, layers, weights=weights)
    status, place = st.container(), st.empty()
    earliest_s = 0.0

    def show(so_far: TopPatches) -> None:
        nonlocal earliest_s
        st.session_state[_SO_FAR] = (task.key, so_far)
        began_s = time.monotonic()
        if began_s < earliest_s:
            return
        with place.container():
            draw(so_far)
        ended_s = time.monotonic()
        earliest_s = ended_s + (ended_s - began_s) / _DRAWING

    if st.session_state.get(_STOPPED) != task.key:
        try:
            with status:
                found = work.run(
                    task, slot="strongest.scan", on_cancel=lambda: _stop(task.key), show=show
                )
        except JobCancelled:
            _stop(task.key)
        else:
            place.empty()
            st.session_state.pop(_SO_FAR, None)
            return found
    place.empty()
    known, so_far = st.session_state.get(_SO_FAR, (None, None))
    return so_far if known == task.key else None


def still_to_see(found: TopPatches, pictures: PictureSet) -> int:
    """How many pictures of the set the scan has not come to."""
    not_read = len(found.skipped) - len(pictures.skipped)
    return len(pictures) - not_read - found.looked_at


def draw_stopped(found: TopPatches | None, pictures: PictureSet) -> None:
    """How far a stopped scan came, and the way on."""
    with st.container(border=True, key="strongest-stopped"):
        seen = 0 if found is None else found.looked_at
        st.markdown(
            f":material/pause: **The scan was stopped after {seen:,} of {len(pictures):,} "
            "pictures.** What it had found is kept on disk."
        )
        st.button("Go on with the scan", key="strongest-go-on", type="primary", on_click=_go_on)


def _stop(key: object) -> None:
    st.session_state[_STOPPED] = key


def _go_on() -> None:
    st.session_state.pop(_STOPPED, None)
