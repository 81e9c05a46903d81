"""Random changes to training patches: turn, zoom, mirror, light, colour, noise.

A turned patch is read from a smaller square inside its window, so it never needs a pixel from
outside the window, which could belong to another part of the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each change may go.

    Attributes:
        turn_degrees: greatest rotation to either side.
        zoom: greatest further magnification.
        light: greatest change of brightness (of 1) and, as a factor, of contrast.
        colour: greatest change of each channel's gain, as a factor.
        grey: part of the patches turned into grey pictures.
        noise: greatest standard deviation of the added noise (of 1), drawn for each patch.
    """

    turn_degrees: float = 15.0
    zoom: float = 1.1
    light: float = 0.15
    colour: float = 0.15
    grey: float = 0.2
    noise: float = 0.05


def augment(rgb_nhwc: Tensor, how: Augmentation, size_px: int, rng: torch.Generator) -> Tensor:
    """Return changed patches, float (n, 3, size_px, size_px) around 0..1, from uint8 (n, h, w, 3).

    Example:
        >>> rng = torch.Generator().manual_seed(0)
        >>> patches = torch.zeros(2, 96, 96, 3, dtype=torch.uint8)
        >>> augment(patches, Augmentation(), 64, rng).shape
        torch.Size([2, 3, 64, 64])
    """
    n = len(rgb_nhwc)

    def between(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng) * (high - low) + low

    angle = between(-how.turn_degrees, how.turn_degrees) * (math.pi / 180)
    cos, sin = angle.cos(), angle.sin()
    inside = 1 / ((cos.abs() + sin.abs()) * between(1.0, how.zoom))
    mirror = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    still = torch.zeros(n)
    turn = torch.stack(
        [
            torch.stack([inside * cos * mirror, -inside * sin, still], 1),
            torch.stack([inside * sin * mirror, inside * cos, still], 1),
        ],
        1,
    )
    unit = rgb_nhwc.permute(0, 3, 1, 2).float() / 255
    grid = F.affine_grid(turn, [n, 3, size_px, size_px], align_corners=False)
    patches = F.grid_sample(unit, grid, padding_mode="border", align_corners=False)

    middle = patches.mean((1, 2, 3), keepdim=True)
    contrast = torch.exp(between(-how.light, how.light, 1, 1, 1) * 2)
    patches = (patches - middle) * contrast + middle + between(-how.light, how.light, 1, 1, 1)
    patches = patches * torch.exp(between(-how.colour, how.colour, 3, 1, 1))
    is_grey = torch.rand(n, 1, 1, 1, generator=rng) < how.grey
    patches = torch.where(is_grey, patches.mean(1, keepdim=True), patches)
    noise = torch.randn(patches.shape, generator=rng) * between(0.0, how.noise, 1, 1, 1)
    return patches + noise
