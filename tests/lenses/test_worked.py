"""One value by hand: equal to the map's, for every kind of convolution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable, UnknownLayer
from vizcore.lenses.depth_strip import depth_strip
from vizcore.lenses.worked import worked_value

KINDS = {
    "plain": {"kernel_size": 3},
    "stride": {"kernel_size": 3, "stride": 2, "padding": 1},
    "uneven": {"kernel_size": (3, 5), "stride": (2, 1), "padding": (0, 2)},
    "dilation": {"kernel_size": 3, "dilation": (2, 3), "padding": 4},
    "groups": {"kernel_size": 3, "groups": 2, "padding": 1},
    "depthwise": {"kernel_size": 3, "groups": 4, "padding": 1, "bias": False},
    "same": {"kernel_size": (3, 5), "padding": "same", "dilation": 2},
    "reflect": {"kernel_size": 5, "padding": 2, "padding_mode": "reflect"},
    "circular": {"kernel_size": 3, "padding": 1, "padding_mode": "circular"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_patch_times_kernel_plus_bias_is_the_value(kind):
    torch.manual_seed(0)
    conv = nn.Conv2d(4, 8, **KINDS[kind])
    network = nn.Sequential(nn.Conv2d(3, 4, 1), conv, nn.ReLU(inplace=True), nn.Flatten())
    image = torch.randn(1, 3, 14, 15)
    with torch.no_grad():
        seen = network[0](image)[0].numpy()
        maps = conv(network[0](image))[0]
    height, width = maps.shape[1:]
    for channel in (0, 3, 7):
        for row, column in ((0, 0), (height - 1, width - 1), (height // 2, 1)):
            made = worked_value(network, image, "1", channel, row, column)
            value = maps[channel, row, column].item()
            assert made.value == pytest.approx(value, rel=1e-5, abs=1e-7)
            assert made.total == pytest.approx(value, rel=1e-5, abs=1e-6)
            assert made.total == pytest.approx(made.sums_k.sum() + made.bias)
            np.testing.assert_array_equal(made.kernel_khw, conv.weight[channel].detach().double())
            check_patch(made, seen, kind)


def check_patch(made, seen: np.ndarray, kind: str) -> None:
    """Every value inside the input is the input's; in the padding it is zero."""
    rows, columns = made.inside_hw.shape
    for i in range(rows):
        for j in range(columns):
            y = made.corner[0] + i * made.dilation[0]
            x = made.corner[1] + j * made.dilation[1]
            inside = 0 <= y < seen.shape[1] and 0 <= x < seen.shape[2]
            assert bool(made.inside_hw[i, j]) == inside
            patch = made.patch_khw[:, i, j]
            if inside:
                first = made.first_input
                np.testing.assert_array_equal(patch, seen[first : first + len(patch), y, x])
            elif kind not in ("reflect", "circular"):
                assert (patch == 0).all()


def test_what_cannot_be_worked_out():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten())
    image = torch.ones(1, 3, 6, 6)
    with pytest.raises(NotApplicable, match=r"'1' is a ReLU.*The nearest: 0"):
        worked_value(network, image, "1", 0, 0, 0)
    with pytest.raises(UnknownLayer):
        worked_value(network, image, "conv", 0, 0, 0)
    for place, said in (((4, 0, 0), "channel"), ((0, 4, 0), "row"), ((0, 0, -1), "column")):
        with pytest.raises(BadChoice, match=f"{said} cannot be"):
            worked_value(network, image, "0", *place)

    class Normalised(nn.Conv2d):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) * 1.5

    with pytest.raises(NotApplicable, match="does more than multiply and add"):
        worked_value(nn.Sequential(Normalised(3, 4, 3), nn.Flatten()), image, "0", 0, 0, 0)


def test_a_depth_strip_is_the_strongest_channel_and_the_mean_of_every_layer():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(2)), nn.Flatten()
    )
    image = torch.randn(1, 3, 8, 8)
    strip = depth_strip(network, image)
    assert [each.layer.name for each in strip.pictures] == ["0", "1.0", "1.1"]
    with torch.no_grad():
        maps = [network[0](image)[0]]
        maps += [maps[0].relu(), nn.MaxPool2d(2)(maps[0].relu()[None])[0]]
    for each, expected in zip(strip.pictures, maps, strict=True):
        channel = int(expected.amax((1, 2)).argmax())
        assert (each.channel, each.maximum) == (channel, expected.max().item())
        np.testing.assert_array_equal(each.strongest_hw, expected[channel])
        np.testing.assert_allclose(each.mean_hw, expected.mean(0), rtol=1e-6)
