"""A residual network whose units drop out at random in training, and all take part in a test.

Huang, Sun, Liu, Sedra, Weinberger, "Deep Networks with Stochastic Depth" (arXiv:1603.09382).
Unit l of L takes part in a training step with chance 1 - l/L (1 - p_L), p_L = 0.5; the draw is one
for the whole batch. Source: github:yueatsprograms/Stochastic_Depth, ResidualDrop.lua.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from vizcore.zoo.parts.staged import Staged, staged

VARIANTS: dict[str, Staged] = {
    "stochastic_depth_resnet110_cifar": Staged(
        (18, 18, 18),
        (16, 32, 64),
        "cifar",
        shortcut="pooled_zero_padding",
        survival=0.5,
        fan="fan_in",
    )
}


def build(key: str, **options: Any) -> nn.Module:
    """Build a variant; options replace fields of its row, such as `survival` or `units`.

    Example:
        >>> network = build("stochastic_depth_resnet110_cifar")
        >>> network.stage1.unit18.survival, network.stage3.unit18.survival
        (0.8333333333333334, 0.5)
    """
    return staged(replace(VARIANTS[key], **options))
