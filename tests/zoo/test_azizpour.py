"""The transferability study's networks against the lecture's tables."""

from __future__ import annotations

import pytest

from vizcore.api import layers
from vizcore.reference.tables import read_table
from vizcore.zoo.azizpour import PLANS

CLAIMS = {
    claim["id"].removeprefix("azi_"): claim["stated"]
    for claim in read_table("lecture_claims")
    if claim["id"].startswith("azi_")
}


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.strip("()").split(",")]


@pytest.mark.parametrize("key", list(PLANS))
def test_filters_last_map_and_classifier_are_the_tables(key: str) -> None:
    name = key.removeprefix("azizpour_")
    table = layers(key)
    features = [row for row in table if row.name.startswith("features.") and row.kind == "conv"]
    head = [r for r in table if r.name.startswith("classifier.") and r.kind in ("conv", "linear")]
    assert [row.out_shape[1] for row in features] == _numbers(CLAIMS[f"{name}_nk"])
    assert [row.out_shape[1] for row in head] == _numbers(CLAIMS[f"{name}_nh"])
    last = [row for row in table if row.name.startswith("features.")][-1]
    values = int(CLAIMS[f"{name}_out"].split()[0])
    assert last.out_shape[1] * last.out_shape[2] * last.out_shape[3] == values


@pytest.mark.parametrize("key", [key for key in PLANS if "deep_" not in key])
def test_the_tables_weights_are_in_units_of_two_to_the_twenty(key: str) -> None:
    """14, 29, 59, 138 and 85, 86, 86, 87: the printed totals, rounded or cut off."""
    stated = int(CLAIMS[f"{key.removeprefix('azizpour_')}_nt"].split()[0]) // 10**6
    units = layers(key).totals.params / 2**20
    assert stated in (int(units), round(units))
