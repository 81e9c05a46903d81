"""Network in Network: after each convolution, a small network that looks at one pixel at a time.

Lin, Chen and Yan, "Network In Network" (ICLR 2014). The ImageNet network is the one its first
author released; 1x1 convolutions are the small network, and the mean of each of the last maps is
a class's score.
"""

from __future__ import annotations

from torch import nn

from vizcore.zoo.parts.sequential import Conv, Drop, GlobalPool, MaxPool, Plan, assemble, he_normal


def _mlpconv(
    label: str, maps: tuple[int, int, int], kernel: int, stride: int = 1, padding: int = 0
) -> tuple[Conv, Conv, Conv]:
    return (
        Conv(label, maps[0], kernel, stride, padding),
        Conv(f"{label}a", maps[1], 1),
        Conv(f"{label}b", maps[2], 1),
    )


PLANS: dict[str, Plan] = {
    "nin_imagenet": Plan(
        (3, 227, 227),
        features=(
            *_mlpconv("1", (96, 96, 96), 11, stride=4),
            MaxPool("1", 3, 2),
            *_mlpconv("2", (256, 256, 256), 5, padding=2),
            MaxPool("2", 3, 2),
            *_mlpconv("3", (384, 384, 384), 3, padding=1),
            MaxPool("3", 3, 2),
        ),
        classifier=(
            Drop("3"),
            *_mlpconv("4", (1024, 1024, 1000), 3, padding=1),
            GlobalPool("4"),
        ),
        initialise=he_normal,
    ),
}


def build(key: str, num_classes: int | None = None) -> nn.Sequential:
    """Build a variant, untrained: (n, 3, 227, 227) -> (n, num_classes) scores.

    Example:
        >>> from vizcore import zoo
        >>> sum(p.numel() for p in zoo.build_meta("nin_imagenet").parameters())
        7595176
    """
    return assemble(PLANS[key], num_classes)
