"""Residual networks with activations moved: the five orderings, and the deep pre-activation nets.

He, Zhang, Ren, Sun, "Identity Mappings in Deep Residual Networks" (arXiv:1603.05027), Figure 4,
Table 2 and the appendix: the first unit's activation stands ahead of the split into two paths,
the last unit has one more behind its addition, projections start behind the pre-activation.
Sources: github:KaimingHe/resnet-1k-layers and, for ResNet-200, github:facebookarchive/
fb.resnet.torch, whose bottlenecks halve the map in the 3x3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from vizcore.zoo.parts.residual import ORDERINGS
from vizcore.zoo.parts.staged import Staged, staged

_WIDTHS = (16, 32, 64)
_E = "full_preactivation"


def _ordered(ordering: str) -> Staged:
    return Staged((18, 18, 18), _WIDTHS, "cifar", shortcut="zero_padding", ordering=ordering)


VARIANTS: dict[str, Staged] = {
    **{
        f"idmap110_{letter}": _ordered(name)
        for letter, name in zip("abcde", ORDERINGS, strict=True)
    },
    "preact_resnet164_cifar": Staged((18, 18, 18), _WIDTHS, "cifar", True, ordering=_E),
    "preact_resnet1001_cifar": Staged((111, 111, 111), _WIDTHS, "cifar", True, ordering=_E),
    "preact_resnet200": Staged(
        (3, 24, 36, 3),
        (64, 128, 256, 512),
        "imagenet",
        bottleneck=True,
        stride_in_3x3=True,
        ordering=_E,
        num_classes=1000,
    ),
}


def build(key: str, **options: Any) -> nn.Module:
    """Build a variant; options replace fields of its row, such as `num_classes` or `units`.

    Example:
        >>> sum(p.numel() for p in build("idmap110_e").parameters())
        1727962
    """
    return staged(replace(VARIANTS[key], **options))
