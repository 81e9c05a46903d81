"""Random changes to training pictures: turn, zoom, shift, mirror, light, colour, noise.

A turned patch of a photograph is read from a smaller square inside its window, so it never needs
a pixel from outside the window, which could belong to another part of the data.
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
        shift: greatest shift along each side, as a part of it.
        mirror: half of the pictures are mirrored.
        inside: read nothing from outside the picture; else a picture is also made smaller, and
            its border goes on beyond it.
        light: greatest change of brightness (of 1) and, as a factor, of contrast.
        colour: greatest change of each channel's gain, as a factor.
        grey: part of the patches turned into grey pictures.
        noise: greatest standard deviation of the added noise (of 1), drawn for each patch.
    """

    turn_degrees: float = 15.0
    zoom: float = 1.1
    shift: float = 0.0
    mirror: bool = True
    inside: bool = True
    light: float = 0.15
    colour: float = 0.15
    grey: float = 0.2
    noise: float = 0.05


def augment(rgb_nhwc: Tensor, how: Augmentation, size_px: int, rng: torch.Generator) -> Tensor:
    """Return changed pictures, float (n, c, size_px, size_px) around 0..1, from uint8 (n, h, w, c).

    Example:
        >>> rng = torch.Generator().manual_seed(0)
        >>> patches = torch.zeros(2, 96, 96, 3, dtype=torch.uint8)
        >>> augment(patches, Augmentation(), 64, rng).shape
        torch.Size([2, 3, 64, 64])
    """
    n, *_, channels = rgb_nhwc.shape

    def between(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng) * (high - low) + low

    angle = between(-how.turn_degrees, how.turn_degrees) * (math.pi / 180)
    cos, sin = angle.cos(), angle.sin()
    if how.inside:
        scale = 1 / ((cos.abs() + sin.abs()) * between(1.0, how.zoom))
    else:
        scale = torch.exp(between(-math.log(how.zoom), math.log(how.zoom)))
    mirror = torch.where(torch.rand(n, generator=rng) < 0.5 * how.mirror, -1.0, 1.0)
    across, down = (between(-2 * how.shift, 2 * how.shift) for _ in range(2))
    turn = torch.stack(
        [
            torch.stack([scale * cos * mirror, -scale * sin, across], 1),
            torch.stack([scale * sin * mirror, scale * cos, down], 1),
        ],
        1,
    )
    unit = rgb_nhwc.permute(0, 3, 1, 2).float() / 255
    grid = F.affine_grid(turn, [n, channels, size_px, size_px], align_corners=False)
    patches = F.grid_sample(unit, grid, padding_mode="border", align_corners=False)

    middle = patches.mean((1, 2, 3), keepdim=True)
    contrast = torch.exp(between(-how.light, how.light, 1, 1, 1) * 2)
    patches = (patches - middle) * contrast + middle + between(-how.light, how.light, 1, 1, 1)
    patches = patches * torch.exp(between(-how.colour, how.colour, channels, 1, 1))
    is_grey = torch.rand(n, 1, 1, 1, generator=rng) < how.grey
    patches = torch.where(is_grey, patches.mean(1, keepdim=True), patches)
    noise = torch.randn(patches.shape, generator=rng) * between(0.0, how.noise, 1, 1, 1)
    return patches + noise
