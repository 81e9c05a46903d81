"""`python -m vizcore train` writes weights and a card that fit together."""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from vizcore.cli import train as command
from vizcore.errors import BadChoice, UnknownName, WeightsError
from vizcore.training import card as cards
from vizcore.training import programmes

NAME = "plain14_photos20"


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of two epochs of 40 patches, the first of which is a snapshot."""
    whole = programmes.PROGRAMMES[NAME]
    recipe = replace(whole.recipe, epochs=2, per_class=2, warm_up=0.5)
    small = replace(whole, recipe=recipe, snapshots=(1, 2))
    monkeypatch.setitem(programmes.PROGRAMMES, NAME, small)


def train(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


@pytest.mark.slow
def test_a_run_and_then_another_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(NAME, "--out", str(tmp_path)) == 0
    path = tmp_path / f"{NAME}.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    weights = (tmp_path / f"{NAME}.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert card["epochs"] == len(card["curve"]) == 2
    assert [row["epoch"] for row in card["snapshots"]] == [1, 2]
    first = load_file(tmp_path / card["snapshots"][0]["file"])
    assert {str(tensor.dtype) for tensor in first.values() if tensor.ndim > 1} == {"torch.float16"}
    said = capsys.readouterr()
    assert f"validation accuracy {card['accuracy']['validation']:.1%}" in said.out
    assert "epoch 1: loss" in said.out + said.err

    assert train(NAME, "--out", str(tmp_path), "--seed", "7") == 0
    again = json.loads(path.read_text(encoding="utf-8"))
    assert [row["seed"] for row in again["seeds"]] == [7, 20]
    assert {**again, "seeds": card["seeds"]} == card
    assert (tmp_path / f"{NAME}.safetensors").read_bytes() == weights
    assert "added to" in capsys.readouterr().out

    # the same run once more keeps what the other seed gave
    assert train(NAME, "--out", str(tmp_path)) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == again


@pytest.mark.parametrize("option", ["--epochs", "--threads"])
def test_nonsense_is_refused(option: str) -> None:
    with pytest.raises(BadChoice, match="cannot be 0"):
        train(NAME, option, "0")


def test_an_unknown_network_gets_the_nearest() -> None:
    with pytest.raises(UnknownName, match="no bundled network called 'zfnet_photos21'") as caught:
        train("zfnet_photos21")
    assert "zfnet_photos20" in caught.value.suggestions


def test_a_folder_that_cannot_be_written_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WeightsError, match="cannot be written"):
        train(NAME, "--out", str(tmp_path / "file" / "below"))


@pytest.mark.parametrize("seed", ["-1", str(2**32)])
def test_a_seed_that_cannot_be_one(seed: str) -> None:
    with pytest.raises(BadChoice, match=f"--seed cannot be {seed}"):
        train(NAME, f"--seed={seed}")


def test_a_shorter_run_is_no_other_seed_of_the_card(tmp_path: Path) -> None:
    recipe = asdict(programmes.PROGRAMMES[NAME].recipe)
    (tmp_path / f"{NAME}.json").write_text(json.dumps({"recipe": recipe, "seeds": []}))
    with pytest.raises(BadChoice, match=r"Seed 7 cannot be added to the card .* another epochs"):
        train(NAME, "--out", str(tmp_path), "--seed", "7", "--epochs", "1")


def test_a_shorter_training_has_no_snapshot_of_an_epoch_it_never_saw(tmp_path: Path) -> None:
    programme = programmes.PROGRAMMES[NAME]
    rows = cards._snapshots(
        replace(programme, snapshots=(1, 2, 64)),
        replace(programme.recipe, epochs=5),
        tmp_path,
        b"the last",
        {"validation": 0.5, "test": 0.5},
    )
    assert [row["epoch"] for row in rows] == [5]  # none of 1 and 2 was kept, and 64 never was
