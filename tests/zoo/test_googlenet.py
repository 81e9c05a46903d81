"""GoogLeNet and BN-Inception against their papers' tables and the reference facts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import vizcore as vc
from vizcore import zoo
from vizcore.reference import architecture_facts
from vizcore.zoo.googlenet import VARIANTS, build
from vizcore.zoo.parts.auxiliary import TrainingScores

FACTS = {facts.key: facts for facts in architecture_facts()}
#: Channels and side of the maps, as the papers print them. BN-Inception's 4c, 4d and 4e are the
#: sums of the branches in the same table, where it prints 576, 576 and 1024.
TABLE = {
    "googlenet_2014": {
        "conv1": (64, 112),
        "pool1": (64, 56),
        "conv2": (192, 56),
        "pool2": (192, 28),
        "inception_3a": (256, 28),
        "inception_3b": (480, 28),
        "pool3": (480, 14),
        "inception_4a": (512, 14),
        "inception_4b": (512, 14),
        "inception_4c": (512, 14),
        "inception_4d": (528, 14),
        "inception_4e": (832, 14),
        "pool4": (832, 7),
        "inception_5a": (832, 7),
        "inception_5b": (1024, 7),
        "pool": (1024, 1),
    },
    "bn_inception": {
        "conv1": (64, 112),
        "pool1": (64, 56),
        "conv2": (192, 56),
        "pool2": (192, 28),
        "inception_3a": (256, 28),
        "inception_3b": (320, 28),
        "inception_3c": (576, 14),
        "inception_4a": (576, 14),
        "inception_4b": (576, 14),
        "inception_4c": (608, 14),
        "inception_4d": (608, 14),
        "inception_4e": (1056, 7),
        "inception_5a": (1024, 7),
        "inception_5b": (1024, 7),
        "pool": (1024, 1),
    },
}


@pytest.mark.parametrize("key", VARIANTS)
def test_parameters_and_multiply_adds_are_those_of_the_facts(key: str) -> None:
    totals = vc.layers(key).totals
    assert (totals.params, totals.macs) == (FACTS[key].params, FACTS[key].macs)


@pytest.mark.parametrize("key", VARIANTS)
def test_maps_are_those_of_the_papers_table_and_gradients_reach_every_weight(key: str) -> None:
    network = zoo.build(key, seed=0, **({"auxiliary": False} if key == "googlenet_2014" else {}))
    seen: dict[str, tuple[int, int]] = {}

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: object, out: torch.Tensor) -> None:
            assert out.shape[2] == out.shape[3]
            seen[name] = (out.shape[1], out.shape[2])

        return hook

    for name in TABLE[key]:
        network.get_submodule(name).register_forward_hook(note(name))
    scores = network(torch.randn(1, 3, 224, 224))
    assert scores.shape == (1, 1000)
    assert seen == TABLE[key]
    scores.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_auxiliary_classifiers_score_in_train_mode_and_vanish_in_eval() -> None:
    network = zoo.build("googlenet_2014", seed=0, num_classes=10)
    picture = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        alone = network(picture)
        trained = network.train()(picture)
    assert isinstance(alone, torch.Tensor)
    assert isinstance(trained, TrainingScores)
    assert trained.scores.shape == alone.shape == (2, 10)
    assert [tuple(scores.shape) for scores in trained.auxiliary] == [(2, 10), (2, 10)]
    bare = zoo.build("googlenet_2014", seed=0, num_classes=10, auxiliary=False)
    assert isinstance(bare.train()(picture), torch.Tensor)
    everything = sum(p.numel() for p in zoo.build_meta("googlenet_2014").parameters())
    assert everything == 13_378_280  # 6,998,552 and two heads, of 512 and 528 input channels


def test_auxiliary_gradients_reach_only_what_is_below_them() -> None:
    network = build("googlenet_2014", num_classes=10).train()
    network(torch.randn(1, 3, 224, 224)).auxiliary[0].sum().backward()
    touched = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert touched == {
        "conv1", "conv2_reduce", "conv2", "inception_3a", "inception_3b", "inception_4a",
        "auxiliary_4a",
    }  # fmt: skip


@pytest.mark.parametrize("key", VARIANTS)
def test_the_same_seed_gives_the_same_weights(key: str) -> None:
    first, again = zoo.build(key, seed=3).state_dict(), zoo.build(key, seed=3).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_normalisation_is_where_each_paper_has_it() -> None:
    old = [type(m).__name__ for m in zoo.build_meta("googlenet_2014").modules()]
    new = [type(m).__name__ for m in zoo.build_meta("bn_inception").modules()]
    assert old.count("LocalResponseNorm") == 2
    assert old.count("BatchNorm2d") == 0
    assert new.count("LocalResponseNorm") == 0
    assert new.count("BatchNorm2d") == new.count("Conv2d") == 69
