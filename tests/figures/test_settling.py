"""The curve of settling layers: the measured values and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.errors import BadChoice
from vizcore.figures.palette import DARK, LIGHT
from vizcore.figures.settling import MEASURES, alt, colours_of, draw_settling
from vizcore.records.evolution import FilterHistory, LayerHistory


def history() -> FilterHistory:
    def layer(name: str, kind: str, ways: list[float], rates: list[float]) -> LayerHistory:
        way = np.array(ways)
        rate = np.array(rates)
        return LayerHistory(name, kind, 8, rate, 2 * rate, way, way**2)  # type: ignore[arg-type]

    return FilterHistory(
        "net",
        (1, 5, 20, 64),
        (0.2, 0.5, 0.75, 0.9),
        (
            layer("conv1", "conv", [1, 0.4, 0.1, 0], [0.4, 0.3, 0.0]),
            layer("conv2", "conv", [1, 0.9, 0.5, 0], [0.2, 0.3, 0.2]),
            layer("fc", "linear", [1, 1.1, 0.6, 0], [0.1, 0.2, 0.3]),
        ),
    )


def lines(figure) -> dict[str, tuple[list, list]]:
    return {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data if trace.name}


@pytest.mark.parametrize(("measure", "power"), [("way", 1), ("turn", 2)])
def test_what_is_left_is_a_point_a_snapshot(measure, power):
    drawn = lines(draw_settling(history(), measure))
    for layer in history().layers:
        x, y = drawn[layer.layer]
        assert x == [1, 5, 20, 64]
        assert y == pytest.approx((100 * layer.way_left_e**power).tolist())


@pytest.mark.parametrize(("measure", "factor"), [("cosine", 1), ("relative", 2)])
def test_a_rate_is_level_across_its_gap_and_divided_by_the_epochs_in_it(measure, factor):
    figure = draw_settling(history(), measure)
    drawn = lines(figure)
    x, y = drawn["conv2"]
    assert x == [1, 5, 5, 20, 20, 64]
    rates = [factor * 0.2 / 4, factor * 0.3 / 15, factor * 0.2 / 44]
    assert y == pytest.approx(np.repeat(rates, 2).tolist())
    assert drawn["conv1"][1][-2:] == [None, None]  # no place for zero on a log axis
    assert figure.layout.yaxis.type == "log"


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("dark", "house"), [(False, LIGHT), (True, DARK)])
def test_every_measure_says_accuracy_epochs_and_names(measure, dark, house):
    figure = draw_settling(history(), measure, selected=20, dark=dark)
    accuracy = figure.data[-1]
    assert list(accuracy.y) == pytest.approx([20, 50, 75, 90])
    assert list(accuracy.text) == ["20%", "50%", "75%", "90%"]
    assert figure.layout.xaxis2.ticktext == ("1", "5", "20", "64")
    assert figure.layout.xaxis2.title.text == "epochs of training"
    assert figure.layout.yaxis.title.text
    assert figure.layout.legend.font.color in (None, house.text)
    assert figure.layout.legend.bgcolor == house.paper
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert named == ["conv1", "conv2", "fc"]
    assert figure.layout.shapes[0].x0 == 20
    dashes = {trace.name: trace.line.dash for trace in figure.data if trace.name}
    assert dashes == {"conv1": "solid", "conv2": "solid", "fc": "dot"}


def test_colours_are_the_layers_in_order_of_depth():
    light, dark = colours_of(history()), colours_of(history(), dark=True)
    assert light["conv1"] == "#440154"
    assert light["fc"] == LIGHT.muted
    assert dark["conv2"] == "#fde725"
    assert len(set(light.values())) == 3


def test_the_finding_in_words():
    assert alt(history()) == (
        "Half of the way to the finished filters is done in conv1 by epoch 4.33, conv2 by epoch 20."
    )


def test_an_unknown_measure():
    with pytest.raises(BadChoice, match="measure cannot be 'speed'"):
        draw_settling(history(), "speed")
