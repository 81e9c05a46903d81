"""Photos-20: 64x64 patches of twenty photographs; the class is the photograph.

Each photograph is cut into about square blocks. Block (row, column) belongs to the part
`(row + 2 * column) % 5`: 0 is validation, 1 is test, 2 to 4 are training, so every part is spread
over the whole photograph. A patch is a square window, resized to 64 pixels, all of whose pixels
belong to one part: no pixel is ever in two parts. Windows of almost one colour (an empty sky) are
left out of all parts alike.

Training also has wide views, so that the network knows a photograph shown whole: windows larger
than a block, in which everything that is not training is replaced by a blur of the training
pixels around it. They read training pixels only.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.data.photographs import PHOTOS, Photo
from vizcore.errors import BadChoice

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
CLASSES: tuple[str, ...] = tuple(photo.name for photo in PHOTOS)
PATCH_PX = 64

#: Side of a window as a part of its block's side: least and greatest in training.
WINDOW_SIDES = (0.6, 1.0)
#: A window is left out when the standard deviation of its grey values is below this (of 255).
LEAST_CONTRAST = 5.0

Box = tuple[int, int, int, int]
_PART_OF_RESIDUE = np.array([1, 2, 0, 0, 0], dtype=np.uint8)


def edges(photo: Photo) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pixel rows and columns where blocks begin and end."""
    height, width = photo.rgb_hwc().shape[:2]
    side = min(height, width) / photo.blocks
    rows, columns = round(height / side), round(width / side)
    return (
        np.linspace(0, height, rows + 1).round().astype(np.int64),
        np.linspace(0, width, columns + 1).round().astype(np.int64),
    )


def block_side(photo: Photo) -> int:
    """Return the side in pixels of the largest square that fits every block of a photograph."""
    return int(min(np.diff(along).min() for along in edges(photo)))


def part_of_pixels(photo: Photo) -> npt.NDArray[np.uint8]:
    """Return, for every pixel (height, width), the index in `PARTS` of the part it belongs to."""
    rows, columns = edges(photo)
    residue = (np.arange(len(rows) - 1)[:, None] + 2 * np.arange(len(columns) - 1)) % 5
    parts = _PART_OF_RESIDUE[residue]
    return parts.repeat(np.diff(rows), axis=0).repeat(np.diff(columns), axis=1)


def windows(photo: Photo, part: Part) -> Iterator[Box]:
    """Yield the fixed windows (left, top, right, bottom) that validation and test are made of.

    Five a block: the whole block, and 0.7 of it in each corner. Almost empty ones are left out.

    Raises:
        BadChoice: an unknown part.
    """
    if part not in PARTS:
        raise BadChoice.among("part", part, PARTS)
    rows, columns = edges(photo)
    whole = block_side(photo)
    for i, (top, bottom) in enumerate(itertools.pairwise(rows)):
        for j, (left, right) in enumerate(itertools.pairwise(columns)):
            if PARTS[_PART_OF_RESIDUE[(i + 2 * j) % 5]] != part:
                continue
            small = round(0.7 * whole)
            corners = [(y, x, small) for y in (top, bottom - small) for x in (left, right - small)]
            for y, x, side in [(top, left, whole), *corners]:
                box = (int(x), int(y), int(x) + side, int(y) + side)
                if contrast(photo, box) >= LEAST_CONTRAST:
                    yield box


def contrast(photo: Photo, box: Box) -> float:
    """Return the standard deviation of the grey values (0..255) in a window."""
    left, top, right, bottom = box
    count = (bottom - top) * (right - left)
    ones, squares = (_corner_sum(table, box) / count for table in _grey_sums(photo))
    return float(np.sqrt(max(squares - ones * ones, 0.0)))


def patch(photo: Photo, box: Box, size_px: int = PATCH_PX) -> npt.NDArray[np.uint8]:
    """Return one window resized to uint8 (size_px, size_px, 3), reading its own pixels only."""
    left, top, right, bottom = box
    cut = Image.fromarray(photo.rgb_hwc()[top:bottom, left:right])
    return np.asarray(cut.resize((size_px, size_px), Image.Resampling.BILINEAR))


def held_out(part: Part) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return every fixed patch of a part, uint8 (n, 64, 64, 3), and its class numbers (n,)."""
    pairs = [
        (patch(photo, box), k) for k, photo in enumerate(PHOTOS) for box in windows(photo, part)
    ]
    return np.stack([p for p, _ in pairs]), np.array([k for _, k in pairs], dtype=np.int64)


def draw_training_boxes(photo: Photo, count: int, rng: np.random.Generator) -> list[Box]:
    """Draw `count` random windows, wherever all their pixels are training pixels."""
    height, width = photo.rgb_hwc().shape[:2]
    forbidden = _forbidden_sums(photo)
    least, greatest = (part * block_side(photo) for part in WINDOW_SIDES)
    found: list[Box] = []
    while len(found) < count:
        side = round(float(rng.uniform(least, greatest)))
        left = int(rng.integers(0, width - side + 1))
        top = int(rng.integers(0, height - side + 1))
        box = (left, top, left + side, top + side)
        if _corner_sum(forbidden, box) == 0 and contrast(photo, box) >= LEAST_CONTRAST:
            found.append(box)
    return found


def draw_wide_views(
    photo: Photo, count: int, rng: np.random.Generator, size_px: int = PATCH_PX
) -> list[npt.NDArray[np.uint8]]:
    """Draw `count` square windows of more than a block, up to the photograph's shorter side."""
    pixels = training_view(photo)
    height, width = pixels.shape[:2]
    views = []
    for _ in range(count):
        side = round(float(rng.uniform(1.5 * block_side(photo), min(height, width))))
        left = int(rng.integers(0, width - side + 1))
        top = int(rng.integers(0, height - side + 1))
        cut = Image.fromarray(pixels[top : top + side, left : left + side])
        views.append(np.asarray(cut.resize((size_px, size_px), Image.Resampling.BILINEAR)))
    return views


def training_patches(
    per_class: int, rng: np.random.Generator, size_px: int = PATCH_PX, wide: float = 0.0
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Draw random training patches, uint8 (n, size_px, size_px, 3), and their class numbers.

    Args:
        wide: the part of them (0..1) that are wide views.
    """
    patches: list[npt.NDArray[np.uint8]] = []
    count = round(per_class * wide)
    for photo in PHOTOS:
        boxes = draw_training_boxes(photo, per_class - count, rng)
        patches += [patch(photo, box, size_px) for box in boxes]
        patches += draw_wide_views(photo, count, rng, size_px)
    return np.stack(patches), np.arange(len(PHOTOS)).repeat(per_class)


@cache
def training_view(photo: Photo) -> npt.NDArray[np.uint8]:
    """Return the photograph with all that is not training blurred over from training pixels.

    Each such pixel becomes the mean of the training pixels in a square around it, one block wide;
    where that holds none, three blocks wide.
    """
    original = photo.rgb_hwc()
    training = part_of_pixels(photo) == PARTS.index("train")
    known = np.dstack([original * training[..., None], training]).astype(np.float64)
    filled = original.copy()
    for blocks_wide in (3, 1):
        sums = _box_sums(known, blocks_wide * block_side(photo) // 2)
        paint = ~training & (sums[..., 3] > 0)
        filled[paint] = np.rint(sums[paint, :3] / sums[paint, 3:])
    return filled


def _summed(values_hw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the table whose differences are sums over rectangles."""
    return np.pad(values_hw, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)


def _box_sums(values_hwc: npt.NDArray[np.float64], reach: int) -> npt.NDArray[np.float64]:
    """Return for each pixel the sums over the square of `reach` pixels to every side."""
    height, width = values_hwc.shape[:2]
    table = np.pad(values_hwc, ((1, 0), (1, 0), (0, 0))).cumsum(axis=0).cumsum(axis=1)
    top, bottom = (np.clip(np.arange(height) + d, 0, height) for d in (-reach, reach + 1))
    left, right = (np.clip(np.arange(width) + d, 0, width) for d in (-reach, reach + 1))
    below, above = table[bottom], table[top]
    return np.asarray(below[:, right] - below[:, left] - above[:, right] + above[:, left])


def _corner_sum(table: npt.NDArray[np.float64], box: Box) -> float:
    left, top, right, bottom = box
    return float(table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left])


@cache
def _grey_sums(photo: Photo) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    grey = photo.rgb_hwc().mean(axis=2)
    return _summed(grey), _summed(grey * grey)


@cache
def _forbidden_sums(photo: Photo) -> npt.NDArray[np.float64]:
    return _summed((part_of_pixels(photo) != PARTS.index("train")).astype(np.float64))
