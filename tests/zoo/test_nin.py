"""Network in Network."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vizcore.api import layers
from vizcore.zoo.networks import build


def test_map_sizes() -> None:
    shapes = {row.name.split(".")[1]: row.out_shape[1:] for row in layers("nin_imagenet")}
    assert shapes["conv1b"] == (96, 55, 55)
    assert shapes["conv2b"] == (256, 27, 27)
    assert shapes["conv3b"] == (384, 13, 13)
    assert shapes["pool3"] == (384, 6, 6)
    assert shapes["conv4b"] == (1000, 6, 6)
    assert shapes["flatten"] == (1000,)


def test_the_score_of_a_class_is_the_mean_of_its_map() -> None:
    network = build("nin_imagenet", seed=0)
    maps = torch.rand(1, 1000, 6, 6)
    head = nn.Sequential(network.classifier.pool4, network.classifier.flatten)
    expected = nn.functional.avg_pool2d(maps, 6)[..., 0, 0]
    assert torch.allclose(head(maps), expected, atol=1e-6)


@pytest.mark.parametrize("side", [224, 288])
def test_other_sides_work(side: int) -> None:
    assert layers("nin_imagenet", input_size=side).rows[-1].out_shape == (1, 1000)
