"""The three plots: which distances on which scale, and where the answer stays."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.figures.invariance import draw_invariance
from vizcore.figures.invariance_png import draw_png
from vizcore.figures.invariance_words import caption, held
from vizcore.records.invariance import FeatureLayer, FeatureShifts, Invariance


def record(answers: list[int], amounts: tuple[float, ...], kind: str = "rotation") -> Invariance:
    """A record with two layers, the first ten times as far apart as the last."""
    count = len(amounts)
    apart = np.linspace(0, 1, count)
    layers = tuple(FeatureLayer(name, "ReLU", "activation", 4) for name in ("relu1", "relu7"))
    odds = np.full((count, 3), 0.1)
    odds[range(count), answers] = 0.8
    shifts = FeatureShifts(
        layers,
        np.stack([apart, apart / 10]),
        np.zeros((2, count)),
        odds,
        odds[0],
        0,
        1,
        np.stack([50 * apart, 3 * apart]),
    )
    views = np.zeros((count, 8, 8, 3), np.uint8)
    unit = "°" if kind == "rotation" else "px"
    return Invariance(
        kind, "Rotation", unit, 0.0, amounts, "mirror", np.zeros(count), views, views[0], shifts,
        ("cat", "coins", "moon"), 0,
    )  # fmt: skip


TURNS = tuple(float(a) for a in range(0, 361, 40))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([0] * 10, (0.0, 360.0)),
        ([0, 0, 1, 1, 1, 1, 1, 0, 0, 0], (-80.0, 40.0)),  # 280 degrees are -80
        ([0, 0, 0, 1, 1, 1, 1, 1, 1, 0], (0.0, 80.0)),
        ([0, 1, 1, 1, 1, 1, 1, 1, 1, 0], (0.0, 0.0)),
    ],
)
def test_turns_go_both_ways(answers, expected):
    found = record(answers, TURNS)
    assert found.held == expected
    said = held(found)
    assert ("over the whole range" in said) == (expected == (0.0, 360.0))
    if expected[0] < 0:
        assert "from −80° to 40°" in said


def test_both_ends_of_the_turns_are_shaded():
    found = record([0, 0, 1, 1, 1, 1, 1, 0, 0, 0], TURNS)
    shaded = [(each.x0, each.x1) for each in draw_invariance([found], 0, 1).layout.shapes
              if each.type == "rect"]  # fmt: skip
    assert shaded == [(0.0, 40.0), (280.0, 360.0)]
    moved = record([0, 0, 0, 0, 1], (0.0, -8.0, -4.0, 4.0, 8.0), "translation")
    assert moved.held == (-8.0, 4.0)  # a shift does not come round


@pytest.mark.parametrize("distance", ["relative", "euclidean"])
def test_relative_distances_share_a_scale_euclidean_ones_do_not(distance):
    found = record([0] * 10, TURNS)
    figure = draw_invariance([found], 0, 1, distance=distance)
    for line, expected in zip(figure.data, found.shifts.measured_ln(distance), strict=False):
        np.testing.assert_allclose(line.y, expected)
    tops = [figure.layout.yaxis.range[1], figure.layout.yaxis2.range[1]]
    if distance == "relative":
        assert tops[0] == tops[1] == pytest.approx(1.08)
        assert figure.layout.yaxis.title.text == "part of the original's length"
    else:
        assert tops == pytest.approx([54.0, 3.24])
        assert figure.layout.yaxis.title.text == "Euclidean distance"
    assert ("divided by the length" in caption(found, distance)) == (distance == "relative")
    assert draw_png([found], 0, 1, distance=distance) != draw_png([found], 1, 0, distance=distance)
