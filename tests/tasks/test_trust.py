"""Sanity checks and metrics by a network's name: tasks, the facade and the command line."""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from vizcore.cli import sanity
from vizcore.errors import BadChoice, NotApplicable, UnknownClass
from vizcore.figures.trust_tables import sanity_csv
from vizcore.records.trust import MetricSettings
from vizcore.runtime.jobs import run_here
from vizcore.tasks.trust import (
    joined,
    method_metrics_task,
    metrics_frame_task,
    metrics_tasks,
    sanity_task,
)

KEY = "zfnet_photos20"
QUICK = MetricSettings(steps=4, random_orders=2, removals=4, nudges=1)


def command(*arguments: object) -> int:
    parser = argparse.ArgumentParser(prog=sanity.NAME)
    sanity.add_arguments(parser)
    return sanity.run(parser.parse_args(["--device", "cpu", *map(str, arguments)]))


def test_the_first_map_is_that_of_saliency(photo):
    check = vc.sanity_check(KEY, photo, method="smoothgrad", most=2, seed=4, device="cpu")
    alone = vc.saliency(KEY, photo, method="smoothgrad", seed=4, device="cpu")
    np.testing.assert_allclose(check.values_hw, alone.values_hw, rtol=1e-4, atol=1e-8)
    assert check.target_class == vc.predict(KEY, photo, device="cpu").classes[0]
    assert [step.layers for step in check.steps] == [
        ("fc8", "fc7", "fc6", "conv5"),
        ("conv4", "conv3", "conv2", "conv1"),
    ]


def test_the_class_stays_though_a_random_network_says_another(photo):
    check = vc.sanity_check(KEY, photo, "class 7", most=3, device="cpu")
    assert (check.target, check.target_class) == (7, "class 7")
    assert len(check.steps) == 3


def test_metrics_share_what_is_random_and_have_a_row_a_method(photo):
    found = vc.map_metrics(
        KEY, photo, ["gradient", "integrated_gradients", "gradient"], settings=QUICK, device="cpu"
    )
    assert [row.method for row in found.rows] == ["gradient", "integrated_gradients"]
    assert len(found.random) == 2
    said = vc.predict(KEY, photo, device="cpu")
    assert found.target_class == said.classes[0]
    assert found.probability == pytest.approx(said.probabilities[0], rel=1e-4)
    for row in found.rows:
        assert row.curves is not None
        for curve in (row.curves.deletion, row.curves.insertion):
            assert len(curve.shares_s) == 5
        # Every order begins and ends with the same pictures.
        for one in found.random:
            for way in ("deletion", "insertion"):
                mine, its = getattr(row.curves, way), getattr(one, way)
                np.testing.assert_allclose(
                    mine.scores_s[[0, -1]], its.scores_s[[0, -1]], rtol=1e-3, atol=1e-5
                )
        assert row.curves.deletion.probabilities_s[0] == pytest.approx(found.probability, rel=1e-3)
        assert row.sensitivity is not None
        assert row.sensitivity > 0
        assert row.unexplained is not None
        assert 0 <= row.unexplained <= 1
    gradient, integrated = found.rows
    assert gradient.completeness is None
    assert integrated.completeness is not None


def test_equal_tasks_have_equal_keys(photo):
    def key(*arguments: object, **options: object) -> object:
        return sanity_task(KEY, *arguments, **options).key  # type: ignore[arg-type]

    assert key(photo) == key(photo.read_bytes(), method="gradient", layer="conv1")
    keys = [
        key(photo),
        key(photo, "class 3"),
        key(photo, method="smoothgrad"),
        key(photo, method="smoothgrad", options={"samples": 3}),
        key(photo, order="independent"),
        key(photo, most=3),
        key(photo, seed=3),
        metrics_frame_task(KEY, photo).key,
        metrics_frame_task(KEY, photo, settings=QUICK).key,
        method_metrics_task(KEY, photo).key,
        method_metrics_task(KEY, photo, settings=replace(QUICK, seed=1)).key,
    ]
    assert len(set(keys)) == len(keys)
    assert metrics_frame_task(KEY, photo, settings=MetricSettings()).key == keys[7]


def test_a_method_that_does_not_apply_has_a_row_that_says_so(photo, monkeypatch):
    from vizcore.lenses import explaining

    def refuses(*_args: object, **_options: object) -> object:
        raise NotApplicable("There is no ReLU in this network.")
        yield

    frame, rows = metrics_tasks(KEY, photo, ["gradient"], settings=QUICK)
    shared = run_here(frame)
    (row,) = rows(shared)
    monkeypatch.setattr(explaining, "saliency", refuses)
    found = joined(shared, [run_here(row)])
    assert found.rows[0].note == "There is no ReLU in this network."
    assert found.rows[0].curves is None
    with pytest.raises(NotApplicable, match="no ReLU"):
        vc.sanity_check(KEY, photo, device="cpu")


def test_what_cannot_be_asked(photo):
    with pytest.raises(UnknownClass, match="class 77"):
        sanity_task(KEY, photo, "class 77")
    with pytest.raises(BadChoice, match="method cannot be 'guess'"):
        metrics_tasks(KEY, photo, ["guess"])
    with pytest.raises(BadChoice, match="random_orders cannot be '0'"):
        run_here(metrics_frame_task(KEY, photo, settings=MetricSettings(random_orders=0)))
    with pytest.raises(NotApplicable, match="no class scores"):
        sanity_task("facenet_nn1", photo, weights="random")


def test_the_command_says_and_writes_the_numbers(photo, tmp_path, capsys):
    out = tmp_path / "numbers.csv"
    assert command(KEY, "--image", photo, "--steps", 3, "--out", out, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    check = vc.sanity_check(KEY, photo, most=3, device="cpu")
    assert [each["layers"] for each in result["steps"]] == [list(s.layers) for s in check.steps]
    assert result["steps"][1]["spearman_abs"] == check.steps[1].likeness.spearman_abs
    assert result["edges"]["ssim"] == check.edges.ssim
    assert out.read_text() == sanity_csv(check)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["layers drawn anew"] for row in rows][-2:] == ["conv3 conv2 conv1", "edge detector"]
    assert float(rows[0]["ssim"]) == check.steps[0].likeness.ssim
    assert command(KEY, "--image", photo, "--steps", 3, "--order", "independent") == 0
    said = capsys.readouterr().out
    assert "edges, without any network: rank correlation" in said
    assert said.count("\n") == 5


def test_the_command_draws_and_marks_random_weights(photo, tmp_path, capsys):
    heights = []
    for weights in ("photos20", "random"):
        out = tmp_path / f"{weights}.png"
        extra = ["--weights", "random"] if weights == "random" else []
        command(KEY, "--image", photo, "--steps", 2, "--out", out, *extra)
        with Image.open(out) as drawn:
            assert drawn.width >= 5 * 128
            heights.append(drawn.height)
        assert ("Random weights" in capsys.readouterr().out) == (weights == "random")
    assert heights[1] > heights[0]


@pytest.mark.parametrize(
    ("out", "message"),
    [("a.gif", "a file ending in .png"), ("nowhere/a.csv", "there is no folder 'nowhere'")],
)
def test_a_file_that_cannot_be_written(photo, out, message):
    with pytest.raises(BadChoice, match=message):
        command(KEY, "--image", photo, "--out", out)
