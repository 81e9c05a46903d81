"""One unit: what it contributes to all classes at once, its numbers, its maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable, UnknownLayer
from vizcore.lenses.unit import Activity, classes_fed, maps_beside
from vizcore.runtime.jobs import finish


class Net(nn.Module):
    """Convolutions, normalisation, an in-place addition, and a ReLU that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.first(x)))
        y = self.second(x)
        y += x
        return self.head(self.relu(y).amax((2, 3)))


@pytest.fixture
def net() -> Net:
    torch.manual_seed(4)
    made = Net()
    nn.init.normal_(made.norm.running_mean)
    nn.init.uniform_(made.norm.running_var, 0.5, 2.0)
    return made.eval()


@pytest.fixture
def images() -> Tensor:
    return torch.randn(4, 3, 9, 7, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("layer", ["first", "norm", "second"])
def test_all_classes_at_once_are_what_a_pass_back_for_each_class_gives(
    net: Net, images: Tensor, layer: str
):
    fed = finish(classes_fed(net, images, layer, 2, batch=3))
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        output.retain_grad()
        kept.append(output)
        return output.clone()

    handle = net.get_submodule(layer).register_forward_hook(keep)
    for n in range(len(images)):
        for k in range(5):
            kept.clear()
            net.zero_grad()
            net(images[n : n + 1])[0, k].backward()
            gradient = kept[0].grad
            assert gradient is not None
            slow = float((gradient[0, 2] * kept[0].detach()[0, 2]).sum())
            assert fed[n, k] == pytest.approx(slow, rel=1e-4, abs=1e-6)
    handle.remove()


def test_a_linear_head_feeds_by_its_weights_alone():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    whole = nn.Sequential(*net, nn.Linear(3, 4)).eval()
    images = torch.randn(2, 1, 8, 8)
    fed = finish(classes_fed(whole, images, "1", 1))
    pooled = net(images)[:, 1].detach().numpy()
    weights = whole[4].weight[:, 1].detach().numpy()
    np.testing.assert_allclose(fed, pooled[:, None] * weights, rtol=1e-5)


def test_the_network_is_left_as_it_was(net: Net, images: Tensor):
    before = {name: each.clone() for name, each in net.state_dict().items()}
    finish(classes_fed(net, images, "second", 0))
    assert torch.is_grad_enabled()
    assert net.relu.inplace
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(each._forward_hooks for each in net.modules())
    assert all(torch.equal(each, before[name]) for name, each in net.state_dict().items())


def test_what_cannot_be_asked_is_refused(net: Net, images: Tensor):
    with pytest.raises(UnknownLayer, match=r"'secnd'.*second"):
        finish(classes_fed(net, images, "secnd", 0))
    with pytest.raises(NotApplicable, match="'head' has no maps"):
        finish(classes_fed(net, images, "head", 0))
    with pytest.raises(BadChoice, match=r"no channel 6\. Allowed: 0 to 5") as caught:
        finish(classes_fed(net, images, "first", 6))
    assert caught.value.suggestions == ("5",)

    class Rounded(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.detach()

    cut = nn.Sequential(nn.Conv2d(3, 2, 1), Rounded(), nn.Flatten())
    with pytest.raises(NotApplicable):
        finish(classes_fed(cut, images, "0", 0))


def test_numbers_are_those_of_all_values_whatever_the_batches(net: Net, images: Tensor):
    with torch.no_grad():
        first = net.first(images)
        norm = net.norm(first)
    seen = Activity(net, ["first", "norm"])
    seen.feed(images[:3])
    seen.feed(images[3:].numpy())
    for layer, maps in (("first", first), ("norm", norm)):
        mean, highest, zeros, stopped = seen.found()[layer]
        np.testing.assert_allclose(mean, maps.mean((0, 2, 3)), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(highest, maps.amax((0, 2, 3)), rtol=1e-6)
        np.testing.assert_allclose(stopped, (maps <= 0).float().mean((0, 2, 3)), rtol=1e-6)
        assert (zeros == 0).all()


def test_maps_are_those_of_the_places_and_not_overwritten(net: Net, images: Tensor):
    with torch.no_grad():
        first = net.first(images[:1])
        norm = net.norm(first)
        second = net.second(norm.relu())
        added = second + norm.relu()
    for layer, maps, module, run in (
        ("norm", norm, "norm", 0),
        ("relu", norm.relu(), "relu", 0),
        ("second", second, "second", 0),
        ("add", added, None, 0),
        ("relu_1", added.relu(), "relu", 1),
    ):
        own, before, after = maps_beside(net, images[:1], layer)
        np.testing.assert_allclose(own.maps_chw, maps[0], atol=1e-6)
        assert (own.name, own.module, own.run) == (layer, module, run)
        assert before is not None
        is_deep = layer in ("add", "relu_1")
        np.testing.assert_allclose(before.maps_chw, (second if is_deep else first)[0], atol=1e-6)
        assert (after is None) == (is_deep or layer == "second")
    assert maps_beside(net, images[:1], "first")[1] is None
    with pytest.raises(NotApplicable, match="'head' has no maps"):
        maps_beside(net, images[:1], "head")


def slow_fed(net: Net, image: Tensor, layer: str, channel: int) -> list[float]:
    """By a pass back for each class through the rest of the network, written out."""
    with torch.no_grad():
        x = net.norm(net.first(image)).relu()
        added = net.second(x) + x
    given = {"relu": x, "add": added, "relu_1": added.relu()}[layer].clone().requires_grad_()
    if layer == "relu":
        rest = (net.second(given) + given).relu()
    else:
        rest = given.relu() if layer == "add" else given
    scores = net.head(rest.amax((2, 3)))[0]
    found = []
    for score in scores:
        (gradient,) = torch.autograd.grad(score, given, retain_graph=True)
        found.append(float((gradient[0, channel] * given.detach()[0, channel]).sum()))
    return found


@pytest.mark.parametrize("layer", ["relu", "add", "relu_1"])
def test_each_run_and_each_function_feeds_its_own_classes(net: Net, images: Tensor, layer: str):
    fed = finish(classes_fed(net, images, layer, 3))
    for n in range(len(images)):
        slow = slow_fed(net, images[n : n + 1], layer, 3)
        np.testing.assert_allclose(fed[n], slow, rtol=1e-4, atol=1e-6)


def test_numbers_of_runs_and_functions(net: Net, images: Tensor):
    with torch.no_grad():
        x = net.norm(net.first(images)).relu()
        places = {"relu": x, "add": net.second(x) + x, "relu_1": (net.second(x) + x).relu()}
    for asked in (["relu", "add", "relu_1"], ["relu_1", "relu"]):  # with and without a function
        seen = Activity(net, asked)
        seen.feed(images[:3])
        seen.feed(images[3:])
        assert set(seen.found()) == set(asked)
        for layer in asked:
            maps = places[layer]
            mean, highest, zeros, stopped = seen.found()[layer]
            np.testing.assert_allclose(mean, maps.mean((0, 2, 3)), rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(highest, maps.amax((0, 2, 3)), rtol=1e-5)
            np.testing.assert_allclose(zeros, (maps == 0).float().mean((0, 2, 3)), rtol=1e-5)
            np.testing.assert_allclose(stopped, (maps <= 0).float().mean((0, 2, 3)), rtol=1e-5)
    whole = Activity(net, None, ["norm", "nothing"])
    whole.feed(images)
    assert list(whole.found()) == ["first", "norm", "second"]
    with pytest.raises(UnknownLayer):
        Activity(net, ["relu_2"]).feed(images)
