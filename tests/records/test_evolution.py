"""What is read off a history: halves, and which layer was first."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.records.evolution import FilterHistory, LayerHistory, PatchHistory
from vizcore.records.patches import StrongestPatches


def layer(name: str, left: list[float], kind: str = "conv") -> LayerHistory:
    gaps = np.zeros(len(left) - 1)
    ways = np.array(left)
    return LayerHistory(name, kind, 4, gaps, gaps, ways, ways[::-1] * 0 + ways**2)  # type: ignore[arg-type]


def history(*layers: LayerHistory) -> FilterHistory:
    return FilterHistory("net", (1, 2, 10, 50), (0.1, 0.2, 0.3, 0.4), layers)


@pytest.mark.parametrize(
    ("left", "epoch"),
    [
        ([1, 0.5, 0.2, 0], 2.0),
        ([1, 0.75, 0.25, 0], 6.0),
        ([1, 0.4, 0.6, 0], 10 + 40 / 6),  # it came back: only the last crossing counts
        ([1, 1.2, 0.9, 0], 10 + 40 * 4 / 9),
        ([0, 0, 0, 0], 1.0),
    ],
)
def test_the_epoch_from_which_half_is_done_for_good(left, epoch):
    assert history().halfway(np.array(left, float)) == pytest.approx(epoch)


def test_pairs_in_which_the_lower_layer_was_first():
    early, middle, late = [1, 0.2, 0.1, 0], [1, 0.8, 0.2, 0], [1, 0.9, 0.8, 0]
    rising = history(layer("a", early), layer("b", middle), layer("c", late))
    assert rising.lower_first() == (3, 0, 0)
    falling = history(layer("a", late), layer("b", middle), layer("c", early))
    assert falling.lower_first() == (0, 0, 3)
    mixed = history(layer("a", middle), layer("b", early), layer("c", late))
    assert mixed.lower_first() == (2, 0, 1)
    close = history(layer("a", middle), layer("b", [1, 0.81, 0.22, 0]))
    assert close.lower_first() == (0, 1, 0)
    assert close.lower_first("turn_left_e") == (0, 1, 0)
    headed = history(layer("a", late), layer("fc", early, "linear"))
    assert headed.lower_first() == (0, 0, 0)


def test_layers_by_name():
    found = history(layer("a", [1, 1, 1, 0]), layer("fc", [1, 1, 1, 0], "linear"))
    assert found.layer("fc") is found.layers[1]
    assert found.layer("b") is None
    assert [each.layer for each in found.convolutions] == ["a"]


def test_units_whose_strongest_picture_is_another_one():
    def best(pictures: list[int]) -> dict[str, StrongestPatches]:
        numbers = np.array(pictures)[:, None]
        return {
            "a": StrongestPatches("a", numbers * 1.0, numbers, np.zeros((4, 1, 2), np.int64))  # type: ignore[arg-type]
        }

    found = PatchHistory(
        (1, 2, 5), 9, "all", {}, (best([0, 1, 2, 3]), best([0, 1, 5, 4]), best([0, 1, 5, 7]))
    )
    assert found.changed_g("a").tolist() == [0.5, 0.25]
