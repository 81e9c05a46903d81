"""Files of images that formed step by step: the images, how they formed, their values."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from vizcore.cli.files import marked_if_random
from vizcore.formats.data import npy
from vizcore.records.class_images import AscentImages, Inversions

if TYPE_CHECKING:
    from vizcore.figures.animation import Kind
    from vizcore.zoo.weights import Weights

#: Endings of --out.
ENDINGS = (".png", ".npy", ".apng", ".gif", ".npz")
#: Images in a row, and about how wide each is drawn.
_COLUMNS, _SIDE_PX = 6, 256


def add_out_arguments(parser: argparse.ArgumentParser) -> None:
    """The file that comes out."""
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FILE", help=".png (the images), .apng or .gif "
        "(how they formed), .npy (N, C, H, W), .npz (images, curves, frames)")  # fmt: skip
    add("--frame-ms", type=int, default=100, metavar="N", help="of an animation (default: 100)")


def content(
    made: AscentImages | Inversions, path: Path, weights: Weights, *, frame_ms: int
) -> bytes:
    """What goes into the file of this ending. The pictures of an inversion begin with the photo.

    Raises:
        BadChoice: frames that are too short or too long.
    """
    ending = path.suffix.lower()
    if ending == ".npy":
        return npy(made.images_nchw)
    if ending == ".npz":
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **made.arrays())
        return file.getvalue()
    from vizcore.figures.animation import animate

    if ending == ".png":
        return _png(made, made.pictures_nhwc, weights)
    from PIL import Image

    frames = [_png(made, frame.pictures_nhwc, weights) for frame in made.frames]
    pixels = [np.asarray(Image.open(io.BytesIO(each)).convert("RGB")) for each in frames]
    return animate(pixels, cast("Kind", ending.removeprefix(".")), frame_ms=frame_ms)


def _png(
    made: AscentImages | Inversions, pictures_nhwc: npt.NDArray[np.uint8], weights: Weights
) -> bytes:
    from vizcore.figures.patches import draw_patches, png

    if isinstance(made, Inversions):
        pictures_nhwc = np.concatenate([made.photo_hwc[None], pictures_nhwc])
    drawn = png(draw_patches(pictures_nhwc, columns=_COLUMNS, side_px=_SIDE_PX))
    return marked_if_random(drawn, weights)
