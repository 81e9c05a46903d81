"""Receptive fields against the gradient's reach, by brute force, and against published values."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore import zoo
from vizcore.anatomy import receptive, trace
from vizcore.anatomy.receptive import Span
from vizcore.records import ReceptiveField
from vizcore.records.layers import LayerTable


def reach_of(network: nn.Module, side: tuple[int, int], channels: int = 1) -> list[Tensor]:
    """For each output map: which input pixels each of its values depends on.

    The Jacobian at a random point: (channels, h, w, H, W), True where it is not zero.
    """
    generator = torch.Generator().manual_seed(0)
    network = network.double().eval()
    for parameter in network.parameters():
        parameter.data.uniform_(0.1, 1.0, generator=generator)
    picture = torch.rand((1, channels, *side), generator=generator, dtype=torch.float64)

    def maps(x: Tensor) -> tuple[Tensor, ...]:
        found = network(x)
        return tuple(found) if isinstance(found, (tuple, list)) else (found,)

    jacobians = torch.func.jacrev(maps)(picture)
    return [(jacobian != 0).any(dim=(-4, -3))[0] for jacobian in jacobians]


def check_field(field: ReceptiveField, reach: Tensor) -> None:
    """Compare a field with the pixels that the values of a map really depend on."""
    _, rows, columns, height, width = reach.shape
    by_place = reach.any(dim=0)
    for i in range(rows):
        for j in range(columns):
            top = field.offset[0] + i * field.stride[0]
            left = field.offset[1] + j * field.stride[1]
            bottom, right = top + field.size[0], left + field.size[1]
            seen = by_place[i, j].nonzero()
            assert seen.shape[0] > 0 or min(bottom, right) <= 0
            low, high = seen.amin(0).tolist(), (seen.amax(0) + 1).tolist()
            assert all(a >= b for a, b in zip(low, (top, left), strict=True)), (i, j)
            assert all(a <= b for a, b in zip(high, (bottom, right), strict=True)), (i, j)
            if field.exact and top >= 0 and left >= 0 and bottom <= height and right <= width:
                assert (low, high) == ([top, left], [bottom, right]), (i, j)
                corner = by_place[i, j][[top, top, bottom - 1, bottom - 1],
                                        [left, right - 1, left, right - 1]]  # fmt: skip
                assert corner.all(), (i, j)


class Branches(nn.Module):
    """Runs several modules on one input and joins what they give."""

    def __init__(self, *branches: nn.Module, join: str) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.join = join

    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]
        return torch.cat(maps, 1) if self.join == "cat" else sum(maps[1:], maps[0])


class Steps(nn.Module):
    """A chain that returns what every step gives."""

    def __init__(self, *steps: nn.Module) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for step in self.steps:
            x = step(x)
            maps.append(x)
        return maps


def random_network(seed: int) -> tuple[Steps, int]:
    """A chain of random windows, skips and branches, and the side of its picture."""
    dice = random.Random(seed)
    channels, steps = 1, []
    side = length = dice.choice([19, 22, 25])

    def conv(out: int, kernel, stride=1, padding=None, dilation=1, groups=1) -> nn.Conv2d:
        pad = "same" if padding is None else padding
        return nn.Conv2d(channels, out, kernel, stride, pad, dilation, groups)

    for _ in range(dice.randint(2, 4)):
        out = dice.choice([1, 2, 3])
        kind = dice.choice(["conv", "conv", "pool", "skip", "branches", "depthwise", "thin"])
        if kind == "conv":
            kernel, dilation = dice.choice([1, 2, 3, 5]), dice.choice([1, 1, 2])
            stride, padding = dice.choice([1, 2]), dice.choice([0, 1, 2])
            span = dilation * (kernel - 1) + 1
            if length + 2 * padding < span or padding >= span:
                continue
            step: nn.Module = conv(out, kernel, stride, padding, dilation)
            length = (length + 2 * padding - span) // stride + 1
        elif kind == "pool":
            if length < 4:
                continue
            kernel, stride = dice.choice([(2, 2), (3, 2), (3, 1)])
            padding = kernel // 2 if dice.random() < 0.5 else 0
            step = nn.AvgPool2d(kernel, stride, padding, ceil_mode=dice.random() < 0.3)
            probe = step(torch.zeros(1, 1, length, length))
            length, out = probe.shape[-1], channels
        elif kind == "skip":
            out = channels
            step = Branches(nn.Identity(), conv(out, dice.choice([3, 5])), join="add")
        elif kind == "branches":
            thin = dice.choice([((1, 3), (3, 1)), ((1, 5), (3, 3)), ((1, 1), (5, 5))])
            step = Branches(
                conv(out, thin[0]), conv(out, thin[1]), join=dice.choice(["cat", "add"])
            )
            out = out * 2 if step.join == "cat" else out
        elif kind == "depthwise":
            out = channels
            step = conv(out, 3, groups=channels)
        else:
            step = conv(out, dice.choice([(1, 3), (3, 1), (1, 7)]))
        channels = out
        steps.append(step)
    return Steps(*steps or [nn.Conv2d(1, 1, 1)]), side


def fields_of(table: LayerTable, network: Steps) -> list[ReceptiveField]:
    """The field of the last row of every step."""
    last = {}
    for row in table.rows:
        assert row.receptive_field is not None
        last[int(row.name.split(".")[1])] = row.receptive_field
    return [last[i] for i in range(len(network.steps))]


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_see_what_their_fields_say(seed: int) -> None:
    network, side = random_network(seed)
    table = trace(network, (1, side, side))
    for field, reach in zip(
        fields_of(table, network), reach_of(network, (side, side)), strict=True
    ):
        check_field(field, reach)


def test_random_networks_have_branches_skips_and_both_kinds_of_field() -> None:
    exact, bounded, joins = 0, 0, 0
    for seed in range(60):
        network, side = random_network(seed)
        table = trace(network, (1, side, side))
        for field in fields_of(table, network):
            exact, bounded = exact + field.exact, bounded + (not field.exact)
        joins += sum(row.kind == "join" for row in table)
    assert exact > 50
    assert bounded > 5
    assert joins > 20


def only_field(network: nn.Module, side: int, channels: int = 1) -> ReceptiveField:
    field = trace(network, (channels, side, side)).rows[-1].receptive_field
    assert field is not None
    return field


def conv(kernel, into: int = 1, out: int = 1, **options) -> nn.Conv2d:
    return nn.Conv2d(into, out, kernel, **options)


def test_corners_that_no_path_reaches_make_an_upper_bound() -> None:
    cross = Branches(conv((1, 3), padding="same"), conv((3, 1), padding="same"), join="add")
    field = only_field(cross, 9)
    assert (field.size, field.exact) == ((3, 3), False)
    (reach,) = reach_of(cross, (9, 9))
    assert not reach[0, 4, 4, 3, 3]
    assert reach[0, 4, 4, 3, 4]


def test_squeeze_and_excitation_sees_the_whole_picture() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = conv(3, out=2, padding=1)
            self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(1, 2, 2), nn.Sigmoid())

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return x * self.gate(x)

    table = trace(Gated(), (1, 8, 8))
    assert [row.receptive_field.whole for row in table] == [False, True, True, True, True]
    (reach,) = reach_of(Gated(), (8, 8))
    assert reach.all()


class Tokens(nn.Module):
    """Patches, attention among all of them, and a map again."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = conv(2, out=4, stride=2)
        self.qkv = nn.Linear(4, 12)
        self.mix = nn.Linear(4, 4)
        self.last = conv(1, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x)
        side = x.shape[-1]
        tokens = self.mix(x.flatten(2).transpose(1, 2))
        q, k, v = self.qkv(tokens).chunk(3, dim=-1)
        weights = (q @ k.transpose(-2, -1)).softmax(-1)
        x = (weights @ v).transpose(1, 2).reshape(1, 4, side, side)
        return self.last(x)


def test_attention_mixes_the_whole_picture_and_tokens_before_it_do_not() -> None:
    table = trace(Tokens(), (1, 8, 8))
    by_name = {row.name: row.receptive_field for row in table}
    assert by_name["mix"] == ReceptiveField((2, 2), (2, 2), (0, 0))
    assert by_name["matmul"] is None  # of two tokens, at two places
    assert by_name["last"].whole
    (reach,) = reach_of(Tokens(), (8, 8))
    assert reach.all()


def test_normalising_over_places_sees_the_whole_picture() -> None:
    network = nn.Sequential(conv(3, out=2, padding=1), nn.GroupNorm(1, 2))
    assert only_field(network, 8).whole
    (reach,) = reach_of(network, (8, 8))
    assert reach.all()
    assert not only_field(nn.Sequential(conv(3, out=2), nn.BatchNorm2d(2)), 8).whole


def test_upsampling_gives_an_upper_bound() -> None:
    network = Steps(
        conv(3, stride=2, padding=1), conv(3, stride=2, padding=1), nn.Upsample(scale_factor=2),
        conv(3, padding=1), nn.Upsample(scale_factor=2, mode="bilinear"),
    )  # fmt: skip
    table = trace(network, (1, 16, 16))
    for row, reach in zip(table.rows, reach_of(network, (16, 16)), strict=True):
        check_field(row.receptive_field, reach)
    assert [row.receptive_field.exact for row in table] == [True, True, False, False, False]
    transposed = Steps(conv(3, stride=2), nn.ConvTranspose2d(1, 1, 3, 2, 1))
    for row, reach in zip(
        trace(transposed, (1, 16, 16)).rows, reach_of(transposed, (16, 16)), strict=True
    ):
        check_field(row.receptive_field, reach)
    # Twice as many values as pixels: the windows would move by half a pixel.
    assert trace(nn.Upsample(scale_factor=2), (1, 8, 8)).rows[0].receptive_field is None


def test_parts_of_a_concatenation_are_bounded_by_its_widest_branch() -> None:
    class Halves(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.narrow, self.wide = conv(1), conv(5, padding=2)

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([self.narrow(x), self.wide(x)], 1).chunk(2, dim=1)[0]

    table = trace(Halves(), (1, 9, 9))
    assert [row.receptive_field.exact for row in table] == [True, True, True, False]
    assert table.rows[-1].receptive_field.size == (5, 5)


@pytest.mark.parametrize(("groups", "exact"), [(1, True), (2, False), (4, False)])
def test_a_grouped_convolution_keeps_branches_apart(groups: int, exact: bool) -> None:
    """Its first channels have seen the narrow branch alone, however wide the other one is."""

    class Halves(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.narrow, self.wide = conv(1, 1, 2), conv(5, 1, 2, padding=2)
            self.grouped = conv(3, 4, 4, padding=1, groups=groups)

        def forward(self, x: Tensor) -> Tensor:
            return self.grouped(torch.cat([self.narrow(x), self.wide(x)], 1))[:, :2]

    field = trace(Halves(), (1, 15, 15)).rows[-1].receptive_field
    assert (field.size, field.exact) == ((7, 7), exact)


def test_slices_and_padding_move_the_window() -> None:
    class Moved(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return F.pad(x, (2, 1, 1, 0)), x[:, :, 1::2, 2:]

    table = trace(Moved(), (1, 9, 9))
    for row, reach in zip(table.rows, reach_of(Moved(), (9, 9)), strict=True):
        field, (_, rows, columns, *_) = row.receptive_field, reach.shape
        for i in range(rows):
            for j in range(columns):
                seen = reach[0, i, j].nonzero().tolist()
                place = [
                    field.offset[0] + i * field.stride[0],
                    field.offset[1] + j * field.stride[1],
                ]
                assert seen in ([], [place])


def test_adaptive_pooling() -> None:
    for side, out in [(12, 3), (12, 5), (7, 4), (9, 1)]:
        network = nn.Sequential(conv(3, padding=1), nn.AdaptiveAvgPool2d(out))
        (reach,) = reach_of(network, (side, side))
        check_field(only_field(network, side), reach)


def test_strides_that_drop_pixels_leave_them_unseen() -> None:
    network = nn.Sequential(conv(2, stride=3), nn.AdaptiveAvgPool2d(1))
    field = only_field(network, 9)
    assert (field.size, field.whole) == ((8, 8), False)  # the last row and column are never read
    (reach,) = reach_of(network, (9, 9))
    assert not reach[..., 8, :].any()
    assert not reach[..., :, 8].any()


def last_window(table: LayerTable) -> ReceptiveField:
    return next(
        row.receptive_field
        for row in reversed(table.rows)
        if row.receptive_field and not row.receptive_field.whole
    )


def strides_first(network: nn.Module) -> nn.Module:
    """Move the strides of a bottleneck ResNet to the first 1x1, where the paper has them."""
    for stage in (network.layer2, network.layer3, network.layer4):
        stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    return network


#: Araujo, Norris and Sim (Distill 2019), table of receptive fields at the last convolution or pool.
#: AlexNet and VGG-16 agree with torchvision's builds, whose windows and strides are the same. For
#: ResNet they print the network with its strides as in the paper; torchvision's are one layer
#: later ("v1.5"), so that three 3x3 windows are half as wide: 8 + 16 + 32 pixels less.
PUBLISHED = {"alexnet": 195, "vgg16": 212, "inception_v3": 1311}
PUBLISHED_V1 = {"resnet50": 483, "resnet101": 1027, "resnet152": 1507}


@pytest.mark.parametrize(("name", "size"), PUBLISHED.items())
def test_published_fields(name: str, size: int) -> None:
    entry = zoo.get(name)
    assert last_window(trace(zoo.build_meta(entry), entry.input_shape)).size == (size, size)


@pytest.mark.parametrize(("name", "size"), PUBLISHED_V1.items())
def test_published_fields_of_resnets(name: str, size: int) -> None:
    table = trace(zoo.build_meta(name), (3, 224, 224))
    assert last_window(table).size == (size - 56, size - 56)
    as_published = trace(strides_first(zoo.build_meta(name)), (3, 224, 224))
    assert last_window(as_published).size == (size, size)


def test_alexnet_layer_by_layer() -> None:
    """The sequence of sizes and strides that lecture notes print for AlexNet's windows."""
    table = trace(zoo.build_meta("alexnet"), (3, 224, 224))
    windows = [row.receptive_field for row in table if row.kind in ("conv", "pool")][:8]
    assert [f.size[0] for f in windows] == [11, 19, 51, 67, 99, 131, 163, 195]
    assert [f.stride[0] for f in windows] == [4, 8, 8, 16, 16, 16, 16, 32]
    assert windows[0].offset == (-2, -2)


def test_hull_of_different_strides_holds_both() -> None:
    a, b = Span(3, 2, -1, 5), Span(4, 3, 0, 5)
    picture = (20, 20)
    joined = receptive.join(receptive.Field(a, a), receptive.Field(b, b), picture, mixes=True)
    assert joined is not None
    assert not joined.exact
    for i in range(5):
        low = joined.h.offset + i * joined.h.stride
        for span in (a, b):
            start = span.offset + i * span.stride
            assert low <= start
            assert start + span.size <= low + joined.h.size
