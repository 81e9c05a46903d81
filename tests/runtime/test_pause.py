"""Pausing a job: its turns, its sharing, its bounds. No test measures time."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from tests.runtime.conftest import Clock
from vizcore.errors import JobCancelled, JobTimedOut, QueueFull
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import Job, Progress, Task

SOON_S = 30.0


class Steps:
    """Work whose every step waits to be let go; it notes what it did, and that it was closed."""

    def __init__(self, total: int = 3, key: str | None = None) -> None:
        self.task = Task(self, "steps", key=key)
        self.log: list[int] = []
        self.closed = threading.Event()
        self._total = total
        self._begun, self._open = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self) -> Generator[Progress, None, str]:
        try:
            for step in range(self._total):
                self._begun.release()
                assert self._open.acquire(timeout=SOON_S)
                self.log.append(step)
                yield Progress(step + 1, self._total)
            return "all"
        finally:
            self.closed.set()

    def in_hand(self) -> None:
        """Wait until the next step has begun."""
        assert self._begun.acquire(timeout=SOON_S)

    def let(self, steps: int) -> None:
        """Let so many steps go."""
        self._open.release(steps)


def after_what_is_queued(engine: LocalEngine) -> str:
    """Another person's short job: when it is over, the worker has taken at least one turn."""
    return engine.submit(Task(lambda: "short", "short"), session="other").result(SOON_S)


def paused_after_one_step(engine: LocalEngine, steps: Steps, session: str = "me") -> Job[str]:
    job = engine.submit(steps.task, session=session)
    steps.in_hand()
    job.pause()
    steps.let(1)
    assert after_what_is_queued(engine) == "short"  # the step in hand has returned
    return job


def test_a_paused_job_takes_no_turns_and_goes_on_where_it_was(make):
    engine, steps = make(), Steps()
    job = paused_after_one_step(engine, steps)
    assert (job.state, job.place, job.eta_s, job.error) == ("paused", 0, None, None)
    assert job.progress == Progress(1, 3)  # what the step in hand found is kept
    steps.let(9)
    for _ in range(3):
        after_what_is_queued(engine)
    assert (steps.log, job.state) == ([0], "paused")
    assert engine.metrics()["runs_paused"] == 1
    assert engine.metrics()["runs_running"] == 0
    assert not job.wait(0.01)
    job.resume()
    assert job.result(SOON_S) == "all"
    assert (steps.log, engine.metrics()["runs_paused"]) == ([0, 1, 2], 0)


def test_a_paused_job_leaves_its_slot_to_others(make):
    engine, steps = make(active=1), Steps()
    job = paused_after_one_step(engine, steps)
    other = Steps(1)
    running = engine.submit(other.task, session="other")
    other.in_hand()
    job.resume()
    assert (job.state, job.place, running.state) == ("queued", 1, "running")
    steps.let(9)
    other.let(1)
    assert (running.result(SOON_S), job.result(SOON_S)) == ("all", "all")


def test_a_job_paused_in_the_queue_keeps_nobody_waiting(make):
    engine, first, second, third = make(active=1), Steps(1), Steps(1), Steps(1)
    running = engine.submit(first.task)
    first.in_hand()
    waiting, last = engine.submit(second.task), engine.submit(third.task)
    waiting.pause()
    assert (waiting.state, waiting.place, last.place) == ("paused", 0, 1)
    for steps in (first, second, third):
        steps.let(9)
    assert (running.result(SOON_S), last.result(SOON_S)) == ("all", "all")
    assert second.log == []
    waiting.resume()
    assert waiting.result(SOON_S) == "all"


def test_pause_and_continue_within_one_step(make):
    engine, steps = make(), Steps()
    job = engine.submit(steps.task)
    steps.in_hand()
    job.pause()
    job.resume()
    assert job.state == "running"
    steps.let(9)
    assert job.result(SOON_S) == "all"
    assert steps.log == [0, 1, 2]


def test_pausing_during_the_last_step_gives_the_result_nevertheless(make):
    engine, begun, go = make(), threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        assert go.wait(SOON_S)
        return "all"

    job = engine.submit(Task(work, "one step"))
    assert begun.wait(SOON_S)
    job.pause()
    assert job.state == "paused"
    go.set()
    assert job.result(SOON_S) == "all"
    job.pause()  # what is over stays over
    job.resume()
    assert (job.state, engine.metrics()["runs_paused"]) == ("done", 0)


def test_shared_work_goes_on_while_one_still_wants_it(make):
    engine, steps = make(), Steps(key="k")
    mine = engine.submit(steps.task, session="me")
    steps.in_hand()
    yours = engine.submit(steps.task, session="you")
    mine.pause()
    assert (mine.state, yours.state) == ("paused", "running")
    yours.pause()
    assert yours.state == "paused"
    steps.let(9)
    after_what_is_queued(engine)
    assert steps.log == [0]
    yours.resume()
    assert yours.result(SOON_S) == "all"
    assert (mine.state, mine.result(SOON_S)) == ("done", "all")


def test_shared_work_rests_when_the_one_who_wanted_it_leaves(make):
    engine, steps = make(), Steps(key="k")
    mine = engine.submit(steps.task, session="me")
    steps.in_hand()
    engine.submit(steps.task, session="you")
    mine.pause()
    assert engine.cancel_session("you") == 1
    steps.let(9)
    after_what_is_queued(engine)
    assert (mine.state, steps.log) == ("paused", [0])
    newcomer = engine.submit(steps.task, session="new")  # who asks for it wakes it
    assert newcomer.result(SOON_S) == "all"
    assert mine.state == "done"


def test_a_paused_job_can_be_cancelled_and_its_steps_are_closed(make):
    engine, steps = make(), Steps()
    job = paused_after_one_step(engine, steps)
    job.cancel()
    assert steps.closed.wait(SOON_S)
    assert (job.state, steps.log) == ("cancelled", [0])
    with pytest.raises(JobCancelled, match="'steps' was cancelled"):
        job.result()
    job.resume()
    assert job.state == "cancelled"
    assert engine.metrics()["runs_paused"] == engine.metrics()["jobs_unfinished"] == 0


def test_the_paused_jobs_of_a_person_who_left_are_given_up(make):
    engine, steps = make(), Steps()
    paused_after_one_step(engine, steps, session="gone")
    assert "gone" in engine.sessions()
    assert engine.cancel_session("gone") == 1
    assert steps.closed.wait(SOON_S)


def test_the_time_left_takes_no_account_of_the_pause(make):
    clock = Clock()
    engine, steps = make(clock), Steps(4)
    job = engine.submit(steps.task)
    steps.in_hand()
    clock.now = 2.0
    job.pause()
    steps.let(1)
    after_what_is_queued(engine)
    clock.now = 500.0
    assert job.eta_s is None
    job.resume()
    steps.in_hand()
    assert job.eta_s == pytest.approx(6.0)  # a quarter took 2 s; the pause took nothing
    clock.now = 501.0
    assert job.eta_s == pytest.approx(9.0)
    steps.let(9)
    assert job.result(SOON_S) == "all"


def test_a_job_paused_too_long_is_given_up(make):
    clock = Clock()
    engine, steps = make(clock, paused_s=120.0), Steps()
    job = paused_after_one_step(engine, steps)
    clock.now = 120.0
    assert job.state == "paused"
    clock.now = 120.5
    with pytest.raises(JobCancelled, match="'steps' was paused for 2 minutes, which is as long"):
        job.result(SOON_S)
    assert job.state == "cancelled"
    assert steps.closed.wait(SOON_S)


def test_a_job_paused_too_long_is_given_up_though_nobody_looks(make):
    engine, steps = make(paused_s=0.0), Steps()
    job = engine.submit(steps.task)
    steps.in_hand()
    job.pause()
    steps.let(1)
    assert steps.closed.wait(SOON_S)


def test_a_paused_step_that_takes_too_long_fails_all_the_same(make):
    clock = Clock()
    engine, steps = make(clock, step_s=5.0), Steps()
    job = engine.submit(steps.task)
    steps.in_hand()
    job.pause()
    clock.now = 5.5
    with pytest.raises(JobTimedOut):
        job.result(SOON_S)
    steps.let(9)
    assert steps.closed.wait(SOON_S)
    assert engine.metrics()["runs_paused"] == 0


def test_the_limits_say_how_many_may_be_paused(make):
    engine = make(paused=1, paused_all=2, active=1)
    gate = Steps(1)
    engine.submit(gate.task, session="gate")
    gate.in_hand()
    mine = [engine.submit(Steps(0).task, session="me") for _ in range(2)]
    others = [engine.submit(Steps(0).task, session=name) for name in ("you", "she")]
    mine[0].pause()
    mine[0].pause()  # a second time changes nothing
    with pytest.raises(QueueFull, match="You have 1 paused computations"):
        mine[1].pause()
    others[0].pause()
    with pytest.raises(QueueFull, match="2 computations are paused on the device 'cpu'"):
        others[1].pause()
    assert [job.state for job in (*mine, *others)] == ["paused", "queued", "paused", "queued"]
    gate.let(1)


def test_closing_gives_up_what_is_paused(make):
    engine, steps = make(), Steps()
    job = paused_after_one_step(engine, steps)
    engine.close()
    assert (job.state, steps.closed.is_set()) == ("cancelled", True)


def test_a_paused_job_is_at_rest_when_its_step_in_hand_is_over(make):
    engine, steps = make(), Steps()
    job = engine.submit(steps.task)
    steps.in_hand()
    assert not job.at_rest
    job.pause()
    assert (job.state, job.at_rest, job.rest(0.0)) == ("paused", False, False)
    steps.let(1)
    assert job.rest(SOON_S)
    assert (job.at_rest, job.progress) == (True, Progress(1, 3))
    job.resume()
    assert not job.at_rest
    steps.let(9)
    assert job.result(SOON_S) == "all"
    assert not job.rest(0.0)


def test_who_waits_for_rest_is_let_go_when_the_job_ends(make):
    engine, steps = make(), Steps(1)
    job = engine.submit(steps.task)
    steps.in_hand()
    job.pause()
    job.cancel()
    assert not job.rest(SOON_S)
    steps.let(1)


def test_what_goes_on_for_another_stands_still_for_who_paused_it(make):
    engine, steps = make(), Steps(key="k")
    mine = engine.submit(steps.task, session="me")
    yours = engine.submit(steps.task, session="you")
    steps.in_hand()
    steps.let(1)
    steps.in_hand()
    mine.pause()
    assert mine.at_rest
    steps.let(1)
    steps.in_hand()
    assert (mine.progress, yours.progress) == (Progress(1, 3), Progress(2, 3))
    mine.resume()
    assert mine.progress == Progress(2, 3)
    steps.let(9)
    assert yours.result(SOON_S) == "all"
