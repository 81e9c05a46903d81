"""Filters by a network's name: tasks, the facade and the command line."""

from __future__ import annotations

import argparse
import csv
import json

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from vizcore.cli import filters
from vizcore.errors import BadChoice, UnknownLayer
from vizcore.figures.filter_sheets import draw_slices
from vizcore.figures.filters import draw_bank
from vizcore.runtime.jobs import run_here
from vizcore.tasks.filters import filter_layers_task, filter_slices_task, filters_task

KEY = "zfnet_photos20"


def command(*arguments: object) -> int:
    parser = argparse.ArgumentParser(prog=filters.NAME)
    filters.add_arguments(parser)
    return filters.run(parser.parse_args(["--device", "cpu", *map(str, arguments)]))


def test_the_convolutions_and_what_each_is_followed_by(drawn_weights):
    found = run_here(filter_layers_task(KEY))
    assert [each.name for each in found] == [f"conv{n}" for n in range(1, 6)]
    assert [each.reads_picture for each in found] == [True, False, False, False, False]
    assert (found[0].kernel, found[0].filters, found[0].inputs) == ((7, 7), 64, 3)
    assert all(each.before_relu == each.name for each in found)


@pytest.mark.parametrize(
    ("key", "name", "before"),
    [
        ("resnet14_photos20", "stem.conv", "stem.bn"),
        ("resnet14_photos20", "stage1.unit1.residual.conv2", None),  # a sum comes first
        ("densenet_photos20", "features.conv0", "features.norm0"),
        ("densenet_photos20", "features.denseblock1.denselayer1.conv2", None),  # a concatenation
        ("mobilenet_photos20", "features.0.0", "features.0.1"),  # ReLU6
        ("lenet5_1998", "c1", None),  # tanh
    ],
)
def test_where_silence_can_be_measured(key, name, before):
    found = {each.name: each for each in run_here(filter_layers_task(key, weights="random"))}
    assert found[name].before_relu == before


def test_grouped_and_depthwise_layers():
    found = {
        e.name: e for e in run_here(filter_layers_task("mobilenet_photos20", weights="random"))
    }
    depthwise = next(each for each in found.values() if each.groups > 1)
    assert (depthwise.inputs, depthwise.groups) == (1, depthwise.filters)
    bank = vc.filters("mobilenet_photos20", depthwise.name, weights="random")
    assert bank.statistics.twins == ()
    assert draw_bank(bank).rgb_hwc.ndim == 3
    last = vc.filter_slices(
        "mobilenet_photos20", None, depthwise.name, depthwise.filters - 1, weights="random"
    )
    assert last.inputs_i == (depthwise.filters - 1,)


def test_the_first_layer_unless_another_is_asked_for(drawn_weights):
    assert vc.filters(KEY).layer.name == "conv1"
    assert vc.filters(KEY, "conv4").weights_fihw.shape == (128, 128, 3, 3)
    with pytest.raises(UnknownLayer, match="no convolution called 'relu1'"):
        vc.filters(KEY, "relu1")


def test_silent_filters_are_those_of_the_samples(drawn_weights, monkeypatch):
    from vizcore.data.samples import sample_pictures_for
    from vizcore.tasks import filters as filter_tasks

    few = sample_pictures_for(3)[:3]
    monkeypatch.setattr(filter_tasks, "sample_pictures_for", lambda channels: few)
    found = vc.filter_statistics(KEY, device="cpu")
    assert found.pictures == 3
    maps = [vc.feature_maps(KEY, each.read(), "conv5", device="cpu").maps_chw for each in few]
    expected = np.stack(maps).max(axis=(0, 2, 3))
    np.testing.assert_allclose(found.layers[4].maxima_f, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(found.layers[4].silent_f, expected <= 0)


def test_equal_tasks_have_equal_keys(photo):
    tasks = [
        filters_task(KEY),
        filters_task(KEY, "conv2"),
        filter_slices_task(KEY, None, "conv2", 1),
        filter_slices_task(KEY, photo, "conv2", 1),
        filter_slices_task(KEY, photo, "conv2", 2),
    ]
    assert len({task.key for task in tasks}) == len(tasks)
    assert filter_slices_task(KEY, photo.read_bytes(), "conv2", 2).key == tasks[-1].key


def test_textbook_filters_on_a_photo(photo):
    found = vc.textbook_filters(KEY, photo, device="cpu")
    maps = vc.feature_maps(KEY, photo, "conv1", device="cpu").maps_chw
    for each in found:
        np.testing.assert_allclose(each.learned_hw, maps[each.number], atol=1e-5)
        assert each.map_hw.shape == (32, 32)


@pytest.mark.parametrize("scaling", ["filter", "layer", "stretch"])
def test_the_command_draws_the_first_layer(drawn_weights, tmp_path, capsys, scaling):
    out = tmp_path / "f.png"
    assert command(KEY, "--out", out, "--scaling", scaling, "--numbers") == 0
    expected = draw_bank(vc.filters(KEY), scaling=scaling, numbers=True)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), expected.rgb_hwc)
    said = capsys.readouterr().out
    assert "64 filters of 7 x 7 x 3 in 'conv1'" in said
    assert expected.caption in said


def test_the_command_draws_one_filter_with_and_without_a_photo(photo, tmp_path, capsys):
    out = tmp_path / "f.png"
    command(KEY, "--layer", "conv3", "--filter", 5, "--image", photo, "--out", out)
    expected = draw_slices(vc.filter_slices(KEY, photo, "conv3", 5, device="cpu"))
    np.testing.assert_array_equal(np.asarray(Image.open(out)), expected.rgb_hwc)
    command(KEY, "--layer", "conv3", "--out", out)
    number = vc.filters(KEY, "conv3").by_norm()[0]
    expected = draw_slices(vc.filter_slices(KEY, None, "conv3", number))
    np.testing.assert_array_equal(np.asarray(Image.open(out)), expected.rgb_hwc)
    assert f"filter {number}" in capsys.readouterr().out


def test_the_command_writes_weights_statistics_and_json(drawn_weights, tmp_path, capsys):
    bank = vc.filters(KEY, "conv2")
    command(KEY, "--layer", "conv2", "--out", tmp_path / "f.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "f.npy"), bank.weights_fihw)
    capsys.readouterr()
    command(KEY, "--layer", "conv2", "--out", tmp_path / "f.csv", "--json")
    rows = list(csv.DictReader((tmp_path / "f.csv").read_text().splitlines()))
    np.testing.assert_allclose(
        [float(row["l2_norm"]) for row in rows], bank.statistics.norms_f, rtol=1e-5
    )
    result = json.loads(capsys.readouterr().out)
    assert (result["shape"], result["reads_picture"]) == ([96, 64, 5, 5], False)
    assert len(result["l2_norms"]) == 96
    assert result["colour_shares"] is None


def test_random_weights_are_marked(drawn_weights, tmp_path, capsys):
    heights = []
    for options in ([], ["--weights", "random"]):
        command(KEY, "--out", tmp_path / "f.png", *options)
        with Image.open(tmp_path / "f.png") as picture:
            heights.append(picture.height)
        assert ("Random weights" in capsys.readouterr().out) == bool(options)
    assert heights[1] > heights[0]


def test_what_the_command_refuses(drawn_weights, tmp_path):
    with pytest.raises(BadChoice, match=r"--out cannot be .*\.jpg"):
        command(KEY, "--out", tmp_path / "f.jpg")
    with pytest.raises(BadChoice, match="there is no folder"):
        command(KEY, "--out", tmp_path / "none" / "f.png")
    with pytest.raises(BadChoice, match="no filter 64"):
        command(KEY, "--filter", 64, "--out", tmp_path / "f.png")
