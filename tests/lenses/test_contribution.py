"""Contributions against closed forms and against a network run channel by channel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models

from vizcore.errors import NotApplicable, UnknownClass
from vizcore.lenses.contribution import contribution, rank_correlation
from vizcore.lenses.feature_maps import feature_maps
from vizcore.runtime.jobs import finish


def without(network: nn.Module, image: Tensor, layer: str, channel: int | None) -> Tensor:
    """The scores with one channel of a module set to zero, the whole network run."""

    def hook(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        changed = output.clone()
        if channel is not None:
            changed[:, channel] = 0
        return changed

    handle = network.get_submodule(layer).register_forward_hook(hook)
    with torch.no_grad():
        scores = network(image)
    handle.remove()
    return scores[0]


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(4))


def test_where_the_rest_is_linear_both_are_weight_times_mean(image):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4)
    )
    found = finish(contribution(network, image, "1", target=2, classes=["a", "b", "c", "d"]))
    with torch.no_grad():
        means = network[:2](image).mean((2, 3))[0]
        expected = (network[4].weight[2] * means).numpy()
        score = network(image)[0, 2].item()
    np.testing.assert_allclose(found.gradient_c, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.ablation_c, expected, rtol=1e-4, atol=1e-6)
    assert found.agreement == pytest.approx(1.0)
    assert (found.target_class, found.score) == ("c", pytest.approx(score))


@pytest.mark.parametrize("layer", ["conv1", "maxpool", "layer2.0.downsample.0", "layer3"])
def test_ablation_is_the_network_run_without_the_channel(image, layer):
    torch.manual_seed(1)
    network = models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=5).eval()
    found = finish(contribution(network, image, layer))
    whole = without(network, image, layer, None)
    target = int(whole.argmax())
    assert found.target == target
    for channel in range(0, len(found.ablation_c), 13):
        fall = (whole - without(network, image, layer, channel))[target].item()
        assert found.ablation_c[channel] == pytest.approx(fall, abs=2e-5)


class Branches(nn.Module):
    """Concatenation and addition with what was computed before the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        self.left = nn.Conv2d(4, 4, 1)
        self.right = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        stem = self.stem(x)
        left = self.left(stem)
        joined = torch.cat([left, F.relu(self.right(stem)) + stem], 1)
        return self.head(joined.amax((2, 3)))


def test_what_joins_what_came_before(image):
    torch.manual_seed(0)
    network = Branches()
    found = finish(contribution(network, image, "right", target=0))
    whole = without(network, image, "right", None)
    expected = [(whole - without(network, image, "right", c))[0].item() for c in range(4)]
    np.testing.assert_allclose(found.ablation_c, expected, atol=1e-6)
    # A function's result, here the addition: zeroed by hand.
    added = finish(contribution(network, image, "add", target=0))
    with torch.no_grad():
        stem = network.stem(image)
        total = F.relu(network.right(stem)) + stem
        for channel in range(4):
            changed = total.clone()
            changed[:, channel] = 0
            scores = network.head(torch.cat([network.left(stem), changed], 1).amax((2, 3)))
            fall = (whole - scores[0])[0].item()
            assert added.ablation_c[channel] == pytest.approx(fall, abs=1e-6)


def test_channels_are_sorted_by_what_they_contribute(image):
    torch.manual_seed(0)
    network = Branches()
    found = finish(contribution(network, image, "left", target=1))
    for name, strength in (("gradient", found.gradient_c), ("ablation", found.ablation_c)):
        maps = feature_maps(network, image, "left", sorted_by=name, target=1)
        np.testing.assert_allclose(maps.strength_c, strength, atol=1e-6)
        assert maps.order == tuple(np.argsort(-maps.strength_c, kind="stable").tolist())


def test_what_cannot_be_measured(image):
    network = Branches()
    with pytest.raises(UnknownClass, match="no class number 3"):
        finish(contribution(network, image, "left", target=3))
    with pytest.raises(NotApplicable, match="'head' has no maps"):
        finish(contribution(network, image, "head"))

    class Aside(Branches):
        def forward(self, x: Tensor) -> Tensor:
            self.left(x.repeat(1, 2, 1, 1)[:, :4])
            return self.head(self.stem(x).mean((2, 3)).repeat(1, 2))

    with pytest.raises(NotApplicable, match="do not depend on the maps of layer 'left'"):
        finish(contribution(Aside(), image, "left"))


@pytest.mark.parametrize("seed", range(4))
def test_spearmans_rank_correlation_with_ties(seed):
    numbers = np.random.default_rng(seed)
    first, second = numbers.integers(0, 6, (2, 40)).astype(float)
    expected = stats.spearmanr(first, second).statistic
    assert rank_correlation(first, second) == pytest.approx(expected)


def test_no_order_no_correlation():
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([3, 2, 1], [1, 2, 3]) == pytest.approx(-1)
