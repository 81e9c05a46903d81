"""The box of an object, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from vizcore.__main__ import main
from vizcore.data.samples import sample
from vizcore.tasks import localisation as localisation_tasks

KEY = "zfnet_photos20"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "coffee.png"
    path.write_bytes(sample("coffee").read())
    return path


def test_a_picture(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "box.png"
    arguments = ["localise", KEY, "--image", str(photo), "--class", "coffee", "--device", "cpu"]
    assert main([*arguments, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = vc.localise(KEY, photo, "coffee", device="cpu")
    assert tuple(told["box"]) == found.box
    assert told["true box"] is None
    with Image.open(out) as picture:
        assert picture.size[0] > 4 * 64
    assert main([*arguments, "--out", str(tmp_path / "segment.npy")]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "segment.npy"), found.component_hw)
    assert "Gradient of 'coffee': columns" in capsys.readouterr().out


def test_the_scenes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    few = vc.localisation_set()[::120]
    monkeypatch.setattr(localisation_tasks, "localisation_set", lambda part: few)
    out = tmp_path / "scenes.csv"
    assert main(["localise", KEY, "--scenes", "--device", "cpu", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    study = vc.localisation_study(KEY, device="cpu")
    assert f"{study.scores.mean:.2f}" in said
    assert "names the object's class first" in said
    assert f"error {study.error_named(1):.2f} by the first answer" in said
    assert len(out.read_text().splitlines()) == 1 + 4


def test_signs_can_count(photo: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["localise", KEY, "--image", str(photo), "--method", "input_x_gradient", "--json"]
    boxes = []
    for more, absolute in ([], True), (["--signed"], False):
        assert main([*arguments, *more, "--device", "cpu"]) == 0
        told = json.loads(capsys.readouterr().out)
        how = vc.LocalisationSettings(absolute=absolute)
        found = vc.localise(KEY, photo, method="input_x_gradient", settings=how, device="cpu")
        assert told["magnitude"] is absolute
        assert tuple(told["box"]) == found.box
        boxes.append(found.box)
    assert boxes[0] != boxes[1]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--scenes", "--class", "cat"], "--class is for --image"),
        (["--scenes", "--foreground", "0.2"], "quantiles cannot be"),
        (["--scenes", "--out", "a.png"], "ending in .csv"),
    ],
)
def test_refusals(more: list[str], says: str, capsys: pytest.CaptureFixture[str]):
    assert main(["localise", KEY, *more]) == 2
    assert says in capsys.readouterr().err


def test_a_network_that_does_not_know_the_scenes(capsys: pytest.CaptureFixture[str]):
    assert main(["localise", "lenet5_modern", "--scenes"]) == 2
    assert "knows none" in capsys.readouterr().err
