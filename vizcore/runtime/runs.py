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
        paused: paused jobs of one session.
        paused_all: computations paused on a device; each keeps its memory.
        paused_s: seconds a computation may rest before it is given up.
        step_s: seconds one step may take (loading a network is not a step).
        networks_bytes: parameters and buffers of the networks a device keeps loaded.
        results_bytes: arrays of the results kept.
    """

    queue: int = 64
    session: int = 8
    active: int = 8
    paused: int = 3
    paused_all: int = 16
    paused_s: float = 15 * 60.0
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
        paused_by: those of them that let it rest.
        steps: the generator, where the work has steps and has begun.
        begun: whether the work was called.
        turn: its rank in the queue, lower is sooner.
        started_s: the clock when it left the queue, None while it does not run.
        worked_s: seconds it ran before that: a pause takes none of it.
        paused_s: the clock when it was paused, None while it is not.
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
    paused_by: set[str] = field(default_factory=set)
    steps: Generator[Progress, None, Any] | None = None
    begun: bool = False
    turn: int = 0
    started_s: float | None = None
    worked_s: float = 0.0
    paused_s: float | None = None
    step_started_s: float | None = None
    grad_enabled: bool = True

    @property
    def over(self) -> bool:
        """Whether it will change no more."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def resting(self) -> bool:
        """Whether everybody who still wants it lets it rest."""
        return bool(self.wanted_by) and self.wanted_by.keys() <= self.paused_by
