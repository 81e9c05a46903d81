"""`--weights FILE`: a person's own weights on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.cli.test_pictures import command
from vizcore import api
from vizcore.cli import feature_maps, predict
from vizcore.errors import BadChoice, UnfitWeights, WeightsError
from vizcore.networks.own import own_weights
from vizcore.zoo import build

KEY = "lenet5_modern"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(5).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    state = {f"module.{n}": t for n, t in build(KEY, seed=3, num_classes=4).state_dict().items()}
    save_file(state, tmp_path / "mine.safetensors")
    (tmp_path / "names.txt").write_text("ant\nbee\ncat\ndog\n")
    return tmp_path / "mine.safetensors"


def test_a_file_of_weights_predicts_with_its_class_names(mine: Path, photo: Path, capsys):
    labels = mine.with_name("names.txt")
    options = ("--weights", mine, "--labels", labels, "--image", photo)
    assert command(predict, KEY, *options) == 0
    said = capsys.readouterr()
    seen = api.predict(KEY, photo, weights=own_weights(KEY, mine, labels=labels))
    assert said.out.split()[1] == seen.classes[0]
    assert {line.split()[1] for line in said.out.splitlines()} == {"ant", "bee", "cat", "dog"}
    assert "'module.' taken off every name" in said.err
    assert command(predict, KEY, *options, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["weights"].startswith("own-")
    assert result["random_weights"] is False


def test_every_command_about_a_picture_takes_one(mine: Path, photo: Path, tmp_path: Path, capsys):
    out = tmp_path / "maps.npy"
    layer = next(n for n, m in build(KEY).named_modules() if isinstance(m, torch.nn.Conv2d))
    command(feature_maps, KEY, "--weights", mine, "--image", photo, "--layer", layer, "--out", out)
    maps = api.feature_maps(KEY, photo, layer, weights=own_weights(KEY, mine))
    np.testing.assert_array_equal(np.load(out), maps.maps_chw)


def test_refusals(mine: Path, photo: Path, tmp_path: Path):
    torch.save(build(KEY).state_dict(), tmp_path / "mine.pth")
    for error, said, *options in (
        (UnfitWeights, "does not fit ResNet-18", "resnet18", "--weights", mine),
        (WeightsError, "pickle", KEY, "--weights", tmp_path / "mine.pth"),
        (WeightsError, "No such file", KEY, "--weights", tmp_path / "none.safetensors"),
        (
            WeightsError,
            "1 class name for 4",
            KEY,
            "--weights",
            mine,
            "--labels",
            photo.parent / "one",
        ),
        (BadChoice, "give --weights FILE", KEY, "--labels", mine.with_name("names.txt")),
    ):
        (tmp_path / "one").write_text("one")
        with pytest.raises(error, match=said):
            command(predict, *options, "--image", photo)


@pytest.mark.slow
def test_a_pickle_is_converted_with_the_line_of_its_refusal(photo: Path, tmp_path: Path):
    """From a cold process: refused in one line with exit code 2; the line in it works."""
    state = build(KEY, seed=3).state_dict()
    first = next(iter(state))
    torch.save({**state, first: state[first][:]}, tmp_path / "mine.pth")
    argv = [sys.executable, "-m", "vizcore", "predict", KEY, "--image", str(photo), "--weights"]
    ended = subprocess.run(
        [*argv, str(tmp_path / "mine.pth")], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    line = ended.stderr.strip().partition('python -c "')[2].removesuffix('"')
    subprocess.run([sys.executable, "-c", line], cwd=tmp_path, check=True, timeout=120)
    ended = subprocess.run(
        [*argv, str(tmp_path / "mine.safetensors")], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 5
