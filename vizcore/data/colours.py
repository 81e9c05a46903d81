"""How the colours of the bundled training pictures vary together."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from vizcore.data.photographs import PHOTOS
from vizcore.data.photos20 import PARTS, part_of_pixels

#: Of each photograph, every so-many-th row and column is counted: it takes half a second less,
#: and the covariance is the same to 1%.
_EVERY = 3


@cache
def colour_covariance() -> npt.NDArray[np.float64]:
    """Covariance (3, 3) of the red, green and blue of Photos-20's training pixels, in 0..1.

    Every photograph counts alike, whatever its size.

    Example:
        >>> red, green, blue = np.sqrt(np.diag(colour_covariance()))
        >>> bool(0.1 < red < 0.4), bool(colour_covariance()[0, 1] > 0.8 * red * green)
        (True, True)
    """
    means, squares = [], []
    for photo in PHOTOS:
        pixels = photo.rgb_hwc()[::_EVERY, ::_EVERY]
        is_training = part_of_pixels(photo)[::_EVERY, ::_EVERY] == PARTS.index("train")
        values = pixels[is_training].astype(np.float64) / 255.0
        means.append(values.mean(axis=0))
        squares.append(values.T @ values / len(values))
    mean = np.mean(means, axis=0)
    covariance: npt.NDArray[np.float64] = np.mean(squares, axis=0) - np.outer(mean, mean)
    return covariance


def colour_directions(std: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """The square root (3, 3) of the colours' correlation in the units of a network's input.

    Independent values of equal size, multiplied by it, vary together as the colours of the
    training pictures do. Its squares sum to 3, as those of three colours left alone.

    Args:
        std: what the network's inputs are divided by, per channel.

    Example:
        >>> directions = colour_directions((0.26, 0.23, 0.23))
        >>> round(float((directions**2).sum()), 6), bool((directions > 0).all())
        (3.0, True)
    """
    per_unit = colour_covariance() / np.outer(std, std)
    values, vectors = np.linalg.eigh(per_unit * 3.0 / np.trace(per_unit))
    root: npt.NDArray[np.float64] = (vectors * np.sqrt(values)) @ vectors.T
    return root
