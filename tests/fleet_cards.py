"""Cards of a fleet whose numbers are written by hand, so that the right answers are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from vizcore.data import photos20

CAT, ROCKET, MOON = (photos20.CLASSES.index(name) for name in ("cat", "rocket", "moon"))


@cache
def labels(part: photos20.Part) -> tuple[int, ...]:
    """The true classes of a part."""
    return tuple(int(label) for label in photos20.held_out(part)[1])


def predictions(part: photos20.Part, wrong: Mapping[int, Mapping[int, int]]) -> list[int]:
    """The true classes, but for so many of a class that are named another.

    Args:
        wrong: {true class: {named class: how many}}.
    """
    found = list(labels(part))
    for true, named in wrong.items():
        places = [place for place, label in enumerate(found) if label == true]
        for other, count in named.items():
            for _ in range(count):
                found[places.pop()] = other
    return found


def photos_card(
    key: str,
    wrong: Mapping[int, Mapping[int, int]],
    *,
    params: int = 100_000,
    macs: int = 10_000_000,
    runs: Sequence[float] = (),
    **fields: Any,
) -> dict[str, Any]:
    """The card of a network on Photos-20; `runs` are the test accuracies of its other seeds."""
    said, accuracy, patches = {}, {}, {}
    for part in ("validation", "test"):
        said[part], true = predictions(part, wrong), labels(part)
        accuracy[part] = sum(a == b for a, b in zip(said[part], true, strict=True)) / len(true)
        patches[part] = len(true)
    tests = [accuracy["test"], *runs]
    return {
        "key": key,
        "name": "photos20",
        "classes": list(photos20.CLASSES),
        "preprocessing": {"resize_px": 64, "crop_px": 64, "mean": [0.5] * 3, "std": [0.2] * 3},
        "sha256": hashlib.sha256(key.encode()).hexdigest(),
        "params": params,
        "macs": macs,
        "accuracy": {**accuracy, "patches": patches},
        "predictions": said,
        "curve": [
            {
                "epoch": float(epoch),
                "learning_rate": 0.02 / epoch,
                "loss": 3.0 / epoch,
                "training": 1 - 0.6 / epoch,
                "validation": accuracy["validation"] - 0.1 / epoch + 0.1 / 4,
            }
            for epoch in range(1, 5)
        ],
        "seeds": [
            {"seed": 20 + place, "validation": accuracy["validation"], "test": test}
            for place, test in enumerate(tests)
        ],
        "data": {"name": "Photos-20", "what": "patches of photographs", "split": "no pixel shared"},
        "recipe": {"epochs": 4, "batch": 128},
        "seed": 20,
        "epochs": 4,
        "date": "2026-11-20",
        "machine": "a test",
        "licence": "Apache-2.0",
        **fields,
    }


def write(folder: Path, *cards: Mapping[str, Any]) -> Path:
    """Put cards (without weights) where `CONVSCOPE_ASSETS` may point; returns that folder."""
    weights = folder / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    for card in cards:
        (weights / f"{card['key']}.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def small_fleet() -> list[dict[str, Any]]:
    """A plain and a residual network at two depths, a costly one, and one on digits."""
    digits = photos_card("lenet5_modern", {}, params=60_000, macs=400_000)
    digits |= {"name": "digits10", "data": {"name": "Digits-10"}, "predictions": {}}
    digits["accuracy"] = {"validation": 0.98, "test": 0.99, "patches": {"test": 360}}
    digits["classes"] = [str(digit) for digit in range(10)]
    digits["seeds"] = []
    return [
        photos_card("plain14_photos20", {CAT: {ROCKET: 4}}, params=170_000, runs=[0.95, 0.97]),
        photos_card("resnet14_photos20", {CAT: {ROCKET: 3}}, params=175_000, runs=[0.96, 0.975]),
        photos_card(
            "plain50_photos20",
            {CAT: {ROCKET: 5}, MOON: {CAT: 4, ROCKET: 2}},
            params=700_000,
            macs=40_000_000,
            runs=[0.90, 0.91],
        ),
        photos_card(
            "resnet50_photos20",
            {CAT: {MOON: 2}},
            params=710_000,
            macs=41_000_000,
            runs=[0.985, 0.99],
        ),
        photos_card("vgg_photos20", {MOON: {CAT: 6}}, params=900_000, macs=80_000_000),
        digits,
    ]
