"""Accuracy and cost: every circle has a source, axes are chosen freely, bad choices are said."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.app.opening import code_of, open_page, texts
from vizcore.accuracy import accuracy_points, field_points, fleet_points, published_points
from vizcore.records.bench import Machine, MachineResults, Measurement, Setup
from vizcore.runtime import measured
from vizcore.ui import accuracy_tables
from vizcore.ui.accuracy_choices import PANELS

MACHINE = Machine("GPU 1", "cuda", "CPU", 8, 7, 2**34, "570", "13", "Linux", "3.11", "2", "0", "1")


def keep_measured(rounds_ms: dict, batches=(1,)) -> str:
    """Results of a machine that counts no energy; returns what the address calls it."""
    points = {point.key: point for point in published_points() if point.key in rounds_ms}
    made = [
        Measurement(
            network=key,
            input_shape=(3, point.side_px, point.side_px),
            setup=Setup(batch),
            date="2026-01-02",
            params=point.params,
            macs=point.macs,
            rounds_ms=tuple(batch * value for value in rounds_ms[key]),
            quartiles_ms=(4.0, 6.0),
            runs=9,
            peak_bytes=4 * (point.params + batch * point.activations),
        )
        for key, point in points.items()
        for batch in batches
    ]
    measured.keep(MachineResults(MACHINE, tuple(made)))
    return MACHINE.slug


@pytest.fixture
def cpu(empty_cache) -> str:
    """A machine that has measured some of the study's networks at two batch sizes."""
    keys = ("resnet18", "resnet50", "vgg_d", "googlenet_2014", "alexnet_2012", "nin_imagenet")
    return keep_measured({key: (float(n + 1),) for n, key in enumerate(keys)}, batches=(1, 2))


def said(at) -> str:
    return next(each.proto.body for each in at.get("html") if "cs-answer" in each.proto.body)


def circles(at) -> dict:
    """The trace of the networks' circles, as plotly's JSON."""
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    return next(trace for trace in figure["data"] if "customdata" in trace)


def test_the_study_is_what_the_file_says():
    at = open_page("accuracy")
    at.run()
    assert not at.exception
    points = published_points()
    drawn = circles(at)
    assert len(drawn["customdata"]) == len(points) - 1  # nobody counted ENet
    assert "ENet" in texts(at)
    for (number,), words in zip(drawn["customdata"], drawn["hovertext"], strict=True):
        assert f"{points[number].top1_pct:.2f}%" in words
        assert "source:" in words
    assert "Inception-v4" in said(at)
    assert "80.2%" in said(at)


@pytest.mark.parametrize(("which", "make"), [("field", field_points), ("fleet", fleet_points)])
def test_the_other_sets_are_drawn_whole(which, make):
    at = open_page("accuracy", set=which)
    assert not at.exception
    expected = [point for point in make() if which == "field" or point.weights == "photos20"]
    assert len(circles(at)["customdata"]) == len(expected)


def test_the_lectures_captions_are_checked_and_pointed_out():
    at = open_page("accuracy")
    at.session_state["kept.open.accuracy.What lectures read off this plot, checked"] = True
    at.run()
    assert "The numbers correct it" in texts(at)
    assert "bear it out" in texts(at)
    at.button(key="accuracy-reading-vgg").click().run()
    assert not at.exception
    drawn = circles(at)
    edges = drawn["marker"]["line"]
    thick = {
        published_points()[number].label: colour
        for (number,), width, colour in zip(
            drawn["customdata"], edges["width"], edges["color"], strict=True
        )
        if width == 4
    }
    assert sorted(thick) == ["VGG-16", "VGG-19"]
    others = [
        colour for colour, width in zip(edges["color"], edges["width"], strict=True) if width < 4
    ]
    assert set(thick.values()).isdisjoint(others)  # not even the front has their colour
    assert "VGG" in said(at)
    assert "bear it out" in said(at)
    assert len(drawn["customdata"]) == len(published_points()) - 1  # the others stay
    at.button(key="accuracy-reading-vgg").click().run()
    assert "bear it out" not in said(at)


@pytest.mark.parametrize(("which", "find"), [("field", "resnext"), ("study", "vgg, googlenet")])
def test_the_filter_hides_what_it_does_not_name(which, find):
    at = open_page("accuracy", set=which, find=find)
    assert not at.exception
    kept = accuracy_points(which, find=find)
    drawn = circles(at)
    assert len(drawn["customdata"]) == len(kept) < len(accuracy_points(which))
    assert all(
        kept[number].label in words
        for (number,), words in zip(drawn["customdata"], drawn["hovertext"], strict=True)
    )
    assert f"Of {len(kept)} networks" in said(at)
    table = accuracy_tables.to_csv(kept, [None] * len(kept))
    assert table.count("\n") == len(kept) + 1
    made: dict = {}
    exec(code_of(at, "accuracy"), made)
    assert made["points"] == kept


def test_a_filter_that_names_nothing_is_refused_with_the_families():
    at = open_page("accuracy", set="field", find="perceptron")
    assert not at.exception
    assert "named by 'perceptron'" in texts(at)
    assert not at.get("plotly_chart")
    at.button(key="refusal-accuracy-AlexNet").click().run()
    assert not at.exception
    assert {field_points()[0].family} >= {"AlexNet"}
    assert circles(at)["customdata"] == [[0]]


def test_every_panel_of_the_study_is_drawn_or_says_what_is_missing(cpu):
    at = open_page("accuracy", machine=cpu)
    for name, (x, y, _) in PANELS.items():
        at.selectbox(key="accuracy-panel").select(name).run()
        assert not at.exception
        assert at.selectbox(key="accuracy-panel").value == name
        assert at.selectbox(key="accuracy.study.x").value == x
        assert at.selectbox(key="accuracy.study.y").value == y
        if y == "power":
            assert "known" in texts(at) or "both" in texts(at)
            assert "NVIDIA" in texts(at)
        else:
            assert at.get("plotly_chart")
            is_measured = bool({x, y} & {"latency", "throughput", "memory"})
            assert ("not the study's own machine" in texts(at)) == is_measured
            assert ("BN-AlexNet and BN-NIN: as built" in texts(at)) == (
                is_measured and x != "batch"
            )
    at.selectbox(key="accuracy.study.x").select("year").run()
    assert at.selectbox(key="accuracy-panel").value == "Axes of your own"


def test_a_quantity_that_no_batch_changes_is_refused_with_those_it_does(cpu):
    at = open_page("accuracy", x="batch", machine=cpu)
    assert not at.exception
    assert "Allowed: latency" in texts(at)
    at.button(key="refusal-accuracy-memory").click().run()
    assert not at.exception
    assert at.get("plotly_chart")
    assert "GPU 1" in said(at)


def test_digits_are_not_on_the_axis_of_photographs():
    at = open_page("accuracy", set="fleet")
    assert "LeNet" in texts(at)
    assert "on another axis" in texts(at)


def test_what_was_read_off_the_figure_is_hollow_in_the_bars_too():
    at = open_page("accuracy", x="network")
    bars = json.loads(at.get("plotly_chart")[0].proto.spec)["data"][0]
    hollow = {
        published_points()[number].label
        for (number,), fill, edge in zip(
            bars["customdata"],
            bars["marker"]["color"],
            bars["marker"]["line"]["color"],
            strict=True,
        )
        if fill != edge
    }
    assert hollow == {"ENet", "BN-NIN"}
    assert bars["x"] == sorted(bars["x"], reverse=True)


def test_why_enet_is_not_on_the_plot_is_said():
    at = open_page("accuracy")
    assert "ENet is not drawn: no source tells" in texts(at)
    assert "68% was read off the study's figure" in texts(at)
    assert "ENet" not in "".join(each.value for each in open_page("accuracy", x="network").caption)


def test_a_chosen_network_says_its_sources_and_leads_to_its_layers_at_its_size():
    point = next(each for each in field_points() if each.key == "efficientnet_b2")
    assert accuracy_tables.layers_address(point) == {"arch": "efficientnet_b2", "size": "288"}
    at = open_page("accuracy", set="field", point=point.label)
    assert not at.exception
    assert f"{point.macs:,} multiply-adds" in texts(at)
    assert point.protocol in texts(at).replace("\\", "")
    at.button(key="accuracy-close").click().run()
    assert f"{point.macs:,} multiply-adds" not in texts(at)
    at = open_page("accuracy", point="Perceptron")
    assert "'Perceptron' is not among the 14 networks" in texts(at)
    at = open_page("accuracy", point="[here](http://elsewhere)")
    assert "[here]" not in texts(at)  # an address comes from anybody: no links


def test_the_study_s_conclusions_are_checked_on_the_machine(cpu):
    at = open_page("accuracy", machine=cpu)
    at.session_state["kept.open.accuracy.What the study concludes, checked on a machine"] = True
    at.run()
    assert not at.exception
    assert "arXiv:1605.07678" in texts(at)
    assert "within 2.1 points of the 12 published numbers" in texts(at)
    assert "Cannot be told on" in texts(at)


def test_axes_are_free_and_what_nobody_measured_is_said(cpu):
    at = open_page("accuracy", set="field", x="year", y="density", area="none")
    assert not at.exception
    assert "points per million parameters" in said(at)
    at = open_page("accuracy", x="energy", machine=cpu)
    assert not at.exception
    assert "No network here has both" in texts(at)


def test_a_machine_s_measurements_are_an_axis(empty_cache):
    keep_measured({"resnet18": (4.0, 5.0, 6.0)})
    at = open_page("accuracy", x="latency", machine=MACHINE.slug, point="ResNet-18")
    assert not at.exception
    assert len(circles(at)["customdata"]) == 1
    assert "5 ms" in said(at)
    assert "GPU 1" in texts(at)
    assert "apart by 40%" in texts(at)
    assert MACHINE.slug in at.query_params["machine"]
    made: dict = {}
    exec(code_of(at, "accuracy"), made)  # what was measured is in the lines of code, too
    assert [each and each.latency_ms for each in made["measured"]].count(5.0) == 1
    at = open_page("accuracy", machine="nobody")
    assert not at.exception
    assert "no results of a machine 'nobody'" in at.warning[0].value


def test_the_table_has_every_number_s_source():
    points = fleet_points()
    table = list(csv.DictReader(io.StringIO(accuracy_tables.to_csv(points, [None] * len(points)))))
    assert [row["key"] for row in table] == [point.key for point in points]
    assert all(row["source"] and row["cost_source"] for row in table)


def test_the_code_runs():
    at = open_page("accuracy", set="fleet", y="density", x="activations")
    made: dict = {}
    exec(code_of(at, "accuracy"), made)
    assert len(made["figure"].data) >= 1


@pytest.mark.parametrize("x", ["gops", "network"])
def test_what_is_pointed_out_is_in_the_code_too(x):
    at = open_page("accuracy", caption="vgg", point="AlexNet", x=x, lines="0", front="0")
    made: dict = {}
    exec(code_of(at, "accuracy"), made)
    drawn = next(trace for trace in made["figure"].data if trace.customdata is not None)
    assert list(circles(at)["marker"]["line"]["color"]) == list(drawn.marker.line.color)
    assert {published_points()[n].label for n in made["chosen"]} == {"VGG-16", "VGG-19", "AlexNet"}


@pytest.mark.parametrize("query", [{"x": "beauty"}, {"set": "all"}, {"batch": "0"}])
def test_a_bad_address_is_named(query):
    at = open_page("accuracy", **query)
    assert not at.exception
    assert "Allowed" in at.warning[0].value


def test_the_challenge_says_why_there_are_three_numbers():
    at = open_page("accuracy", set="challenge")
    at.session_state["kept.open.accuracy.Why AlexNet has 3 errors"] = True
    at.run()
    assert not at.exception
    assert "15.3%, 16.4%, 18.2%" in said(at)
    assert "Fall 2011" in texts(at)
    made: dict = {}
    exec(code_of(at, "accuracy"), made)
    assert made["figure"].data
