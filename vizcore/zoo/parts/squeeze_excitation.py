"""Squeeze-and-excitation: each map is multiplied by a number that all maps together decide.

Hu, Shen, Sun, "Squeeze-and-Excitation Networks" (CVPR 2018), Figure 3.
"""

from __future__ import annotations

from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    """(n, channels, h, w) -> the same shape: the maps times a gate of 0..1 for each.

    Args:
        channels: of the input.
        reduction: the hidden layer has so many times fewer units.

    Example:
        >>> import torch
        >>> SqueezeExcitation(32, 8)(torch.zeros(1, 32, 4, 4)).shape
        torch.Size([1, 32, 4, 4])
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, channels // reduction, 1)
        self.relu = nn.ReLU(inplace=True)
        self.expand = nn.Conv2d(channels // reduction, channels, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, maps: Tensor) -> Tensor:
        gate = self.expand(self.relu(self.reduce(self.pool(maps))))
        return maps * self.sigmoid(gate)
