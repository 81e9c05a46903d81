"""Measuring: what is timed is what runs, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vizcore.bench import latency
from vizcore.bench.ceilings import ceiling
from vizcore.bench.latency import Stopwatch
from vizcore.bench.machine import describe_machine
from vizcore.bench.measuring import measure
from vizcore.bench.peak import peak_bytes
from vizcore.bench.running import Prepared, require
from vizcore.errors import BadChoice, JobError, NotApplicable, OutOfMemory
from vizcore.records_bench import Setup
from vizcore.runtime.jobs import Progress, finish

SHAPE = (3, 16, 16)
NUMBERS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
QUICK = {"shortest_s": 0.001, "longest_s": 0.01}


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), nn.ReLU(inplace=True), nn.Conv2d(8, 4, 3, bias=False)
    )


@pytest.mark.parametrize(
    "setup",
    [Setup(2), Setup(2, channels_last=True), Setup(2, "bf16"), Setup(2, "fp16", True)],
    ids=lambda setup: setup.words,
)
def test_every_setup_computes_what_the_network_computes(setup) -> None:
    network = small().eval()
    ready = Prepared(network, SHAPE, setup, "cpu")
    with torch.inference_mode():
        expected = network(ready.images)
    with ready.context():
        found = ready()
    exact = setup.dtype == "fp32"
    assert found.dtype == NUMBERS[setup.dtype]
    torch.testing.assert_close(found.float(), expected, atol=1e-5 if exact else 0.05, rtol=0.05)


def test_channels_last_leaves_the_network_as_it_is() -> None:
    network = small().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    ready = Prepared(network, SHAPE, Setup(channels_last=True), "cpu")
    laid = ready.network[0].weight
    assert laid.is_contiguous(memory_format=torch.channels_last)
    assert not laid.is_contiguous()
    ready()
    assert network[0].weight.is_contiguous()
    assert network.training
    assert network[1].inplace
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_round_is_what_torch_measures(monkeypatch) -> None:
    """Of torch's own measurement, its median and its blocks; with the threads in use."""
    seen = {}

    class Clock:
        def __init__(self, statement, globals, num_threads) -> None:
            seen.update(statement=statement, run=globals["run"], threads=num_threads)

        def adaptive_autorange(self, threshold, min_run_time, max_run_time):
            seen["runs"] = seen.get("runs", 0) + 1
            times = [[0.010, 0.011, 0.012], [0.020, 0.021, 0.025]][seen["runs"] - 1]

            class Found:
                median = times[1]
                number_per_run = 7

            Found.times = times
            return Found

    monkeypatch.setattr(latency, "Timer", Clock)
    watch = Stopwatch(Prepared(small(), SHAPE, Setup(), "cpu"))
    watch.round()
    watch.round()
    assert watch.rounds_ms == [11.0, 21.0]
    assert watch.runs == 42
    assert watch.quartiles_ms() == pytest.approx((11.25, 20.75))
    assert seen["run"] is watch.ready
    assert seen["threads"] == torch.get_num_threads()


def test_setups_take_turns_and_all_is_recorded() -> None:
    network = small()
    steps = measure(
        network, "small", SHAPE, [Setup(1), Setup(4)], "cpu", macs=1000, rounds=3, **QUICK
    )
    notes: list[Progress] = []
    while True:
        try:
            notes.append(next(steps))
        except StopIteration as stop:
            found = stop.value
            break
    assert [note.done for note in notes] == list(range(8))
    assert {note.total for note in notes} == {8}
    assert [note.note.split(", ", 1)[1] for note in notes[2:]] == [
        "batch 1, fp32",
        "batch 4, fp32",
    ] * 3
    first, second = found.measurements
    assert (first.setup.batch, second.setup.batch) == (1, 4)
    assert first.params == 3 * 8 * 9 + 8 * 4 * 9
    for each in found.measurements:
        assert len(each.rounds_ms) == 3
        assert min(each.rounds_ms) > 0
        assert each.quartiles_ms[0] <= each.quartiles_ms[1]
        assert each.images_per_s == pytest.approx(each.setup.batch / each.latency_ms * 1e3)
        assert each.flops_per_s == pytest.approx(2000 * each.images_per_s)
        assert each.energy_j is None  # no counter on a CPU


def test_what_does_not_fit_is_left_out_and_the_rest_measured(monkeypatch) -> None:
    class Large(nn.Module):
        def forward(self, images):
            if len(images) > 2:
                raise torch.OutOfMemoryError("no room")
            return images

    found = finish(
        measure(Large(), "large", SHAPE, [Setup(1), Setup(8)], "cpu", macs=1, rounds=1, **QUICK)
    )
    assert [each.setup.batch for each in found.measurements] == [1]
    assert found.left_out == (Setup(8),)
    with pytest.raises(OutOfMemory):
        finish(measure(Large(), "large", SHAPE, [Setup(8)], "cpu", macs=1, rounds=1, **QUICK))


@pytest.mark.parametrize("setup", [Setup(1), Setup(3), Setup(2, channels_last=True)])
def test_peak_memory_is_the_widest_moment_by_hand(setup) -> None:
    """Input, weights, and the first output, rectified in place, beside the second."""
    pictures = setup.batch * 3 * 16 * 16 * 4
    weights = (3 * 8 * 9 + 8 * 4 * 9) * 4
    wide, last = setup.batch * 8 * 14 * 14 * 4, setup.batch * 4 * 12 * 12 * 4
    assert peak_bytes(Prepared(small(), SHAPE, setup, "cpu")) == pictures + weights + wide + last


def test_ceilings_are_of_the_format_asked_for() -> None:
    found = finish(ceiling("cpu", "bf16", shortest_s=0.001))
    assert found.dtype == "bf16"
    assert found.ridge == pytest.approx(found.flops_per_s / found.bytes_per_s)


@pytest.mark.parametrize(
    ("setup", "words"),
    [(Setup(dtype="tf32"), "TF32"), (Setup(compiled=True), "compiler")],
)
def test_what_the_device_cannot_do_is_refused(setup, words, monkeypatch) -> None:
    monkeypatch.setattr("vizcore.bench.running.shutil.which", lambda name: None)
    with pytest.raises(NotApplicable, match=words):
        require(setup, "cpu")


def test_a_compiler_that_fails_is_said_in_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr("vizcore.bench.running.shutil.which", lambda name: "/usr/bin/g++")

    def broken(network):
        def call(images):
            raise RuntimeError("backend='inductor' raised\na long story")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(JobError, match=r"backend='inductor' raised$"):
        finish(measure(small(), "small", SHAPE, [Setup(compiled=True)], "cpu", macs=1, rounds=1))


def test_rounds_and_setups_have_limits() -> None:
    with pytest.raises(BadChoice, match="setup"):
        next(measure(small(), "small", SHAPE, [], "cpu", macs=1))
    with pytest.raises(BadChoice, match="rounds"):
        next(measure(small(), "small", SHAPE, [Setup()], "cpu", macs=1, rounds=0))


def test_the_machine_says_what_it_is() -> None:
    machine = describe_machine("cpu")
    assert machine.device
    assert machine.torch == torch.__version__
    assert machine.threads == torch.get_num_threads()


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["fp32", "tf32", "bf16", "fp16"])
def test_a_gpu_is_measured_with_memory_and_energy(dtype) -> None:
    network = small().cuda()
    found = finish(
        measure(network, "small", SHAPE, [Setup(8, dtype)], "cuda", macs=1000, rounds=2, **QUICK)
    )
    (measured,) = found.measurements
    assert measured.peak_bytes
    assert measured.peak_bytes > 0
    assert measured.energy_j is None or measured.energy_j > 0
