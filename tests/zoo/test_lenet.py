"""LeNet-5 of 1998 against the arithmetic of its paper, and the modern form."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch import nn

from vizcore import zoo
from vizcore.api import layers
from vizcore.errors import BadChoice
from vizcore.reference import architecture_facts
from vizcore.zoo.lenet import (
    CONNECTIONS,
    DistanceToDrawings,
    PartialConvolution,
    ScaledTanh,
    Subsampling,
    drawings,
)
from vizcore.zoo.novelty import WHAT_WAS_NEW

KEYS = ("lenet5_1998", "lenet5_modern")


@pytest.mark.parametrize("key", KEYS)
def test_counts_are_those_of_the_facts(key: str) -> None:
    facts = next(f for f in architecture_facts() if f.key == key)
    table = layers(key)
    assert (table.totals.params, table.totals.macs) == (facts.params, facts.macs)
    kinds = [row.kind for row in table if row.weights and row.kind in ("conv", "linear")]
    assert (kinds.count("conv"), kinds.count("linear")) == (facts.conv_layers, facts.linear_layers)
    assert zoo.get(key).deviations
    assert WHAT_WAS_NEW[key]


@pytest.mark.parametrize("key", KEYS)
def test_forward_and_backward(key: str) -> None:
    network, again = zoo.build(key, seed=1), zoo.build(key, seed=1)
    pairs = zip(network.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    scores = network(torch.randn(3, 1, 32, 32))
    assert scores.shape == (3, 10)
    nn.functional.cross_entropy(scores, torch.tensor([0, 4, 9])).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_parameters_of_each_layer_as_the_paper_prints_them() -> None:
    network = zoo.build_meta("lenet5_1998")
    printed = {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48120, "f6": 10164, "output": 0}
    for name, params in printed.items():
        assert sum(p.numel() for p in network.get_submodule(name).parameters()) == params


def test_connections_as_the_paper_prints_them() -> None:
    """340,908: one for each weight and each bias, as often as they are used."""
    found = dict.fromkeys(("c1", "s2", "c3", "s4", "c5", "f6", "output"), 0)
    for row in layers("lenet5_1998"):
        name = row.name.split(".")[0]
        values = prod(row.out_shape)
        if row.kind in ("conv", "linear"):
            found[name] += row.macs + values
        elif row.kind == "pool":
            found[name] += values * (4 + 1)
        elif name == "output":
            found[name] += values * row.in_shape[1]
    assert list(found.values()) == [122304, 5880, 151600, 2000, 48120, 10164, 840]
    assert sum(found.values()) == 340908


def test_the_partial_convolution_is_a_whole_one_with_zeros() -> None:
    torch.manual_seed(0)
    partial = PartialConvolution(CONNECTIONS, 5)
    weight, bias = torch.zeros(16, 6, 5, 5), torch.empty(16)
    for out, (conv, seen) in enumerate(zip(partial.maps, CONNECTIONS, strict=True)):
        bias[out] = conv.bias
        for place, source in enumerate(seen):
            weight[out, source] = conv.weight[0, place]
    maps = torch.randn(2, 6, 14, 14)
    expected = nn.functional.conv2d(maps, weight, bias)
    assert torch.allclose(partial(maps), expected, atol=1e-5)


def test_subsampling_adds_four_values() -> None:
    layer = Subsampling(2)
    with torch.no_grad():
        layer.coefficient.copy_(torch.tensor([2.0, -1.0]).view(2, 1, 1))
        layer.bias.copy_(torch.tensor([10.0, 0.5]).view(2, 1, 1))
    square = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).expand(1, 2, 2, 2)
    assert layer(square).flatten().tolist() == [2 * 10 + 10, -10 + 0.5]


def test_squashing_keeps_one_and_minus_one() -> None:
    """The paper's reason for 1.7159 and 2/3: f(1) = 1, f(-1) = -1."""
    ends = ScaledTanh()(torch.tensor([1.0, -1.0, 0.0, 1e6]))
    assert ends.tolist() == pytest.approx([1, -1, 0, 1.7159], abs=1e-4)


def test_the_output_is_the_distance_to_ten_different_drawings() -> None:
    codes = torch.tensor(drawings())
    assert codes.shape == (10, 84)
    assert set(codes.flatten().tolist()) == {1.0, -1.0}
    layer = DistanceToDrawings()
    scores = layer(codes)
    assert torch.equal(scores, -torch.cdist(codes, codes).square().round())
    assert torch.equal(scores.argmax(1), torch.arange(10))
    assert torch.equal(scores.diagonal(), torch.zeros(10))
    # Two drawings differ in at least eight pixels; each adds (1 - -1)^2 = 4.
    assert scores.fill_diagonal_(-1e9).max() <= -32
    assert not list(layer.parameters())


def test_first_weights_are_within_the_papers_reach() -> None:
    network = zoo.build("lenet5_1998", seed=0)
    reach = 2.4 / 400
    weight = network.get_parameter("c5.weight").abs()
    assert 0.98 * reach < weight.max() <= reach
    assert network.get_parameter("c3.maps.15.weight").abs().max() <= 2.4 / 150


def test_other_numbers_of_classes() -> None:
    assert zoo.build_meta("lenet5_modern", num_classes=7).output.out_features == 7
    with pytest.raises(BadChoice, match="Allowed: 10"):
        zoo.build("lenet5_1998", num_classes=7)
