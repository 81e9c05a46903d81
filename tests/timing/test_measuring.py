"""Measuring: what is timed is what runs, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.records.bench import LeftOut, Setup
from vizcore.runtime.jobs import Progress, finish
from vizcore.timing import latency
from vizcore.timing.ceilings import ceiling
from vizcore.timing.latency import Stopwatch
from vizcore.timing.machine import describe_machine
from vizcore.timing.measuring import measure
from vizcore.timing.peak import peak_bytes
from vizcore.timing.running import Prepared, Tf32, require

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
    assert [note.note.split(", ", 1)[1] for note in notes] == [
        "batch 1, fp32",
        "batch 4, fp32",
    ] * 4
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
        assert each.compile_s is None


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
    assert found.left_out == (LeftOut("large", Setup(8), "the device has no memory for it"),)


def test_what_fails_in_a_later_round_is_left_out_too() -> None:
    class Filling(nn.Module):
        passes = 0

        def forward(self, images):
            Filling.passes += len(images) > 2
            if len(images) > 2 and Filling.passes > 9:
                raise torch.OutOfMemoryError("somebody else took it")
            return images

    found = finish(
        measure(Filling(), "filling", SHAPE, [Setup(1), Setup(8)], "cpu", macs=1, rounds=2, **QUICK)
    )
    assert [each.setup.batch for each in found.measurements] == [1]
    assert [each.setup.batch for each in found.left_out] == [8]


def test_passes_that_nobody_could_stop_are_not_begun(monkeypatch) -> None:
    """One picture foretells what a batch takes; a single one that is slow says so itself."""
    monkeypatch.setattr("vizcore.timing.measuring.LONGEST_PASS_S", 1e-9)
    network, seen = small(), []
    network[0].register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    found = finish(
        measure(network, "slow", SHAPE, [Setup(1), Setup(64)], "cpu", macs=1, rounds=1, **QUICK)
    )
    assert found.measurements == ()
    assert [each.setup.batch for each in found.left_out] == [1, 64]
    assert "s are measured" in found.left_out[0].why
    assert set(seen) == {1}


def test_setups_of_one_layout_share_their_weights() -> None:
    network = small()
    plain = Prepared(network, SHAPE, Setup(1), "cpu")
    laid = Prepared(network, SHAPE, Setup(1, channels_last=True), "cpu", like=plain)
    again = Prepared(network, SHAPE, Setup(8, channels_last=True), "cpu", like=laid)
    assert plain.network[0].weight is network[0].weight
    assert laid.network[0].weight is not network[0].weight
    assert again.network[0].weight is laid.network[0].weight
    assert again.network is not laid.network
    assert again.network[1].inplace


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


def test_tf32_is_refused_off_a_gpu() -> None:
    with pytest.raises(NotApplicable, match="TF32"):
        require(Setup(dtype="tf32"), "cpu")


def test_ceilings_do_not_try_sides_that_take_too_long(monkeypatch) -> None:
    monkeypatch.setattr("vizcore.timing.ceilings._LONGEST_PRODUCT_S", 0.0)
    steps = ceiling("cpu", shortest_s=0.001)
    notes = []
    while True:
        try:
            notes.append(next(steps).note)
        except StopIteration:
            break
    assert [note.split()[-1] for note in notes] == ["512", "512", "memory"]


@pytest.mark.parametrize("allowed", [True, False])
def test_tf32_is_as_it_was_afterwards(allowed) -> None:
    """Also where somebody used torch's newer settings, which forbid reading the older."""
    backends = torch.backends

    def settings() -> tuple[str, str, str]:
        conv, rnn = backends.cudnn.conv, backends.cudnn.rnn
        return backends.cuda.matmul.fp32_precision, conv.fp32_precision, rnn.fp32_precision

    before = settings()
    for products, layers in ((before[0], before[1]), ("tf32", "ieee"), ("ieee", "tf32")):
        backends.cuda.matmul.fp32_precision = products
        backends.cudnn.conv.fp32_precision = layers
        try:
            given = settings()
            with Tf32(allowed):
                assert settings() == (("tf32",) * 3 if allowed else ("ieee",) * 3)
                assert backends.cuda.matmul.allow_tf32 is allowed
            assert settings() == given
        finally:
            backends.cuda.matmul.fp32_precision = before[0]
            backends.cudnn.conv.fp32_precision = before[1]
            backends.cudnn.rnn.fp32_precision = before[2]


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
