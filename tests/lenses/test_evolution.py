"""How much filters changed: closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from vizcore.errors import BadChoice
from vizcore.lenses.evolution import (
    cosine_distance,
    distance,
    filter_layers,
    left_to_go,
    relative_distance,
)


def turned(degrees: float, scale: float = 1.0) -> torch.Tensor:
    angle = math.radians(degrees)
    return scale * torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)


@pytest.mark.parametrize("degrees", [0, 30, 90, 135, 180])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 40.0])
def test_a_turned_filter_is_one_minus_the_cosine_whatever_its_scale(degrees, scale):
    before, after = turned(10)[None], turned(10 + degrees, scale)[None]
    expected = 1 - math.cos(math.radians(degrees))
    assert cosine_distance(before, after) == pytest.approx(expected, abs=1e-12)


def test_every_filter_counts_the_same_in_the_cosine():
    before = torch.stack([turned(0, 100.0), turned(0, 0.01)])
    after = torch.stack([turned(0, 100.0), turned(90, 0.01)])
    assert cosine_distance(before, after) == pytest.approx(0.5)


def test_filters_without_a_direction():
    zero, one = torch.zeros(1, 3), torch.ones(1, 3)
    assert cosine_distance(zero, zero) == 0
    assert cosine_distance(zero, one) == cosine_distance(one, zero) == 1


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 3.0])
def test_a_scaled_layer(factor):
    weights = torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(5))
    expected = abs(factor - 1) / ((factor + 1) / 2)
    assert relative_distance(weights, factor * weights) == pytest.approx(expected, rel=1e-6)
    assert relative_distance(factor * weights, weights) == pytest.approx(expected, rel=1e-6)


def test_the_relative_distance_is_at_most_two_and_zero_for_nothing():
    weights = torch.ones(2, 3)
    assert relative_distance(weights, -weights) == pytest.approx(2)
    assert relative_distance(0 * weights, 0 * weights) == 0
    assert relative_distance(0 * weights, weights) == pytest.approx(2)


def test_distance_is_euclids_over_the_whole_layer():
    assert distance(torch.zeros(2, 2), torch.tensor([[1.0, 2], [2, 4]])) == pytest.approx(5)


def test_shares_of_the_way():
    assert left_to_go([8.0, 10.0, 2.0, 0.0]) == [1.0, 1.25, 0.25, 0.0]
    assert left_to_go([0.0, 0.0]) == [0.0, 0.0]


@pytest.mark.parametrize("measure", [cosine_distance, relative_distance, distance])
def test_layers_that_cannot_be_compared(measure):
    for before, after in (
        (torch.ones(2, 3), torch.ones(3, 2)),
        (torch.ones(3), torch.ones(3)),
        (torch.ones(0, 3), torch.ones(0, 3)),
    ):
        with pytest.raises(BadChoice, match="cannot be compared"):
            measure(before, after)


def test_layers_with_filters_come_in_the_networks_order():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Conv2d(4, 4, 1)), nn.Linear(4, 2)
    )
    assert list(filter_layers(network)) == ["0", "2.0", "3"]
