"""What is done to the images against noise: seen at random shifted, scaled and turned, blurred.

An image that a class must answer to wherever it lies and however large it is cannot rest on
patterns of single pixels (Mordvintsev, Olah, Tyka 2015; Olah et al. 2017). All images of a batch
are transformed alike, and a seed gives the same transformations on every device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vizcore.records.ascent_options import AscentOptions


@dataclass(frozen=True, slots=True)
class Transformation:
    """A shift in whole pixels (down, right), a scale and a turn; what comes in is the mean."""

    down: int = 0
    right: int = 0
    scale: float = 1.0
    radians: float = 0.0

    def __call__(self, images: Tensor) -> Tensor:
        """The images (N, C, H, W) as they are shown to the network.

        Example:
            >>> Transformation(right=1)(torch.tensor([[[[1.0, 2.0, 3.0]]]])).ravel().tolist()
            [0.0, 1.0, 2.0]
        """
        if self.scale != 1.0 or self.radians != 0.0:
            images = _resampled(images, self._grid(images))
        if self.down or self.right:
            images = F.pad(images, (self.right, -self.right, self.down, -self.down))
        return images

    def _grid(self, images: Tensor) -> Tensor:
        """Where in the images each pixel is read, in -1..1."""
        height, width = images.shape[2:]
        cos, sin = math.cos(self.radians) / self.scale, math.sin(self.radians) / self.scale
        turn = torch.tensor([[cos, -sin * height / width, 0.0], [sin * width / height, cos, 0.0]])
        grid = F.affine_grid(turn[None], [1, 1, height, width], align_corners=False)
        return grid.to(images).expand(len(images), -1, -1, -1)


class Transformations:
    """Draws a transformation for each step."""

    def __init__(self, options: AscentOptions, draw: torch.Generator) -> None:
        self._options, self._draw = options, draw
        self._none = not (options.jitter_px or options.scaling or options.rotation_deg)

    def __call__(self) -> Transformation | None:
        """The next, None where none was chosen."""
        if self._none:
            return None
        how = self._options
        down, right, scale, turn = torch.rand(4, generator=self._draw, dtype=torch.float64).tolist()
        choices = 2 * how.jitter_px + 1
        return Transformation(
            int(down * choices) - how.jitter_px,
            int(right * choices) - how.jitter_px,
            1.0 + how.scaling * (2 * scale - 1),
            math.radians(how.rotation_deg) * (2 * turn - 1),
        )


def _resampled(images: Tensor, grid: Tensor) -> Tensor:
    """The images read at a grid, bilinearly; 0 beyond their edges."""
    if images.device.type == "cpu":
        return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
    return read_at(images, grid)


def read_at(images: Tensor, grid: Tensor) -> Tensor:
    """`F.grid_sample` by indexing, whose gradient is the same to the byte in every run on CUDA."""
    count, channels, height, width = images.shape
    x = ((grid[0, :, :, 0] + 1) * width - 1) / 2
    y = ((grid[0, :, :, 1] + 1) * height - 1) / 2
    left, top = x.floor(), y.floor()
    flat = images.reshape(count, channels, -1)
    total = torch.zeros_like(images)
    for row in (top, top + 1):
        for column in (left, left + 1):
            weight = (1 - (x - column).abs()) * (1 - (y - row).abs())
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            place = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
            total = total + flat[:, :, place.long()] * (weight * inside)
    return total


def blurred(images: Tensor, sigma_px: float) -> Tensor:
    """The images under a Gaussian, cut off at three standard deviations; edges are mirrored.

    Example:
        >>> flat = torch.full((1, 1, 5, 5), 2.0)
        >>> bool(torch.allclose(blurred(flat, 1.0), flat))
        True
    """
    reach = min(max(1, math.ceil(3 * sigma_px)), min(images.shape[2:]) - 1)
    offsets = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-offsets.square() / (2 * sigma_px**2))
    kernel = kernel / kernel.sum()
    channels = images.shape[1]
    padded = F.pad(images, (reach, reach, reach, reach), mode="reflect")
    down = kernel.reshape(1, 1, -1, 1).expand(channels, -1, -1, -1)
    across = kernel.reshape(1, 1, 1, -1).expand(channels, -1, -1, -1)
    return F.conv2d(F.conv2d(padded, down, groups=channels), across, groups=channels)


def variation(images: Tensor) -> tuple[Tensor, Tensor]:
    """Each image's sum of squared differences of neighbours, and the gradient of it.

    Example:
        >>> total, gradient = variation(torch.tensor([[[[0.0, 1.0, 3.0]]]]))
        >>> total.tolist(), gradient.ravel().tolist()
        ([5.0], [-2.0, -2.0, 4.0])
    """
    right, below = images.diff(dim=3), images.diff(dim=2)
    total = right.square().sum((1, 2, 3)) + below.square().sum((1, 2, 3))
    gradient = F.pad(right, (1, 0)) - F.pad(right, (0, 1))
    gradient = gradient + F.pad(below, (0, 0, 1, 0)) - F.pad(below, (0, 0, 0, 1))
    return total, 2 * gradient
