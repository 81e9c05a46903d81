"""One computation inside an engine, and how much an engine takes on."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from dataclasses import dataclass, field
from typing import Any

from vizcore.runtime.jobs import Progress, State, Task


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an engine takes on.

    Attributes:
        queue: computations waiting for a device.
        session: unfinished jobs of one session.
        active: computations that take turns on a device.
        step_s: seconds one step may take (loading a network is not a step).
        networks_bytes: parameters and buffers of the networks a device keeps loaded.
        results_bytes: arrays of the results kept.
    """

    queue: int = 64
    session: int = 8
    active: int = 8
    step_s: float = 60.0
    networks_bytes: int = 2 * 2**30
    results_bytes: int = 256 * 2**20


@dataclass(slots=True, eq=False)
class Run:
    """One computation, however many jobs share it. It changes only under the engine's lock.

    Attributes:
        key: device and task key, None where the result is neither shared nor kept.
        session: of the job that came first.
        wanted_by: the jobs that have not given it up, id to session.
        steps: the generator, where the work has steps and has begun.
        begun: whether the work was called.
        turn: its rank in the queue, lower is sooner.
        started_s: the clock when it left the queue.
        step_started_s: the clock when the step in hand began, None between steps.
        grad_enabled: torch's gradient mode as the work's last step left it.
    """

    task: Task[Any]
    device: str
    key: Hashable | None
    session: str
    state: State = "queued"
    progress: Progress | None = None
    result: Any = None
    error: Exception | None = None
    wanted_by: dict[str, str] = field(default_factory=dict)
    steps: Generator[Progress, None, Any] | None = None
    begun: bool = False
    turn: int = 0
    started_s: float | None = None
    step_started_s: float | None = None
    grad_enabled: bool = True

    @property
    def over(self) -> bool:
        """Whether it will change no more."""
        return self.state in ("done", "failed", "cancelled")
