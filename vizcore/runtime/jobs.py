"""What work on a device looks like from outside: a task goes in, a job comes back.

Nothing here computes. `vizcore.runtime.engine.LocalEngine` runs tasks in this process; another
engine (several machines, a queue) can stand behind the same two protocols.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, cast

from vizcore.errors import OutOfMemory

if TYPE_CHECKING:
    from torch import nn

Result = TypeVar("Result")
Given = TypeVar("Given", covariant=True)
State = Literal["queued", "running", "paused", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        done: steps finished.
        total: steps in all, None where nobody knows.
        note: what is being done, in words a person reads.
        partial: what there is to show so far (a record), or None.
    """

    done: int
    total: int | None = None
    note: str = ""
    partial: Any = None


@dataclass(frozen=True, slots=True)
class NetworkSource:
    """A network an engine can load by itself and keep.

    Attributes:
        key: names the network and its weights; equal keys are one loaded network.
        load: called with a device's name, gives the network on that device.
    """

    key: str
    load: Callable[[str], nn.Module]


@dataclass(frozen=True, slots=True)
class Task(Generic[Result]):
    """Work to be done on a device.

    Attributes:
        work: called with a private copy of the network (with nothing, where there is no
            network). It returns the result, or it is a generator that yields `Progress` after
            each step and returns the result. It never yields inside a torch context. A function
            of a module, or a `functools.partial` of one, can be sent to another machine.
        label: what it is in words, for messages.
        network: what to run it on, None where the work needs none.
        key: equal keys have equal results: such tasks are computed once and kept. None: never.
            (A result of None is not kept: what was done may have to be done again.)
        lane: where work is done that needs no device, such as "network": it takes turns with its
            like only, and holds no device up. None: on a device.
    """

    work: Callable[..., Generator[Progress, None, Result] | Result]
    label: str
    network: NetworkSource | None = None
    key: Hashable | None = None
    lane: str | None = None


class Job(Protocol[Given]):
    """One person's handle on a task. All of it may be read at any time from any thread."""

    @property
    def id(self) -> str:
        """Unique in its engine."""

    @property
    def label(self) -> str:
        """The task's."""

    @property
    def state(self) -> State:
        """Where it stands."""

    @property
    def place(self) -> int:
        """1 for the next in the queue, 0 when it is not waiting."""

    @property
    def progress(self) -> Progress | None:
        """The newest progress, None before the first."""

    @property
    def at_rest(self) -> bool:
        """Whether it is paused and the step that was in hand is over: nothing changes by itself."""

    @property
    def eta_s(self) -> float | None:
        """Seconds left at the pace so far, None where it cannot be known."""

    @property
    def error(self) -> Exception | None:
        """Why it has no result, None otherwise."""

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it is over or the time has passed; True when it is over."""

    def result(self, timeout_s: float | None = None) -> Given:
        """Wait, then give the result or raise the job's error (`TimeoutError` if not over)."""

    def cancel(self) -> None:
        """Give it up. The work stops when everybody who asked for it has given it up."""

    def pause(self) -> None:
        """Let it rest until `resume`. The work rests when everybody who asked for it lets it.

        Raises:
            QueueFull: as many computations are paused as may be.
        """

    def rest(self, timeout_s: float) -> bool:
        """Wait until a paused job is at rest, or the time has passed; True when it is at rest."""

    def resume(self) -> None:
        """Let it go on, in its turn."""


class Engine(Protocol):
    """Runs tasks: shares the device fairly, keeps results, lets everything be cancelled."""

    def submit(
        self, task: Task[Result], *, session: str = "", device: str | None = None
    ) -> Job[Result]:
        """Queue a task for a session; a kept result comes back as a job that is done.

        Raises:
            QueueFull: the queue, or the session's share of it, is full.
        """

    def cancel_session(self, session: str) -> int:
        """Give up every job of a session (a person left); says how many."""

    def sessions(self) -> set[str]:
        """The sessions that have unfinished jobs."""

    def metrics(self) -> dict[str, float]:
        """Plain numbers for a monitoring page."""

    def close(self) -> None:
        """Give up everything and stop."""


def run_here(task: Task[Result], device: str = "cpu") -> Result:
    """Run a task to its end in this thread, without an engine: for scripts and notebooks.

    Raises:
        OutOfMemory: the device has no room for it.

    Example:
        >>> run_here(Task(lambda: 6 * 7, "multiply"))
        42
    """
    from vizcore.runtime.memory import is_out_of_memory, no_room

    try:
        return _run_through(task, device)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(no_room(device)) from error


def _run_through(task: Task[Result], device: str) -> Result:
    if task.network is None:
        outcome = task.work()
    else:
        from vizcore.runtime.clone import private_copy

        outcome = task.work(private_copy(task.network.load(device)))
    if inspect.isgenerator(outcome):
        return finish(cast(Generator[Progress, None, Result], outcome))
    return cast(Result, outcome)


def finish(steps: Generator[Progress, None, Result]) -> Result:
    """Take all steps of some work, one after the other, and give its result."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return cast(Result, stop.value)
