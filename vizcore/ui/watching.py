"""Work that is watched while it goes on: its picture as it forms, pause, continue, cancel.

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
    from streamlit.delta_generator import DeltaGenerator

    from vizcore.runtime.jobs import Job, State, Task

#: Seconds between two looks at a job: at work, and at rest.
_WORKING_S, _PAUSED_S = 0.17, 2.0
#: How long a press on Pause waits for the step in hand.
_REST_S = 0.6
#: Buttons that take each other's place are equally wide.
_BUTTON_PX = 124
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


def draw(
    watched: Watched[Found],
    lay_out: Callable[[], DeltaGenerator],
    show: Callable[[Found | None], None],
) -> None:
    """Follow the job in a fragment of the page, under its buttons.

    The buttons stand in a fragment of their own, which is drawn anew when one of them is pressed
    and not otherwise; nothing is drawn above them that changes its height or width while the work
    goes on. A press is lost where a button moves away from under the pointer.

    Args:
        lay_out: called where the buttons are drawn: makes the places on the page, and gives the
            one for the buttons, the bar and what `show` draws.
        show: draws what was found, None before the first step. What it writes outside of that
            place it has to write every time (Streamlit then keeps its place).
    """
    st.fragment(_steer)(watched, lay_out, show)


def _steer(
    watched: Watched[Found],
    lay_out: Callable[[], DeltaGenerator],
    show: Callable[[Found | None], None],
) -> None:
    job = watched.job
    _mind_the_end(watched)
    with lay_out():
        every = None
        if not watched.is_over:
            _draw_buttons(job, watched.slot)
            every = _PAUSED_S if job.at_rest else _WORKING_S
        st.fragment(_follow, run_every=every)(watched, show, is_at_rest=job.at_rest)


def _follow(
    watched: Watched[Found], show: Callable[[Found | None], None], *, is_at_rest: bool
) -> None:
    job = watched.job
    _mind_the_end(watched)
    if not watched.is_over:
        st.progress(*_how_far(job))
    elif watched.was_stopped:
        _draw_stopped(watched)
    show(_found(job))
    if job.at_rest and not is_at_rest:
        st.rerun()  # a long step is over at last: from now on it is to be looked at less often


def _mind_the_end(watched: Watched[Any]) -> None:
    """Draw the whole page anew when the work is over: it has more to say then."""
    if watched.job.state in _OVER and not watched.is_over:
        st.rerun()


def _draw_buttons(job: Job[Any], slot: str) -> None:
    with st.container(horizontal=True, gap="small"):
        if job.state == "paused":
            st.button(
                "Continue",
                key=f"{slot}.continue",
                icon=":material/play_arrow:",
                type="primary",
                on_click=job.resume,
                width=_BUTTON_PX,
            )
        else:
            st.button(
                "Pause",
                key=f"{slot}.pause",
                icon=":material/pause:",
                on_click=_pause,
                args=(job,),
                width=_BUTTON_PX,
            )
        st.button(
            "Cancel",
            key=f"{slot}.cancel",
            icon=":material/close:",
            on_click=job.cancel,
            width=_BUTTON_PX,
        )
    if said := st.session_state.pop(_SAID, None):
        st.warning(said, icon=":material/error:")


def _pause(job: Job[Any]) -> None:
    """Let it rest, and see the step in hand out, where it is short: what is shown is the last."""
    try:
        job.pause()
    except ConvScopeError as error:
        st.session_state[_SAID] = str(error)
        return
    job.rest(_REST_S)


def _how_far(job: Job[Any]) -> tuple[float, str]:
    """The share of the steps made, and where it stands in few words."""
    progress, eta_s = job.progress, job.eta_s
    if job.state == "queued":
        return 0.0, f"Number {job.place} in the queue"
    if progress is None or not progress.total:
        return 0.0, "Loading the network"
    words = f"Step {progress.done:,} of {progress.total:,}"
    if job.state == "paused":
        words += ", paused" if job.at_rest else ", pausing after this step"
    elif eta_s is not None:
        words += f", {eta_s:.0f} s left"
    return min(1.0, progress.done / progress.total), words


def _draw_stopped(watched: Watched[Any]) -> None:
    """That it was cancelled, or given up, and the way to begin again."""
    st.caption(str(watched.job.error).replace("[", r"\["))
    if st.button("Start again", key=f"{watched.slot}.again", icon=":material/replay:"):
        work.release(watched.slot)
        st.rerun()


def _found(job: Job[Found]) -> Found | None:
    """The result, or what there is of it."""
    if job.state == "done":
        return job.result()
    progress = job.progress
    return None if progress is None else progress.partial
