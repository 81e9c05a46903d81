"""predict, feature-maps and saliency as a script sees them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vizcore import api
from vizcore.cli import feature_maps, predict, saliency
from vizcore.errors import (
    BadChoice,
    BadImage,
    ConvScopeError,
    NotApplicable,
    UnknownArchitecture,
    UnknownClass,
    UnknownLayer,
    UnknownWeights,
)
from vizcore.figures.mosaic import draw_mosaic
from vizcore.figures.overlay import draw_saliency

KEY = "zfnet_photos20"


@pytest.fixture
def photo(tmp_path: Path, drawn_weights: Path) -> Path:
    pixels = np.random.default_rng(5).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def command(module: Any, *arguments: object) -> int:
    """Run a command as the dispatcher does."""
    parser = argparse.ArgumentParser(prog=module.NAME)
    module.add_arguments(parser)
    return module.run(parser.parse_args(["--device", "cpu", *map(str, arguments)]))


def test_predict_prints_the_classes(photo, capsys):
    assert command(predict, KEY, "--image", photo, "--top", 3) == 0
    lines = capsys.readouterr().out.splitlines()
    seen = api.predict(KEY, photo, top=3, device="cpu")
    assert len(lines) == 3
    for line, name, probability in zip(lines, seen.classes, seen.probabilities, strict=True):
        assert line.split()[0] == f"{probability:.2%}"
        assert name in line


def test_predict_as_json(photo, capsys):
    assert command(predict, KEY, "--image", photo, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    seen = api.predict(KEY, photo, device="cpu")
    assert result["key"] == KEY
    assert len(result["weights_sha256"]) == len(result["image"]["sha256"]) == 64
    assert [row["class"] for row in result["top"]] == list(seen.classes)
    assert [row["probability"] for row in result["top"]] == list(seen.probabilities)
    assert [row["index"] for row in result["top"]] == list(seen.indices)
    assert [row["score"] for row in result["top"]] == list(seen.scores)
    assert result["notes"] == []


def test_predict_tells_what_was_done_to_the_picture(photo, tmp_path, capsys):
    Image.fromarray(np.zeros((40, 40, 4), np.uint8)).save(tmp_path / "clear.png")
    command(predict, KEY, "--image", tmp_path / "clear.png")
    assert "transparent parts on white" in capsys.readouterr().out


@pytest.mark.parametrize("sort", ["maximum", "mean", "sparsity", "gradient", "ablation", "channel"])
def test_feature_maps_as_a_picture(photo, tmp_path, capsys, sort):
    out = tmp_path / "maps.png"
    assert command(
        feature_maps, KEY, "--image", photo, "--layer", "relu2", "--out", out, "--sort", sort
    ) == 0  # fmt: skip
    maps = api.feature_maps(KEY, photo, "relu2", sorted_by=sort, device="cpu")
    expected = draw_mosaic(maps.maps_chw, maps.order)
    np.testing.assert_array_equal(np.asarray(Image.open(out).convert("RGB")), expected.rgb_hwc)
    text = capsys.readouterr().out
    assert "96 maps of 16 x 16 from 'relu2'" in text
    assert expected.caption in text


def test_random_weights_are_marked(photo, tmp_path, capsys):
    for module, *options in (
        (predict,),
        (feature_maps, "--layer", "conv1", "--out", tmp_path / "maps.png"),
        (saliency, "--out", tmp_path / "map.png"),
    ):
        assert command(module, KEY, "--weights", "random", "--image", photo, *options) == 0
        assert "Random weights. Nothing was learned" in capsys.readouterr().out
        assert command(module, KEY, "--image", photo, *options) == 0
        assert "Random" not in capsys.readouterr().out
        assert (
            command(module, KEY, "--weights", "random", "--image", photo, "--json", *options) == 0
        )
        result = json.loads(capsys.readouterr().out)
        assert (result["weights"], result["random_weights"]) == ("random", True)
    maps = draw_mosaic(api.feature_maps(KEY, photo, "conv1", weights="random").maps_chw)
    with Image.open(tmp_path / "maps.png") as picture:
        assert picture.height > maps.rgb_hwc.shape[0], "the words stand under the picture"


def test_feature_maps_as_values_and_json(photo, tmp_path, capsys):
    out = tmp_path / "maps.npy"
    arguments = (KEY, "--image", photo, "--layer", "conv1", "--out", out, "--json")
    assert command(feature_maps, *arguments, "--scaling", "layer", "--grey", "--zoom", 2) == 0
    result = json.loads(capsys.readouterr().out)
    maps = api.feature_maps(KEY, photo, "conv1", device="cpu")
    np.testing.assert_array_equal(np.load(out), maps.maps_chw)
    assert (result["shape"], result["zoom"]) == ([64, 32, 32], 2)
    assert result["order"] == list(maps.order)
    np.testing.assert_array_equal(np.float32(result["strength"]), maps.strength_c)
    assert "All maps share one scale: black is" in result["caption"]


@pytest.mark.parametrize("which", ["over", "map"])
def test_saliency_as_a_picture(photo, tmp_path, capsys, which):
    out = tmp_path / "saliency.PNG"
    options = ["--map-only"] if which == "map" else []
    arguments = (KEY, "--image", photo, "--class", "class 4", "--out", out, *options)
    assert command(saliency, *arguments) == 0
    expected = draw_saliency(api.saliency(KEY, photo, 4, device="cpu"))
    picture = {"over": expected.over_hwc, "map": expected.map_hwc}[which]
    np.testing.assert_array_equal(np.asarray(Image.open(out)), picture)
    assert expected.caption in capsys.readouterr().out


def test_saliency_as_values_and_json(photo, tmp_path, capsys):
    out = tmp_path / "saliency.npy"
    arguments = (KEY, "--image", photo, "--out", out, "--json", "--method", "input_x_gradient")
    assert command(saliency, *arguments) == 0
    result = json.loads(capsys.readouterr().out)
    expected = api.saliency(KEY, photo, method="input_x_gradient", device="cpu")
    np.testing.assert_array_equal(np.load(out), expected.values_hw)
    assert (result["class"], result["index"]) == (expected.target_class, expected.target)
    assert result["score"] == expected.score
    assert (result["signed"], result["shape"]) == (True, [64, 64])
    assert result["largest"] == np.abs(expected.values_hw).max()


def test_the_class_can_be_a_number(photo, tmp_path, capsys):
    for target in ("4", "class 4", "CLASS 4"):
        out = tmp_path / "saliency.npy"
        command(saliency, KEY, "--image", photo, "--class", target, "--out", out, "--json")
        assert json.loads(capsys.readouterr().out)["index"] == 4


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"key": "zfnet_photos2"}, UnknownArchitecture, "zfnet_photos20"),
        (
            {"--weights": "photos1"},
            UnknownWeights,
            "no weights of 'zfnet_photos20' called 'photos1'",
        ),
        ({"--image": "nowhere.png"}, BadImage, "'nowhere.png' cannot be read"),
        ({"--image": __file__}, BadImage, "not a picture that can be read"),
        ({"--layer": "conv6"}, UnknownLayer, "no layer called 'conv6'.*conv5"),
        ({"--layer": "fc6"}, NotApplicable, "'fc6' has no maps"),
        ({"--class": "class 77"}, UnknownClass, "no class called 'class 77'"),
        ({"--class": "77"}, UnknownClass, "no class number 77. Allowed: 0 to 19"),
        ({"--out": "picture.gif"}, BadChoice, "a file ending in .png"),
        ({"--out": "nowhere/picture.png"}, BadChoice, "there is no folder 'nowhere'"),
        ({"--device": "abacus"}, BadChoice, "device cannot be 'abacus'"),
        ({"--top": "0"}, BadChoice, "top cannot be '0'"),
        ({"--zoom": "0"}, BadChoice, "zoom cannot be '0'"),
        ({"--zoom": "100000"}, BadChoice, "zoom cannot be '100000'. Allowed: .* to about 39"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(photo, tmp_path, change, error, message):
    out = str(tmp_path / "out.png")
    usual: dict[Any, dict[str, str]] = {
        predict: {},
        feature_maps: {"--layer": "conv1", "--out": out},
        saliency: {"--out": out},
    }
    own = {"--layer": feature_maps, "--zoom": feature_maps, "--class": saliency, "--top": predict}
    tried = 0
    for module, options in usual.items():
        (name,) = change
        if (name in own and own[name] is not module) or (name == "--out" and module is predict):
            continue
        given = {"key": KEY, "--image": str(photo), **options, **change}
        key = given.pop("key")
        arguments = [part for option in given.items() for part in option]
        with pytest.raises(error, match=message) as caught:
            command(module, key, *arguments)
        assert isinstance(caught.value, ConvScopeError)
        assert "\n" not in str(caught.value)
        tried += 1
    assert tried
    assert not Path(out).exists()


def test_a_file_that_cannot_be_written(photo, tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(BadChoice, match=r"--out cannot be '.*folder\.png': Is a directory"):
        command(saliency, KEY, "--image", photo, "--out", tmp_path / "folder.png")
