"""Work on a device, as a page sees it: one engine for the process, a bar, a Cancel button.

Nothing here imports torch when the module is imported.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vizcore.errors import JobCancelled
from vizcore.runtime.engine import LocalEngine

if TYPE_CHECKING:
    from vizcore.runtime.jobs import Job, Task

Result = TypeVar("Result")

#: The network a page about pictures begins with, where it is in the box.
DEFAULT_NETWORK = "zfnet_photos20"

#: The session of the server itself, which never leaves.
WARM_UP = "warm-up"

#: What a person has cancelled: the task's key by the slot.
_GIVEN_UP = "work.given_up"
_NOTHING = object()
_QUIET_S = 0.7
_POLL_S = 0.1


@cache
def engine() -> LocalEngine:
    """The engine of this process. At its end work is stopped before torch is taken away."""
    made = LocalEngine()
    atexit.register(made.close)
    return made


def network_keys() -> tuple[str, ...]:
    """Architectures whose trained weights are on this machine."""
    from vizcore.runtime.weights import cards

    return tuple(dict.fromkeys(card.key for card in cards()))


def default_network() -> str:
    """The network a page about pictures begins with."""
    keys = network_keys()
    return DEFAULT_NETWORK if DEFAULT_NETWORK in keys or not keys else keys[0]


def session() -> str:
    """The person's session, for fair shares."""
    context = get_script_run_ctx()
    return context.session_id if context else "script"


def let_go_of_the_absent() -> None:
    """Give up the jobs of people who have left, so that they hold nobody up.

    Streamlit tells nobody when a browser goes away; its script simply ends.
    """
    if runtime.exists():
        server = runtime.get_instance()
        for person in engine().sessions():
            if person != WARM_UP and not server.is_active_session(person):
                engine().cancel_session(person)


def run(
    task: Task[Result],
    *,
    slot: str,
    on_cancel: Callable[[], None] | None = None,
    show: Callable[[Any], None] | None = None,
    quiet_s: float = _QUIET_S,
) -> Result:
    """Give a task to the engine and wait for it, with a bar and a Cancel button when it lasts.

    A rerun with the same task goes on waiting for the same job; with another task, the job that
    stood in this slot is given up. What was cancelled stays so until it is asked for again, by the
    button that stands in its place.

    Args:
        task: what to compute; its key makes it shared and kept.
        slot: one place of one page; a slot has one job at a time.
        on_cancel: called when Cancel was pressed, before the page is drawn anew; the page then
            remembers itself what was cancelled.
        show: draws what the work has found so far, each time there is more.
        quiet_s: how long nothing is said; 0 where a person has just asked for something long.

    Raises:
        JobError: it was cancelled, took too long, or there is no room for it.
    """
    given_up: dict[str, Any] = st.session_state.setdefault(_GIVEN_UP, {})
    if given_up.get(slot, _NOTHING) == task.key:
        _offer_again(slot)
        raise JobCancelled(f"Cancelled: {task.label}.")
    given_up.pop(slot, None)
    job = hold(task, slot=slot)
    if job.state in ("failed", "cancelled"):
        release(slot)
        job = hold(task, slot=slot)
    if not job.wait(quiet_s):
        stop = on_cancel or partial(given_up.__setitem__, slot, task.key)
        _draw_until_over(job, slot, stop, show)
    result = job.result()
    release(slot)
    return result


def hold(task: Task[Result], *, slot: str) -> Job[Result]:
    """The job of a slot, without waiting for it: the one that stands there for this task, or new.

    It stays, over or not, until another task comes into the slot (which gives it up) or `release`.
    """
    kept = _jobs()
    key, job = kept.get(slot, (None, None))
    if job is None or key != task.key:
        if job is not None:
            job.cancel()
        let_go_of_the_absent()
        job = engine().submit(task, session=session())
        kept[slot] = (task.key, job)
    return cast("Job[Result]", job)


def release(slot: str) -> None:
    """Let go of the job of a slot; one that is not over is given up."""
    _, job = _jobs().pop(slot, (None, None))
    if job is not None:
        job.cancel()


def release_done(slot: str) -> None:
    """Let go of the job of a slot where it is done; its result stays with the engine a while."""
    _, job = _jobs().get(slot, (None, None))
    if job is not None and job.state == "done":
        release(slot)


def _jobs() -> dict[str, tuple[Any, Job[Any]]]:
    """The session's jobs by slot, each with its task's key."""
    jobs: dict[str, tuple[Any, Job[Any]]] = st.session_state.setdefault("work.jobs", {})
    return jobs


def _offer_again(slot: str) -> None:
    """A button in the place of what was cancelled."""

    def ask() -> None:
        st.session_state[_GIVEN_UP].pop(slot, None)

    st.button("Compute it", key=f"again-{slot}", on_click=ask, icon=":material/replay:")


def _draw_until_over(
    job: Job[Result],
    slot: str,
    on_cancel: Callable[[], None],
    show: Callable[[Any], None] | None,
) -> None:
    def cancel() -> None:
        job.cancel()
        on_cancel()

    place = st.empty()
    with place.container(border=True):
        bar = st.progress(0.0, text=_label(job))
        st.button("Cancel", key=f"cancel-{slot}", on_click=cancel, icon=":material/close:")
    shown = None
    while not job.wait(_POLL_S):
        bar.progress(*how_far(job))
        partial = None if job.progress is None else job.progress.partial
        if show is not None and partial is not None and partial is not shown:
            show(partial)
            shown = partial
    place.empty()


def how_far(job: Job[Result]) -> tuple[float, str]:
    """The share done, and what is being done, in words."""
    progress = job.progress
    share = progress.done / progress.total if progress is not None and progress.total else 0.0
    share = min(share, 1.0)
    if job.state == "queued":
        return share, f"{_label(job)}: number {job.place} in the queue"
    if progress is None:
        return 0.0, f"{_label(job)}: beginning"
    note = progress.note or "working"
    if job.state == "paused":
        return share, f"{_label(job)}: paused, {note}"
    says_left = note.endswith(" left") or job.eta_s is None
    left = "" if says_left else f", about {job.eta_s:.0f} s left"
    return share, f"{_label(job)}: {note}{left}"


def _label(job: Job[Result]) -> str:
    """What is computed; names of classes and files come from anybody, so no links or pictures."""
    return job.label.replace("[", r"\[")


def device_line() -> str:
    """Where the work is done, in a few words; asks torch only when it is loaded already."""
    import sys

    if "torch" not in sys.modules:
        return "Device: found when the first network is loaded"
    from vizcore.runtime import device

    return f"Device: {device.describe(device.choose())}"


def prepare() -> None:
    """Load what a first table and a first prediction need: torch, torchvision, the networks."""
    from vizcore.api import layers
    from vizcore.tasks.prediction import warm_task

    layers("vgg_d")
    for key in network_keys():
        engine().submit(warm_task(key), session=WARM_UP).result(timeout_s=60)
