"""`torch.compile`: compiled for real, timed apart from the passes, given up without harm."""

from __future__ import annotations

import os
import threading
import time

import pytest
import torch
from torch import nn

from vizcore.errors import JobError, NotApplicable
from vizcore.records.bench import Setup
from vizcore.runtime.jobs import finish
from vizcore.timing import compiling
from vizcore.timing.compiling import (
    Compiler,
    cpp_compiler,
    nothing_kept,
    require_compiler,
    try_compiler,
)
from vizcore.timing.measuring import measure
from vizcore.timing.running import require

QUICK = {"shortest_s": 0.001, "longest_s": 0.01}


class Wave(nn.Module):
    def forward(self, images):
        return images.sin() + images.cos()


@pytest.mark.slow
def test_compiling_is_timed_apart_and_leaves_nothing(monkeypatch, tmp_path) -> None:
    """Two batches of one class of network: each compiled once for its own size, none when timed."""
    if cpp_compiler() is None:
        with pytest.raises(NotApplicable, match=r"needs a C\+\+ compiler"):
            require_compiler("cpu")
        return
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "kept"))
    counted = torch._dynamo.utils.counters["stats"]
    before = counted["unique_graphs"]
    setups = [Setup(1, compiled=True), Setup(2, compiled=True)]
    with nothing_kept():
        inside = os.environ["TORCHINDUCTOR_CACHE_DIR"]
        finish(try_compiler("cpu"))
        assert os.listdir(inside)
        steps = measure(Wave(), "wave", (3, 8, 8), setups, "cpu", macs=1, rounds=2, **QUICK)
        found = finish(steps)
    assert found.left_out == ()
    assert counted["unique_graphs"] - before == 3  # the compiler's trial, and one for each batch
    for each in found.measurements:
        assert each.compile_s is not None
        assert 1e3 * each.compile_s > 10 * each.latency_ms
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "kept")
    assert not os.path.exists(inside)


def test_a_compiler_works_in_a_thread_with_the_threads_of_whoever_waits() -> None:
    seen, go = {}, threading.Event()

    def call() -> None:
        go.wait(30)
        seen.update(threads=torch.get_num_threads(), name=threading.current_thread().name)

    steps = Compiler(call).wait("compiling")
    assert [next(steps), next(steps)] == ["compiling", "compiling"]  # whoever waits may look up
    go.set()
    assert finish(steps) > 0
    assert seen == {"threads": torch.get_num_threads(), "name": "convscope-compile"}


def test_a_compiler_that_fails_is_said_in_a_sentence(monkeypatch) -> None:
    def broken(network):
        def call(images):
            raise RuntimeError("backend='inductor' raised\na long story")

        return call

    monkeypatch.setattr("vizcore.timing.running.require_compiler", lambda device: None)
    monkeypatch.setattr("vizcore.timing.running.compiled", broken)
    with pytest.raises(JobError, match=r"failed: backend='inductor' raised$"):
        finish(Compiler(lambda: broken(None)(None)).wait(""))
    found = finish(
        measure(Wave(), "wave", (3, 8, 8), [Setup(), Setup(compiled=True)], "cpu", macs=1, **QUICK)
    )
    assert [each.setup.compiled for each in found.measurements] == [False]
    assert found.left_out[0].why == "torch.compile failed: backend='inductor' raised"


def test_without_a_compiler_it_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(compiling, "cpp_compiler", lambda: None)
    with pytest.raises(NotApplicable, match="C\\+\\+ compiler"):
        require(Setup(compiled=True), "cpu")


def test_the_compiler_that_cxx_names_is_used(monkeypatch) -> None:
    import torch._inductor.config as settings

    monkeypatch.setattr(settings.cpp, "cxx", (None, "no-such-compiler"))
    assert cpp_compiler() is None


def test_triton_needs_a_c_compiler(monkeypatch) -> None:
    monkeypatch.setattr("torch.utils._triton.has_triton", lambda: True)
    monkeypatch.setattr(compiling.shutil, "which", lambda name: None)
    with pytest.raises(NotApplicable, match="Triton, which"):
        require(Setup(compiled=True), "cuda")
    monkeypatch.setattr(compiling.shutil, "which", lambda name: "/usr/bin/gcc")
    require(Setup(compiled=True), "cuda")
    monkeypatch.setattr("torch.utils._triton.has_triton", lambda: False)
    with pytest.raises(NotApplicable, match="Volta"):
        require(Setup(compiled=True), "cuda")


def test_one_that_nobody_waits_for_is_let_finish() -> None:
    go, ended = threading.Event(), []

    def call() -> None:
        go.wait(30)
        ended.append(time.monotonic())

    steps = Compiler(call).wait("compiling")
    next(steps)
    steps.close()
    thread = Compiler.thread
    assert thread is not None
    assert thread.is_alive()
    go.set()
    thread.join(30)
    assert ended
