"""The residual unit: a branch of convolutions added to a shortcut, in its five orderings.

Orderings are those of He et al., "Identity Mappings in Deep Residual Networks" (2016), Figure 4;
shortcuts are options A and B of He et al., "Deep Residual Learning for Image Recognition" (2015).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Ordering:
    """Where BN and ReLU stand; between two convolutions of a unit it is always BN, then ReLU.

    Attributes:
        before: ahead of the first convolution.
        after: behind the last convolution, still on the branch.
        merged: behind the addition.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    merged: tuple[str, ...]


#: Figure 4 of the 2016 paper, (a) to (e).
ORDERINGS: dict[str, Ordering] = {
    "original": Ordering((), ("bn",), ("relu",)),
    "bn_after_addition": Ordering((), (), ("bn", "relu")),
    "relu_before_addition": Ordering((), ("bn", "relu"), ()),
    "relu_preactivation": Ordering(("relu",), ("bn",), ()),
    "full_preactivation": Ordering(("bn", "relu"), (), ()),
}


class Conv(NamedTuple):
    """One convolution of a unit: padded to keep the size, without bias."""

    channels: int
    kernel: int
    stride: int = 1
    groups: int = 1


def convolution(in_channels: int, conv: Conv) -> nn.Conv2d:
    """Return the layer: (n, in_channels, h, w) -> (n, conv.channels, h / stride, w / stride)."""
    padding = conv.kernel // 2
    return nn.Conv2d(
        in_channels,
        conv.channels,
        conv.kernel,
        conv.stride,
        padding,
        groups=conv.groups,
        bias=False,
    )


def in_order(steps: Iterable[tuple[str, nn.Module]]) -> nn.Sequential:
    """Chain layers under their kind's name, numbered where a kind comes more than once.

    Example:
        >>> chain = in_order([("conv", nn.Conv2d(3, 8, 1)), ("relu", nn.ReLU()),
        ...                   ("conv", nn.Conv2d(8, 8, 1))])
        >>> [name for name, _ in chain.named_children()]
        ['conv1', 'relu', 'conv2']
    """
    steps = list(steps)
    totals = Counter(kind for kind, _ in steps)
    seen: Counter[str] = Counter()
    named: OrderedDict[str, nn.Module] = OrderedDict()
    for kind, layer in steps:
        seen[kind] += 1
        named[f"{kind}{seen[kind]}" if totals[kind] > 1 else kind] = layer
    return nn.Sequential(named)


def norms_and_relus(
    kinds: Iterable[str], channels: int, *, own: bool = True
) -> list[tuple[str, nn.Module]]:
    """Return the layers called "bn" and "relu", for so many channels.

    A ReLU works in place, as torchvision's do. Where the input is somebody else's too (`own` is
    False), that must not be the first layer's doing.
    """
    layers: list[tuple[str, nn.Module]] = []
    for kind in kinds:
        inplace = own or bool(layers)
        layer = nn.BatchNorm2d(channels) if kind == "bn" else nn.ReLU(inplace=inplace)
        layers.append((kind, layer))
    return layers


def branch_steps(
    in_channels: int, convs: Sequence[Conv], ordering: Ordering, dropout: float = 0.0
) -> list[tuple[str, nn.Module]]:
    """Return the layers of the branch; dropout, if any, stands ahead of the last convolution."""
    steps: list[tuple[str, nn.Module]] = []
    for i, conv in enumerate(convs):
        if i:
            steps += norms_and_relus(("bn", "relu"), in_channels)
        if dropout and i == len(convs) - 1:
            steps.append(("dropout", nn.Dropout(dropout)))
        steps.append(("conv", convolution(in_channels, conv)))
        in_channels = conv.channels
    return steps + norms_and_relus(ordering.after, in_channels)


def plain_unit(in_channels: int, convs: Sequence[Conv]) -> nn.Sequential:
    """The convolutions of a unit without its shortcut: BN and ReLU behind each."""
    ordering = ORDERINGS["original"]
    steps = branch_steps(in_channels, convs, ordering)
    return in_order(steps + norms_and_relus(ordering.merged, convs[-1].channels))


def zero_padding(in_channels: int, channels: int, stride: int, pool: int = 1) -> nn.Sequential:
    """Option A: keep every `stride`-th value (or pool), and fill the new channels with zeros.

    Example:
        >>> zero_padding(16, 32, 2)(torch.ones(1, 16, 8, 8)).sum().item()
        256.0
    """
    steps: list[tuple[str, nn.Module]] = []
    if stride > 1:
        steps.append(("pool", nn.AvgPool2d(pool, stride)))
    steps.append(("pad", nn.ConstantPad3d((0, 0, 0, 0, 0, channels - in_channels), 0.0)))
    return in_order(steps)


def projection(in_channels: int, channels: int, stride: int, *, normed: bool) -> nn.Sequential:
    """Option B: a 1x1 convolution, with BN behind it where the branch has one before the sum."""
    steps: list[tuple[str, nn.Module]] = [
        ("conv", convolution(in_channels, Conv(channels, 1, stride)))
    ]
    return in_order(steps + norms_and_relus(("bn",) if normed else (), channels))


class ResidualUnit(nn.Module):
    """(n, in_channels, h, w) -> (n, channels, h / stride, w / stride): shortcut plus branch.

    Args:
        convs: the branch's convolutions.
        shortcut: `zero_padding` or `projection`; None is the identity.
        ordering: where BN and ReLU stand.
        shared: the shortcut, too, starts behind the ordering's first BN and ReLU.
        survival: chance that the branch takes part in a training step. A dropped unit is its
            shortcut; in eval mode the branch is multiplied by the chance (Huang et al., 2016).
        dropout: ahead of the last convolution.
        gate: behind the branch, ahead of the addition: (n, channels, h, w) -> the same shape.
    """

    def __init__(
        self,
        in_channels: int,
        convs: Sequence[Conv],
        shortcut: nn.Module | None = None,
        ordering: Ordering = ORDERINGS["original"],
        *,
        shared: bool = False,
        survival: float = 1.0,
        dropout: float = 0.0,
        gate: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.shared = shared
        self.survival = survival
        channels = convs[-1].channels
        before = norms_and_relus(ordering.before, in_channels, own=False)
        # A dropped unit hands on its input, which the layer before may need for its gradient.
        merged = norms_and_relus(ordering.merged, channels, own=survival >= 1)
        # A sum in place may not overwrite what the branch's last layer needs for its gradient.
        self.sums_in_place = ordering.after[-1:] != ("relu",)
        self.preactivation = in_order(before) if before else None
        steps = branch_steps(in_channels, convs, ordering, dropout)
        self.residual = in_order([*steps, ("gate", gate)] if gate is not None else steps)
        self.shortcut = shortcut
        self.activation = in_order(merged) if merged else None

    def forward(self, x: Tensor) -> Tensor:
        start = x if self.preactivation is None else self.preactivation(x)
        residual = self.residual(start) if self._takes_part() else None
        out = start if self.shared else x
        if self.shortcut is not None:
            out = self.shortcut(out)
        if residual is not None:
            if self.survival < 1 and not self.training:
                residual = residual * self.survival
            out = residual.add_(out) if self.sums_in_place else residual + out
        return out if self.activation is None else self.activation(out)

    def _takes_part(self) -> bool:
        if not self.training or self.survival >= 1:
            return True
        return torch.rand(()).item() < self.survival
