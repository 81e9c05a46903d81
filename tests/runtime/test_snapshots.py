"""Snapshots: read as float32, verified, refused with the reason."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from tests.evolving import EPOCHS, KEY, change_card, rows_of, with_snapshots
from vizcore.errors import WeightsError
from vizcore.runtime import weights
from vizcore.runtime.snapshots import has_snapshots, identity, read_snapshot, snapshots


@pytest.fixture
def evolving(drawn_assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = with_snapshots(drawn_assets, tmp_path / "assets")
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(folder))
    return folder


def test_they_are_listed_from_first_to_last(evolving):
    card = weights.card(KEY)
    found = snapshots(card)
    assert has_snapshots(card)
    assert tuple(each.epoch for each in found) == EPOCHS
    assert [each.validation for each in found] == pytest.approx([0.1, 0.475, 0.6])
    assert found[-1].path == card.path
    assert found[-1].sha256 == card.sha256


def test_half_precision_is_read_as_single(evolving):
    first = snapshots(weights.card(KEY))[0]
    state = read_snapshot(first)
    stored = load_file(first.path)
    assert set(state) == set(stored)
    for name, tensor in state.items():
        assert stored[name].dtype == torch.float16
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, stored[name].float())


def test_one_hash_for_all(evolving):
    found = snapshots(weights.card(KEY))
    assert identity(found) == identity(found)
    assert identity(found) != identity(found[:-1])


def test_a_card_without_any(drawn_weights):
    card = weights.card(KEY)
    assert not has_snapshots(card)
    with pytest.raises(WeightsError, match="No snapshots were kept"):
        snapshots(card)


def test_a_damaged_file_is_not_read(evolving):
    first = snapshots(weights.card(KEY))[0]
    content = bytearray(first.path.read_bytes())
    content[-1] ^= 1
    first.path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"epoch 1 is damaged: .*epoch-01.* has sha256"):
        read_snapshot(first)


def test_a_missing_file(evolving):
    first = snapshots(weights.card(KEY))[0]
    first.path.unlink()
    with pytest.raises(WeightsError, match=r"epoch 1 is missing: .*No such file"):
        read_snapshot(first)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no tensors", "is not a safetensors file"),
        (save({"a": torch.tensor([1.0, torch.inf])}), "not finite: a"),
    ],
)
def test_a_file_that_cannot_be_used(evolving, content, message):
    rows = rows_of(evolving)
    (evolving / "weights" / str(rows[0]["file"])).write_bytes(content)
    rows[0]["sha256"] = hashlib.sha256(content).hexdigest()
    change_card(evolving, snapshots=rows)
    with pytest.raises(WeightsError, match=message):
        read_snapshot(snapshots(weights.card(KEY))[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[::-1], r"epochs \[64, 5, 1\]; needed are two or more, in rising order"),
        (lambda rows: rows[:1], r"epochs \[1\]; needed"),
        (lambda rows: [*rows[:2], rows[1]], r"epochs \[1, 5, 5\]"),
        (lambda rows: [{"epoch": 1}, *rows[1:]], "cannot be read: KeyError 'sha256'"),
        (lambda rows: [rows[0] | {"epoch": "one"}, *rows[1:]], "cannot be read: ValueError"),
        (lambda rows: ["one"], "cannot be read: TypeError"),
    ],
)
def test_a_card_that_makes_no_sense(evolving, change, message):
    change_card(evolving, snapshots=change(rows_of(evolving)))
    with pytest.raises(WeightsError, match=message):
        snapshots(weights.card(KEY))
