"""The engine: turns, sharing, cancelling, limits, time, memory. No test measures time."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Generator

import pytest
import torch
from torch import nn

from tests.runtime.conftest import Clock
from vizcore.errors import JobCancelled, JobError, JobTimedOut, OutOfMemory, QueueFull
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import Engine, Job, NetworkSource, Progress, Task

SOON_S = 30.0


class Gate:
    """Work that says it has begun and then waits to be let go."""

    def __init__(self) -> None:
        self.begun, self.open = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.open.wait(SOON_S)
        return "gate"


def counting(log: list[str], name: str, steps: int) -> Task[str]:
    def work() -> Generator[Progress, None, str]:
        for step in range(steps):
            log.append(f"{name}{step}")
            yield Progress(step + 1, steps)
        return name

    return Task(work, name)


def held(engine: LocalEngine, session: str = "gate") -> tuple[Gate, Job[str]]:
    """Keep the worker busy, so that what follows is queued together."""
    gate = Gate()
    job = engine.submit(Task(gate, "gate"), session=session)
    assert gate.begun.wait(SOON_S)
    return gate, job


def test_it_stands_behind_the_protocols(make):
    engine: Engine = make()
    job: Job[int] = engine.submit(Task(lambda: 6 * 7, "multiply"))
    assert job.result(SOON_S) == 42
    assert (job.state, job.place, job.error, job.label) == ("done", 0, None, "multiply")


def test_jobs_take_one_step_in_turn(make):
    engine, log = make(), []
    gate, _ = held(engine)
    jobs = [engine.submit(counting(log, "a", 3)), engine.submit(counting(log, "b", 2))]
    gate.open.set()
    assert [job.result(SOON_S) for job in jobs] == ["a", "b"]
    assert log == ["a0", "b0", "a1", "b1", "a2"]


def test_a_short_job_is_not_stuck_behind_a_long_one(make):
    engine, log = make(), []
    gate, _ = held(engine)
    long = engine.submit(counting(log, "a", 1000))
    short = engine.submit(counting(log, "b", 1))
    gate.open.set()
    short.result(SOON_S)
    assert log.index("b0") == 1
    long.cancel()


def test_no_more_than_the_limit_are_active(make):
    engine, log = make(active=1), []
    gate, _ = held(engine)
    jobs = [engine.submit(counting(log, name, 2)) for name in "ab"]
    assert [job.state for job in jobs] == ["queued", "queued"]
    assert [job.place for job in jobs] == [1, 2]
    gate.open.set()
    for job in jobs:
        job.result(SOON_S)
    assert log == ["a0", "a1", "b0", "b1"]


def test_nobodys_third_job_is_served_before_anothers_first(make):
    engine, log = make(active=1), []
    gate, _ = held(engine, session="greedy")
    greedy = [engine.submit(counting(log, name, 1), session="greedy") for name in "ab"]
    modest = engine.submit(counting(log, "c", 1), session="modest")
    assert [job.place for job in (*greedy, modest)] == [1, 3, 2]
    gate.open.set()
    for job in (*greedy, modest):
        job.result(SOON_S)
    assert log == ["a0", "c0", "b0"]


def test_progress_partial_results_and_the_time_left(make):
    clock = Clock()
    engine, gate = make(clock), Gate()

    def work() -> Generator[Progress, None, str]:
        yield Progress(1, 4, "drawing", partial="first")
        gate()
        return "all"

    job = engine.submit(Task(work, "draw"))
    assert gate.begun.wait(SOON_S)
    clock.now = 2.0
    progress = job.progress
    assert progress == Progress(1, 4, "drawing", partial="first")
    assert job.eta_s == pytest.approx(6.0)  # a quarter took 2 s
    gate.open.set()
    assert job.result(SOON_S) == "all"
    assert job.eta_s is None


def test_a_running_job_is_cancelled_between_its_steps(make):
    engine, log, closed = make(), [], threading.Event()
    gate = Gate()

    def work() -> Generator[Progress, None, None]:
        try:
            log.append(threading.current_thread().name)
            gate()
            yield Progress(1, 2)
            log.append("second step")
        finally:
            log.append(threading.current_thread().name)
            closed.set()

    job = engine.submit(Task(work, "long"))
    assert gate.begun.wait(SOON_S)
    job.cancel()
    assert job.state == "cancelled"
    with pytest.raises(JobCancelled, match="'long' was cancelled"):
        job.result(SOON_S)
    gate.open.set()
    assert closed.wait(SOON_S)
    assert log == ["convscope-cpu", "convscope-cpu"]


def test_a_queued_job_that_is_cancelled_never_begins(make):
    engine, log = make(active=1), []
    gate, _ = held(engine)
    job = engine.submit(counting(log, "a", 1))
    job.cancel()
    gate.open.set()
    assert engine.submit(counting(log, "b", 1)).result(SOON_S) == "b"
    assert log == ["b0"]
    job.cancel()  # a second time changes nothing
    assert job.state == "cancelled"


def test_when_a_person_leaves_only_their_jobs_stop(make):
    engine, log = make(active=1), []
    gate, _ = held(engine)
    gone = [engine.submit(counting(log, name, 1), session="gone") for name in "ab"]
    stays = engine.submit(counting(log, "c", 1), session="stays")
    assert engine.cancel_session("gone") == 2
    gate.open.set()
    assert stays.result(SOON_S) == "c"
    assert [job.state for job in gone] == ["cancelled", "cancelled"]
    assert engine.cancel_session("gone") == 0


def test_identical_tasks_are_computed_once_and_kept(make):
    engine, calls = make(), []
    gate, _ = held(engine)
    task = Task(lambda: calls.append(1) or len(calls), "same", key="k")
    jobs = [engine.submit(task, session=name) for name in ("one", "two")]
    gate.open.set()
    assert [job.result(SOON_S) for job in jobs] == [1, 1]
    again = engine.submit(task)
    assert (again.state, again.result()) == ("done", 1)
    assert jobs[0].id != jobs[1].id != again.id
    assert len(calls) == 1
    assert engine.metrics()["jobs_shared_total"] == 1
    assert engine.metrics()["results_hits_total"] == 1


def test_shared_work_stops_when_everybody_has_given_it_up(make):
    engine, calls = make(), []
    task = Task(lambda: calls.append(1) or "result", "same", key="k")
    gate, _ = held(engine)
    first, second = engine.submit(task), engine.submit(task)
    first.cancel()
    assert (first.state, second.state) == ("cancelled", "queued")
    second.cancel()
    third = engine.submit(task)  # a new computation, not the one that was given up
    gate.open.set()
    assert third.result(SOON_S) == "result"
    assert [job.state for job in (first, second, third)] == ["cancelled", "cancelled", "done"]
    assert len(calls) == 1
    with pytest.raises(JobCancelled):
        first.result()


def test_what_failed_is_not_kept(make):
    engine, calls = make(), []

    def work() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("the first time")
        return len(calls)

    task = Task(work, "moody", key="k")
    failed = engine.submit(task)
    with pytest.raises(JobError, match="'moody' stopped: ValueError: the first time") as caught:
        failed.result(SOON_S)
    assert isinstance(caught.value.__cause__, ValueError)
    assert engine.submit(task).result(SOON_S) == 2


def test_the_thread_survives_whatever_work_raises(make):
    engine = make()
    for error in (KeyboardInterrupt(), SystemExit(3), GeneratorExit(), StopIteration(4)):

        def work(error: BaseException = error) -> None:
            raise error

        with pytest.raises(JobError, match=type(error).__name__):
            engine.submit(Task(work, "bad")).result(SOON_S)
    assert engine.submit(Task(lambda: 1, "good")).result(SOON_S) == 1


def test_a_failed_step_keeps_no_tensors_alive(make):
    import gc
    import weakref

    engine, seen = make(), []

    def work() -> None:
        tensor = torch.zeros(10)
        seen.append(weakref.ref(tensor))
        raise ValueError("bad")

    job = engine.submit(Task(work, "bad"))
    assert job.wait(SOON_S)
    assert isinstance(job.error, JobError)
    gc.collect()
    assert seen[0]() is None


def test_the_limits_say_what_is_full(make):
    engine = make(active=1, session=2, queue=3)
    gate, _ = held(engine)
    for _ in range(2):
        engine.submit(Task(lambda: 1, "work"), session="greedy")
    with pytest.raises(QueueFull, match="You have 2 unfinished computations"):
        engine.submit(Task(lambda: 1, "work"), session="greedy")
    engine.submit(Task(lambda: 1, "work"), session="third")
    with pytest.raises(QueueFull, match="3 computations are waiting for the device 'cpu'"):
        engine.submit(Task(lambda: 1, "work"), session="fourth")
    gate.open.set()


def test_a_step_over_the_time_limit_fails_at_once_and_others_go_on(make):
    clock = Clock()
    engine = make(clock, step_s=5.0)
    gate, stuck = held(engine)
    clock.now = 4.9
    assert stuck.state == "running"
    clock.now = 5.1
    assert stuck.state == "failed"  # while the step is still at work
    with pytest.raises(JobTimedOut, match="One step of 'gate' took longer than the 5 s"):
        stuck.result()
    gate.open.set()
    assert engine.submit(Task(lambda: 1, "next")).result(SOON_S) == 1
    assert stuck.state == "failed"


def test_a_step_that_nobody_watched_fails_when_it_returns(make):
    clock = Clock()
    engine = make(clock, step_s=5.0)

    def work() -> str:
        clock.now += 6.0
        return "late"

    job = engine.submit(Task(work, "slow", key="k"))
    with pytest.raises(JobTimedOut):
        job.result(SOON_S)
    assert engine.metrics()["results_kept"] == 0


def test_out_of_memory_is_said_clearly_and_makes_room(make):
    engine = make()
    source = NetworkSource("net", lambda device: nn.Linear(2, 2))
    engine.submit(Task(lambda network: 1, "first", source)).result(SOON_S)
    assert engine.metrics()["networks_loaded"] == 1

    def work(network: nn.Module) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(OutOfMemory, match="'cpu' has not enough memory"):
        engine.submit(Task(work, "large", source)).result(SOON_S)
    assert engine.metrics()["networks_loaded"] == 0
    assert engine.submit(Task(lambda network: 2, "next", source)).result(SOON_S) == 2


def test_a_network_is_loaded_once_and_every_job_gets_its_own_copy(make):
    engine, loaded, seen = make(), [], []

    def load(device: str) -> nn.Module:
        loaded.append(device)
        return nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True))

    source = NetworkSource("net", load)
    for _ in range(3):
        engine.submit(Task(seen.append, "look", source)).result(SOON_S)
    assert loaded == ["cpu"]
    assert len({id(network) for network in seen}) == 3
    assert len({id(network[0].weight) for network in seen}) == 1
    assert all(not network.training and not network[1].inplace for network in seen)


def test_networks_used_longest_ago_make_room(make):
    engine, loaded = make(networks_bytes=2 * 4 * 100), []

    def source(key: str) -> NetworkSource:
        def load(device: str) -> nn.Module:
            loaded.append(key)
            return nn.Linear(10, 10, bias=False)  # 400 bytes

        return NetworkSource(key, load)

    for key in ("a", "b", "a", "c", "a", "b"):
        engine.submit(Task(lambda network: None, "look", source(key))).result(SOON_S)
    assert loaded == ["a", "b", "c", "b"]


def test_gradient_mode_belongs_to_each_job(make):
    engine, seen = make(), {"off": [], "on": []}
    gate, _ = held(engine)

    def off() -> Generator[Progress, None, None]:
        with torch.no_grad():
            for step in range(3):
                seen["off"].append(torch.is_grad_enabled())
                yield Progress(step)

    def on() -> Generator[Progress, None, None]:
        for step in range(3):
            seen["on"].append(torch.is_grad_enabled())
            yield Progress(step)

    jobs = [engine.submit(Task(work, "mode")) for work in (off, on)]
    gate.open.set()
    for job in jobs:
        job.result(SOON_S)
    assert seen == {"off": [False] * 3, "on": [True] * 3}


def test_waiting_for_too_short_a_time(make):
    engine = make()
    gate, job = held(engine)
    assert not job.wait(0.01)
    with pytest.raises(TimeoutError, match="'gate' is not over"):
        job.result(0.01)
    gate.open.set()
    assert job.result(SOON_S) == "gate"


def test_metrics_are_plain_numbers(make):
    engine = make()
    assert set(engine.metrics().values()) == {0}
    gate, _ = held(engine)
    engine.submit(Task(lambda: 1 / 0, "bad"))
    metrics = engine.metrics()
    assert (metrics["runs_running"], metrics["runs_queued"], metrics["jobs_unfinished"]) == (
        1,
        1,
        2,
    )
    gate.open.set()
    engine.submit(counting([], "a", 3)).result(SOON_S)
    metrics = engine.metrics()
    assert metrics["steps_total"] == 1 + 1 + 4  # the last step of three returns the result
    assert (metrics["runs_done_total"], metrics["runs_failed_total"]) == (2, 1)
    assert all(isinstance(value, (int, float)) for value in metrics.values())


def test_a_closed_engine_has_given_everything_up(make):
    engine = make(active=1)
    gate, running = held(engine)
    queued = engine.submit(Task(lambda: 1, "never"))
    closing = threading.Thread(target=engine.close)
    closing.start()
    assert running.wait(SOON_S)
    gate.open.set()
    closing.join(SOON_S)
    assert (running.state, queued.state) == ("cancelled", "cancelled")
    with pytest.raises(QueueFull, match="closed"):
        engine.submit(Task(lambda: 1, "late"))


def test_a_crowd_leaves_nothing_behind(make):
    """Many people submit the same and other work at once, wait, cancel and leave."""
    engine = make(active=3, session=50, queue=1000)
    computed: list[int] = []
    failures: list[BaseException] = []

    def task(number: int) -> Task[int]:
        def work() -> Generator[Progress, None, int]:
            for step in range(number % 4):
                yield Progress(step)
            computed.append(number)
            return number

        return Task(work, f"task {number}", key=number)

    def person(seed: int) -> None:
        dice = random.Random(seed)
        try:
            jobs = [(n, engine.submit(task(n), session=str(seed))) for n in range(20)]
            dice.shuffle(jobs)
            for number, job in jobs:
                if dice.random() < 0.3:
                    job.cancel()
                    assert job.state in ("cancelled", "done")
                else:
                    assert job.result(SOON_S) == number
        except BaseException as error:
            failures.append(error)
        finally:
            engine.cancel_session(str(seed))

    people = [threading.Thread(target=person, args=(seed,)) for seed in range(12)]
    for each in people:
        each.start()
    for each in people:
        each.join(SOON_S)
    assert failures == []
    assert len(computed) == len(set(computed))  # nothing was computed twice
    metrics = engine.metrics()
    assert (metrics["jobs_unfinished"], metrics["runs_queued"], metrics["runs_running"]) == (
        0,
        0,
        0,
    )


def test_importing_the_engine_does_not_load_torch():
    code = "import sys, vizcore.runtime.engine; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
