"""ShuffleNet v1: grouped 1x1 convolutions, and a shuffle that lets the groups exchange channels.

Zhang and others, "ShuffleNet" (CVPR 2018), Table 1 and Figure 2; widths and the head without bias
as in the authors' code.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn

#: Units of stages 2, 3 and 4.
REPEATS = (4, 8, 4)


@dataclass(frozen=True, slots=True)
class Variant:
    """Groups of the 1x1 convolutions, channels of the first convolution, and of stages 2 to 4."""

    groups: int
    stem: int
    stages: tuple[int, int, int]


VARIANTS: dict[str, Variant] = {
    "shufflenet_v1_x1_0_g3": Variant(3, 24, (240, 480, 960)),
    "shufflenet_v1_x1_0_g8": Variant(8, 24, (384, 768, 1536)),
    "shufflenet_v1_x0_5_g3": Variant(3, 12, (120, 240, 480)),
    "shufflenet_v1_x2_0_g3": Variant(3, 48, (480, 960, 1920)),
}


class ChannelShuffle(nn.Module):
    """Deal the channels out anew, one of each group in turn: (N, C, H, W) to the same shape.

    Example:
        >>> ChannelShuffle(2)(torch.arange(6).reshape(1, 6, 1, 1)).flatten().tolist()
        [0, 3, 1, 4, 2, 5]
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        by_group = x.unflatten(1, (self.groups, x.shape[1] // self.groups))
        return by_group.transpose(1, 2).flatten(1, 2)


class ShuffleUnit(nn.Module):
    """A bottleneck of grouped convolutions beside a shortcut (Figure 2b, and 2c at stride 2).

    At stride 1 the two are added; at stride 2 the shortcut is average pooled, and the two are
    concatenated, so that the branch makes only the channels that are new.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, groups: int, first_groups: int
    ) -> None:
        super().__init__()
        middle = out_channels // 4
        new = out_channels - in_channels if stride == 2 else out_channels
        branch: list[tuple[str, nn.Module]] = [
            ("reduce", nn.Conv2d(in_channels, middle, 1, groups=first_groups, bias=False)),
            ("reduce_norm", nn.BatchNorm2d(middle)),
            ("reduce_relu", nn.ReLU(inplace=True)),
            ("shuffle", ChannelShuffle(groups)),
            ("depthwise", nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)),
            ("depthwise_norm", nn.BatchNorm2d(middle)),
            ("expand", nn.Conv2d(middle, new, 1, groups=groups, bias=False)),
            ("expand_norm", nn.BatchNorm2d(new)),
        ]
        self.branch = nn.Sequential(OrderedDict(branch))
        self.shortcut = nn.AvgPool2d(3, stride=2, padding=1) if stride == 2 else None
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        if self.shortcut is None:
            return self.relu(self.branch(x).add_(x))
        return self.relu(torch.cat((self.shortcut(x), self.branch(x)), dim=1))


def build(key: str, *, num_classes: int = 1000) -> nn.Sequential:
    """Build a ShuffleNet v1: (N, 3, 224, 224) -> (N, num_classes) scores.

    Example:
        >>> sum(p.numel() for p in build("shufflenet_v1_x0_5_g3").parameters())
        717324
    """
    variant = VARIANTS[key]
    layers: list[tuple[str, nn.Module]] = [
        ("conv1", nn.Conv2d(3, variant.stem, 3, stride=2, padding=1, bias=False)),
        ("norm1", nn.BatchNorm2d(variant.stem)),
        ("relu1", nn.ReLU(inplace=True)),
        ("pool1", nn.MaxPool2d(3, stride=2, padding=1)),
    ]
    width = variant.stem
    for number, (repeats, out) in enumerate(zip(REPEATS, variant.stages, strict=True), start=2):
        stage = nn.Sequential()
        for unit in range(repeats):
            # The first 1x1 of stage 2 is not grouped: its input has too few channels.
            first_groups = 1 if width == variant.stem else variant.groups
            stride = 2 if unit == 0 else 1
            stage.add_module(
                f"unit{unit + 1}", ShuffleUnit(width, out, stride, variant.groups, first_groups)
            )
            width = out
        layers.append((f"stage{number}", stage))
    layers += [
        ("pool", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("fc", nn.Linear(width, num_classes, bias=False)),
    ]
    network = nn.Sequential(OrderedDict(layers))
    _initialise(network)
    return network


def _initialise(network: nn.Module) -> None:
    """Normal weights with the deviations of the authors' code; batch normalisation rescales."""
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            std = 0.01 if name == "conv1" else 1 / layer.weight.shape[1]
            nn.init.normal_(layer.weight, 0.0, std)
        elif isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.01)
