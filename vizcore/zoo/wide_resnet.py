"""Wide residual networks on CIFAR: fewer units, each of many more channels.

Zagoruyko, Komodakis, "Wide Residual Networks" (arXiv:1605.07146). Source:
github:szagoruyko/wide-residual-networks, models/wide-resnet.lua. The option `dropout` (the paper
uses 0.3) puts dropout ahead of each unit's second convolution.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from vizcore.zoo.parts.staged import Staged, staged


def _wide(depth: int, times: int) -> Staged:
    """WRN-depth-times: the paper counts 6n + 4 layers, three of them shortcuts."""
    n = (depth - 4) // 6
    widths = (16 * times, 32 * times, 64 * times)
    return Staged((n, n, n), widths, "cifar", ordering="full_preactivation", fan="fan_in")


VARIANTS: dict[str, Staged] = {"wrn_28_10_cifar": _wide(28, 10)}


def build(key: str, **options: Any) -> nn.Module:
    """Build a variant; options replace fields of its row, such as `dropout` or `widths`.

    Example:
        >>> narrow = build("wrn_28_10_cifar", widths=(16, 32, 64), dropout=0.3)
        >>> narrow.stage1.unit1.residual.dropout
        Dropout(p=0.3, inplace=False)
    """
    return staged(replace(VARIANTS[key], **options))
