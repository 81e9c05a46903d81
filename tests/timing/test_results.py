"""Results of machines: files, limits, joining."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from vizcore.errors import BadChoice
from vizcore.records.bench import (
    Ceiling,
    LeftOut,
    Machine,
    MachineResults,
    Measurement,
    Setup,
)
from vizcore.runtime import measured
from vizcore.runtime.measured_file import from_json, to_json

MACHINE = Machine("GPU 1", "cuda", "CPU", 8, 7, 2**34, "570", "13", "Linux", "3.11", "2", "0", "1")
FIRST = Measurement(
    network="lenet",
    input_shape=(1, 32, 32),
    setup=Setup(4, "bf16"),
    date="2026-01-02",
    params=5,
    macs=7,
    rounds_ms=(1.0, 3.0, 2.0),
    quartiles_ms=(1.0, 2.5),
    runs=9,
    peak_bytes=100,
    energy_j=0.5,
    power_w=300.0,
)
RESULTS = MachineResults(MACHINE, (FIRST,), (Ceiling("fp32", 2e12, 8192, 1e12, 2**30),))


def test_a_file_gives_back_what_was_written() -> None:
    assert from_json(to_json(RESULTS)) == RESULTS


def test_numbers_that_follow_from_others() -> None:
    assert FIRST.latency_ms == 2.0
    assert FIRST.spread == 1.0
    assert FIRST.images_per_s == 2000.0
    assert FIRST.energy_per_image_j == 0.125
    assert RESULTS.ceilings[0].ridge == 2.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: "no", "no JSON"),
        (lambda r: json.dumps([1]), "format"),
        (lambda r: json.dumps({**r, "format": "another"}), "another"),
        (lambda r: json.dumps({**r, "machine": {}}), "device"),
        (lambda r: _with(r, "rounds_ms", []), "times of 'lenet'"),
        (lambda r: _with(r, "rounds_ms", [0.0]), "times of 'lenet'"),
        (lambda r: _with(r, "rounds_ms", ["a"]), "no number"),
        (lambda r: _with(r, "params", "many"), "params"),
        (lambda r: _with(r, "params", True), "params"),
        (lambda r: _with(r, "setup", {"batch": 0}), "dtype"),
        (lambda r: json.dumps({**r, "ceilings": [{**r["ceilings"][0], "bytes_per_s": 0}]}), "zero"),
        (lambda r: json.dumps({**r, "ceilings": [{**r["ceilings"][0], "dtype": "q4"}]}), "q4"),
        (lambda r: json.dumps({**r, "format": "convscope-bench-2"}), "'convscope-bench-1' is read"),
        (lambda r: json.dumps({**r, "format": "<img src=x>"}), "'.img src=x.'"),
        (lambda r: _with(r, "rounds_ms", [float("nan")]), "NaN is no number"),
        (lambda r: _with(r, "rounds_ms", [float("inf")]), "Infinity is no number"),
        (lambda r: _with(r, "rounds_ms", [1e-300]), "times of"),
        (lambda r: _with(r, "rounds_ms", [-1.0]), "no number"),
        (lambda r: _with(r, "rounds_ms", [1.0, "2"]), "no number"),
        (lambda r: _with(r, "macs", 10**300), "macs"),
        (lambda r: _with(r, "peak_bytes", -1), "peak_bytes"),
        (lambda r: _with(r, "energy_j", 10**400), "energy_j"),
        (lambda r: _with(r, "quartiles_ms", [1.0]), "times of"),
        (lambda r: _with(r, "input_shape", [1, 32]), "input_shape"),
        (lambda r: _with(r, "input_shape", [1, 32, 2.5]), "input_shape"),
        (lambda r: _with(r, "network", "<script>alert(1)</script>"), "network is"),
        (lambda r: _with(r, "network", "![x](http://x)"), "network is"),
        (lambda r: _with(r, "date", "yesterday"), "yesterday"),
        (lambda r: _with(r, "setup", {**r["measurements"][0]["setup"], "batch": 10**9}), "batch"),
        (lambda r: json.dumps({**r, "measurements": r["measurements"] * 2}), "twice"),
        (lambda r: json.dumps({**r, "measurements": {"a": 1}}), "cannot be"),
        (lambda r: json.dumps({**r, "measurements": [None]}), "cannot be"),
        (lambda r: _of(r, "device", "<b onclick=x>GPU</b>"), "device is"),
        (lambda r: _of(r, "device", "[free](http://x)"), "device is"),
        (lambda r: _of(r, "device", "G" * 10_000), "too long"),
        (lambda r: _of(r, "driver", "5\u202e70"), "not printable"),
        (lambda r: _of(r, "kind", "abacus"), "abacus"),
        (lambda r: _of(r, "cores", 0), "cores"),
        (lambda r: json.dumps({"format": "convscope-bench-1"}), "missing"),
        (lambda r: "[" * 100_000, "no JSON"),
        (lambda r: b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_another_file_is_refused_in_a_sentence(change, words) -> None:
    with pytest.raises(BadChoice, match=words) as caught:
        from_json(change(json.loads(to_json(RESULTS))))
    said = str(caught.value)
    assert len(said) < 500
    assert not set("<>[]") & set(said.replace("<times>", ""))


def _of(results, field, value) -> str:
    return json.dumps({**results, "machine": {**results["machine"], field: value}})


def test_a_file_from_before_compiling_was_timed_is_read() -> None:
    plain = json.loads(to_json(RESULTS))
    del plain["measurements"][0]["compile_s"]
    assert from_json(json.dumps(plain)) == RESULTS


def test_what_was_left_out_is_of_the_moment() -> None:
    results = RESULTS.with_more((), (), [LeftOut("vgg_d", Setup(64), "no room")])
    assert from_json(to_json(results)) == RESULTS


def test_a_single_round_states_the_spread_of_its_blocks() -> None:
    assert replace(FIRST, rounds_ms=(2.0,)).spread == pytest.approx((2.5 - 1.0) / 2)


def test_the_memory_of_a_machine_is_the_same_in_every_format() -> None:
    joined = RESULTS.with_more((), [Ceiling("bf16", 9e12, 1, 5e12, 16)])
    fp32 = joined.ceiling("fp32")
    assert fp32 is not None
    assert (fp32.flops_per_s, fp32.bytes_per_s, fp32.copied_bytes) == (2e12, 5e12, 16)
    assert joined.ceiling("fp16") is None


def test_what_is_brought_is_not_joined_to_what_was_measured_here(empty_cache) -> None:
    """A file may claim to be of this very machine."""
    measured.keep(RESULTS)
    claimed = MachineResults(MACHINE, (replace(FIRST, rounds_ms=(0.001,)),))
    name = measured.bring(claimed)
    found = measured.machines()
    assert found[MACHINE.slug] == RESULTS
    assert found[name] == claimed
    names = measured.titles(found)
    assert names[name] == names[MACHINE.slug] + ", brought"
    assert len(set(names.values())) == len(found)


def test_machines_of_one_title_are_told_apart(empty_cache) -> None:
    other = replace(MACHINE, driver="571", memory_bytes=None)
    names = measured.titles({"a": RESULTS, "b": MachineResults(other, ())})
    assert names["a"] == f"GPU 1, torch 2, memory {2**34}, driver 570"
    assert names["b"] == "GPU 1, torch 2, memory unknown, driver 571"


def _with(results, field, value) -> str:
    measurement = {**results["measurements"][0], field: value}
    return json.dumps({**results, "measurements": [measurement]})


@pytest.mark.parametrize("batch", [0, 1025, 1.5, True, "8"])
def test_a_batch_has_limits(batch) -> None:
    with pytest.raises(BadChoice, match="batch"):
        Setup(batch)


def test_newer_values_replace_those_of_the_same_kind(empty_cache) -> None:
    measured.keep(RESULTS)
    newer = replace(FIRST, rounds_ms=(5.0,))
    other = replace(FIRST, setup=Setup(8))
    measured.keep(MachineResults(MACHINE, (newer, other)))
    found = measured.machines()[MACHINE.slug]
    assert found.measurements == (newer, other)
    assert found.ceilings == RESULTS.ceilings


def test_a_ceiling_is_what_was_reached_at_best() -> None:
    lower = Ceiling("fp32", 1e12, 4096, 2e12, 2**29)
    joined = RESULTS.with_more((), [lower])
    assert joined.ceilings == (Ceiling("fp32", 2e12, 8192, 2e12, 2**29),)
    assert joined.with_more((), [Ceiling("bf16", 9e12, 1, 1e9, 1)]).ceiling("bf16").side == 1


def test_other_versions_are_another_machine(empty_cache) -> None:
    measured.keep(RESULTS)
    measured.keep(MachineResults(replace(MACHINE, driver="571"), (FIRST,)))
    assert sum(each.machine.device == "GPU 1" for each in measured.machines().values()) == 2


def test_a_damaged_file_is_passed_over_and_a_large_one_refused(empty_cache, caplog) -> None:
    measured.own_folder().mkdir(parents=True)
    (measured.own_folder() / "broken.json").write_text("{")
    assert all(each.machine.device != "GPU 1" for each in measured.machines().values())
    assert "broken.json" in caplog.text
    with pytest.raises(BadChoice, match="8 MB"):
        measured.read(b" " * (measured.MAX_BYTES + 1))
