"""The job engine of one process: bounded, fair, shared, cancellable.

One worker thread a device owns the loaded networks and takes one step of each active job in turn.
Each job works on its own copy of the network's modules, so that hooks never meet. A step cannot
be interrupted: cancelling and the time limit take effect for the person at once, and for the
device when the step returns.

    engine = LocalEngine()
    job = engine.submit(task, session="a person's")
    while not job.wait(0.1):
        show(job.place, job.progress, job.eta_s)
    job.result()
"""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from vizcore.errors import QueueFull
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import Task
from vizcore.runtime.local_job import LocalJob
from vizcore.runtime.results import ResultCache
from vizcore.runtime.runs import Limits, Run
from vizcore.runtime.worker import Worker

Result = TypeVar("Result")


class LocalEngine:
    """Runs tasks in this process. Nothing starts, and torch stays unloaded, until the first task.

    Args:
        device: where tasks run that name no device; None leaves it to `choose`.
        limits: how much it takes on.
        clock: seconds, rising (tests give their own).
    """

    def __init__(
        self,
        device: str | None = None,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.results = ResultCache(self.limits.results_bytes)
        self._device = device
        self.clock = clock
        self.changed = threading.Condition()
        self._workers: dict[str, Worker] = {}
        self._shared: dict[Hashable, Run] = {}
        self._jobs: dict[str, LocalJob[Any]] = {}
        self._ended = Counter[str]()
        self._counted = Counter[str]()
        self._numbers = itertools.count(1)
        self._closed = False

    def submit(
        self, task: Task[Result], *, session: str = "", device: str | None = None
    ) -> LocalJob[Result]:
        """Queue a task; one with a kept or unfinished twin (same key and device) shares it.

        Raises:
            QueueFull: the queue, or the session's share of it, is full, or the engine is closed.
            BadChoice: the device is not one of this machine.
        """
        place = task.lane or choose(device or self._device)
        key = None if task.key is None else (place, task.key)
        with self.changed:
            if self._closed:
                raise QueueFull("The engine is closed and takes no more work.")
            worker = self._worker(place)
            kept = None if key is None else self.results.get(key)
            if kept is not None:
                run = Run(task, place, key, session, "done", result=kept)
                return LocalJob(self, worker, run, f"job-{next(self._numbers)}", session)
            self._check_session(session)
            run_or_none = None if key is None else self._shared.get(key)
            if run_or_none is None:
                run = self._enqueue(worker, Run(task, place, key, session))
            else:
                run = run_or_none
                self._counted["shared"] += 1
            job: LocalJob[Result] = LocalJob(
                self, worker, run, f"job-{next(self._numbers)}", session
            )
            run.wanted_by[job.id] = session
            worker.take_up(run)  # others may have paused it
            self._jobs[job.id] = job
            return job

    def cancel_session(self, session: str) -> int:
        """Give up every unfinished job of a session; says how many there were."""
        with self.changed:
            mine = [job for job in self._jobs.values() if job.session == session]
            for job in mine:
                job.cancel()
            return len(mine)

    def sessions(self) -> set[str]:
        """The sessions that have unfinished jobs."""
        with self.changed:
            return {job.session for job in self._jobs.values()}

    def metrics(self) -> dict[str, float]:
        """Plain numbers: `_total` only rises since the start, the rest is now.

        Step times are those of the last 1000 steps of each device.
        """
        with self.changed:
            workers = list(self._workers.values())
            for worker in workers:
                for run in (*worker.turns(), *worker.aside):
                    worker.check_time(run)
            runs = [run for worker in workers for run in (*worker.queue, *worker.turns())]
            seconds = [value for worker in workers for value in worker.step_seconds]
            return {
                "jobs_unfinished": len(self._jobs),
                "jobs_shared_total": self._counted["shared"],
                "runs_queued": sum(run.state == "queued" for run in runs),
                "runs_running": sum(run.state == "running" for run in runs),
                "runs_paused": sum(len(worker.aside) for worker in workers),
                "runs_done_total": self._ended["done"],
                "runs_failed_total": self._ended["failed"],
                "runs_cancelled_total": self._ended["cancelled"],
                "steps_total": sum(worker.steps_total for worker in workers),
                "step_seconds_total": sum(worker.step_seconds_total for worker in workers),
                "step_seconds_median": statistics.median(seconds) if seconds else 0.0,
                "step_seconds_max": max(seconds, default=0.0),
                "networks_loaded": sum(len(worker.networks) for worker in workers),
                "results_kept": len(self.results),
                "results_bytes": self.results.held_bytes,
                "results_hits_total": self.results.hits,
                "results_misses_total": self.results.misses,
            }

    def close(self) -> None:
        """Give up everything; the threads end after the step in hand."""
        with self.changed:
            self._closed = True
            for worker in self._workers.values():
                worker.close()
        for worker in self._workers.values():
            if worker.thread is not threading.current_thread():
                worker.thread.join(timeout=self.limits.step_s)

    def _worker(self, device: str) -> Worker:
        if device not in self._workers:
            self._workers[device] = Worker(
                device, self.limits, self.changed, self._on_end, self.clock
            )
        return self._workers[device]

    def _enqueue(self, worker: Worker, run: Run) -> Run:
        if len(worker.queue) >= self.limits.queue:
            raise QueueFull(
                f"{len(worker.queue)} computations are waiting for the device "
                f"'{worker.device}', which is as many as may wait. Try again in a moment."
            )
        worker.enqueue(run)
        if run.key is not None:
            self._shared[run.key] = run
        return run

    def _check_session(self, session: str) -> None:
        mine = sum(job.session == session for job in self._jobs.values())
        if mine >= self.limits.session:
            raise QueueFull(
                f"You have {mine} unfinished computations, which is as many as one session may "
                "have. Cancel one, or wait until one has finished."
            )

    def _on_end(self, run: Run) -> None:
        """Keep the result and let go of the computation. The lock is held."""
        self._ended[run.state] += 1
        if run.key is not None:
            self._shared.pop(run.key, None)
            if run.state == "done" and run.result is not None:
                self.results.put(run.key, run.result)
        for job_id in run.wanted_by:
            self._jobs.pop(job_id, None)

    def give_up(self, job: LocalJob[Any]) -> None:
        """One job wants its computation no more; the last one to say so ends it. Lock held."""
        run = job.run
        run.wanted_by.pop(job.id, None)
        run.paused_by.discard(job.id)
        self._jobs.pop(job.id, None)
        if not run.wanted_by:
            job.worker.settle(run, "cancelled", error=job.cancelled())
        elif run.resting:
            job.worker.set_aside(run)
        self.changed.notify_all()

    def pause(self, job: LocalJob[Any]) -> None:
        """One job lets its computation rest; the last one to say so pauses it. Lock held.

        Raises:
            QueueFull: the session, or the device, has as many paused as it may have.
        """
        run, limits = job.run, self.limits
        mine = [each for each in self._jobs.values() if each.session == job.session]
        paused = sum(each.state == "paused" for each in mine)
        if paused >= limits.paused:
            raise QueueFull(
                f"You have {paused} paused computations, which is as many as one session may "
                "have. Continue or cancel one."
            )
        if len(job.worker.aside) >= limits.paused_all:
            raise QueueFull(
                f"{len(job.worker.aside)} computations are paused on the device "
                f"'{job.worker.device}', which is as many as may be. Let this one go on, or "
                "cancel it."
            )
        run.paused_by.add(job.id)
        if run.resting:
            job.worker.set_aside(run)
        self.changed.notify_all()

    def resume(self, job: LocalJob[Any]) -> None:
        """One job wants its computation to go on. Lock held."""
        job.run.paused_by.discard(job.id)
        job.worker.take_up(job.run)
        self.changed.notify_all()
