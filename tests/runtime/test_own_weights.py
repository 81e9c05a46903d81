"""People's own weights on a machine: kept under their hash, bounded, found again by name."""

from __future__ import annotations

import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from vizcore.errors import WeightsError
from vizcore.runtime import own_weights
from vizcore.runtime.jobs import finish
from vizcore.runtime.own_weights import OwnCard, Shelf, digest, is_own, read_labels

LOOK = {"resize_px": 256, "crop_px": 224, "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}


def card_for(content: bytes, **changes: object) -> OwnCard:
    card = OwnCard(
        architecture="resnet18",
        title="mine.safetensors",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        classes=("cat", "dog"),
        preprocessing=LOOK,
        notes=("F16 turned into float32",),
    )
    return replace(card, **changes)


def keep(shelf: Shelf, content: bytes, age_s: float = 0) -> OwnCard:
    card = card_for(content)
    finish(shelf.keep(io.BytesIO(content), card))
    if age_s:
        then = os.stat(shelf.path_of(card)).st_mtime - age_s
        os.utime(shelf.path_of(card), (then, then))
    return card


def test_what_is_kept_is_found_by_its_name(tmp_path: Path):
    shelf = Shelf(tmp_path / "own")
    card = keep(shelf, b"some weights")
    assert is_own(card.name)
    assert Shelf(tmp_path / "own").card(card.name) == card
    assert shelf.path_of(card).read_bytes() == b"some weights"
    assert shelf.held_bytes() == 12
    assert not list(shelf.folder.glob("*.part"))


def test_a_name_is_of_the_file_and_of_how_it_is_used():
    card = card_for(b"x")
    assert card.name == replace(card, title="other.safetensors").name
    others = [
        card_for(b"y"),
        replace(card, architecture="resnet34"),
        replace(card, classes=("dog", "cat")),
        replace(card, preprocessing={**LOOK, "crop_px": 200}),
    ]
    assert len({card.name, *(other.name for other in others)}) == 5


def test_a_card_with_another_preprocessing_stands_beside_the_first(tmp_path: Path):
    shelf = Shelf(tmp_path)
    card = keep(shelf, b"some weights")
    other = replace(card, preprocessing={**LOOK, "crop_px": 200})
    shelf.write_card(other)
    assert shelf.card(other.name).preprocessing["crop_px"] == 200
    assert shelf.card(card.name).preprocessing["crop_px"] == 224


def test_the_least_recently_used_make_room(tmp_path: Path):
    shelf = Shelf(tmp_path, max_bytes=25)
    first = keep(shelf, b"a" * 10, age_s=30)
    second = keep(shelf, b"b" * 10, age_s=20)
    shelf.used(shelf.path_of(first))
    third = keep(shelf, b"c" * 10)
    assert shelf.held_bytes() == 20
    assert shelf.card(first.name)
    assert shelf.card(third.name)
    with pytest.raises(WeightsError, match="give the file again"):
        shelf.card(second.name)
    assert len(list(tmp_path.glob("own-*.json"))) == 2


def test_a_file_larger_than_all_the_room_is_still_kept(tmp_path: Path):
    shelf = Shelf(tmp_path, max_bytes=5)
    keep(shelf, b"a" * 3)
    big = keep(shelf, b"b" * 10)
    assert shelf.card(big.name)
    assert shelf.held_bytes() == 10


def test_cards_of_one_file_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shelf = Shelf(tmp_path)
    first = keep(shelf, b"some weights")
    size_bytes = (tmp_path / f"{first.name}.json").stat().st_size
    os.utime(tmp_path / f"{first.name}.json", (1, 1))
    monkeypatch.setattr(own_weights, "MAX_CARDS_BYTES", 3 * size_bytes + 9)
    others = [replace(first, preprocessing={**LOOK, "crop_px": 200 + n}) for n in range(3)]
    for other in others:
        shelf.write_card(other)
    assert [shelf.card(other.name) for other in others] == others
    with pytest.raises(WeightsError, match="give the file again"):
        shelf.card(first.name)


def test_a_file_that_was_damaged_here_is_replaced(tmp_path: Path):
    shelf = Shelf(tmp_path)
    card = keep(shelf, b"some weights")
    shelf.path_of(card).write_bytes(b"more weights")
    keep(shelf, b"some weights")
    assert shelf.path_of(card).read_bytes() == b"some weights"


def test_what_a_killed_copy_left_goes_after_a_day(tmp_path: Path):
    shelf = Shelf(tmp_path)
    old, young = tmp_path / "old.part", tmp_path / "young.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    keep(shelf, b"some weights")
    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.parametrize("name", ["own-0123456789ab", "own-../../etc", "nonsense", ""])
def test_an_unknown_name_asks_for_the_file(tmp_path: Path, name: str):
    with pytest.raises(WeightsError, match="give the file again"):
        Shelf(tmp_path).card(name)


@pytest.mark.parametrize("damage", ["{", "[]", '{"sha256": "x"}', '{"classes": 3, "notes": []}'])
def test_a_damaged_card_is_as_good_as_none(tmp_path: Path, damage: str):
    shelf = Shelf(tmp_path)
    card = keep(shelf, b"some weights")
    (tmp_path / f"{card.name}.json").write_text(damage)
    with pytest.raises(WeightsError, match="give the file again"):
        shelf.card(card.name)


def test_a_card_under_another_name_is_not_taken(tmp_path: Path):
    shelf = Shelf(tmp_path)
    card = keep(shelf, b"some weights")
    said = json.loads((tmp_path / f"{card.name}.json").read_text())
    (tmp_path / "own-0123456789ab.json").write_text(json.dumps(said))
    with pytest.raises(WeightsError, match="give the file again"):
        shelf.card("own-0123456789ab")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"cannot be kept in .*own"):
        keep(Shelf(tmp_path / "file" / "own"), b"some weights")
    with pytest.raises(WeightsError, match=r"cannot be kept in .*own"):
        Shelf(tmp_path / "file" / "own").write_card(card_for(b"some weights"))


def test_a_cancelled_copy_leaves_nothing_behind(tmp_path: Path):
    shelf = Shelf(tmp_path)
    content = b"x" * (20 * 2**20)
    steps = shelf.keep(io.BytesIO(content), card_for(content))
    next(steps)
    steps.close()
    assert not list(tmp_path.iterdir())


def test_the_digest_is_sha256s():
    content = b"x" * (9 * 2**20)
    assert finish(digest(io.BytesIO(content))) == hashlib.sha256(content).hexdigest()


def test_labels_are_lines_in_any_usual_form():
    assert read_labels("\ufeffcafé\r\n dog \r\n\r\n".encode(), 2) == ("café", "dog")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"cat\n", "has 1 class name for 2 classes"),
        (b"", "has 0 class names"),
        (b"a\nb\nc\n", "has 3 class names"),
        (b"cat\n\ndog\n", "Line 2 of the class names is empty"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"cat\n" + b"d" * 101, "Line 2"),
        (b"cat\nd\x00g", "Line 2"),
        (b"x" * 1_000_001, "1,000,001 bytes"),
    ],
)
def test_labels_that_do_not_name_the_classes_are_refused(content: bytes, said: str):
    with pytest.raises(WeightsError, match=said):
        read_labels(content, 2)
