"""Measured here: results are shown with their spread, brought, measured; bad choices are said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.app.opening import code_of, open_page, texts
from vizcore.bench import latency
from vizcore.records_bench import Ceiling, Machine, MachineResults, Measurement, Setup
from vizcore.runtime import measured
from vizcore.runtime.measured_file import from_json, to_json

MACHINE = Machine("GPU 1", "cuda", "CPU", 8, 7, 2**34, "570", "13", "Linux", "3.11", "2", "0", "1")


def timed(network: str, side: int, batch: int, *rounds: float) -> Measurement:
    return Measurement(
        network=network,
        input_shape=(3, side, side),
        setup=Setup(batch),
        date="2026-01-02",
        params=1,
        macs=10**9,
        rounds_ms=rounds,
        quartiles_ms=(min(rounds), max(rounds)),
        runs=30,
    )


RESULTS = MachineResults(
    MACHINE,
    (
        timed("resnet18", 224, 1, 2.0, 2.5, 3.0),
        timed("resnet18", 224, 8, 6.0, 6.0, 6.0),
        timed("mobilenet_v2", 224, 1, 1.5, 1.5, 1.6),
        timed("squeezenet1_1", 224, 1, 1.0, 1.0, 1.0),
    ),
    (Ceiling("fp32", 2e13, 8192, 2e12, 2**30),),
)


@pytest.fixture
def machine(empty_cache) -> str:
    measured.keep(RESULTS)
    return MACHINE.slug


def said(at) -> str:
    return next(each.proto.body for each in at.get("html") if "cs-answer" in each.proto.body)


def chart(at) -> dict:
    return json.loads(at.get("plotly_chart")[0].proto.spec)


def test_latency_is_shown_with_its_spread(machine):
    at = open_page("measured", machine=machine)
    at.run()
    assert not at.exception
    assert "squeezenet1_1 needs 1 ms a pass, resnet18 2.5 ms" in said(at)
    bars = chart(at)["data"][0]
    assert len(bars["y"]) == 3
    assert "uncertain" in texts(at)  # the rounds of ResNet-18 lie 40% apart


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("batches", "resnet18"),
        ("roofline", "networks"),
        ("why", "Operations explain"),
    ],
)
def test_every_view_is_drawn(machine, show, words):
    at = open_page("measured", machine=machine, show=show)
    at.run()
    assert not at.exception
    assert words in said(at)
    assert chart(at)["data"]


def test_what_bounds_each_network_is_said(machine):
    at = open_page("measured", machine=machine, show="roofline")
    at.session_state["kept.open.measured.What bounds each network"] = True
    at.run()
    assert texts(at).count("bounds it") == 3


def test_two_machines_side_by_side(machine):
    quicker = MachineResults(
        replace(MACHINE, device="GPU 2"),
        tuple(replace(m, rounds_ms=(0.5,)) for m in RESULTS.measurements),
    )
    measured.keep(quicker)
    at = open_page("measured", machine=machine, beside=quicker.machine.slug)
    at.run()
    assert not at.exception
    figure = chart(at)
    assert [trace["name"] for trace in figure["data"]] == [
        quicker.machine.title,
        MACHINE.title,
    ]
    assert figure["layout"]["title"]["text"] == f"{quicker.machine.title} is 2 to 5 times as quick"


def test_other_quantities_over_batch_sizes(machine):
    at = open_page("measured", machine=machine, show="batches", quantity="time")
    assert not at.exception
    assert "Time for one picture" in chart(at)["layout"]["yaxis"]["title"]["text"]
    at = open_page("measured", machine=machine, show="batches", quantity="power")
    assert not at.exception
    assert "mean power is known at two batch sizes" in texts(at)


def test_a_setup_nobody_measured_is_said(machine):
    at = open_page("measured", machine=machine, batch="64")
    assert not at.exception
    assert "Nothing was measured in this setup yet" in texts(at)
    at = open_page("measured", machine=machine, show="why", batch="8")
    assert not at.exception
    assert "from 3 on" in texts(at)


def test_an_unknown_machine_is_said(machine):
    at = open_page("measured", machine="nobody")
    assert not at.exception
    assert "no results of a machine 'nobody'" in at.warning[0].value


def test_measuring_here_is_kept_and_shown(empty_cache, monkeypatch):
    class Short(latency.Timer):
        def adaptive_autorange(self, threshold, min_run_time, max_run_time):
            return super().adaptive_autorange(threshold, min_run_time=0.001, max_run_time=0.005)

    monkeypatch.setattr(latency, "Timer", Short)
    at = open_page("measured")
    at.multiselect(key="measuring.keys").set_value(["lenet5_modern"])
    at.multiselect(key="measuring.batches").set_value([2])
    at.button(key="measuring.go").click().run(timeout=120)
    assert not at.exception
    assert "lenet5_modern" in said(at)
    kept = [
        each
        for results in measured.machines().values()
        for each in results.measurements
        if each.network == "lenet5_modern" and each.setup == Setup(2)
    ]
    assert len(kept) == 1
    at.multiselect(key="measuring.keys").set_value([])
    at.button(key="measuring.go").click().run(timeout=120)
    assert not at.exception
    assert "0 networks came in" in texts(at)


def test_results_of_another_machine_are_brought(empty_cache):
    at = open_page("measured")
    at.session_state["kept.open.measured.Results of other machines"] = True
    at.run()
    at.file_uploader[0].set_value(("there.json", to_json(RESULTS).encode(), "application/json"))
    at.run()
    assert not at.exception
    assert measured.machines()[MACHINE.slug] == RESULTS
    assert "GPU 1" in said(at)
    at.file_uploader[0].set_value(("there.json", b"{}", "application/json"))
    at.run()
    assert not at.exception
    assert "no results of a machine" in texts(at)


def test_the_results_are_downloaded_as_they_are(machine):
    results = measured.machines()[machine]
    assert from_json(to_json(results)) == RESULTS


def test_the_code_is_what_measures(machine):
    at = open_page("measured", machine=machine, dtype="bf16", nhwc="1")
    assert "batch=1, dtype='bf16', channels_last=True)" in code_of(at, "measured")
