"""Inputs that do not fit: the message names the layer, what came in, and a size that works."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from vizcore import zoo
from vizcore.anatomy import trace
from vizcore.anatomy.sizes import smallest
from vizcore.errors import BadInputSize


@pytest.mark.parametrize("bound", [1, 2, 7, 32, 75, 1000])
def test_smallest_is_found_by_bisection(bound: int) -> None:
    asked: list[int] = []

    def fits(side: int) -> bool:
        asked.append(side)
        return side >= bound

    assert smallest(fits) == bound
    assert len(asked) <= 22


def test_smallest_of_networks_that_take_no_power_of_two() -> None:
    assert smallest(lambda side: side == 299) is None
    assert smallest(lambda side: False) is None


#: The smallest pictures: 2^5 for the five halvings of VGG, the rest by arithmetic on their strides;
#: inception_v3's 75 is in torchvision's own documentation.
@pytest.mark.parametrize(("name", "side"), [("vgg16", 32), ("alexnet", 63), ("inception_v3", 75)])
def test_too_small_a_picture(name: str, side: int) -> None:
    with pytest.raises(BadInputSize) as caught:
        trace(zoo.build_meta(name), (3, 7, 7), key=name)
    assert caught.value.suggestions == (str(side),)
    message = str(caught.value)
    assert "3x7x7" in message
    assert f"a side of {side}" in message
    network = zoo.build_meta(name)
    trace(network, (3, side, side))
    with pytest.raises(BadInputSize):
        trace(network, (3, side - 1, side - 1))


def test_the_layer_that_fails_is_named() -> None:
    with pytest.raises(BadInputSize, match=r"layer 'features.16' received 1x256x1x1, and its 2x2"):
        trace(zoo.build_meta("vgg16"), (3, 7, 7))


def test_a_network_of_one_size() -> None:
    with pytest.raises(
        BadInputSize, match="Wrong image height! Expected 224 but got 100"
    ) as caught:
        trace(zoo.build_meta("vit_b_16"), (3, 100, 100))
    assert caught.value.suggestions == ("224",)


def test_wrong_channels() -> None:
    with pytest.raises(BadInputSize, match=r"'features.0' .* needs 3 channels, not 5") as caught:
        trace(zoo.build_meta("vgg16"), (5, 64, 64))
    assert caught.value.suggestions == ("3x64x64",)


def test_a_linear_layer_that_fixes_the_size() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 26 * 26, 10))
    with pytest.raises(BadInputSize, match=r"layer '2' .* needs 1352 values") as caught:
        trace(network, (1, 40, 40))
    assert caught.value.suggestions == ("28",)


def test_maps_that_do_not_meet() -> None:
    class Uneven(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.other = nn.Conv2d(3, 4, 3, 2), nn.Conv2d(3, 4, 3, 2, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([self.first(x), self.other(x)], 1)

    with pytest.raises(BadInputSize, match="1x4x7x7 and 1x4x8x8 cannot be concatenated"):
        trace(Uneven(), (3, 16, 16))


@pytest.mark.parametrize("shape", [(3, 0, 5), (3, -1, 5), (0, 5, 5), (3, 2.5, 5)])
def test_impossible_sizes(shape: tuple) -> None:
    with pytest.raises(BadInputSize, match="every size is a whole number from 1"):
        trace(nn.Conv2d(3, 4, 1), shape)


def test_other_inputs_that_do_not_fit() -> None:
    with pytest.raises(BadInputSize, match="needs 8 values"):
        trace(nn.Linear(8, 2), (7,))
