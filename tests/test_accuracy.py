"""Accuracy beside cost: every plotted number has a source, and the costs are the published ones."""

from __future__ import annotations

import random

import pytest
from torchvision.models import get_model_weights

from vizcore.accuracy import (
    SETS,
    accuracy_points,
    family_lines,
    field_points,
    fleet_points,
    matching,
    published_points,
)
from vizcore.cli.models import _counted
from vizcore.errors import BadChoice
from vizcore.records.accuracy import AXES, batches_of, measured_of, pareto_front
from vizcore.records.bench import MachineResults, Measurement, Setup
from vizcore.reference.accuracy import accuracy_vs_compute, timm_results
from vizcore.trained import card
from vizcore.zoo import architectures, get
from vizcore.zoo.pretrained import pretrained_weights
from vizcore.zoo.pretrained_counts import counted_elsewhere, counts_at

#: Torchvision prints the parameters of these with the auxiliary heads, which do not run.
_WITH_HEADS = {"inception_v3"}


def test_every_number_has_a_source() -> None:
    points = (*published_points(canziani_only=False), *field_points(), *fleet_points())
    assert len(points) > 150
    for point in points:
        assert 10 < point.top1_pct < 100, point.label
        assert point.source, point.label
        assert point.protocol, point.label
        if point.macs is None:
            assert point.cost_source == "unknown", point.label
        else:
            assert point.cost_source.startswith("counted from"), point.label
            assert min(point.macs, point.params, point.activations, point.side_px) > 0
    for which in SETS:
        labels = [(point.label, point.kind) for point in accuracy_points(which)]
        assert len(set(labels)) == len(labels)


def test_recomputed_costs_are_those_of_the_reference_file() -> None:
    """The file's counts were made by somebody else, with hooks."""
    counted = {each.network: each for each in accuracy_vs_compute(preferred_only=True)}
    compared = 0
    for point in published_points(canziani_only=False):
        row = counted.get(point.label)
        if row is None or row.gops is None or point.gops is None:
            continue
        if point.label == "NASNet-A Mobile":  # counted in a port; the paper has ours: 564M
            assert round(point.macs / 1e6) == 564
        else:
            assert point.gops == pytest.approx(row.gops, abs=6e-4, rel=5e-4), point.label
        assert point.params / 1e6 == pytest.approx(row.params_m, abs=6e-4), point.label
        assert row.top1_acc_pct in (None, point.top1_pct)
        compared += 1
    assert compared >= 35


def test_the_study_s_networks_are_all_there_and_readings_are_marked() -> None:
    points = {point.label: point for point in published_points()}
    in_study = {each.network for each in accuracy_vs_compute() if each.in_canziani_2017}
    assert set(points) == in_study
    read = {label for label, point in points.items() if point.kind == "read off a figure"}
    assert read == {"BN-NIN", "ENet"}
    assert points["ENet"].macs is None


def test_the_whole_field_against_torchvision_s_own_metadata() -> None:
    """Accuracy, parameters and operations as torchvision prints them, weight by weight."""
    compared = 0
    for point in field_points():
        if point.kind != "torchvision":
            continue
        name = get(point.key).source.removeprefix("torchvision:")
        meta = get_model_weights(name)[point.weights].meta
        assert point.top1_pct == pytest.approx(meta["_metrics"]["ImageNet-1K"]["acc@1"])
        assert point.macs / 1e9 == pytest.approx(meta["_ops"], rel=0.01, abs=2e-3), point.label
        if point.key not in _WITH_HEADS:
            assert point.params == meta["num_params"], point.label
        assert ("SWAG" in meta["_docs"]) == ("SWAG" in point.note), point.label
        compared += 1
    assert compared == sum(
        weights.origin == "torchvision" and "top1" in weights.accuracy
        for entry in architectures()
        for weights in pretrained_weights(entry)
    )


def test_every_timm_weight_has_timm_s_own_accuracy() -> None:
    """At the size and crop that the weights are used with; two are told elsewhere as well."""
    timm = {
        (entry.key, weights.name): weights
        for entry in architectures()
        for weights in pretrained_weights(entry)
        if weights.origin == "timm"
    }
    points = {(point.key, point.weights): point for point in field_points() if point.kind == "timm"}
    assert set(points) == set(timm) == set(timm_results())
    for key, weights in timm.items():
        result, how = timm_results()[key], weights.preprocessing
        assert points[key].top1_pct == result.top1_acc_pct
        assert (result.side_px, result.interpolation) == (how.crop_px, how.interpolation)
        assert int(result.side_px / result.crop_pct) == pytest.approx(how.resize_px, abs=1)
        assert result.timm_name in points[key].source
    told = get("inception_resnet_v2").published
    assert 100 - points["inception_resnet_v2", "tf_in1k"].top1_pct == pytest.approx(told.top1)
    row = next(each for each in accuracy_vs_compute() if each.record == "timm")
    assert points["inception_v4", "tf_in1k"].top1_pct == row.top1_acc_pct


def test_the_field_leaves_out_only_weights_without_a_classifier() -> None:
    every = {
        (entry.key, weights.name)
        for entry in architectures()
        for weights in pretrained_weights(entry)
    }
    drawn = {(point.key, point.weights) for point in field_points()}
    assert every - drawn == {("vgg_d", "IMAGENET1K_FEATURES")}
    authors = [point for point in field_points() if point.kind == "published"]
    assert {point.label for point in authors} == {
        "MobileNet-v1",
        "ShuffleNet-v1 1.0x g3",
        "NASNet-A Mobile",
    }


@pytest.mark.parametrize("which", SETS)
def test_a_filter_hides_all_others(which) -> None:
    points = accuracy_points(which)
    word = points[0].family.lower()
    kept = accuracy_points(which, find=f" {word} ,nothing-else")
    told = {p: f"{p.label} {p.family} {p.key} {p.weights} {p.kind}".lower() for p in points}
    assert kept == tuple(point for point in points if word in told[point])
    assert 0 < len(kept) < len(points)


def test_a_filter_s_words_all_have_to_fit_and_no_match_is_refused() -> None:
    named = matching(field_points(), "resnet-50 v2, ALEXNET")
    assert {(point.key, point.weights) for point in named} >= {
        ("resnet50", "IMAGENET1K_V2"),
        ("alexnet_torchvision", "IMAGENET1K_V1"),
    }
    assert ("resnet50", "IMAGENET1K_V1") not in {(point.key, point.weights) for point in named}
    assert matching(field_points(), " , ") == field_points()
    without = matching(field_points(), "-swag")
    assert {point.label for point in field_points()} - {point.label for point in without} == {
        point.label for point in field_points() if "SWAG" in point.weights
    }
    with pytest.raises(BadChoice, match="named by 'perceptron'") as refused:
        accuracy_points("study", find="perceptron")
    assert "VGG" in refused.value.suggestions


def test_counts_at_other_resolutions_are_what_a_trace_gives() -> None:
    found = list(counted_elsewhere(entry.key for entry in architectures()))
    assert len(found) >= 10
    for weights in found:
        assert counts_at(weights) == _counted(weights), weights.architecture


def test_the_fleet_s_points_are_the_cards() -> None:
    points = {point.key: point for point in fleet_points()}
    plain, zfnet = points["plain50_photos20"], points["zfnet_photos20"]
    runs = [run.test for run in card("plain50_photos20").runs]
    assert plain.seeds == len(runs) == 3
    assert plain.top1_pct == pytest.approx(100 * sum(runs) / 3)
    mean = sum(runs) / 3
    assert plain.spread_pct == pytest.approx(
        100 * (sum((run - mean) ** 2 for run in runs) / 2) ** 0.5
    )
    assert (zfnet.seeds, zfnet.spread_pct) == (1, None)


@pytest.mark.parametrize("less_x", [True, False])
@pytest.mark.parametrize("less_y", [True, False])
def test_the_front_is_what_nobody_beats(less_x, less_y) -> None:
    drawn = random.Random(4)
    points = [(drawn.randrange(12), drawn.randrange(12)) for _ in range(60)]

    def good(point):
        return (point[0] if less_x else -point[0], point[1] if less_y else -point[1])

    def beats(one, other):
        a, b = good(one), good(other)
        return a != b and a[0] <= b[0] and a[1] <= b[1]

    expected = {n for n, p in enumerate(points) if not any(beats(q, p) for q in points)}
    found = pareto_front(points, less_x=less_x, less_y=less_y)
    assert set(found) == expected
    assert [points[n][0] for n in found] == sorted(points[n][0] for n in found)


@pytest.mark.parametrize(("x", "y"), [("macs", "top1"), ("params", "density"), ("year", "top1")])
def test_the_field_s_front_is_what_no_network_beats(x, y) -> None:
    first, second = AXES[x], AXES[y]
    pairs = [(first.value(p, None), second.value(p, None)) for p in field_points()]
    expected = {
        n
        for n, (a, b) in enumerate(pairs)
        if not any(c <= a and d >= b and (c, d) != (a, b) for c, d in pairs)
    }
    assert set(pareto_front(pairs)) == expected


def test_measurements_join_by_network_size_and_setup() -> None:
    point = next(each for each in published_points() if each.label == "ResNet-18")
    others = {"date": "", "params": 1, "macs": 10**9, "quartiles_ms": (1.0, 3.0), "runs": 1}
    first = Measurement("resnet18", (3, 224, 224), Setup(4), rounds_ms=(2.0,), **others)
    small = Measurement("resnet18", (3, 64, 64), Setup(4), rounds_ms=(1.0,), **others)
    machine = MachineResults(None, (small, first))
    assert measured_of([point], machine, Setup(4)) == (first,)
    assert measured_of([point], machine, Setup(8)) == (None,)
    assert measured_of([point], None, Setup(4)) == (None,)
    assert batches_of([point], machine, Setup(1)) == (first,)
    assert (
        batches_of([point], machine, Setup(1, "bf16")) == batches_of([point], None, Setup()) == ()
    )
    assert AXES["throughput"].value(point, first) == pytest.approx(2000)
    assert AXES["latency"].value(point, None) is None
    assert AXES["energy"].value(point, first) is None
    assert AXES["rate"].value(point, first) == pytest.approx(2 * 2000)


def test_lines_join_neighbours_of_one_family_and_recipe() -> None:
    points = field_points()
    for one, other in family_lines(points):
        assert points[one].family == points[other].family
        assert points[one].weights == points[other].weights
        assert points[one].macs <= points[other].macs


def test_a_series_has_a_line_of_its_own() -> None:
    points = field_points()
    joined = {(points[a].label, points[b].label) for a, b in family_lines(points)}
    for one, other in joined:
        assert ("BatchNorm" in one) == ("BatchNorm" in other)
        assert ("RegNetX" in one) == ("RegNetX" in other)
        assert ("EfficientNetV2" in one) == ("EfficientNetV2" in other)
    names = {(one.partition(" (")[0], other.partition(" (")[0]) for one, other in joined}
    assert {("VGG-A", "VGG-B"), ("ResNet-50", "ResNet-101")} <= names
