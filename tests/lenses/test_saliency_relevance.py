"""What LRP's rule takes on the way down, against the rule written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.lenses.saliency_networks import IMAGE, draw, found, near, small

BIG = draw(1, 3, 16, 16, seed=9)


def dense(epsilon: float) -> tuple[nn.Module, np.ndarray, float, float]:
    """Two fully connected layers, and by hand: relevance, what biases took, what epsilon took."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 6), nn.ReLU(), nn.Linear(6, 2)).eval()
    with torch.no_grad():
        for seed, layer in ((5, network[1]), (6, network[3])):
            layer.weight.copy_(draw(*layer.weight.shape, seed=seed) / 8)
            layer.bias.copy_(draw(len(layer.bias), seed=seed + 10))
    v1, b1, v2, b2 = (each.detach().double().numpy() for each in network.parameters())
    x = IMAGE.flatten().double().numpy()
    z1 = v1 @ x + b1
    hidden = np.maximum(z1, 0)
    z2 = (v2 @ hidden + b2)[1]
    arrived, biases, taken = z2, 0.0, 0.0
    lower = z2 + epsilon * np.sign(z2)
    biases += b2[1] * arrived / lower
    taken += epsilon * np.sign(z2) * arrived / lower
    arrived = hidden * v2[1] * arrived / lower
    lower = z1 + epsilon * np.sign(z1)
    biases += (b1 * arrived / lower).sum()
    taken += (epsilon * np.sign(z1) * arrived / lower).sum()
    values = x * (v1.T @ (arrived / lower))
    return network, values.reshape(3, 8, 8).sum(0), biases, taken


@pytest.mark.parametrize("epsilon", [1e-9, 0.05])
def test_what_biases_and_epsilon_take_is_the_rule_by_hand(epsilon):
    network, values, biases, taken = dense(epsilon)
    seen = found(network, "lrp", options={"epsilon": epsilon})
    near(seen.values_hw, values)
    told = seen.completeness
    assert told.absorbed.by_biases == pytest.approx(biases, rel=1e-4)
    assert told.absorbed.by_epsilon == pytest.approx(taken, rel=1e-3, abs=1e-7)
    assert told.absorbed.most_at in ("1", "3")
    assert told.attributed + biases + taken == pytest.approx(told.difference, rel=1e-4)


class Padded(nn.Module):
    """A shortcut as in the ResNets of CIFAR-10: every second place, channels of zeros behind."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.conv = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.pad = nn.ConstantPad3d((0, 0, 0, 0, 1, 2), 0.0)
        self.linear = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x).unflatten(1, (2, 3)).flatten(1, 2)
        return self.linear((y + self.pad(x[:, :, ::2, ::2])).mean((2, 3)))


def test_zeros_around_the_maps_and_axes_taken_apart_only_move_relevance():
    seen = found(Padded().eval(), "lrp", BIG)
    told = seen.completeness
    whole = told.attributed + told.absorbed.by_biases + told.absorbed.by_epsilon
    assert whole == pytest.approx(told.difference, rel=1e-4)
    assert "1 paddings with zeros made calls" in seen.fit.changes


@pytest.mark.parametrize("layer", [None, "conv1", "norm1", "pool", "relu3"])
@pytest.mark.parametrize("against", [None, 3])
def test_what_is_left_and_what_is_taken_are_the_score(layer, against):
    """With normalisation, poolings and a skip; above a layer only what is above it."""
    method = "lrp" if layer is None else "layer_lrp"
    seen = found(small(), method, BIG, layer=layer, against=against, options={"epsilon": 1e-3})
    told = seen.completeness
    whole = told.attributed + told.absorbed.by_biases + told.absorbed.by_epsilon
    assert whole == pytest.approx(told.difference, rel=1e-3, abs=1e-5)
    assert told.absorbed.by_biases != 0
    assert told.fails
