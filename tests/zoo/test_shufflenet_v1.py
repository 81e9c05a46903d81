"""ShuffleNet v1 against the paper's Table 1 and the reference facts."""

from __future__ import annotations

import pytest
import torch

import vizcore as vc
from vizcore import zoo
from vizcore.reference import architecture_facts
from vizcore.zoo.shufflenet_v1 import VARIANTS, ChannelShuffle

FACTS = {facts.key: facts for facts in architecture_facts()}


@pytest.mark.parametrize("key", VARIANTS)
def test_parameters_and_multiply_adds_are_those_of_the_facts(key: str) -> None:
    totals = vc.layers(key).totals
    assert (totals.params, totals.macs) == (FACTS[key].params, FACTS[key].macs)


@pytest.mark.parametrize("key", VARIANTS)
def test_maps_are_those_of_the_papers_table_and_gradients_reach_every_weight(key: str) -> None:
    network = zoo.build(key, seed=0)
    x = torch.randn(1, 3, 224, 224)
    seen = []
    for name, layer in network.named_children():
        x = layer(x)
        if name in ("conv1", "pool1", "stage2", "stage3", "stage4"):
            seen.append(tuple(x.shape[1:]))
    row = VARIANTS[key]
    stages = [(c, side, side) for c, side in zip(row.stages, (28, 14, 7), strict=True)]
    assert seen == [(row.stem, 112, 112), (row.stem, 56, 56), *stages]
    assert x.shape == (1, 1000)
    x.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_widths_grow_with_groups_at_the_same_cost() -> None:
    """Table 1: more groups buy more channels for the same 137 to 140 million multiply-adds."""
    three, eight = VARIANTS["shufflenet_v1_x1_0_g3"], VARIANTS["shufflenet_v1_x1_0_g8"]
    assert (three.stages, eight.stages) == ((240, 480, 960), (384, 768, 1536))
    costs = [vc.layers(f"shufflenet_v1_x1_0_g{g}").totals.macs for g in (3, 8)]
    assert all(137e6 < cost < 140e6 for cost in costs)


def test_without_the_shuffle_groups_never_meet() -> None:
    """One group's channels reach every group of the next layer through the shuffle alone."""
    first = torch.nn.Conv2d(6, 6, 1, groups=3, bias=False)
    second = torch.nn.Conv2d(6, 6, 1, groups=3, bias=False)
    for layer in (first, second):
        torch.nn.init.ones_(layer.weight)
    only_first_group = torch.tensor([1.0, 1, 0, 0, 0, 0]).reshape(1, 6, 1, 1)
    apart = second(first(only_first_group))
    mixed = second(ChannelShuffle(3)(first(only_first_group)))
    assert apart.flatten().count_nonzero() == 2
    assert mixed.flatten()[:4].count_nonzero() == 4


def test_shuffling_is_a_permutation_that_the_transposed_shuffle_undoes() -> None:
    x = torch.randn(2, 12, 3, 3)
    assert torch.equal(ChannelShuffle(4)(ChannelShuffle(3)(x)), x)
    assert not torch.equal(ChannelShuffle(3)(x), x)
    assert torch.equal(ChannelShuffle(3)(x).sort(dim=1).values, x.sort(dim=1).values)


def test_only_the_first_reduction_is_not_grouped() -> None:
    network = zoo.build_meta("shufflenet_v1_x1_0_g3")
    groups = [
        layer.groups for name, layer in network.named_modules() if name.endswith("branch.reduce")
    ]
    assert groups == [1] + [3] * 15


def test_train_mode_normalises_with_the_batch_and_the_seed_fixes_the_weights() -> None:
    network, twin = (zoo.build("shufflenet_v1_x0_5_g3", seed=1) for _ in range(2))
    x = torch.randn(4, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(x), twin(x))
        alone = network(x)
        assert not torch.allclose(network.train()(x), alone)
