"""Work that is watched while it goes on: its picture as it forms, pause, continue, cancel, scrub.

The page is drawn once; a fragment of it follows the job, several times a second, and nothing else
is drawn anew. The job is the session's, not the page's: it goes on while widgets are moved, and
while the person looks at another page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.ui import work

if TYPE_CHECKING:
    from vizcore.runtime.jobs import Job, State, Task

#: Seconds between two looks at a job: at work, and paused.
_WORKING_S, _PAUSED_S = 0.2, 2.0
_SAID = "watching.said"
_OVER = ("done", "cancelled", "failed")


class FrameLike(Protocol):
    """A picture that was kept of the way."""

    @property
    def step(self) -> int:
        """After so many steps."""


class FilmLike(Protocol):
    """What the work has found so far, or in the end."""

    @property
    def step(self) -> int:
        """Steps made."""

    @property
    def frames(self) -> Sequence[FrameLike]:
        """Pictures of the way, first to last."""


Found = TypeVar("Found", bound=FilmLike)


@dataclass(frozen=True, slots=True)
class Watched(Generic[Found]):
    """A job as this run of the page found it.

    Attributes:
        found: what there is so far; None before the first step.
        is_over: whether nothing will be added.
        was_stopped: whether it was cancelled on the way.
    """

    job: Job[Found]
    slot: str
    state: State
    found: Found | None
    is_over: bool
    was_stopped: bool


def watched(task: Task[Found], *, slot: str) -> Watched[Found]:
    """The job of a slot, begun where there was none. One that was cancelled is not begun again.

    Raises:
        JobError: it failed, or there is no room for it. (When asked again, it is tried again.)
    """
    job = work.hold(task, slot=slot)
    state = job.state
    if state == "failed":
        error = job.error
        work.release(slot)
        assert error is not None
        raise error
    return Watched(job, slot, state, _found(job), state in _OVER, state == "cancelled")


def draw(watched: Watched[Found], show: Callable[[Found | None, Callable[[], int]], None]) -> None:
    """Follow the job in a fragment of the page.

    Args:
        show: draws what was found, None before the first step. It is given what draws the job's
            bar and buttons, or the steps to go back to, where it is called; that says the step to
            show: one of the frames', or the newest. What `show` writes outside of the fragment it
            has to write every time (Streamlit then keeps its place).
    """
    every = {"queued": _WORKING_S, "running": _WORKING_S, "paused": _PAUSED_S}.get(watched.state)
    st.fragment(_follow, run_every=every)(watched, show)


def _follow(
    watched: Watched[Found], show: Callable[[Found | None, Callable[[], int]], None]
) -> None:
    job, state = watched.job, watched.job.state
    if state in _OVER and not watched.is_over:
        st.rerun()  # the page has more to say
    found = _found(job)

    def draw_way() -> int:
        if not watched.is_over:
            _draw_bar(job, watched.slot)
            return 0 if found is None else found.step
        if watched.was_stopped:
            _draw_stopped(watched)
        if found is None:
            return 0
        steps = sorted({*(frame.step for frame in found.frames), found.step})
        if len(steps) == 1:
            return steps[0]
        chosen: int = st.select_slider(
            "Step", steps, value=steps[-1], key=f"{watched.slot}.step.{job.id}"
        )
        return chosen

    show(found, draw_way)
    if (state == "paused") != (watched.state == "paused"):
        st.rerun()  # it is to be looked at less often, or more


def _draw_bar(job: Job[Any], slot: str) -> None:
    share, text = _how_far(job)
    st.progress(share, text=text)
    with st.container(horizontal=True, gap="small"):
        if job.state == "paused":
            st.button(
                "Continue",
                key=f"{slot}.continue",
                icon=":material/play_arrow:",
                type="primary",
                on_click=_told(job.resume),
            )
        else:
            st.button(
                "Pause", key=f"{slot}.pause", icon=":material/pause:", on_click=_told(job.pause)
            )
        st.button("Cancel", key=f"{slot}.cancel", icon=":material/close:", on_click=job.cancel)
    if said := st.session_state.pop(_SAID, None):
        st.warning(said, icon=":material/error:")


def _how_far(job: Job[Any]) -> tuple[float, str]:
    """The share of the steps made, and where it stands in few words."""
    progress, eta_s = job.progress, job.eta_s
    if job.state == "queued":
        return 0.0, f"Number {job.place} in the queue"
    if progress is None or not progress.total:
        return 0.0, "Loading the network"
    words = f"Step {progress.done:,} of {progress.total:,}"
    if job.state == "paused":
        words += ", paused"
    elif eta_s is not None:
        words += f", {eta_s:.0f} s left"
    return min(1.0, progress.done / progress.total), words


def _draw_stopped(watched: Watched[Any]) -> None:
    """That it was cancelled, or given up, and the way to begin again."""
    st.caption(str(watched.job.error).replace("[", r"\["))
    if st.button("Start again", key=f"{watched.slot}.again", icon=":material/replay:"):
        work.release(watched.slot)
        st.rerun()


def _told(act: Callable[[], None]) -> Callable[[], None]:
    """The same as a button's callback: a refusal is kept, to be said on the page."""

    def acted() -> None:
        try:
            act()
        except ConvScopeError as error:
            st.session_state[_SAID] = str(error)

    return acted


def _found(job: Job[Found]) -> Found | None:
    """The result, or what there is of it."""
    if job.state == "done":
        return job.result()
    progress = job.progress
    return None if progress is None else progress.partial
