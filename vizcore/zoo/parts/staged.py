"""Networks made of stages of residual units, from a row of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

from vizcore.zoo.parts.residual import (
    ORDERINGS,
    Conv,
    Ordering,
    ResidualUnit,
    convolution,
    in_order,
    norms_and_relus,
    plain_unit,
    projection,
    zero_padding,
)
from vizcore.zoo.parts.squeeze_excitation import SqueezeExcitation

Shortcut = Literal["none", "zero_padding", "pooled_zero_padding", "projection"]


@dataclass(frozen=True, slots=True)
class Staged:
    """One network: a first convolution, stages of units, global average pooling, one linear layer.

    Attributes:
        units: how many in each stage; every stage but the first halves the map.
        widths: of the 3x3 convolutions in each stage.
        stem: "imagenet" is 7x7/2 with 64 filters, BN, ReLU and 3x3/2 max pooling; "cifar" is 3x3
            with 16 filters.
        bottleneck: units are 1x1, 3x3 and 1x1 to `expansion` times the width, instead of two 3x3.
        stride_in_3x3: where a bottleneck halves the map; else in its first 1x1.
        shortcut: where the shape changes; elsewhere it is the identity. "none": a plain network.
        ordering: a key of `ORDERINGS`.
        survival: chance of the last unit in a training step, falling linearly from 1 at the input.
        dropout: inside each unit.
        stem_filters: of the first convolution, where not the stem's own number.
        groups: of the 3x3 in a bottleneck, which see only their own part of the channels.
        expansion: a bottleneck's outputs for each of its 3x3's.
        squeeze: squeeze-and-excitation behind each branch, with so many times fewer hidden units;
            0 is none.
        fan: of the normal initialisation (He et al., 2015), "fan_in" or "fan_out".
    """

    units: tuple[int, ...]
    widths: tuple[int, ...]
    stem: Literal["imagenet", "cifar"]
    bottleneck: bool = False
    stride_in_3x3: bool = False
    shortcut: Shortcut = "projection"
    ordering: str = "original"
    survival: float = 1.0
    dropout: float = 0.0
    stem_filters: int | None = None
    groups: int = 1
    expansion: int = 4
    squeeze: int = 0
    fan: Literal["fan_in", "fan_out"] = "fan_out"
    num_classes: int = 10


def staged(row: Staged) -> nn.Sequential:
    """Build the network of a row: (n, 3, h, w) -> (n, row.num_classes) scores."""
    ordering = ORDERINGS[row.ordering]
    steps, channels = _stem(row, ordering)
    index, total = 0, sum(row.units)
    for stage, (count, width) in enumerate(zip(row.units, row.widths, strict=True)):
        units = []
        for place in range(count):
            index += 1
            convs = _convolutions(row, width, 2 if stage and not place else 1)
            survival = 1 - index / total * (1 - row.survival)
            units.append(("unit", _unit(row, channels, convs, ordering, index == 1, survival)))
            channels = convs[-1].channels
        steps.append(("stage", in_order(units)))
    steps += norms_and_relus(ordering.before, channels)
    steps += [
        ("avgpool", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("fc", nn.Linear(channels, row.num_classes)),
    ]
    network = in_order(steps)
    _initialise(network, row.fan)
    return network


def _stem(row: Staged, ordering: Ordering) -> tuple[list[tuple[str, nn.Module]], int]:
    """The first layers. A CIFAR network with pre-activation has its first BN or ReLU in unit 1."""
    conv = Conv(64, 7, 2) if row.stem == "imagenet" else Conv(16, 3)
    if row.stem_filters is not None:
        conv = conv._replace(channels=row.stem_filters)
    kinds: tuple[str, ...] = ("bn", "relu")
    if row.stem == "cifar":
        kinds = kinds[: len(kinds) - len(ordering.before)]
    steps: list[tuple[str, nn.Module]] = [
        ("conv", convolution(3, conv)),
        *norms_and_relus(kinds, conv.channels),
    ]
    if row.stem == "imagenet":
        steps.append(("maxpool", nn.MaxPool2d(3, stride=2, padding=1)))
    return [("stem", in_order(steps))], conv.channels


def _convolutions(row: Staged, width: int, stride: int) -> tuple[Conv, ...]:
    if not row.bottleneck:
        return Conv(width, 3, stride), Conv(width, 3)
    first, second = (1, stride) if row.stride_in_3x3 else (stride, 1)
    grouped = Conv(width, 3, second, row.groups)
    return Conv(width, 1, first), grouped, Conv(row.expansion * width, 1)


def _unit(
    row: Staged,
    in_channels: int,
    convs: tuple[Conv, ...],
    ordering: Ordering,
    first: bool,
    survival: float,
) -> nn.Module:
    if row.shortcut == "none":
        return plain_unit(in_channels, convs)
    if first and row.stem == "imagenet":  # the stem has just normalised and rectified
        ordering = Ordering((), ordering.after, ordering.merged)
    channels = convs[-1].channels
    stride = max(conv.stride for conv in convs)
    changes = stride > 1 or in_channels != channels
    shortcut: nn.Module | None = None
    if changes and row.shortcut == "projection":
        normed = "bn" in ordering.after
        shortcut = projection(in_channels, channels, stride, normed=normed)
    elif changes:
        pool = stride if row.shortcut == "pooled_zero_padding" else 1
        shortcut = zero_padding(in_channels, channels, stride, pool)
    return ResidualUnit(
        in_channels,
        convs,
        shortcut,
        ordering,
        shared=first or (changes and row.shortcut == "projection"),
        survival=survival,
        dropout=row.dropout,
        gate=SqueezeExcitation(channels, row.squeeze) if row.squeeze else None,
    )


def _initialise(network: nn.Module, fan: Literal["fan_in", "fan_out"]) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode=fan, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
