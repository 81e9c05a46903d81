"""The inception module: branches side by side over one input, their channels concatenated."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

#: Name, number of filters and side of the kernel of one convolution of a branch.
Step = tuple[str, int, int]


def conv_relu(
    in_channels: int,
    filters: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int | None = None,
    norm: bool = False,
) -> nn.Sequential:
    """Build a convolution that keeps its input's sides at stride 1, and its ReLU.

    With `norm` the convolution has no bias, and batch normalisation stands before the ReLU.
    """
    around = kernel // 2 if padding is None else padding
    layers: list[tuple[str, nn.Module]] = [
        ("conv", nn.Conv2d(in_channels, filters, kernel, stride, around, bias=not norm))
    ]
    if norm:
        layers.append(("norm", nn.BatchNorm2d(filters)))
    layers.append(("relu", nn.ReLU(inplace=True)))
    return nn.Sequential(OrderedDict(layers))


class Inception(nn.Module):
    """Branches of convolutions, and one that pools first: (N, C, H, W) -> (N, out_channels, ...).

    Args:
        in_channels: channels of the input.
        branches: name and convolutions of each branch, in the order of concatenation.
        pool: "max" or "avg", over 3x3.
        projection: filters of the 1x1 convolution after the pooling; None passes it through.
        stride: of the last convolution of each branch and of the pooling.
        norm: batch normalisation after every convolution.
    """

    def __init__(
        self,
        in_channels: int,
        branches: Iterable[tuple[str, tuple[Step, ...]]],
        pool: str,
        projection: int | None,
        *,
        stride: int = 1,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.out_channels = in_channels if projection is None else projection
        for name, steps in branches:
            branch = nn.Sequential()
            width = in_channels
            for number, (step, filters, kernel) in enumerate(steps, start=1):
                strides = stride if number == len(steps) else 1
                branch.add_module(
                    step, conv_relu(width, filters, kernel, stride=strides, norm=norm)
                )
                width = filters
            self.add_module(name, branch)
            self.out_channels += width
        pooling = nn.MaxPool2d if pool == "max" else nn.AvgPool2d
        self.pool = nn.Sequential()
        if stride == 1:
            self.pool.add_module("pool", pooling(3, stride=1, padding=1))
        else:
            self.pool.add_module("pool", pooling(3, stride=stride, ceil_mode=True))
        if projection is not None:
            self.pool.add_module("project", conv_relu(in_channels, projection, 1, norm=norm))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)
