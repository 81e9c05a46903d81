"""The sentences follow the numbers, whichever way these go."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.records.evolution import FilterHistory, LayerHistory, SaliencyHistory
from vizcore.records.maps import Prediction
from vizcore.records.saliency import SaliencyMap
from vizcore.ui import evolution_words as words

EARLY, MIDDLE, LATE = [1, 0.2, 0.1, 0], [1, 0.8, 0.2, 0], [1, 0.9, 0.8, 0]


def history(*ways: list[float], head: list[float] | None = None) -> FilterHistory:
    gaps = np.zeros(3)

    def layer(name: str, kind: str, left: list[float]) -> LayerHistory:
        return LayerHistory(name, kind, 4, gaps, gaps, np.array(left), np.array(left))  # type: ignore[arg-type]

    layers = [layer(f"conv{k + 1}", "conv", left) for k, left in enumerate(ways)]
    if head is not None:
        layers.append(layer("fc", "linear", head))
    return FilterHistory("net", (1, 2, 10, 50), (0.1, 0.2, 0.3, 0.4), tuple(layers))


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ((EARLY, MIDDLE, LATE), "Lower layers settled first, in every pair of convolutions"),
        ((MIDDLE, EARLY, LATE), "<b>2 of 3</b> pairs of convolutions (in 1 the upper one was"),
        (
            (EARLY, LATE, LATE),
            "<b>2 of 3</b> pairs of convolutions (in 1 the two were within one epoch)",
        ),
        ((LATE, MIDDLE, EARLY), "did <b>not</b> settle first here: they did in only <b>0 of 3</b>"),
        ((EARLY, EARLY), "did <b>not</b> settle first here: they did in only <b>0 of 1</b>"),
    ],
)
def test_the_verdict_is_what_was_measured(ways, said):
    assert said in words.verdict(history(*ways))
    assert words.verdict(history(*ways)) in words.answer_settling(history(*ways))


def test_the_halves_and_the_classifier_are_told():
    said = words.answer_settling(history(EARLY, LATE, head=MIDDLE))
    assert "half of the way was done by epoch 1.6 in conv1, 25 in conv2." in said
    assert (
        "<code>fc</code>, the last layer, was halfway by epoch <b>6.0</b>, before 1 of the 2"
        in (said)
    )
    assert "classifier" not in words.answer_settling(history(EARLY, MIDDLE, head=LATE))
    assert "classifier" not in words.answer_settling(history(EARLY, LATE))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["cat", "cat", "cat"], "says <b>cat</b> at every snapshot; at the end it is <b>90%</b>"),
        (
            ["dog", "cat", "cat"],
            "<b>cat</b> from epoch <b>2</b> on, at the end <b>90%</b> sure; at",
        ),
        (["cat", "dog", "cat"], "from epoch <b>10</b> on, at the end <b>90%</b> sure; at epoch 2"),
    ],
)
def test_since_when_the_network_says_it(names, said):
    values = np.zeros((2, 2), np.float32)
    photo = np.zeros((2, 2, 3), np.uint8)
    maps = tuple(SaliencyMap(values, False, "gradient", 0, "cat", 1.0, photo) for _ in names)
    predictions = tuple(Prediction((name,), (0,), (0.9,), (1.0,)) for name in names)
    assert said in words.answer_saliency(SaliencyHistory((1, 2, 10), maps, predictions))
