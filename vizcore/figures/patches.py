"""Pictures side by side in one PNG: nearest neighbour, whole-number zoom, a thin gutter."""

from __future__ import annotations

import io
from math import ceil

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.errors import NotApplicable
from vizcore.figures.palette import rgb_of, theme

GUTTER_PX = 4


def draw_patches(
    pictures: npt.NDArray[np.uint8], *, columns: int, side_px: int = 128, dark: bool = False
) -> npt.NDArray[np.uint8]:
    """Lay out pictures (n, h, w) or (n, h, w, 3) row by row; returns uint8 (height, width, 3).

    Args:
        columns: pictures in a row, at most.
        side_px: about as wide is each drawn: the largest whole-number zoom that fits.

    Raises:
        NotApplicable: there are no pictures.

    Example:
        >>> draw_patches(np.zeros((3, 8, 8), np.uint8), columns=2, side_px=16).shape
        (36, 36, 3)
    """
    if not len(pictures):
        raise NotApplicable("There are no pictures to draw.")
    if pictures.ndim == 3:
        pictures = pictures[..., None].repeat(3, axis=3)
    count, height, width, _ = pictures.shape
    zoom = max(1, side_px // max(height, width))
    across = min(columns, count)
    down = ceil(count / across)
    step_y, step_x = height * zoom + GUTTER_PX, width * zoom + GUTTER_PX
    paper = np.array(rgb_of(theme(dark).paper), dtype=np.uint8)
    drawn = np.broadcast_to(paper, (down * step_y, across * step_x, 3)).copy()
    large = pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)
    for place, picture in enumerate(large):
        top, left = place // across * step_y, place % across * step_x
        drawn[top : top + height * zoom, left : left + width * zoom] = picture
    return drawn[:-GUTTER_PX, :-GUTTER_PX]


def png(rgb_hwc: npt.NDArray[np.uint8]) -> bytes:
    """A picture as PNG."""
    file = io.BytesIO()
    Image.fromarray(rgb_hwc).save(file, "PNG", compress_level=4)
    return file.getvalue()
