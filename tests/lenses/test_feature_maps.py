"""Feature maps against a forward pass by hand, and sorting against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.feature_maps import feature_maps
from vizcore.lenses.places import places
from vizcore.zoo.photos20 import zfnet_photos20


class Given(nn.Module):
    """A layer whose maps are given."""

    def __init__(self, maps: np.ndarray) -> None:
        super().__init__()
        self.maps = torch.tensor(maps, dtype=torch.float32)[None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.maps


def given(maps: np.ndarray) -> nn.Module:
    return nn.Sequential(Given(np.asarray(maps, dtype=np.float32)), nn.Flatten())


PICTURE = np.zeros((1, 3, 4, 4), np.float32)


def test_every_layer_of_the_bundled_architecture_by_hand():
    torch.manual_seed(0)
    network = zfnet_photos20().eval()
    image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    value, checked = image, []
    with torch.no_grad():
        for name, layer in network.named_children():
            value = layer(value)
            if value.ndim == 4:
                seen = feature_maps(network, image.numpy(), name, sorted_by="channel")
                np.testing.assert_allclose(seen.maps_chw, value[0].numpy(), rtol=1e-5, atol=1e-6)
                assert seen.order == tuple(range(value.shape[1]))
                checked.append((name, type(layer).__name__, *value.shape[1:]))
    listed = places(network, image.numpy())
    assert [(x.name, x.op, x.channels, x.height, x.width) for x in listed] == checked
    assert all(each.leaf for each in listed)


def test_sorting_puts_the_largest_first():
    maps = np.zeros((4, 2, 2))
    maps[0] = [[1, 1], [1, 1]]  # mean 1, maximum 1, even
    maps[1] = [[3, 0], [0, 0]]  # mean 0.75, maximum 3, one value
    maps[2] = [[2, 2], [0, 0]]  # mean 1, maximum 2
    orders = {name: feature_maps(given(maps), PICTURE, "0", sorted_by=name) for name in NAMES}
    assert {name: seen.order for name, seen in orders.items()} == {
        "maximum": (1, 2, 0, 3),
        "mean": (0, 2, 1, 3),
        "sparsity": (1, 2, 0, 3),
        "channel": (0, 1, 2, 3),
    }
    # Hoyer: (sqrt(n) - sum|x| / sqrt(sum x^2)) / (sqrt(n) - 1), here n = 4.
    np.testing.assert_allclose(
        orders["sparsity"].strength_c, [0, 1, 2 - 4 / np.sqrt(8), 0], atol=1e-6
    )
    np.testing.assert_allclose(orders["mean"].strength_c, [1, 0.75, 1, 0])
    np.testing.assert_allclose(orders["maximum"].strength_c, [1, 3, 2, 0])


NAMES = ("maximum", "mean", "sparsity", "channel")


@pytest.mark.parametrize("seed", range(5))
def test_hoyers_sparsity_ignores_scale_and_sign(seed):
    maps = np.random.default_rng(seed).normal(size=(6, 5, 7)).astype(np.float32)
    signs = np.random.default_rng(seed + 100).choice([-2.5, 2.5], size=maps.shape)
    first = feature_maps(given(maps), PICTURE, "0", sorted_by="sparsity").strength_c
    second = feature_maps(given(np.abs(maps) * signs), PICTURE, "0", sorted_by="sparsity")
    np.testing.assert_allclose(first, second.strength_c, rtol=1e-4)
    assert (first > 0).all()
    assert (first < 1).all()


def test_maps_of_a_single_value_can_be_sorted():
    seen = feature_maps(given(np.array([[[2.0]], [[5.0]]])), PICTURE, "0", sorted_by="sparsity")
    assert seen.strength_c.tolist() == [0, 0]
    assert places(given(np.array([[[2.0]], [[5.0]]])), PICTURE) == ()


def test_each_run_of_a_module_that_is_used_twice():
    relu = nn.ReLU()
    network = nn.Sequential(relu, nn.Conv2d(3, 3, 1), relu, nn.Flatten())
    image = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    for name, end in (("0", 1), ("0_1", 3)):
        seen = feature_maps(network, image, name, sorted_by="channel")
        with torch.no_grad():
            np.testing.assert_allclose(seen.maps_chw, network[:end](image)[0].numpy(), rtol=1e-6)
    assert [each.name for each in places(network, image)] == ["0", "1", "0_1"]


def test_what_cannot_be_shown():
    network = zfnet_photos20()
    image = np.zeros((1, 3, 64, 64), np.float32)
    with pytest.raises(NotApplicable, match="'fc6' has no maps") as caught:
        feature_maps(network, image, "fc6")
    assert "pool5" in caught.value.suggestions[:3]
    with pytest.raises(BadChoice, match="sorted_by cannot be 'size'"):
        feature_maps(network, image, "conv1", sorted_by="size")  # type: ignore[arg-type]


def test_containers_have_maps_too():
    network = models.resnet18().eval()
    image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        by_hand = network.maxpool(network.relu(network.bn1(network.conv1(image))))
        by_hand = network.layer2(network.layer1(by_hand))[0].numpy()
    seen = feature_maps(network, image, "layer2", sorted_by="channel")
    np.testing.assert_allclose(seen.maps_chw, by_hand, rtol=1e-4, atol=1e-5)
    found = {each.name: each for each in places(network, image)}
    assert (found["layer2"].leaf, found["layer2.1.conv2"].leaf) == (False, True)
    assert "avgpool" not in found  # one value a channel is no map


def tiny_convnext() -> nn.Module:
    block = models.convnext.CNBlockConfig
    return models.ConvNeXt([block(10, 14, 1), block(14, None, 1)], num_classes=3)


def tiny_swin() -> nn.Module:
    return models.SwinTransformer([4, 4], 10, [1, 1], [2, 2], [4, 4], num_classes=3)


@pytest.mark.parametrize("build", [tiny_convnext, tiny_swin])
def test_channels_are_found_wherever_a_network_keeps_them(build):
    """At 48 x 48 no map has as many rows or columns as any layer has channels."""
    torch.manual_seed(0)
    network = build()
    image = torch.randn(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    sides = {12, 6}
    listed = places(network, image)
    assert len(listed) > 10
    for each in listed:
        assert each.height == each.width, each
        assert each.height in sides or (each.op, each.height) == ("pad", 8), each
        assert each.channels not in sides, each


def test_maps_with_the_channels_last_are_turned():
    torch.manual_seed(0)
    network = tiny_convnext().eval()
    image = torch.randn(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    kept = []
    network.features[1][0].block[3].register_forward_hook(lambda m, i, output: kept.append(output))
    with torch.no_grad():
        network(image)
    seen = feature_maps(network, image, "features.1.0.block.3", sorted_by="channel")
    assert seen.maps_chw.shape == (40, 12, 12)
    np.testing.assert_array_equal(seen.maps_chw, kept[0][0].permute(2, 0, 1).numpy())
