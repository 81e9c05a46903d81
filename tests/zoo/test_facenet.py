"""FaceNet NN1 against the rows of its table, as a lecture prints them."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch import Tensor

from vizcore import zoo
from vizcore.api import layers
from vizcore.reference import architecture_facts
from vizcore.reference.tables import read_table
from vizcore.zoo.facenet import TABLE, Maxout, UnitLength
from vizcore.zoo.novelty import WHAT_WAS_NEW
from vizcore.zoo.parts.sequential import assemble

NAMES = {"rnorm1": "norm1", "rnorm2": "norm2"}
STATED = {
    claim["id"].removeprefix("nn1_"): float(claim["stated"].split()[0])
    for claim in read_table("lecture_claims")
    if claim["id"].startswith("nn1_") and claim["id"].endswith(("_size", "_params", "_flops"))
}


def test_counts_are_those_of_the_facts() -> None:
    facts = next(f for f in architecture_facts() if f.key == "facenet_nn1")
    table = layers("facenet_nn1")
    assert (table.totals.params, table.totals.macs) == (facts.params, facts.macs)
    kinds = [row.kind for row in table if row.weights]
    assert (kinds.count("conv"), kinds.count("linear")) == (facts.conv_layers, facts.linear_layers)


def test_every_convolution_pool_and_norm_has_the_size_the_table_prints() -> None:
    rows = {row.name.split(".")[1]: row for row in layers("facenet_nn1")}
    compared = 0
    for name, values in STATED.items():
        layer, _, what = name.rpartition("_")
        row = rows.get(NAMES.get(layer, layer))
        if row is not None and layer not in ("fc1", "fc2", "fc7128"):
            compared += 1
            if what == "size":
                assert prod(row.out_shape) == values, name
            elif what == "params":
                assert row.params == pytest.approx(values, abs=500), name
            else:  # the table counts the additions of the biases as well
                biases = prod(row.out_shape) if row.kind == "conv" else 0
                assert row.macs + biases == pytest.approx(values, abs=0.6e6), name
    assert compared > 30


def test_totals_of_the_table() -> None:
    totals = layers("facenet_nn1").totals
    assert (round(totals.params / 1e6), round(totals.macs / 1e9, 1)) == (140, 1.6)


def test_maxout_takes_the_larger_of_two_linear_functions() -> None:
    torch.manual_seed(0)
    maxout, values = Maxout(5, 3), torch.randn(4, 5)
    weight, bias = maxout.linear.weight, maxout.linear.bias
    first = values @ weight[0::2].T + bias[0::2]
    second = values @ weight[1::2].T + bias[1::2]
    assert torch.allclose(maxout(values), torch.maximum(first, second), atol=1e-6)


def test_embeddings_have_length_one() -> None:
    made = UnitLength()(torch.randn(6, 128))
    assert torch.allclose(made.norm(dim=1), torch.ones(6))


def test_forward_and_backward() -> None:
    network = zoo.build("facenet_nn1", seed=2)
    faces = torch.randn(2, 3, 220, 220)
    points: Tensor = network(faces)
    assert points.shape == (2, 128)
    (points[0] - points[1]).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.dim() == 1 or parameter.grad.abs().max() > 0, name


def test_the_same_seed_makes_the_same_weights() -> None:
    """The 11 convolutions and a maxout layer; both halves are made in one order."""

    def made(seed: int) -> list[Tensor]:
        torch.manual_seed(seed)
        return [*assemble(TABLE).parameters(), *Maxout(7, 5).parameters()]

    pairs = list(zip(made(3), made(3), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(made(4)[0], pairs[0][0])


def test_texts() -> None:
    assert len(zoo.get("facenet_nn1").deviations) == 2
    assert "triplet" in WHAT_WAS_NEW["facenet_nn1"]
