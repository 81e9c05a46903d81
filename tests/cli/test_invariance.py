"""`invariance` as a script sees it: every file it writes, what it says, what it refuses."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from vizcore.cli import invariance
from vizcore.errors import BadChoice, UnknownLayer

KEY = "zfnet_photos20"


@pytest.fixture
def photo(tmp_path: Path, drawn_weights: Path) -> Path:
    pixels = np.random.default_rng(5).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def command(photo: Path, *words: object) -> int:
    parser = argparse.ArgumentParser()
    invariance.add_arguments(parser)
    given = [KEY, "--image", photo, "--device", "cpu", *words]
    return invariance.run(parser.parse_args([str(word) for word in given]))


def test_the_files_hold_what_the_facade_gives(photo, tmp_path, capsys):
    amounts = ("--kind", "scale", "--amounts", 0.5, 1, 1.5)
    found = vc.invariance(KEY, photo, "scale", amounts=(0.5, 1, 1.5), device="cpu")
    assert command(photo, *amounts, "--out", tmp_path / "s.csv") == 0
    assert "the answer stays" in capsys.readouterr().out
    rows = list(csv.DictReader((tmp_path / "s.csv").read_text().splitlines()))
    assert [float(row["scale"]) for row in rows] == [0.5, 1, 1.5]
    assert [float(row["distance in relu7"]) for row in rows] == pytest.approx(
        found.shifts.distances_ln[found.layer("relu7")].tolist()
    )
    assert command(photo, *amounts, "--out", tmp_path / "s.json", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "s.json").read_text())
    assert (printed["first"], printed["last"]) == ("relu1", "relu7")
    assert printed["views"][0]["most probable"] == found.said_n[0]
    assert command(photo, *amounts, "--out", tmp_path / "s.png", "--layers", "conv2", "fc8") == 0
    drawn = Image.open(tmp_path / "s.png")
    assert drawn.width > 1200
    assert len(drawn.getcolors(1 << 24)) > 50


def test_without_a_file_the_numbers_are_printed(photo, capsys):
    assert command(photo, "--kind", "rotation", "--amounts", 0, 90) == 0
    said = capsys.readouterr().out
    assert "relu1" in said
    assert "90°" in said
    found = vc.invariance(KEY, photo, "rotation", amounts=(0, 90), device="cpu")
    assert f"{found.shifts.distances_ln[found.shifts.last, 1]:.3f}" in said
    assert command(photo, "--kind", "rotation", "--amounts", 0, 90, "--euclidean") == 0
    assert f"{found.shifts.euclidean_ln[found.shifts.last, 1]:.3f}" in capsys.readouterr().out


def test_refusals(photo, tmp_path):
    for words in (
        ("--out", tmp_path / "s.pdf"),
        ("--out", tmp_path / "nowhere" / "s.csv"),
        ("--kind", "shear"),
        ("--beyond", "black"),
        ("--amounts", 1.5),
    ):
        with pytest.raises(BadChoice):
            command(photo, *words)
    with pytest.raises(UnknownLayer):
        command(photo, "--kind", "blur", "--amounts", 0, "--layers", "conv1", "conv9")
