"""`python -m vizcore train` writes weights and a card that fit together."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import pytest

from vizcore.cli import train as command
from vizcore.errors import BadChoice
from vizcore.training import recipe as recipes


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.slow
def test_a_run_of_one_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recipes, "Recipe", lambda: RECIPE)
    assert command.run(arguments("zfnet_photos20", "--out", str(tmp_path), "--epochs", "1")) == 0
    card = json.loads((tmp_path / "zfnet_photos20.json").read_text(encoding="utf-8"))
    weights = (tmp_path / "zfnet_photos20.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert card["epochs"] == len(card["curve"]) == 1
    said = capsys.readouterr()
    assert f"validation accuracy {card['accuracy']['validation']:.1%}" in said.out
    assert "epoch 1: loss" in said.out + said.err


RECIPE = recipes.Recipe(per_class=2, warm_up=0.5)


@pytest.mark.parametrize("option", ["--epochs", "--threads"])
def test_nonsense_is_refused(option: str) -> None:
    with pytest.raises(BadChoice, match="cannot be 0"):
        command.run(arguments("zfnet_photos20", option, "0"))


def test_an_unknown_network_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        arguments("zfnet_photos21")
    assert stopped.value.code == 2
    assert "zfnet_photos20" in capsys.readouterr().err
