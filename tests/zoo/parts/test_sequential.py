"""Networks written as rows: the builder, and every network of the zoo that is built by it."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest
import torch
from torch import nn

from vizcore import zoo
from vizcore.api import layers
from vizcore.errors import BadChoice
from vizcore.reference import architecture_facts
from vizcore.zoo import alexnet, azizpour, nin, overfeat, vgg, zfnet
from vizcore.zoo.novelty import WHAT_WAS_NEW
from vizcore.zoo.parts.sequential import (
    FC,
    Conv,
    Drop,
    GlobalPool,
    MaxPool,
    Norm,
    Plan,
    Row,
    assemble,
    glorot,
    he_normal,
)

PLANS = {
    key: plan
    for family in (alexnet, azizpour, nin, overfeat, vgg, zfnet)
    for key, plan in family.PLANS.items()
}
#: Run eight times narrower: one too large, one that is another's equal, others between two.
NARROW = (
    "azizpour_deep_medium_g",
    "azizpour_large_f",
    "azizpour_deep11_h",
    "azizpour_deep13_i",
    "overfeat_fast",
    "vgg_a_lrn",
)
FACTS = {facts.key: facts for facts in architecture_facts()}


def narrowed(plan: Plan, times: int) -> Plan:
    """The same layers with so many times fewer filters; groups and the last layer stay."""

    def row_of(row: Row) -> Row:
        return replace(row, out=row.out // times) if isinstance(row, (Conv, FC)) else row

    classifier = tuple(row_of(row) for row in plan.classifier)
    return replace(
        plan, features=tuple(row_of(row) for row in plan.features), classifier=classifier
    )


def narrow(key: str) -> nn.Sequential:
    """A network's sibling, eight times narrower, from a seed."""
    torch.manual_seed(5)
    return assemble(narrowed(PLANS[key], 8), FACTS[key].num_outputs)


@pytest.mark.parametrize("key", list(PLANS))
def test_counts_are_those_of_the_facts(key: str) -> None:
    facts, table = FACTS[key], layers(key)
    assert (table.totals.params, table.totals.macs) == (facts.params, facts.macs)
    kinds = [row.kind for row in table if row.weights]
    assert (kinds.count("conv"), kinds.count("linear")) == (facts.conv_layers, facts.linear_layers)
    assert PLANS[key].input_shape == facts.input_shape
    assert table.rows[-1].out_shape == (1, facts.num_outputs)


@pytest.mark.parametrize("key", list(PLANS))
def test_forward_and_backward_at_its_own_input_size(key: str) -> None:
    network = (narrow(key) if key in NARROW else zoo.build(key, seed=5)).train()
    picture = torch.randn(1, *PLANS[key].input_shape)
    scores = network(picture)
    assert scores.shape == (1, 1000)
    nn.functional.cross_entropy(scores, torch.tensor([3])).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    weights = [p.grad for p in network.parameters() if p.dim() > 1]
    assert all(grad is not None and grad.abs().max() > 0 for grad in weights)


@pytest.mark.parametrize("key", [key for key in PLANS if key.startswith("azizpour_tiny")])
def test_seeded_builds_are_equal(key: str) -> None:
    first, again = zoo.build(key, seed=4), zoo.build(key, seed=4)
    other = zoo.build(key, seed=5)
    pairs = zip(first.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    name = "features.conv1.weight"
    assert not torch.equal(first.get_parameter(name), other.get_parameter(name))


@pytest.mark.parametrize("key", list(PLANS))
def test_the_same_seed_makes_the_same_weights(key: str) -> None:
    pairs = zip(narrow(key).parameters(), narrow(key).parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("key", list(PLANS))
def test_every_module_is_used_once(key: str) -> None:
    network = zoo.build_meta(key)
    leaves = [m for m in network.modules() if not list(m.children())]
    assert len({id(m) for m in leaves}) == len(leaves)
    names = [row.name for row in layers(key)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("key", list(PLANS))
def test_memory_is_what_convolutions_norms_pools_and_fully_connected_layers_write(key: str) -> None:
    table = layers(key)
    written = sum(
        prod(row.out_shape)
        for row in table
        if row.kind in ("conv", "norm", "linear")
        or (row.kind == "pool" and row.in_shape != row.out_shape)  # one to one writes nothing
    )
    assert table.totals.activations == written


@pytest.mark.parametrize("key", list(PLANS))
def test_texts(key: str) -> None:
    assert 2 <= WHAT_WAS_NEW[key].count(". ") + 1 <= 3
    assert all(sentence.endswith(".") for sentence in zoo.get(key).deviations)
    assert zoo.get(key).deviations
    uncertain = any("Uncertain" in sentence for sentence in zoo.get(key).deviations)
    assert uncertain == key.startswith("azizpour")


def test_dropout_works_in_training_and_vanishes_in_eval() -> None:
    head = (FC("2", 64), Drop("2"), FC("3", 5, relu=False))
    network = assemble(Plan((3, 8, 8), (Conv("1", 4, 3),), head, he_normal))
    picture = torch.ones(1, 3, 8, 8)
    network.eval()
    assert torch.equal(network(picture), network(picture))
    network.train()
    torch.manual_seed(0)
    outputs = [network.classifier.drop2(torch.ones(1000)) for _ in range(2)]
    assert not torch.equal(*outputs)
    assert set(outputs[0].unique().tolist()) == {0.0, 2.0}
    assert outputs[0].mean() == pytest.approx(1, abs=0.15)


def test_normalisation_is_the_papers_formula() -> None:
    """b = a / (k + alpha * sum of squares over 5 maps) ** beta, alpha not divided by 5."""
    network = assemble(Plan((7, 2, 2), (Norm("1", alpha=0.3),), (GlobalPool("1"),), he_normal))
    maps = torch.randn(1, 7, 2, 2, generator=torch.Generator().manual_seed(1))
    expected = torch.empty_like(maps)
    for i in range(7):
        squares = maps[:, max(0, i - 2) : i + 3].square().sum(1)
        expected[:, i] = maps[:, i] / (2 + 0.3 * squares) ** 0.75
    assert torch.allclose(network.features(maps), expected, atol=1e-6)


def test_shapes_follow_from_the_rows() -> None:
    """A rectangle, rounding down, padding and groups, against what torch makes of them."""
    plan = Plan(
        (4, 23, 30),
        (Conv("1", 6, 5, 2, 1, groups=2), MaxPool("1", 3, 2, 1), Conv("2", 8, 3)),
        (FC("3", 9), FC("4", 2, relu=False)),
        glorot,
    )
    network = assemble(plan)
    maps = network.features(torch.zeros(2, 4, 23, 30))
    assert network.classifier.fc3.in_features == maps[0].numel()
    assert network(torch.zeros(2, 4, 23, 30)).shape == (2, 2)
    assert assemble(plan, num_classes=7)(torch.zeros(2, 4, 23, 30)).shape == (2, 7)


def test_a_map_too_small_for_its_window_is_refused() -> None:
    plan = Plan((3, 4, 4), (MaxPool("1", 2, 2), Conv("2", 8, 5, padding=1)), (), he_normal)
    with pytest.raises(BadChoice, match=r"Row 2: a window of 5 .* 2 \+ 2 x 1 pixels"):
        assemble(plan)


def test_first_weights() -> None:
    plan = Plan((3, 8, 8), (Conv("1", 400, 3),), (FC("2", 300, relu=False),), he_normal)
    conv, fan_in = assemble(plan).features.conv1, 27
    assert conv.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05)
    assert conv.bias.abs().max() == 0
    conv = assemble(replace(plan, initialise=glorot)).features.conv1
    reach = (6 / (27 + 9 * 400)) ** 0.5
    assert conv.weight.abs().max().item() == pytest.approx(reach, rel=0.05)
