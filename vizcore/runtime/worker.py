"""One thread that owns a device: its loaded networks, and one step of each job in turn."""

from __future__ import annotations

import inspect
import logging
import threading
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, cast

from vizcore.errors import ConvScopeError, JobCancelled, JobError, JobTimedOut, OutOfMemory
from vizcore.runtime.device import release_unused, use_cpu_threads
from vizcore.runtime.jobs import NetworkSource, Progress, State
from vizcore.runtime.memory import is_out_of_memory, no_room
from vizcore.runtime.runs import Limits, Run

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)


class Worker:
    """The thread of one device.

    Args:
        changed: the engine's lock, notified whenever anything moves.
        ended: called with every computation that is settled, lock held.
        clock: seconds, rising.
    """

    def __init__(
        self,
        device: str,
        limits: Limits,
        changed: threading.Condition,
        ended: Callable[[Run], None],
        clock: Callable[[], float],
    ) -> None:
        self.device = device
        self.queue: list[Run] = []
        self.aside: list[Run] = []
        self.networks: OrderedDict[str, nn.Module] = OrderedDict()
        self.step_seconds: deque[float] = deque(maxlen=1000)
        self.steps_total = 0
        self.step_seconds_total = 0.0
        self._limits = limits
        self._changed = changed
        self._ended = ended
        self._clock = clock
        self._active: deque[Run] = deque()
        self._in_hand: Run | None = None
        self._turn = 0
        self._closing = False
        self.thread = threading.Thread(target=self._live, name=f"convscope-{device}", daemon=True)
        self.thread.start()

    # For the engine, which holds the lock.

    def turns(self) -> list[Run]:
        """The computations that have begun and are not settled."""
        begun = [*self._active, *([self._in_hand] if self._in_hand else [])]
        return [run for run in begun if not run.over]

    def has_in_hand(self, run: Run) -> bool:
        """Whether the thread is at a step of a computation."""
        return run is self._in_hand

    def enqueue(self, run: Run) -> None:
        """Put a computation in the queue, where it is fair.

        In the manner of start-time fair queueing (Goyal, Vin, Cheng 1996): a session's next
        computation gets the turn after its last one, but never one that has passed; equal turns
        go by arrival. So nobody's third job is served before somebody else's first, and nobody
        waits for ever.
        """
        others = (*self.queue, *self.turns())
        last = max((each.turn for each in others if each.session == run.session), default=0)
        run.turn = max(last, self._turn) + 1
        self.queue.append(run)
        self.queue.sort(key=lambda each: each.turn)
        self._changed.notify_all()

    def settle(
        self, run: Run, state: State, *, result: Any = None, error: Exception | None = None
    ) -> None:
        """End a computation. Steps it has left are closed by the thread, which runs them."""
        if run.over:
            return
        run.state, run.result, run.error = state, result, error
        if run in self.queue:
            self.queue.remove(run)
        if run in self.aside:
            self.aside.remove(run)
            if run is not self._in_hand:
                self._active.append(run)  # the thread closes its steps
        self._ended(run)
        self._changed.notify_all()

    def set_aside(self, run: Run) -> None:
        """Pause a computation: it takes no turns and leaves its place to others.

        A step in hand is finished first; what it finds is kept.
        """
        if run.over or run.state == "paused":
            return
        for line in (self.queue, self._active):
            if run in line:
                line.remove(run)
        run.state, run.paused_s = "paused", self._clock()
        self.aside.append(run)
        if run is not self._in_hand:
            self._stop_counting(run)
        self._changed.notify_all()

    def take_up(self, run: Run) -> None:
        """Let a paused computation go on, in its turn."""
        if run.state != "paused":
            return
        self.aside.remove(run)
        run.paused_s = None
        if run is self._in_hand:
            run.state = "running"
        else:
            run.state = "queued"
            self.enqueue(run)
        self._changed.notify_all()

    def check_time(self, run: Run) -> None:
        """Fail a computation whose step in hand takes too long; give up one paused too long."""
        if run.over:
            return
        if run.paused_s is not None and self._clock() - run.paused_s > self._limits.paused_s:
            message = (
                f"'{run.task.label}' was paused for {self._limits.paused_s / 60:g} minutes, which "
                "is as long as a computation may rest, and was given up. Start it again."
            )
            self.settle(run, "cancelled", error=JobCancelled(message))
            return
        if run.step_started_s is None:
            return
        if self._clock() - run.step_started_s > self._limits.step_s:
            message = (
                f"One step of '{run.task.label}' took longer than the {self._limits.step_s:g} s "
                "that a step may take. Choose a smaller network or picture, or another device."
            )
            self.settle(run, "failed", error=JobTimedOut(message))

    def close(self) -> None:
        """Give up everything; the thread ends after the step in hand."""
        self._closing = True
        for run in [*self.queue, *self.turns(), *self.aside]:
            self.settle(run, "cancelled", error=JobCancelled(f"'{run.task.label}' was stopped."))
        self._changed.notify_all()

    # The thread.

    def _live(self) -> None:
        use_cpu_threads()
        while True:
            with self._changed:
                run = self._in_hand = self._next()
            if run is None:
                return
            self._take_turn(run)

    def _next(self) -> Run | None:
        """Wait for the computation whose turn it is; None when the engine closes."""
        while True:
            for run in list(self.aside):
                self.check_time(run)
            while self.queue and len(self.turns()) < self._limits.active:
                run = self.queue.pop(0)
                self._turn = run.turn
                run.state, run.started_s = "running", self._clock()
                self._active.append(run)
                self._changed.notify_all()
            if self._active:
                return self._active.popleft()
            if self._closing:
                return None
            self._changed.wait(self._until_given_up())

    def _take_turn(self, run: Run) -> None:
        outcome, error = None, None
        if not run.over:
            try:
                outcome = self._step(run)
            except BaseException as raised:  # whatever work raises, the thread goes on
                error = self._explain(raised, run)
        with self._changed:
            self.check_time(run)
            if run.step_started_s is not None:
                self._count_step(self._clock() - run.step_started_s)
                run.step_started_s = None
            if error is not None:
                self.settle(run, "failed", error=error)
            elif not isinstance(outcome, Progress):
                self.settle(run, "done", result=outcome)
            elif not run.over:
                run.progress = outcome
                if run.state == "paused":
                    self._stop_counting(run)
                else:
                    self._active.append(run)
                self._changed.notify_all()
            self._in_hand = None
        if run.over and run.steps is not None:
            self._close_steps(run)

    def _step(self, run: Run) -> Any:
        """Take one step: its `Progress`, or the result when it was the last."""
        import torch

        torch.set_grad_enabled(run.grad_enabled)
        given: tuple[nn.Module, ...] = ()
        if not run.begun and run.task.network is not None:
            from vizcore.runtime.clone import private_copy

            run.progress = Progress(0, None, "loading the network")
            given = (private_copy(self._network(run.task.network)),)
        with self._changed:
            run.step_started_s = self._clock()
        try:
            if not run.begun:
                run.begun = True
                outcome = run.task.work(*given)
                if not inspect.isgenerator(outcome):
                    return outcome
                run.steps = cast(Generator[Progress, None, Any], outcome)
            assert run.steps is not None
            try:
                return next(run.steps)
            except StopIteration as stop:
                return stop.value
        finally:
            run.grad_enabled = torch.is_grad_enabled()

    def _network(self, source: NetworkSource) -> nn.Module:
        """The loaded network; the least recently used ones make room for a new one."""
        if source.key not in self.networks:
            self.networks[source.key] = source.load(self.device)
        self.networks.move_to_end(source.key)
        held_bytes = {key: _network_bytes(network) for key, network in self.networks.items()}
        while len(self.networks) > 1 and sum(held_bytes.values()) > self._limits.networks_bytes:
            dropped, _ = self.networks.popitem(last=False)
            del held_bytes[dropped]
        return self.networks[source.key]

    def _explain(self, raised: BaseException, run: Run) -> Exception:
        """The error a person gets. The frames of the failed step let go of their tensors."""
        link: BaseException | None = raised
        while link is not None:
            traceback.clear_frames(link.__traceback__)
            link = link.__cause__ or link.__context__
        if is_out_of_memory(raised):
            self.networks.clear()
            release_unused(self.device)
            return OutOfMemory(no_room(self.device))
        if isinstance(raised, ConvScopeError):
            return raised
        log.error("'%s' failed", run.task.label, exc_info=raised)
        error = JobError(f"'{run.task.label}' stopped: {type(raised).__name__}: {raised}")
        error.__cause__ = raised
        return error

    def _stop_counting(self, run: Run) -> None:
        if run.started_s is not None:
            run.worked_s += self._clock() - run.started_s
            run.started_s = None

    def _until_given_up(self) -> float | None:
        """Seconds until the first paused computation has rested too long; None without any."""
        since = [run.paused_s for run in self.aside if run.paused_s is not None]
        if not since:
            return None
        return max(0.1, min(since) + self._limits.paused_s - self._clock())

    def _count_step(self, seconds: float) -> None:
        self.step_seconds.append(seconds)
        self.step_seconds_total += seconds
        self.steps_total += 1

    def _close_steps(self, run: Run) -> None:
        """Let the work's `finally` blocks run."""
        steps, run.steps = run.steps, None
        try:
            if steps is not None:
                steps.close()
        except BaseException:
            log.exception("'%s' failed while it was being closed", run.task.label)


def _network_bytes(network: nn.Module) -> int:
    tensors = [*network.parameters(), *network.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
