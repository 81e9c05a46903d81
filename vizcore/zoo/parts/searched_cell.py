"""The cell of the searched networks: pairs of operations whose sums are concatenated.

A cell reads two states: 0, the output of the cell before it, and 1, the output of the one before
that. Node n adds the results of two operations and is state n + 2. NASNet, AmoebaNet and ENAS
differ in which operations the search chose, not in how a cell is built.

Paddings are TensorFlow's "SAME": at stride 2 an even side is padded at its end only.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizcore.zoo.parts.drop_path import DropPath

#: An operation (`sep3`, `sep5`, `sep7`, `avg3`, `max3`, `conv1x7_7x1`, `none`) and its state.
Branch = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a search found: two branches a node, and the states the output is made of."""

    nodes: tuple[tuple[Branch, Branch], ...]
    concat: tuple[int, ...]


class SamePad2d(nn.Module):
    """Pad so that a window without padding gives ceil(side / stride) values a side.

    `mode` is that of `torch.nn.functional.pad`: before max pooling, repeating the border changes
    no maximum.

    Example:
        >>> pad = SamePad2d((3, 3), (2, 2))
        >>> pad(torch.zeros(1, 1, 8, 7)).shape[2:]
        torch.Size([9, 9])
    """

    def __init__(
        self, kernel: tuple[int, int], stride: tuple[int, int], mode: str = "constant"
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.mode = kernel, stride, mode

    def forward(self, x: Tensor) -> Tensor:
        around: list[int] = []
        for dim in (1, 0):
            side, kernel, stride = x.shape[2 + dim], self.kernel[dim], self.stride[dim]
            missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            around += [missing // 2, missing - missing // 2]
        return F.pad(x, around, mode=self.mode)


class SameAvgPool2d(nn.Module):
    """3x3 average at stride 2 over the values that are there: padding is not averaged in."""

    def forward(self, x: Tensor) -> Tensor:
        odd = (x.shape[2] % 2, x.shape[3] % 2)
        return F.avg_pool2d(x, 3, 2, odd, ceil_mode=True, count_include_pad=False)


def same_conv(
    channels: int, filters: int, kernel: tuple[int, int], stride: tuple[int, int], groups: int = 1
) -> nn.Module:
    """Build a convolution without bias, with a layer that pads in front where it strides."""
    if stride == (1, 1):
        around = (kernel[0] // 2, kernel[1] // 2)
        return nn.Conv2d(channels, filters, kernel, 1, around, groups=groups, bias=False)
    conv = nn.Conv2d(channels, filters, kernel, stride, groups=groups, bias=False)
    return nn.Sequential(OrderedDict(pad=SamePad2d(kernel, stride), conv=conv))


def relu_conv_norm(channels: int, filters: int) -> nn.Sequential:
    """Build ReLU, 1x1 convolution, batch normalisation."""
    conv = nn.Conv2d(channels, filters, 1, bias=False)
    return nn.Sequential(OrderedDict(relu=nn.ReLU(), conv=conv, norm=nn.BatchNorm2d(filters)))


class FactorisedReduction(nn.Module):
    """Halve the maps and keep every fourth and its diagonal neighbour: two strided 1x1 paths."""

    def __init__(self, channels: int, filters: int, *, relu: bool) -> None:
        super().__init__()
        self.relu = nn.ReLU() if relu else nn.Identity()
        first, second = filters // 2, filters - filters // 2
        self.even = nn.Sequential(
            OrderedDict(
                subsample=nn.AvgPool2d(1, stride=2),
                conv=nn.Conv2d(channels, first, 1, bias=False),
            )
        )
        self.odd = nn.Sequential(
            OrderedDict(
                shift=nn.ZeroPad2d((-1, 1, -1, 1)),
                subsample=nn.AvgPool2d(1, stride=2),
                conv=nn.Conv2d(channels, second, 1, bias=False),
            )
        )
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(x)
        return self.norm(torch.cat((self.even(x), self.odd(x)), dim=1))


def _separable(channels: int, filters: int, kernel: int, stride: int) -> nn.Sequential:
    """Twice ReLU, depthwise, pointwise, normalisation; the first one strides."""
    layers: list[tuple[str, nn.Module]] = []
    for number, (width, step) in enumerate(((channels, stride), (filters, 1)), start=1):
        sides, steps = (kernel, kernel), (step, step)
        layers += [
            (f"relu{number}", nn.ReLU()),
            (f"depthwise{number}", same_conv(width, width, sides, steps, groups=width)),
            (f"pointwise{number}", nn.Conv2d(width, filters, 1, bias=False)),
            (f"norm{number}", nn.BatchNorm2d(filters)),
        ]
    return nn.Sequential(OrderedDict(layers))


def _factorised_seven(channels: int, filters: int, stride: int) -> nn.Sequential:
    """1x7 and 7x1 on a quarter of the filters, between two 1x1 convolutions."""
    narrow = max(filters // 4, 1)
    steps: tuple[tuple[str, nn.Module, int], ...] = (
        ("reduce", nn.Conv2d(channels, narrow, 1, bias=False), narrow),
        ("conv1x7", same_conv(narrow, narrow, (1, 7), (1, stride)), narrow),
        ("conv7x1", same_conv(narrow, narrow, (7, 1), (stride, 1)), narrow),
        ("expand", nn.Conv2d(narrow, filters, 1, bias=False), filters),
    )
    layers = nn.Sequential()
    for name, conv, width in steps:
        layers.add_module(f"{name}_relu", nn.ReLU())
        layers.add_module(name, conv)
        layers.add_module(f"{name}_norm", nn.BatchNorm2d(width))
    return layers


def _pooling(op: str, channels: int, filters: int, stride: int) -> nn.Sequential:
    layers = nn.Sequential()
    if op == "avg3":
        whole = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        layers.add_module("pool", whole if stride == 1 else SameAvgPool2d())
    elif stride == 1:
        layers.add_module("pool", nn.MaxPool2d(3, stride=1, padding=1))
    else:
        layers.add_module("pad", SamePad2d((3, 3), (2, 2), "replicate"))
        layers.add_module("pool", nn.MaxPool2d(3, stride=2))
    if channels != filters:
        layers.add_module("conv", nn.Conv2d(channels, filters, 1, bias=False))
        layers.add_module("norm", nn.BatchNorm2d(filters))
    return layers


def _operation(op: str, channels: int, filters: int, stride: int, drop: float) -> nn.Module:
    """Build one operation, with drop-path behind it unless it is `none`."""
    if op == "none":
        if stride == 1:
            return nn.Identity()
        return FactorisedReduction(channels, filters, relu=False)
    if op.startswith("sep"):
        layers = _separable(channels, filters, int(op[3:]), stride)
    elif op == "conv1x7_7x1":
        layers = _factorised_seven(channels, filters, stride)
    else:
        layers = _pooling(op, channels, filters, stride)
    if drop:
        layers.add_module("drop_path", DropPath(drop))
    return layers


class Node(nn.Module):
    """The sum of two operations on two states."""

    def __init__(self, left: nn.Module, right: nn.Module) -> None:
        super().__init__()
        self.left, self.right = left, right

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.left(left) + self.right(right)


class CellModule(nn.Module):
    """A cell as layers: the two states before it -> (N, len(concat) * filters, H, W).

    Args:
        cell: its operations.
        channels: of state 0 and of state 1, as the cells before gave them.
        filters: of every operation.
        stride: 2 in operations on states 0 and 1 of a reduction cell.
        halve_previous: state 1 has twice the sides of state 0.
        raw_previous: state 1 is used as it is, whatever its channels.
        projections: 1x1 convolutions that state 0 goes through.
        drop_path: probability that an operation other than `none` is dropped in training.
    """

    def __init__(
        self,
        cell: Cell,
        channels: tuple[int, int],
        filters: int,
        *,
        stride: int,
        halve_previous: bool,
        raw_previous: bool = False,
        projections: int = 1,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        current, previous = channels
        self.current = nn.Sequential()
        for number in range(projections):
            name = f"project{number + 1}"
            self.current.add_module(
                name, relu_conv_norm(current if not number else filters, filters)
            )
        self.previous: nn.Module = nn.Identity()
        if halve_previous:
            self.previous = FactorisedReduction(previous, filters, relu=True)
        elif previous != filters and not raw_previous:
            self.previous = relu_conv_norm(previous, filters)
        widths = [filters, previous if raw_previous else filters]
        self.inputs = tuple((left[1], right[1]) for left, right in cell.nodes)
        self.nodes = nn.ModuleList()
        for branches in cell.nodes:
            left, right = (
                _operation(op, widths[state], filters, stride if state < 2 else 1, drop_path)
                for op, state in branches
            )
            self.nodes.append(Node(left, right))
            widths.append(filters)
        self.concat = cell.concat
        self.out_channels = filters * len(cell.concat)

    def forward(self, current: Tensor, previous: Tensor) -> Tensor:
        states = [self.current(current), self.previous(previous)]
        for node, (left, right) in zip(self.nodes, self.inputs, strict=True):
            states.append(node(states[left], states[right]))
        return torch.cat([states[state] for state in self.concat], dim=1)
