"""Filters from textbooks, and the learned filters nearest to them.

Sobel's 3 x 3 operators, Gabor functions (a wave in a Gaussian window), a Gaussian and the
Laplacian of a Gaussian, at every size and place inside a kernel. A textbook filter sees light and
dark: it is compared as the same kernel for every input channel, so that what a learned filter has
of colour counts as a difference.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from vizcore.errors import NotApplicable
from vizcore.lenses.capture import Images, find_layer
from vizcore.lenses.filters import Weights, in_and_out, read_weights
from vizcore.records.filters import Resemblance

Kernel = npt.NDArray[np.float64]

_SOBEL: Kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
_ANGLES = (0, 45, 90, 135)
NAMES = (
    "Sobel x",
    "Sobel y",
    *(f"Gabor {angle}° {phase}" for phase in ("odd", "even") for angle in _ANGLES),
    "Gaussian",
    "Laplacian of Gaussian",
)
#: Layers of random filters that chance is measured with, and their seed.
DRAWS, SEED = 20, 0
#: On fewer than 5 pixels a wave in a window is nothing but a difference of neighbours.
_SMALLEST, _SMALLEST_WAVE = 3, 5


def textbook(name: str, side: int) -> Kernel | None:
    """A textbook filter on a square of `side` pixels, norm 1; None where it has no such size.

    Sobel's operators are enlarged by whole numbers. With s the side: a Gabor function has a
    deviation of s/5 and a wavelength of s/2, "odd" a sine (an edge), "even" a cosine (a line); its
    angle is the direction in which it varies, so that 0° has upright bars and 90° lying ones. The
    Gaussian has a deviation of s/5, the Laplacian one of s/6. All but the Gaussian have mean zero.

    Example:
        >>> textbook("Sobel x", 3).round(2).tolist()
        [[-0.29, 0.0, 0.29], [-0.58, 0.0, 0.58], [-0.29, 0.0, 0.29]]
    """
    if name.startswith("Sobel"):
        if side % 3:
            return None
        kernel = _SOBEL if name.endswith("x") else _SOBEL.T
        kernel = kernel.repeat(side // 3, axis=0).repeat(side // 3, axis=1)
    else:
        along = np.arange(side) - (side - 1) / 2
        y, x = np.meshgrid(along, along, indexing="ij")
        square = x**2 + y**2
        if name == "Gaussian":
            kernel = np.exp(-square / (2 * (side / 5) ** 2))
            return np.asarray(kernel / np.linalg.norm(kernel))
        if name == "Laplacian of Gaussian":
            spread = 2 * (side / 6) ** 2
            kernel = (square / spread - 1) * np.exp(-square / spread)
        else:
            _, angle, phase = name.split()
            turn = np.deg2rad(float(angle.removesuffix("°")))
            wave = 2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / (side / 2)
            window = np.exp(-square / (2 * (side / 5) ** 2))
            kernel = window * (np.sin(wave) if phase == "odd" else np.cos(wave))
        kernel = kernel - kernel.mean()
    return np.asarray(kernel / np.linalg.norm(kernel))


def nearest(weights_fihw: Weights) -> tuple[Resemblance, ...]:
    """For each textbook filter the learned one with the greatest cosine similarity, in magnitude.

    Over all sizes from 3 x 3 (a Gabor's from 5 x 5 where there is room) up to the kernel's, and
    all places where the textbook filter lies inside the kernel. `chance` is the greatest magnitude
    in `DRAWS` layers of the same shape with weights drawn from a normal distribution.

    Raises:
        NotApplicable: kernels smaller than 3 x 3.

    Example:
        >>> kernel = textbook("Sobel y", 3)[None, None].repeat(3, axis=1)
        >>> found = {each.name: each for each in nearest(np.float32(-2 * kernel))}
        >>> round(found["Sobel y"].cosine, 6), round(found["Sobel x"].cosine, 6)
        (-1.0, 0.0)
    """
    filters, _, height, width = weights_fihw.shape
    if min(height, width) < _SMALLEST:
        raise NotApplicable(
            f"These kernels are {height} × {width}; textbook filters begin at 3 × 3."
        )
    grey = _grey_part(weights_fihw.astype(np.float64))
    random = np.random.default_rng(SEED).normal(size=(DRAWS * filters, *weights_fihw.shape[1:]))
    random_grey = _grey_part(random)
    found = []
    for name in NAMES:
        placed, where = _placed(name, (height, width))
        alike = grey @ placed.T
        number, place = divmod(int(np.abs(alike).argmax()), len(where))
        found.append(
            Resemblance(
                name,
                placed[place].reshape(height, width).astype(np.float32),
                *where[place],
                number,
                float(alike[number, place].clip(-1, 1)),
                float(np.abs(random_grey @ placed.T).max()),
            )
        )
    return tuple(found)


def resemblances(network: nn.Module, image_nchw: Images, layer: str) -> tuple[Resemblance, ...]:
    """The same for a layer that reads one preprocessed picture (1, C, H, W), with both maps.

    A textbook filter is applied to the mean of the picture's channels, with the layer's stride,
    padding and dilation, so that both maps have the same places.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: no convolution, or kernels smaller than 3 x 3.
        BadInputSize: the network cannot take this shape.
    """
    found = nearest(read_weights(network, layer))
    inputs, outputs = in_and_out(network, image_nchw, layer)
    module = find_layer(network, layer)
    assert isinstance(module, nn.Conv2d)
    kernels = torch.tensor(np.stack([each.kernel_hw for each in found]))[:, None]
    grey = torch.tensor(inputs.mean(axis=0))[None, None]
    with torch.no_grad():
        maps = nn.Conv2d(
            1,
            len(found),
            module.kernel_size,  # type: ignore[arg-type]
            module.stride,  # type: ignore[arg-type]
            module.padding,  # type: ignore[arg-type]
            module.dilation,  # type: ignore[arg-type]
            bias=False,
            padding_mode=module.padding_mode,
        )
        maps.weight.copy_(kernels)
        drawn = maps(grey)[0].numpy()
    return tuple(
        replace(each, map_hw=drawn[place], learned_hw=outputs[each.number])
        for place, each in enumerate(found)
    )


def _grey_part(weights_fihw: Kernel) -> Kernel:
    """What is left of each filter, as a row, for its cosine with one kernel for all channels."""
    norms = np.sqrt((weights_fihw**2).sum(axis=(1, 2, 3)))
    summed = weights_fihw.sum(axis=1).reshape(len(weights_fihw), -1)
    scale = np.sqrt(weights_fihw.shape[1]) * norms[:, None]
    return np.divide(summed, scale, out=np.zeros_like(summed), where=scale > 0)


def _placed(name: str, size: tuple[int, int]) -> tuple[Kernel, list[tuple[int, tuple[int, int]]]]:
    """A textbook filter at every size and place inside a kernel, as rows; and which they are."""
    height, width = size
    rows, where = [], []
    least = min(_SMALLEST_WAVE, *size) if name.startswith("Gabor") else _SMALLEST
    for side in range(least, min(size) + 1):
        kernel = textbook(name, side)
        if kernel is None:
            continue
        for top in range(height - side + 1):
            for left in range(width - side + 1):
                row = np.zeros(size)
                row[top : top + side, left : left + side] = kernel
                rows.append(row.ravel())
                where.append((side, (top, left)))
    return np.stack(rows), where
