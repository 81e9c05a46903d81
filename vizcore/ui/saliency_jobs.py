"""Several computations at once, each in its own place on the page: bar, Cancel, then the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore.errors import ConvScopeError, JobCancelled
from vizcore.ui import work

if TYPE_CHECKING:
    from vizcore.runtime.jobs import Job, Task

#: Of one person at once; the rest of the session's share is left to other pages.
_MOST = 5
_QUIET_S = 0.7
_POLL_S = 0.1
_JOBS, _GIVEN_UP = "saliency.jobs", "saliency.given_up"


@dataclass(frozen=True, slots=True)
class Cell:
    """One result to come.

    Attributes:
        name: tells the cells of a page apart.
        task: what is computed.
        wait, place: two empty places, for the bar and for the result. (One place would keep what
            the other left in it: a container put over another begins with its elements.)
    """

    name: str
    task: Task[Any]
    wait: DeltaGenerator
    place: DeltaGenerator

    @property
    def key(self) -> Hashable:
        """What the task computes."""
        return self.task.key


def gather(
    cells: Sequence[Cell],
    draw: Callable[[Cell, Any], None],
    refuse: Callable[[Cell, ConvScopeError], None] = lambda _cell, _error: None,
) -> dict[str, Any | ConvScopeError]:
    """Compute all cells, several at a time, and draw each as soon as it is there.

    A rerun goes on waiting for the jobs of the last one; a job that no cell wants any more is
    given up. A cell whose Cancel was pressed stays so until it is asked for again.

    Args:
        draw: called with a cell and its result, inside the cell's place.
        refuse: the same with why there is none, below its words.

    Returns:
        by the cells' names: the result, or why there is none.
    """
    jobs: dict[Hashable, Job[Any]] = st.session_state.setdefault(_JOBS, {})
    given_up: set[Hashable] = st.session_state.setdefault(_GIVEN_UP, set())
    wanted = {cell.key for cell in cells}
    given_up &= wanted
    for key in [key for key in jobs if key not in wanted]:
        jobs.pop(key).cancel()
    found: dict[str, Any | ConvScopeError] = {}
    waiting = [cell for cell in cells if cell.key not in given_up]
    for cell in cells:
        if cell.key in given_up:
            found[cell.name] = JobCancelled(f"{cell.task.label} was cancelled.")
            _offer_again(cell, given_up)
    running: list[Cell] = []
    bars: dict[str, DeltaGenerator] = {}
    begun = time.monotonic()
    work.let_go_of_the_absent()
    while running or waiting:
        while waiting and len(running) < _MOST:
            cell = waiting.pop(0)
            try:
                _submit(cell, jobs)
            except ConvScopeError as error:
                found[cell.name] = _drawn(cell, error, draw, refuse)
            else:
                running.append(cell)
        for cell in [cell for cell in running if jobs[cell.key].wait(0)]:
            running.remove(cell)
            found[cell.name] = _drawn(cell, _outcome(jobs.pop(cell.key)), draw, refuse)
        if running:
            if time.monotonic() - begun >= _QUIET_S:
                for cell in running:
                    _show_progress(cell, jobs[cell.key], bars, given_up)
            jobs[running[0].key].wait(_POLL_S)
    return found


def _submit(cell: Cell, jobs: dict[Hashable, Job[Any]]) -> None:
    job = jobs.get(cell.key)
    if job is None or job.state in ("failed", "cancelled"):
        jobs[cell.key] = work.engine().submit(cell.task, session=work.session())


def _outcome(job: Job[Any]) -> Any | ConvScopeError:
    try:
        return job.result()
    except ConvScopeError as error:
        return error


def _drawn(
    cell: Cell,
    outcome: Any | ConvScopeError,
    draw: Callable[[Cell, Any], None],
    refuse: Callable[[Cell, ConvScopeError], None],
) -> Any | ConvScopeError:
    cell.wait.empty()
    with cell.place.container():
        if isinstance(outcome, ConvScopeError):
            words = str(outcome).replace("[", r"\[")  # names of classes come from anybody
            st.markdown(f":material/block: {words}")
            refuse(cell, outcome)
        else:
            draw(cell, outcome)
    return outcome


def _show_progress(
    cell: Cell, job: Job[Any], bars: dict[str, DeltaGenerator], given_up: set[Hashable]
) -> None:
    def cancel() -> None:
        given_up.add(cell.key)
        job.cancel()

    if cell.name not in bars:
        with cell.wait.container(border=True):
            bars[cell.name] = st.progress(0.0)
            st.button("Cancel", key=f"cancel-{cell.name}", on_click=cancel, icon=":material/close:")
    bars[cell.name].progress(*work.how_far(job))


def _offer_again(cell: Cell, given_up: set[Hashable]) -> None:
    with cell.wait.container(border=True):
        st.caption("Cancelled")
        st.button(
            "Compute it",
            key=f"again-{cell.name}",
            on_click=given_up.discard,
            args=(cell.key,),
        )
