"""The evolution command as a script sees it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from tests.evolving import EPOCHS, KEY, with_snapshots
from vizcore.cli import evolution
from vizcore.errors import BadChoice, UnknownLayer, WeightsError


@pytest.fixture
def evolving(drawn_assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = with_snapshots(drawn_assets, tmp_path / "assets")
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(folder))
    return tmp_path


def command(*arguments: object) -> int:
    parser = argparse.ArgumentParser(prog=evolution.NAME)
    evolution.add_arguments(parser)
    return evolution.run(parser.parse_args(["--device", "cpu", *map(str, arguments)]))


def test_it_prints_what_is_left_of_every_layers_way(evolving, capsys):
    assert command(KEY) == 0
    lines = capsys.readouterr().out.splitlines()
    history = vc.evolution(KEY, device="cpu")
    assert lines[0].split() == ["way", "left", *map(str, EPOCHS)]
    for line, layer in zip(lines[1:], history.layers, strict=False):
        assert line.split() == [layer.layer, *(f"{value:.1%}" for value in layer.way_left_e)]
    assert lines[-2].split() == ["right", "10.0%", "47.5%", "60.0%"]
    lower, close, upper = history.lower_first()
    assert f"first in {lower}, the upper one in {upper}; {close} were" in lines[-1]
    assert lower + close + upper == 10


def test_it_writes_a_strip_and_the_kernels(evolving, capsys):
    assert command(KEY, "--layer", "conv2", "--out", evolving / "strip.png") == 0
    assert "filters of 'conv2', written to" in capsys.readouterr().out
    with Image.open(evolving / "strip.png") as strip:
        assert strip.size[0] > 250
    assert command(KEY, "--out", evolving / "kernels.npy") == 0
    kernels = vc.evolution(KEY, device="cpu").layer("conv1").kernels_eshwp
    np.testing.assert_array_equal(np.load(evolving / "kernels.npy"), kernels)


def test_as_json(evolving, capsys):
    assert command(KEY, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["epochs"] == list(EPOCHS)
    assert result["way_left"]["conv1"][0] == 1
    assert result["turn_left"]["fc8"][-1] == 0
    assert result["layer"] == "conv1"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([KEY, "--layer", "conv9"], UnknownLayer, "no convolution called 'conv9'"),
        ([KEY, "--layer", "fc6"], UnknownLayer, "'fc6'"),
        ([KEY, "--weights", "random"], WeightsError, "weights 'random' were kept"),
        ([KEY, "--out", "strip.txt"], BadChoice, "--out cannot be 'strip.txt'"),
    ],
)
def test_what_cannot_be_done_is_told(evolving, arguments, error, message):
    with pytest.raises(error, match=message):
        command(*arguments)
