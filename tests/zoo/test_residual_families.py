"""Plain, residual, pre-activation and wide networks: numbers, wiring, gradients."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

import vizcore as vc
from vizcore import zoo
from vizcore.reference import architecture_facts
from vizcore.zoo.novelty import WHAT_WAS_NEW
from vizcore.zoo.own_builders import FILES
from vizcore.zoo.parts.residual import ORDERINGS, Conv, ResidualUnit, projection, zero_padding

FACTS = {facts.key: facts for facts in architecture_facts()}
STAGED = ("resnet", "preact_resnet", "wide_resnet", "stochastic_depth")
KEYS = [key for family in STAGED for key in FILES[family]]
#: Networks tested on a smaller picture than their own, to keep the suite quick.
SMALLER_PX = {"resnet101_v1": 96, "resnet152_v1": 96, "preact_resnet200": 96, "plain34": 128}


@pytest.mark.parametrize("key", KEYS)
def test_parameters_and_macs_are_those_of_the_facts(key: str) -> None:
    totals = vc.layers(key).totals
    assert (totals.params, totals.macs) == (FACTS[key].params, FACTS[key].macs)


@pytest.mark.parametrize("key", KEYS)
def test_depth_is_that_of_the_longest_path(key: str) -> None:
    """Layers on the longest chain: everything but the projections, and the last one."""
    modules = zoo.build_meta(key).named_modules()
    names = [name for name, module in modules if isinstance(module, nn.Conv2d)]
    on_the_way = [name for name in names if ".shortcut." not in name]
    assert len(on_the_way) + 1 == FACTS[key].depth_longest_path


@pytest.mark.parametrize("key", KEYS)
def test_forward_and_backward(key: str) -> None:
    """In train mode every parameter gets a finite gradient from one picture of real values."""
    options = {"survival": 1.0} if key.startswith("stochastic") else {}
    network = zoo.build(key, seed=0, **options).train()
    channels, *_ = zoo.get(key).input_shape
    px = SMALLER_PX.get(key, zoo.get(key).input_shape[-1])
    scores = network(torch.randn(1, channels, px, px, generator=torch.Generator().manual_seed(0)))
    assert scores.shape == (1, FACTS[key].num_outputs)
    assert scores.isfinite().all()
    scores.square().sum().backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    assert all(grad is not None and grad.isfinite().all() for grad in gradients)


@pytest.mark.parametrize(
    "key", ["plain20_cifar", "resnet20_cifar", "idmap110_e", "stochastic_depth_resnet110_cifar"]
)
def test_a_seed_makes_the_same_network(key: str) -> None:
    first, again, other = (zoo.build(key, seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["stem.conv.weight"], other["stem.conv.weight"])


@pytest.mark.parametrize("key", KEYS)
def test_no_layer_is_used_twice(key: str) -> None:
    network = zoo.build_meta(key)
    leaves = [m for m in network.modules() if not list(m.children())]
    assert len(leaves) == len(set(leaves))
    rows = [row.name for row in vc.layers(key).rows]
    assert len(rows) == len(set(rows))


def test_every_key_says_what_was_new_in_two_sentences() -> None:
    for key in (*KEYS, *FILES["fractalnet"]):
        assert WHAT_WAS_NEW[key].count(". ") >= 1, key


@pytest.mark.parametrize(
    ("key", "sizes"),
    [
        ("resnet50_v1", {"stem.conv": 112, "stem.maxpool": 56, "stage1": 56, "stage4": 7}),
        ("plain34", {"stem.conv": 112, "stage2": 28, "stage3": 14, "stage4": 7}),
        ("resnet110_cifar", {"stem.conv": 32, "stage1": 32, "stage2": 16, "stage3": 8}),
    ],
)
def test_sizes_are_those_of_the_papers_table(key: str, sizes: dict[str, int]) -> None:
    rows = vc.layers(key).rows
    for name, px in sizes.items():
        last = [row for row in rows if row.name == name or row.name.startswith(f"{name}.")][-1]
        assert tuple(last.out_shape[-2:]) == (px, px), name


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_bottleneck_networks_are_torchvisions_with_the_stride_moved(depth: int) -> None:
    """The recipe of the facts, carried out on torchvision's network, gives the same scores."""
    theirs = getattr(torchvision.models, f"resnet{depth}")()
    for stage in (theirs.layer2, theirs.layer3, theirs.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    ours = zoo.build(f"resnet{depth}_v1", seed=1)
    # Ours holds a unit's shortcut behind its branch, as theirs does: the same order throughout.
    values = list(ours.state_dict().values())
    theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
    picture = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours.train()(picture), theirs.train()(picture))


def test_a_plain_network_with_padded_shortcuts_is_resnet34_a() -> None:
    """Counts of ResNet-34 with option A, as the facts give them for `resnet34`."""
    network = zoo.build_meta("plain34", shortcut="zero_padding")
    totals = vc.layers(network, input_size=224).totals
    assert (totals.params, totals.macs) == (21_623_848, 3_644_493_824)


def test_option_a_keeps_every_second_value_and_adds_zeros() -> None:
    x = torch.randn(2, 16, 6, 6, generator=torch.Generator().manual_seed(0))
    expected = torch.cat([x[:, :, ::2, ::2], torch.zeros(2, 16, 3, 3)], dim=1)
    assert torch.equal(zero_padding(16, 32, 2)(x), expected)
    pooled = torch.cat([F.avg_pool2d(x, 2), torch.zeros(2, 16, 3, 3)], dim=1)
    assert torch.equal(zero_padding(16, 32, 2, pool=2)(x), pooled)


#: What stands where in Figure 4: the branch, then everything behind the addition.
FIGURE_4 = {
    "a": "conv norm activation conv norm join activation",
    "b": "conv norm activation conv join norm activation",
    "c": "conv norm activation conv norm activation join",
    "d": "activation conv norm activation conv norm join",
    "e": "norm activation conv norm activation conv join",
}


@pytest.mark.parametrize("letter", FIGURE_4)
def test_the_five_orderings_are_those_of_figure_4(letter: str) -> None:
    rows = vc.layers(f"idmap110_{letter}").rows
    kinds = [row.kind for row in rows if row.name.startswith("stage2.unit5.")]
    assert " ".join(kinds) == FIGURE_4[letter]


@pytest.mark.parametrize(
    ("letter", "stem", "last"),
    [("a", "conv bn relu", ""), ("d", "conv bn", "relu"), ("e", "conv", "bn relu")],
)
def test_first_and_last_layers_of_a_preactivation_network(
    letter: str, stem: str, last: str
) -> None:
    network = zoo.build_meta(f"idmap110_{letter}")
    names = [name for name, _ in network.named_children()]
    assert [name for name, _ in network.stem.named_children()] == stem.split()
    assert names[4 : names.index("avgpool")] == last.split()
    units = [m for m in network.modules() if isinstance(m, ResidualUnit)]
    assert [unit.shared for unit in units] == [True, *[False] * 53]


def preactivated(x: Tensor, unit: ResidualUnit) -> Tensor:
    """Figure 4 (e) by hand, in train mode, with the projection behind the first BN and ReLU."""

    def normalised(x: Tensor, bn: nn.BatchNorm2d) -> Tensor:
        mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        return ((x - mean) / (var + bn.eps).sqrt()).relu()

    branch = unit.residual
    start = normalised(x, unit.preactivation.bn)
    y = F.conv2d(start, branch.conv1.weight, stride=2)
    y = F.conv2d(normalised(y, branch.bn1), branch.conv2.weight, padding=1)
    y = F.conv2d(normalised(y, branch.bn2), branch.conv3.weight)
    return y + F.conv2d(start, unit.shortcut.conv.weight, stride=2)


def test_a_preactivation_bottleneck_by_hand() -> None:
    torch.manual_seed(0)
    unit = ResidualUnit(
        8,
        (Conv(4, 1, 2), Conv(4, 3), Conv(16, 1)),
        projection(8, 16, 2, normed=False),
        ORDERINGS["full_preactivation"],
        shared=True,
    )
    x = torch.randn(3, 8, 6, 6)
    torch.testing.assert_close(unit(x), preactivated(x, unit))


def test_projections_of_the_deep_networks_start_behind_the_preactivation() -> None:
    for key in ("preact_resnet164_cifar", "preact_resnet200", "wrn_28_10_cifar"):
        network = zoo.build_meta(key)
        units = [m for m in network.modules() if isinstance(m, ResidualUnit)]
        projected = [unit for unit in units if unit.shortcut is not None]
        assert len(projected) == (4 if key == "preact_resnet200" else 3)
        assert all(unit.shared for unit in projected)
    assert zoo.build_meta("preact_resnet200").stage1.unit1.preactivation is None


def test_weights_start_as_he_et_al_say() -> None:
    """Standard deviation sqrt(2 / n): n counts a filter's outputs, or inputs in the wide net."""
    deep = zoo.build("resnet110_cifar", seed=0).stage3.unit1.residual.conv1
    assert deep.weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)
    wide = zoo.build("wrn_28_10_cifar", seed=0, widths=(32, 64, 128)).stage3.unit1.residual.conv1
    assert wide.weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)


def test_dropout_of_a_wide_network_works_in_training_only() -> None:
    small = {"widths": (16, 32, 64), "units": (1, 1, 1)}
    network = zoo.build("wrn_28_10_cifar", seed=0, dropout=0.5, **small)
    picture = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network(picture), network(picture))
        plain = zoo.build("wrn_28_10_cifar", seed=0, **small)
        assert torch.equal(network(picture), plain(picture))
        network.train()
        assert not torch.equal(network(picture), network(picture))
