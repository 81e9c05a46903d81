"""Measured here: results are shown with their spread, brought, measured; bad choices are said."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.app.opening import code_of, open_page, texts
from vizcore.records.bench import Ceiling, Machine, MachineResults, Measurement, Setup
from vizcore.runtime import measured
from vizcore.runtime.measured_file import from_json, to_json
from vizcore.timing import latency
from vizcore.ui.measured_names import name_of

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
    assert "SqueezeNet 1.1 needs 1 ms a pass, ResNet-18 2.5 ms" in said(at)
    bars = chart(at)["data"][0]
    assert len(bars["y"]) == 3
    assert "uncertain" in texts(at)  # the rounds of ResNet-18 lie 40% apart


def test_one_network_at_two_sides_has_two_bars_and_is_compared_with_its_like(machine):
    measured.keep(MachineResults(MACHINE, (timed("resnet18", 288, 1, 4.0, 4.0, 4.0),)))
    other = replace(MACHINE, device="GPU 2")
    measured.keep(MachineResults(other, (timed("resnet18", 288, 1, 8.0, 8.0, 8.0),)))
    at = open_page("measured", machine=machine, find="resnet", beside=other.slug)
    assert not at.exception
    second, first = chart(at)["data"]
    assert first["y"] == ["ResNet-18, 288 px", "ResNet-18, 224 px"]
    assert second["y"] == ["ResNet-18, 288 px"]
    assert "2 to 2 times as quick" in chart(at)["layout"]["title"]["text"]


def test_latencies_far_apart_are_points_on_a_logarithmic_axis(empty_cache):
    measured.keep(
        MachineResults(MACHINE, (timed("a", 8, 1, 1.0, 1.1), timed("b", 8, 1, 200.0, 210.0)))
    )
    at = open_page("measured", machine=MACHINE.slug)
    figure = chart(at)
    (trace,) = figure["data"]
    assert (trace["type"], trace["mode"]) == ("scatter", "markers")
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert trace["error_x"]["array"] == pytest.approx([5.0, 0.05])


def test_networks_are_found_by_a_word(machine):
    at = open_page("measured", machine=machine, find="mobile, squeeze")
    assert sorted(chart(at)["data"][0]["y"]) == ["MobileNet v2 1.0/224", "SqueezeNet 1.1"]
    at = open_page("measured", machine=machine, find="nothing_like_it")
    assert not at.exception
    assert "Nothing was measured in this setup yet" in texts(at)


def test_no_line_over_batch_sizes_is_cut_by_networks_measured_once(empty_cache):
    many = [timed(f"n{k}", 8, 1, 1.0) for k in range(39)]
    lines = [timed("last", 8, batch, float(batch)) for batch in (1, 2, 4, 8)]
    measured.keep(MachineResults(MACHINE, (*many, *lines)))
    at = open_page("measured", machine=MACHINE.slug, show="batches")
    assert chart(at)["data"][0]["x"] == [1, 2, 4, 8]


def test_why_is_the_product_of_two_factors(machine):
    """Of an operation's time: by bytes at both ceilings, and by how far each stays from them."""
    from vizcore.figures.roofline_words import why_words
    from vizcore.ui.measured_views import rooflines_of

    found = rooflines_of(RESULTS, [m for m in RESULTS.measurements if m.setup.batch == 1])
    ratio, ceilings, rest = map(float, re.findall(r"([\d.]+) times", why_words(found)))
    paces = [each.latency_ms / each.flops for each in found]
    assert ratio == pytest.approx(max(paces) / min(paces), rel=0.01)
    assert ceilings * rest == pytest.approx(ratio, rel=0.02)
    at = open_page("measured", machine=machine, show="why")
    assert "for one operation" in texts(at)


def test_what_was_measured_before_a_cancel_is_kept(empty_cache, monkeypatch):
    from vizcore.errors import JobCancelled
    from vizcore.ui import work

    def cancelled(task, *, slot, on_cancel, show):
        show(RESULTS)
        on_cancel()
        raise JobCancelled("'Measuring' was cancelled.")

    monkeypatch.setattr(work, "run", cancelled)
    at = open_page("measured")
    at.button(key="measuring.go").click().run()
    assert not at.exception
    assert "is kept: resnet18, mobilenet_v2, squeezenet1_1." in texts(at)
    assert measured.machines()[MACHINE.slug] == RESULTS
    at.run()
    assert "GPU 1" in said(at)


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("batches", "fp32: ResNet-18: 3.33 times the pictures a second with 8"),
        ("roofline", "fp32: memory bounds 1 of 3 networks"),
        ("why", "yet an operation of"),
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
    at = open_page("measured", find="zfnet")  # the new one would be hidden
    at.multiselect(key="measuring.keys").set_value(["lenet5_modern"])
    at.multiselect(key="measuring.batches").set_value([2])
    at.button(key="measuring.go").click().run(timeout=120)
    assert not at.exception
    assert any(name_of("lenet5_modern") in trace["y"] for trace in chart(at)["data"])
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
    assert measured.machines()[MACHINE.slug + measured.BROUGHT] == RESULTS
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
