"""A line of words on a picture itself, for what must not be lost when it is passed on."""

from __future__ import annotations

import io
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vizcore.figures.palette import theme

#: What stands on everything made with random weights.
RANDOM_WEIGHTS = "Random weights, not trained"

_SIZES_PX = (16, 14, 12, 10, 8)
_MARGIN_PX = 6


def marked(png: bytes, words: str, *, dark: bool = False) -> bytes:
    """The same PNG with a band of words under it, if there are words; no pixel is covered.

    The words are as large as the width allows, from 16 down to 8 pixels. A picture too narrow for
    them stands at the left of a wider one.

    Example:
        >>> file = io.BytesIO()
        >>> Image.new("RGB", (256, 64)).save(file, "PNG")
        >>> Image.open(io.BytesIO(marked(file.getvalue(), RANDOM_WEIGHTS))).size
        (256, 90)
    """
    if not words:
        return png
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    house = theme(dark)
    size_px = next(
        (size for size in _SIZES_PX if _width(words, size) + 2 * _MARGIN_PX <= picture.width),
        _SIZES_PX[-1],
    )
    band_px = size_px + 2 * _MARGIN_PX - 2
    width_px = max(picture.width, ceil(_width(words, size_px)) + 2 * _MARGIN_PX)
    whole = Image.new("RGB", (width_px, picture.height + band_px), house.text)
    whole.paste(picture, (0, 0))
    draw = ImageDraw.Draw(whole)
    font = ImageFont.load_default(size_px)
    middle = picture.height + band_px / 2
    draw.text((_MARGIN_PX, middle), words, fill=house.paper, font=font, anchor="lm")
    file = io.BytesIO()
    Image.fromarray(np.asarray(whole)).save(file, "PNG", compress_level=4)
    return file.getvalue()


def _width(words: str, size_px: int) -> float:
    return ImageFont.load_default(size_px).getlength(words)
