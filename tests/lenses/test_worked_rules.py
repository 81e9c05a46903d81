"""One value of a layer without kernels: what the layer itself gives, at every place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import BadChoice, NotApplicable, UnknownLayer
from vizcore.lenses.worked_rules import worked, worked_rule
from vizcore.records.maps import WorkedRule, WorkedValue

LAYERS = {
    "max": (nn.MaxPool2d(2), "largest"),
    "max overlapping": (nn.MaxPool2d(3, 2, 1), "largest"),
    "max dilated": (nn.MaxPool2d((3, 2), (1, 2), dilation=(2, 1)), "largest"),
    "max sticking out": (nn.MaxPool2d(3, 2, ceil_mode=True), "largest"),
    "average": (nn.AvgPool2d(3, 2, 1), "mean"),
    "average inside": (nn.AvgPool2d(3, 2, 1, count_include_pad=False), "mean"),
    "average sticking out": (nn.AvgPool2d(4, 3, 1, ceil_mode=True), "mean"),
    "average by five": (nn.AvgPool2d(2, divisor_override=5), "mean"),
    "adaptive": (nn.AdaptiveAvgPool2d((3, 4)), "mean"),
    "adaptive largest": (nn.AdaptiveMaxPool2d((4, 3)), "largest"),
    "normalised": (nn.BatchNorm2d(4), "normalised"),
    "normalised only": (nn.BatchNorm2d(4, affine=False), "normalised"),
    "relu": (nn.ReLU(), "activation"),
    "relu in place": (nn.ReLU(inplace=True), "activation"),
    "silu": (nn.SiLU(), "activation"),
    "hardswish": (nn.Hardswish(), "activation"),
    "leaky": (nn.LeakyReLU(0.2), "activation"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_every_value_is_the_layers_own(name: str) -> None:
    module, rule = LAYERS[name]
    draw = torch.Generator().manual_seed(1)
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.normal_(generator=draw)
        module.running_var.uniform_(0.5, 2, generator=draw)
        if module.affine:
            module.weight.data.normal_(generator=draw)
            module.bias.data.normal_(generator=draw)
    network = nn.Sequential(nn.Identity(), module, nn.Flatten()).eval()
    image = torch.randn(1, 4, 9, 11, generator=draw)
    with torch.no_grad():
        maps = module(image.clone())[0]
    for row in range(maps.shape[1]):
        for column in range(maps.shape[2]):
            made = worked_rule(network, image, "1", 3, row, column)
            assert made.rule == rule
            assert made.value == maps[3, row, column].item()
            assert made.total == pytest.approx(made.value, rel=1e-5, abs=1e-6)
            for (i, j), inside in np.ndenumerate(made.inside_hw):
                if inside and rule != "largest":  # those may be dilated
                    at = made.corner[0] + i, made.corner[1] + j
                    assert made.patch_hw[i, j] == image[0, 3, at[0], at[1]].item()


class Net(nn.Module):
    """A module that runs twice, sums of every kind, an activation as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.conv(x))
        y = self.relu(self.conv(y))
        z = y + x
        z += y
        z = F.relu(z - 1, inplace=True)
        return torch.cat([z, x], 1).flatten(1)


@pytest.mark.parametrize(
    ("layer", "rule", "terms"),
    [("relu", "activation", 1), ("relu_1", "activation", 1), ("add", "sum", 2),
     ("add_1", "sum", 2), ("relu_2", "activation", 1)],
)  # fmt: skip
def test_each_run_and_each_function(layer: str, rule: str, terms: int) -> None:
    torch.manual_seed(2)
    network, image = Net().eval(), torch.randn(1, 3, 6, 5)
    with torch.no_grad():
        first = network.conv(image).relu()
        second = network.conv(first).relu()
        values = {"relu": first, "relu_1": second, "add": second + image,
                  "add_1": 2 * second + image}  # fmt: skip
        values["relu_2"] = (values["add_1"] - 1).relu()
    added = int(second[0, 1, :, 2].argmax())  # where it is not zero
    for row in (*range(6), added):
        made = worked_rule(network, image, layer, 1, row, 2)
        assert (made.rule, made.patch_hw.size) == (rule, terms)
        assert made.value == pytest.approx(values[layer][0, 1, row, 2].item(), abs=1e-6)
        assert made.total == pytest.approx(made.value, abs=1e-6)
    if rule == "sum":
        assert made.patch_hw[0, 1] != made.value, "what was added, not what became of it"


def test_a_later_run_of_a_convolution_is_worked_out_too() -> None:
    torch.manual_seed(2)
    network, image = Net().eval(), torch.randn(1, 3, 6, 5)
    with torch.no_grad():
        value = network.conv(network.conv(image).relu())[0, 2, 4, 4].item()
    made = worked(network, image, "conv_1", 2, 4, 4)
    assert isinstance(made, WorkedValue)
    assert made.total == pytest.approx(value, abs=1e-6)
    assert isinstance(worked(network, image, "relu", 2, 4, 4), WorkedRule)


def test_what_cannot_be_worked_out() -> None:
    network, image = Net().eval(), torch.randn(1, 3, 6, 5)
    norm = nn.Sequential(nn.LocalResponseNorm(3), nn.Flatten())
    with pytest.raises(NotApplicable, match="LocalResponseNorm: how it makes a value is shown"):
        worked_rule(norm, image, "0", 0, 0, 0)
    with pytest.raises(UnknownLayer):
        worked(network, image, "relu7", 0, 0, 0)
    with pytest.raises(BadChoice, match="row cannot be"):
        worked(network, image, "relu", 0, 6, 0)

    class Doubled(nn.ReLU):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) * 2 - 5

    class Hidden(nn.MaxPool2d):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) + 1

    with pytest.raises(NotApplicable, match="does more than its name says"):
        worked(nn.Sequential(Hidden(2), nn.Flatten()), image, "0", 0, 0, 0)
    doubled = worked(nn.Sequential(Doubled(), nn.Flatten()), image, "0", 0, 0, 0)
    assert doubled.total == pytest.approx(doubled.value), "the module itself is asked"


class Gated(nn.Module):
    """A gate for each channel, maps that are joined."""

    def forward(self, x: Tensor) -> Tensor:
        y = x * torch.sigmoid(x.mean((2, 3), keepdim=True))
        return torch.cat([y, x[:, :2], y + x], 1).flatten(1)


def test_gates_and_concatenations() -> None:
    image = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(3))
    network = Gated()
    gate = torch.sigmoid(image.mean((2, 3), keepdim=True))
    gated = image * gate
    joined = torch.cat([gated, image[:, :2], gated + image], 1)
    for channel in range(8):
        made = worked_rule(network, image, "cat", channel, 3, 2)
        assert made.rule == "joined"
        assert made.total == made.value == joined[0, channel, 3, 2].item()
        at = dict(made.terms)
        number = [0, 0, 0, 1, 1, 2, 2, 2][channel]
        assert (at["input"], at["channel"]) == (number, channel - [0, 3, 5][number])
    made = worked_rule(network, image, "mul", 1, 3, 2)
    assert made.rule == "product"
    assert made.patch_hw[0].tolist() == pytest.approx([image[0, 1, 3, 2].item(), gate[0, 1].item()])
    assert made.total == pytest.approx(made.value, rel=1e-6)
