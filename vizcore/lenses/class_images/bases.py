"""What the ascent moves: pixels, or Fourier coefficients, of colours as they are or decorrelated.

Olah, Mordvintsev, Schubert, "Feature Visualization" (Distill 2017): gradient ascent in another
basis is ascent on the same objective with other steps. Coefficients scaled by 1 / frequency, as
the spectra of photographs fall, and colours along their common directions give smoother images.
Each basis is a linear map of as many numbers onto the image, so that any image has its point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vizcore.records.ascent_options import Basis


@dataclass(frozen=True)
class Coordinates:
    """The linear map from points to images (N, C, H, W), its inverse and its transpose.

    Attributes:
        gain_hw: of each Fourier coefficient; None where the points are pixels.
        colours: (C, C) tensor, the directions of colour; None where each channel is its own.
    """

    gain_hw: Tensor | None = None
    colours: Tensor | None = None

    def images(self, points: Tensor, width: int) -> Tensor:
        """The images of some points."""
        images = points
        if self.gain_hw is not None:
            coefficients = torch.view_as_complex(points) * self.gain_hw
            sides = (points.shape[2], width)
            images = torch.fft.irfft2(coefficients, s=sides, norm="ortho")
        if self.colours is not None:
            images = _mixed(self.colours, images)
        return images

    def points(self, images: Tensor) -> Tensor:
        """The points of some images."""
        points = images
        if self.colours is not None:
            points = _mixed(torch.linalg.inv(self.colours.double()).to(images.dtype), points)
        if self.gain_hw is not None:
            coefficients = torch.fft.rfft2(points, norm="ortho") / self.gain_hw
            points = torch.view_as_real(coefficients).contiguous()
        return points

    def pulled(self, points: Tensor, gradient: Tensor) -> Tensor:
        """The gradient with respect to the points, from that with respect to their images."""
        if self.gain_hw is None and self.colours is None:
            return gradient
        with torch.enable_grad():
            leaf = points.detach().requires_grad_(True)
            images = self.images(leaf, gradient.shape[3])
            (pulled,) = torch.autograd.grad(images, leaf, gradient)
        return pulled


def coordinates(
    basis: Basis, sides: tuple[int, int], colours_cc: npt.NDArray[np.floating] | None, like: Tensor
) -> Coordinates:
    """The map of a basis, for images of this height and width.

    Example:
        >>> fourier = coordinates("fourier", (4, 5), None, torch.empty(0))
        >>> image = torch.arange(20.0).reshape(1, 1, 4, 5)
        >>> bool(torch.allclose(fourier.images(fourier.points(image), 5), image, atol=1e-5))
        True
    """
    gain = None if basis == "pixels" else torch.as_tensor(_gain(sides)).to(like)
    colours = None if colours_cc is None else torch.as_tensor(colours_cc).to(like)
    return Coordinates(gain, colours)


def _gain(sides: tuple[int, int]) -> npt.NDArray[np.float64]:
    """1 / frequency in cycles a pixel, that of the lowest for none; mean square 1 over all."""
    height, width = sides
    lowest = 1.0 / max(sides)

    def gain(columns: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        frequency = np.hypot(np.fft.fftfreq(height)[:, None], columns)
        result: npt.NDArray[np.float64] = 1.0 / np.maximum(frequency, lowest)
        return result

    rms = np.sqrt(np.mean(gain(np.fft.fftfreq(width)) ** 2))
    result: npt.NDArray[np.float64] = gain(np.fft.rfftfreq(width)) / rms
    return result


def _mixed(colours: Tensor, images: Tensor) -> Tensor:
    """Each pixel's channels, as mixtures of them."""
    return torch.einsum("dc,nchw->ndhw", colours, images)
