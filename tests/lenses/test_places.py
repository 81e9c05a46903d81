"""Places: every layer that runs can be reached, named as in the layer table, and read as it is."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models

from vizcore import zoo
from vizcore.anatomy import trace
from vizcore.errors import NotApplicable, UnknownLayer
from vizcore.lenses.places import places
from vizcore.lenses.reading import read_maps
from vizcore.records.layers import LayerTable

#: They hold tensors besides their weights, so that they do not run without any.
NOT_ON_META = {"lenet5_1998", "swin_v2_t", "swin_v2_s", "swin_v2_b"}


def named_runs(table: LayerTable) -> dict[str, tuple[int, ...]]:
    """The rows with maps: name, with the number of the run, and the shape of the output."""
    times: dict[str, int] = {}
    found = {}
    for row in table:
        run = times.get(row.name, 0)
        times[row.name] = run + 1
        if len(row.out_shape) == 4 and row.kind not in ("other", "attention"):
            if ".attn." in row.name and row.op.islower():
                continue  # between heads, or windows, of attention: no map of the picture
            found[f"{row.name}_{run}" if run else row.name] = row.out_shape[1:]
    return found


@pytest.mark.parametrize("entry", zoo.architectures(), ids=lambda entry: entry.key)
def test_every_layer_that_runs_can_be_reached_in_every_network(entry):
    """Against the layer table, which follows the pass in another way (shapes only)."""
    device = "cpu" if entry.key in NOT_ON_META else "meta"
    network = zoo.build(entry, seed=0) if device == "cpu" else zoo.build_meta(entry)
    listed = places(network, torch.empty((1, *entry.input_shape), device=device))
    leaves = {name for name, module in network.named_modules() if not any(module.children())}
    shapes = {each.name: (each.channels, each.height, each.width) for each in listed}
    assert len(shapes) == len(listed)
    rows = named_runs(trace(zoo.build_meta(entry), entry.input_shape, key=entry.key, mine=True))
    for name, shape in rows.items():
        if shape[1] * shape[2] == 1 or name.rpartition(".")[0] in leaves:
            continue  # inside of a layer without parts: only its output is listed
        assert name in shapes, name
        turned = (shape[2], shape[0], shape[1])  # channels last in the network
        assert shapes[name] in (shape, turned), name


class Mixed(nn.Module):
    """Functions, in place and not; a module that runs three times; a name that is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.relu_1 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        a = self.relu(self.conv(x))
        b = self.relu(F.avg_pool2d(a, 3, 1, 1) - 0.1)
        b += a
        c = self.relu_1(torch.cat([b, a], 1))
        d = self.relu(F.relu(c - 0.2, inplace=True))
        return d.mean((2, 3))


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(4))


def test_results_of_functions_have_the_names_of_torch_fx(image):
    torch.manual_seed(0)
    network = Mixed()
    listed = [(each.name, each.op, each.channels) for each in places(network, image)]
    assert listed == [
        ("conv", "Conv2d", 4),
        ("relu", "ReLU", 4),
        ("avg_pool2d", "avg_pool2d", 4),
        ("sub", "sub", 4),
        ("relu_2", "ReLU", 4),  # relu_1 is the name of a module
        ("add", "add", 4),
        ("cat", "cat", 8),
        ("relu_1", "ReLU", 8),
        ("sub_1", "sub", 8),
        ("relu_3", "relu", 8),
        ("relu_4", "ReLU", 8),
    ]


def test_every_place_is_read_as_it_was_computed(image):
    torch.manual_seed(0)
    network = Mixed()
    with torch.no_grad():
        conv = network.conv(image)
        relu = conv.relu()
        sub = F.avg_pool2d(relu, 3, 1, 1) - 0.1
        add = sub.relu() + relu
        cat = torch.cat([add, relu], 1)
    expected = {
        "conv": conv,
        "relu": relu,
        "sub": sub,
        "relu_2": sub.relu(),  # overwritten by +=
        "add": add,
        "cat": cat,
        "relu_1": cat.relu(),
        "sub_1": cat.relu() - 0.2,  # overwritten by F.relu
        "relu_3": (cat.relu() - 0.2).relu(),
    }
    found = read_maps(network, image, expected)
    assert list(found) == list(expected)
    for name, maps in expected.items():
        torch.testing.assert_close(found[name], maps, msg=name)
        torch.testing.assert_close(read_maps(network, image, [name])[name], maps, msg=name)


class Overwriting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.second = nn.Conv2d(4, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(F.relu(self.first(x), inplace=True)).mean((2, 3))


@pytest.mark.parametrize("training", [False, True])
def test_convolutions_are_not_overwritten_by_what_follows_in_place(image, training):
    torch.manual_seed(0)
    network = Overwriting().train(training)
    found = read_maps(network, image, ["first", "second"])
    with torch.no_grad():
        torch.testing.assert_close(found["first"], network.first(image))
    assert (found["first"] < 0).any()


def test_nothing_deeper_than_the_deepest_layer_is_computed(image):
    class Wall(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise KeyError("past the deepest layer")

    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU(), nn.Conv2d(4, 2, 1)), Wall()
    )
    for names in (["0"], ["1.0"], ["0", "1.1"], ["1"]):
        assert list(read_maps(network.eval(), image, names)) == names


def test_a_layer_without_maps_names_the_nearest_that_have_them(image):
    network = models.resnet18().eval()
    picture = torch.zeros(1, 3, 64, 64)
    with pytest.raises(NotApplicable, match="Layer 'fc' has no maps") as caught:
        read_maps(network, picture, ["fc"])
    assert all(name.startswith("layer4") for name in caught.value.suggestions[:3])
    for wrong in ("layer1.0.relu_2", "layer1.0.ad", "nothing", ""):
        with pytest.raises(UnknownLayer, match="There is no layer called"):
            read_maps(network, picture, [wrong])


def test_heads_of_attention_are_no_maps():
    torch.manual_seed(0)
    network = models.SwinTransformer([4, 4], 12, [1, 1], [2, 2], [3, 3], num_classes=3).eval()
    listed = places(network, torch.zeros(1, 3, 12, 12))  # the last windows hold the whole map
    assert listed
    assert {(each.height, each.width) for each in listed} <= {(3, 3), (2, 2), (4, 4)}
    assert all(each.channels in (12, 24, 48, 96) for each in listed)
