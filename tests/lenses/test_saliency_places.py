"""Places that are no module which runs once are looked at as if they were one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.lenses.saliency_networks import Reused, Small, draw, found, near, small
from tests.lenses.test_saliency_layer_forms import Additions, relevance_of_captum
from vizcore.errors import NotApplicable, UnknownLayer
from vizcore.lenses.places import places
from vizcore.lenses.saliency import METHODS, layers_to_look_at
from vizcore.lenses.saliency.methods import method_of
from vizcore.runtime.clone import frozen_copy

BIG = draw(1, 3, 16, 16, seed=9)
#: The same places: modules of their own, runs of one module, calls.
MODULES, RUNS, CALLS = (
    ("relu1", "relu2", "relu3"),
    ("relu1", "relu1_1", "relu1_2"),
    ("relu", "relu_1", "relu_2"),
)
pytestmark = pytest.mark.filterwarnings(
    "ignore:Setting backward hooks", "ignore:Setting forward, backward", "ignore:Input Tensor"
)
OF_LAYERS = [each.key for each in METHODS if "layer" in each.needs]


def quick(method: str) -> dict[str, Any]:
    return {"steps": 5} if "steps" in {each.key for each in method_of(method).options} else {}


@pytest.mark.parametrize("make", [lambda: small(Reused), lambda: small(calls=True), small])
def test_every_place_with_maps_can_be_chosen(make):
    assert layers_to_look_at(make(), BIG) == places(make(), BIG)


@pytest.mark.parametrize("method", OF_LAYERS)
def test_a_run_and_a_call_give_the_map_of_a_module(method):
    options = quick(method)
    for number in (0, 1):
        own, run, call = (names[number] for names in (MODULES, RUNS, CALLS))
        expected = found(small(), method, BIG, layer=own, options=options)
        for network, layer in ((small(Reused), run), (small(calls=True), call)):
            seen = found(network, method, BIG, layer=layer, options=options)
            near(seen.values_hw, expected.values_hw)
            assert seen.layer == layer
            assert seen.unit == expected.unit
            assert seen.fit.verdict == "rewritten"
            assert seen.fit.changes
            assert seen.fit.largest_difference == 0


@pytest.mark.parametrize(
    "method", ["grad_cam", "layer_conductance", "layer_deep_lift", "neuron_gradient"]
)
def test_an_addition_gives_the_map_of_an_addition_module(method):
    module = Additions().eval()
    module.load_state_dict(small().state_dict())
    options = quick(method)
    expected = found(module, method, BIG, layer="add", options=options).values_hw
    near(found(small(), method, BIG, layer="add", options=options).values_hw, expected)


def test_relevance_at_an_addition_is_captums():
    seen = found(small(), "layer_lrp", BIG, layer="add", options={"epsilon": 1e-4})
    near(seen.layer_values_hw, relevance_of_captum("add", 1e-4))


class InPlace(nn.Module):
    """What a normalisation and an addition give is changed in place by what comes after."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        first = self.conv(x)
        y = self.norm(first)
        y += first
        y = F.relu(y, inplace=True)
        return self.head((y * y).mean((2, 3)))


@pytest.mark.parametrize("layer", ["norm", "add"])
def test_what_is_changed_in_place_later_is_seen_as_it_was(layer):
    network = InPlace().eval()
    first = network.conv(BIG)
    norm = network.norm(first)
    added = norm + first
    rectified = F.relu(added)
    score = network.head((rectified * rectified).mean((2, 3)))[0, 1]
    at = {"norm": norm, "add": added}[layer]
    (gradient,) = torch.autograd.grad(score, at)
    near(found(network, "layer_activation", BIG, layer=layer).layer_values_hw, at[0].sum(0))
    seen = found(network, "layer_gradient_x_activation", BIG, layer=layer)
    near(seen.layer_values_hw, (at * gradient)[0].sum(0))


class Decides(nn.Sequential):
    """Its code asks for the values, so torch.fx cannot look inside."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(super().forward(x)) if float(x.detach().sum()) > -1e9 else x


def test_what_cannot_be_made_a_module_is_not_offered_and_says_why():
    network = nn.Sequential(Decides(nn.Conv2d(3, 4, 1)), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert [each.name for each in layers_to_look_at(network, BIG)] == ["0.0", "0"]
    with pytest.raises(NotApplicable, match=r"'0\.relu' cannot.*torch\.fx.*can: 0\.0, 0\.") as told:
        found(network, "grad_cam", BIG, layer="0.relu")
    assert set(told.value.suggestions) == {"0.0", "0"}
    with pytest.raises(UnknownLayer, match="conv1"):
        found(small(), "grad_cam", BIG, layer="convv1")


def held(network: nn.Module, layer: str, score_of: Tensor) -> float:
    """A score of another picture while a module gives what it gave for the first."""
    kept: list[Tensor] = []
    module = network.get_submodule(layer)
    handle = module.register_forward_hook(lambda *all: kept.append(all[-1]))
    with torch.no_grad():
        network(BIG)
    handle.remove()
    handle = module.register_forward_hook(lambda *_: kept[0])
    with torch.no_grad():
        value = float(network(score_of)[0, 1])
    handle.remove()
    return value


@pytest.mark.parametrize(
    ("layer", "join"),
    [("conv1", ""), ("pool", ""), ("conv2", "add"), ("relu2", "add"), ("conv3", "add"),
     ("relu3", "")],
)  # fmt: skip
def test_a_sum_that_a_layer_cannot_reach_names_the_other_way(layer, join):
    """There is another way just where the score moves with the picture, the layer held still."""
    network = frozen_copy(small())
    moved = abs(held(network, layer, -BIG) - held(network, layer, BIG)) > 1e-6
    assert moved == bool(join)
    told = found(small(), "layer_integrated_gradients", BIG, layer=layer).completeness
    assert told.holds != bool(join)
    assert told.beside == join
    assert not told.fails


def test_a_sum_that_misses_on_the_only_way_fails():
    few = found(small(), "layer_conductance", BIG, layer="conv1", options={"steps": 2})
    assert few.completeness.beside == ""
    assert few.completeness.fails


class Constant(Small):
    """A ReLU that never sees the picture shifts the maps."""

    def __init__(self) -> None:
        super().__init__()
        self.beside = nn.ReLU()
        self.shift = nn.Parameter(torch.linspace(-1, 1, 8).reshape(1, 8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.norm1(self.conv1(x))) + self.beside(self.shift)
        return self.linear(self.average(self.relu3(self.conv3(x))).flatten(1))


@pytest.mark.parametrize("method", ["deep_lift", "layer_deep_lift", "neuron_deep_lift"])
def test_deep_lift_leaves_alone_what_does_not_hang_on_the_picture(method):
    torch.manual_seed(0)
    seen = found(Constant().eval(), method, BIG)
    assert seen.completeness.gap < 1e-3
    assert np.abs(seen.values_hw).max() > 0
