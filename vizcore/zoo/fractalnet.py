"""FractalNet: blocks of columns of 1, 2, 4, ... convolutions that meet in element-wise means.

Larsson, Maire, Shakhnarovich, "FractalNet: Ultra-Deep Neural Networks without Residuals"
(arXiv:1605.07648). Source: github:gustavla/fractalnet, generation/fractalnet.py: where several
columns end together they meet in one join, and the last join of a block stands behind its pooling.

In training, a step is either global (one column, the same in every block, is the whole network) or
local (each input of each join is dropped by chance, never all of them). Nothing is dropped in
eval mode. Convolutions have biases, as in the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

import torch
from torch import Tensor, nn

from vizcore.zoo.parts.residual import in_order


@dataclass(frozen=True, slots=True)
class Variant:
    """One FractalNet.

    Attributes:
        channels: of each block.
        columns: in each block; the deepest has 2 ** (columns - 1) convolutions.
        stem: "imagenet" is ResNet's first convolution and pooling.
        last_pool: 2x2 max pooling ends the last block too; else it is averaged over its places.
        dropouts: of each block, between convolution and BN.
        local_drop: chance of a join's input to be dropped in a local step.
        global_share: chance of a training step to be global.
    """

    channels: tuple[int, ...]
    columns: int
    stem: Literal["none", "imagenet"]
    last_pool: bool
    dropouts: tuple[float, ...]
    local_drop: float = 0.15
    global_share: float = 0.5
    num_classes: int = 10


VARIANTS: dict[str, Variant] = {
    "fractalnet20_cifar": Variant(
        (64, 128, 256, 512, 512), 3, "none", True, (0.0, 0.1, 0.2, 0.3, 0.4)
    ),
    "fractalnet34": Variant(
        (128, 256, 512, 1024), 4, "imagenet", False, (0.0,) * 4, num_classes=1000
    ),
}


class Join(nn.Module):
    """The mean of maps of one shape; in training each is dropped by chance, but never all."""

    def __init__(self, drop: float) -> None:
        super().__init__()
        self.drop = drop

    def forward(self, *maps: Tensor) -> Tensor:
        kept = list(maps)
        if self.training and self.drop:
            draws = torch.rand(len(maps)).tolist()
            kept = [x for x, draw in zip(maps, draws, strict=True) if draw >= self.drop]
            if not kept:
                kept = [maps[int(torch.randint(len(maps), ()))]]
        return reduce(torch.add, kept) / len(kept)


class FractalBlock(nn.Module):
    """(n, in_channels, h, w) -> (n, channels, h, w), or half the size where it pools."""

    def __init__(self, row: Variant, in_channels: int, index: int) -> None:
        super().__init__()
        self.length = 2 ** (row.columns - 1)
        channels, dropout = row.channels[index], row.dropouts[index]
        self.pools = row.last_pool or index < len(row.channels) - 1
        for number in range(1, row.columns + 1):
            inputs = [in_channels, *[channels] * (2 ** (number - 1) - 1)]
            units: list[tuple[str, nn.Module]] = [
                ("unit", _unit(size, channels, dropout)) for size in inputs
            ]
            if self.pools:
                units.append(("pool", nn.MaxPool2d(2)))
            self.add_module(f"column{number}", in_order(units))
        for step in range(2, self.length + 1, 2):
            self.add_module(f"join{step // 2}", Join(row.local_drop))

    def columns(self) -> list[nn.Sequential]:
        """The columns, shallowest first."""
        return [child for child in self.children() if isinstance(child, nn.Sequential)]

    def forward(self, x: Tensor, column: int | None = None) -> Tensor:
        columns = self.columns()
        if column is not None:
            alone: Tensor = columns[column](x)
            return alone
        waiting = [list(chain) for chain in columns]
        maps = [x] * len(columns)
        for step in range(1, self.length + 1):
            ends = [c for c in range(len(maps)) if step % (self.length >> c) == 0]
            for c in ends:
                maps[c] = waiting[c].pop(0)(maps[c])
                if step == self.length and self.pools:
                    maps[c] = waiting[c].pop(0)(maps[c])
            if len(ends) > 1:
                joined = self.get_submodule(f"join{step // 2}")(*(maps[c] for c in ends))
                for c in ends:
                    maps[c] = joined
        return maps[-1]


class FractalNet(nn.Module):
    """(n, 3, h, w) -> (n, num_classes) scores.

    `network(x, column=i)` runs one column alone, 0 the shallowest: a plain network.
    """

    def __init__(self, row: Variant) -> None:
        super().__init__()
        self.column_count = row.columns
        self.global_share = row.global_share
        channels, self.stem = 3, None
        if row.stem == "imagenet":
            channels, self.stem = 64, _imagenet_stem()
        self.block_count = len(row.channels)
        for index, width in enumerate(row.channels):
            self.add_module(f"block{index + 1}", FractalBlock(row, channels, index))
            channels = width
        self.avgpool = None if row.last_pool else nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(channels, row.num_classes)

    def forward(self, x: Tensor, column: int | None = None) -> Tensor:
        if column is None:
            column = self._drawn_column()
        if self.stem is not None:
            x = self.stem(x)
        for number in range(1, self.block_count + 1):
            x = self.get_submodule(f"block{number}")(x, column)
        if self.avgpool is not None:
            x = self.avgpool(x)
        scores: Tensor = self.fc(self.flatten(x))
        return scores

    def _drawn_column(self) -> int | None:
        if self.training and torch.rand(()).item() < self.global_share:
            return int(torch.randint(self.column_count, ()))
        return None


def _unit(in_channels: int, channels: int, dropout: float) -> nn.Sequential:
    steps: Sequence[tuple[str, nn.Module]] = [
        ("conv", nn.Conv2d(in_channels, channels, 3, padding=1)),
        *([("dropout", nn.Dropout(dropout))] if dropout else []),
        ("bn", nn.BatchNorm2d(channels)),
        ("relu", nn.ReLU(inplace=True)),
    ]
    return in_order(steps)


def _imagenet_stem() -> nn.Sequential:
    return in_order(
        [
            ("conv", nn.Conv2d(3, 64, 7, stride=2, padding=3)),
            ("bn", nn.BatchNorm2d(64)),
            ("relu", nn.ReLU(inplace=True)),
            ("maxpool", nn.MaxPool2d(3, stride=2, padding=1)),
        ]
    )


def build(key: str, **options: Any) -> nn.Module:
    """Build a variant; options replace fields of its row, such as `columns` or `local_drop`.

    Example:
        >>> small = build("fractalnet20_cifar", channels=(8, 8), dropouts=(0, 0), columns=2)
        >>> small.eval()(torch.zeros(1, 3, 4, 4)).shape
        torch.Size([1, 10])
    """
    network = FractalNet(replace(VARIANTS[key], **options))
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
