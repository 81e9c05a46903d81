"""The layer table's rows by the names of places, against the pass itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore import zoo
from vizcore.anatomy import trace
from vizcore.lenses.places import places
from vizcore.networks import offers
from vizcore.place_rows import field_in, fields_of, named, read_by_relu, rows_of
from vizcore.records.layers import LayerRow


class Block(nn.Module):
    """A function before the module of its name, a module that runs three times, two additions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU()
        self.relu_2 = nn.AvgPool2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.conv(F.relu(x)))
        y = self.relu(self.conv(y) + x)
        return self.relu(self.relu_2(y) + x)


class Net(nn.Module):
    """A block that runs twice: all of its layers have two runs or more."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 3, 3)
        self.block = Block()
        self.head = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.block(self.block(self.stem(x)))).mean((2, 3))


def rows_named(network: nn.Module, side: int) -> dict[str, LayerRow]:
    names = {name for name, _ in network.named_modules() if name}
    return named(trace(network, (3, side, side)).rows, names)


def test_a_row_has_the_name_of_its_place():
    network = Net().eval()
    listed = [each.name for each in places(network, torch.ones(1, 3, 16, 16)) if each.leaf]
    rows = [name for name, row in rows_named(network, 16).items() if len(row.out_shape) == 4]
    assert rows == listed
    assert {"block.relu", "block.relu_5", "block.add_3", "block.conv_3"} <= set(rows)


@pytest.mark.parametrize("key", ["resnet18", "googlenet", "densenet121", "mobilenet_v3_small"])
def test_rows_of_known_networks_have_the_names_and_shapes_of_places(key: str):
    rows = rows_of(offers.weights(key, "random"))
    entry = zoo.get(key)
    listed = places(zoo.build_meta(entry), torch.empty((1, *entry.input_shape), device="meta"))
    leaves = [each for each in listed if each.leaf]
    assert len(leaves) > 30
    for each in leaves:
        assert rows[each.name].out_shape[1:] == (each.channels, each.height, each.width)


def reach(network: nn.Module, image: Tensor, name: str) -> int:
    """How many columns of the picture one value in the middle of a place sees, by its gradient."""
    from vizcore.lenses.places import watched_places
    from vizcore.runtime.clone import private_copy

    copy, kept = private_copy(network), []
    given = image.clone().requires_grad_()
    with watched_places(copy, lambda found: kept.append(found) if found.name == name else None):
        copy(given)
    maps = kept[0].maps_nchw
    (seen,) = torch.autograd.grad(maps[0, 0, maps.shape[2] // 2, maps.shape[3] // 2], given)
    columns = seen.abs().sum((0, 1, 2)).nonzero().flatten()
    return int(columns.max() - columns.min()) + 1


def test_each_run_sees_what_a_gradient_says():
    network = Net().eval().double()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 0.1)
            nn.init.zeros_(module.bias)
    image = torch.arange(1.0, 3 * 40 * 40 + 1).reshape(1, 3, 40, 40).double().sin().add(2)
    rows = rows_named(network, 40)
    names = ["stem", "block.relu", "block.conv_1", "block.relu_3", "block.add_1", "block.conv_3"]
    for name in names:
        field = field_in(rows, name)
        assert field is not None
        assert field.size[1] == reach(network, image, name), name
    assert field_in(rows, "head").size == field_in(rows, "head.1").size
    assert field_in(rows, "block") is None  # which of its runs was the last is not known
    assert field_in(rows, "nothing") is None


def test_the_receptive_field_of_every_run():
    weights = offers.weights("resnet18", "random")
    by_hand = {
        "conv1": 7,
        "maxpool": 11,
        "layer1.0.relu": 19,
        "layer1.0.conv2": 27,
        "layer1.0.add": 27,
        "layer1.0.relu_1": 27,
        "layer1.0": 27,
        "layer1": 43,
    }
    found = fields_of(weights, [*by_hand, "layer1.0.relu_2"], (224, 224))
    assert found.pop("layer1.0.relu_2") is None
    assert {name: field.size[0] for name, field in found.items() if field} == by_hand


def test_what_a_relu_reads_next():
    rows = rows_of(offers.weights("resnet18", "random"))
    assert read_by_relu(rows, "layer1.0.conv1") == "layer1.0.bn1"
    assert read_by_relu(rows, "layer1.0.conv2") is None  # the sum is what its ReLU reads
    assert read_by_relu(rows, "layer1.0.add") == "layer1.0.add"
    assert read_by_relu(rows, "nothing") is None
    own = rows_named(Net(), 16)
    assert read_by_relu(own, "block.conv") == "block.conv"
    assert read_by_relu(own, "block.conv_1") is None
