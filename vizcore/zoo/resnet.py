"""Plain and residual networks as first published: ImageNet and CIFAR-10.

He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition" (arXiv:1512.03385), Table 1
and section 4.2. ResNet-164 is the original unit in "Identity Mappings in Deep Residual Networks"
(arXiv:1603.05027). Sources: the paper and github:KaimingHe/deep-residual-networks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from vizcore.zoo.parts.staged import Staged, staged

_IMAGENET_WIDTHS = (64, 128, 256, 512)
_CIFAR_WIDTHS = (16, 32, 64)


def _plain(*units: int) -> Staged:
    if len(units) == 4:
        return Staged(units, _IMAGENET_WIDTHS, "imagenet", shortcut="none", num_classes=1000)
    return Staged(units, _CIFAR_WIDTHS, "cifar", shortcut="none")


def _bottlenecks(*units: int) -> Staged:
    return Staged(units, _IMAGENET_WIDTHS, "imagenet", bottleneck=True, num_classes=1000)


def _cifar(n: int) -> Staged:
    return Staged((n, n, n), _CIFAR_WIDTHS, "cifar", shortcut="zero_padding")


VARIANTS: dict[str, Staged] = {
    "plain18": _plain(2, 2, 2, 2),
    "plain34": _plain(3, 4, 6, 3),
    "plain20_cifar": _plain(3, 3, 3),
    "plain56_cifar": _plain(9, 9, 9),
    "resnet50_v1": _bottlenecks(3, 4, 6, 3),
    "resnet101_v1": _bottlenecks(3, 4, 23, 3),
    "resnet152_v1": _bottlenecks(3, 8, 36, 3),
    "resnet20_cifar": _cifar(3),
    "resnet56_cifar": _cifar(9),
    "resnet110_cifar": _cifar(18),
    "resnet1202_cifar": _cifar(200),
    "resnet164_cifar": Staged((18, 18, 18), _CIFAR_WIDTHS, "cifar", bottleneck=True),
}


def build(key: str, **options: Any) -> nn.Module:
    """Build a variant; options replace fields of its row, such as `num_classes` or `units`.

    Example:
        >>> sum(p.numel() for p in build("resnet20_cifar").parameters())
        269722
    """
    return staged(replace(VARIANTS[key], **options))
