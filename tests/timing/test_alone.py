"""One measurement on a machine at a time."""

from __future__ import annotations

import threading

import pytest

from vizcore.errors import QueueFull
from vizcore.records.bench import Setup
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import finish
from vizcore.tasks.bench import bench_task
from vizcore.timing import alone
from vizcore.timing.alone import Alone


def test_as_many_wait_as_may(tmp_path) -> None:
    place = tmp_path / "turn.lock"
    first, waiting = Alone(place), []
    finish(first.wait())
    for _ in range(alone.MAX_WAITING):
        steps = Alone(place).wait()
        assert "another measurement" in next(steps).note
        waiting.append(steps)
    with pytest.raises(QueueFull, match="3 measurements wait"):
        next(Alone(place).wait())
    waiting.pop().close()  # one that gives up makes room
    waiting.append(Alone(place).wait())
    next(waiting[-1])
    first.close()
    finish(waiting[0])


def test_the_next_one_begins_when_an_abandoned_compiler_has_ended(tmp_path) -> None:
    first, second = Alone(tmp_path / "turn.lock"), Alone(tmp_path / "turn.lock")
    finish(first.wait())
    go, tidied = threading.Event(), threading.Event()
    compiler = threading.Thread(target=go.wait, args=(30,), daemon=True)
    compiler.start()
    first.close(tidied.set, unless=compiler)
    steps = second.wait()
    next(steps)
    assert not tidied.is_set()
    go.set()
    finish(steps)
    assert tidied.is_set()
    second.close()


def test_a_place_that_cannot_be_written_does_not_keep_anybody_from_measuring(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    finish(Alone(tmp_path / "file" / "turn.lock").wait())


def test_two_people_measure_one_after_the_other(empty_cache, monkeypatch) -> None:
    """In one engine, whose jobs take turns: the rounds of two measurements do not mix."""
    from vizcore.timing.latency import Stopwatch

    order = []
    own_round = Stopwatch.round

    def noted(self, **_) -> None:
        order.append(self.ready.setup.batch)
        own_round(self, shortest_s=0.001, longest_s=0.005)

    monkeypatch.setattr(Stopwatch, "round", noted)
    engine = LocalEngine("cpu")
    try:
        jobs = [
            engine.submit(
                bench_task(["lenet5_modern"], [Setup(b)], device="cpu", with_ceilings=False),
                session=f"person {b}",
            )
            for b in (1, 2)
        ]
        for job in jobs:
            job.result(timeout_s=200)
    finally:
        engine.close()
    assert order in ([1, 1, 1, 2, 2, 2], [2, 2, 2, 1, 1, 1])
