"""A person's handle on a computation of a `LocalEngine`: where it stands, its result, its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, TypeVar

from vizcore.errors import JobCancelled
from vizcore.runtime.jobs import Progress, State

if TYPE_CHECKING:
    from vizcore.runtime.engine import LocalEngine
    from vizcore.runtime.runs import Run
    from vizcore.runtime.worker import Worker

Result = TypeVar("Result")

_UNFINISHED = ("queued", "running", "paused")


class LocalJob(Generic[Result]):
    """A handle on a task given to a `LocalEngine`; see `vizcore.runtime.jobs.Job`."""

    def __init__(
        self, engine: LocalEngine, worker: Worker, run: Run, job_id: str, session: str
    ) -> None:
        self.id = job_id
        self.session = session
        self.label = run.task.label
        self._engine = engine
        self.worker = worker
        self.run = run
        self._given_up = False
        self._seen_at_pause: Progress | None = None

    def __repr__(self) -> str:
        return f"<{self.id} '{self.label}' {self.state}>"

    @property
    def state(self) -> State:
        """queued, running, paused, done, failed or cancelled.

        It is paused when its person paused it, even while the work goes on for somebody else.
        """
        with self._engine.changed:
            self.worker.check_time(self.run)
            if self._given_up:
                return "cancelled"
            if self.id in self.run.paused_by and not self.run.over:
                return "paused"
            return self.run.state

    @property
    def place(self) -> int:
        """1 for the next in the queue, 0 when it is not waiting."""
        with self._engine.changed:
            if self.state != "queued":
                return 0
            return self.worker.queue.index(self.run) + 1

    @property
    def progress(self) -> Progress | None:
        """The newest progress, None before the first.

        While its person has paused it and the work goes on for somebody else, that of the pause.
        """
        with self._engine.changed:
            if self.state == "paused" and self.run.state != "paused":
                return self._seen_at_pause
            return self.run.progress

    @property
    def at_rest(self) -> bool:
        """Whether it is paused and the step that was in hand is over."""
        with self._engine.changed:
            if self.state != "paused":
                return False
            return self.run.state != "paused" or not self.worker.has_in_hand(self.run)

    @property
    def eta_s(self) -> float | None:
        """Seconds left at the pace so far; None while nothing is known, or it is paused.

        The pace is that of the time it ran: a pause does not count.
        """
        with self._engine.changed:
            progress, started_s = self.run.progress, self.run.started_s
            if self.state != "running" or progress is None or started_s is None:
                return None
            if progress.total is None or progress.done == 0:
                return None
            pace = (self.run.worked_s + self._engine.clock() - started_s) / progress.done
            return max(0.0, pace * (progress.total - progress.done))

    @property
    def error(self) -> Exception | None:
        """Why there is no result, None otherwise."""
        with self._engine.changed:
            self.worker.check_time(self.run)
            return self.cancelled() if self._given_up else self.run.error

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it is over or the time has passed; True when it is over."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._engine.changed:
            while self.state in _UNFINISHED:
                left = 1.0 if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    return False
                # At most a second at once: `state` notices steps that take too long.
                self._engine.changed.wait(min(left, 1.0))
            return True

    def result(self, timeout_s: float | None = None) -> Result:
        """Wait, then give the result.

        Raises:
            TimeoutError: it is not over in time.
            Exception: whatever the work ended with, or `JobCancelled`.
        """
        if not self.wait(timeout_s):
            raise TimeoutError(f"'{self.label}' is not over after {timeout_s:g} s.")
        error = self.error
        if error is not None:
            raise error
        return self.run.result

    def cancel(self) -> None:
        """Give it up, if it is not over. Others who asked for the same still get it."""
        with self._engine.changed:
            if self.state in _UNFINISHED:
                self._given_up = True
                self._engine.give_up(self)

    def pause(self) -> None:
        """Let it rest until `resume`, if it is not over; the step in hand is finished first.

        The computation takes no turns and leaves its place to others, and goes on where it was;
        while somebody else wants it, it goes on for them. It is given up when it has rested too
        long (`Limits.paused_s`).

        Raises:
            QueueFull: the session, or the device, has as many paused as it may have.
        """
        with self._engine.changed:
            if self.state in ("queued", "running"):
                self._engine.pause(self)
                self._seen_at_pause = self.run.progress

    def rest(self, timeout_s: float) -> bool:
        """Wait until it is at rest, is not paused any more or the time has passed; True at rest."""
        deadline = time.monotonic() + timeout_s
        with self._engine.changed:
            while self.state == "paused" and not self.at_rest:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._engine.changed.wait(left)
            return self.at_rest

    def resume(self) -> None:
        """Let it go on, in its turn, if it is paused."""
        with self._engine.changed:
            if self.state == "paused":
                self._engine.resume(self)

    def cancelled(self) -> JobCancelled:
        """What its person is told who gave it up."""
        return JobCancelled(f"'{self.label}' was cancelled.")
