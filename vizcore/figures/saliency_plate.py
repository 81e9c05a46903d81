"""A saliency picture to pass on: what it is of, its colours with their values, what to know of it.

A picture that leaves the page keeps nothing of the page's words, so they are drawn on it. A sheet
holds several: rows and columns of plates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.errors import NotApplicable
from vizcore.figures.palette import diverging, sequential, theme

Rgb = npt.NDArray[np.uint8]

_HEAD_PX, _FONT_PX = 18, 14
_PAD, _BAR_PX, _GAP = 8, 14, 24
_NARROWEST_PX = 256
#: Pillow's own typeface has the letters of ASCII and Latin; what else occurs here, in those.
_SPELLED = str.maketrans({"×": "x", "–": "-", "−": "-", "…": "...", "≤": "<=", "“": '"', "”": '"'})


@dataclass(frozen=True, slots=True)
class Plate:
    """A picture and the words that go with it.

    Attributes:
        picture_hwc: uint8 RGB, the map alone or over the photo.
        heads: the lines above it: what the map is of.
        limit: the magnitude of the last colour; None for a picture without a scale.
        signed: whether the scale runs from `-limit` to `limit`.
        words: the sentences below it.
    """

    picture_hwc: Rgb = field(repr=False)
    heads: tuple[str, ...]
    limit: float | None
    signed: bool
    words: tuple[str, ...]


def draw_plate(plate: Plate, *, dark: bool = False, width: int | None = None) -> Rgb:
    """Draw a picture with its heads, its colour scale and its words; uint8 (height, width, 3).

    Args:
        width: pixels; the picture's own, and at least 256, without it.

    Example:
        >>> tile = np.zeros((64, 64, 3), np.uint8)
        >>> draw_plate(Plate(tile, ("Gradient",), 2.0, True, ("Red raises.",))).shape
        (163, 272, 3)
    """
    house = theme(dark)
    inner = (width or max(plate.picture_hwc.shape[1], _NARROWEST_PX) + 2 * _PAD) - 2 * _PAD
    heads = [line for text in plate.heads for line in wrapped(text, inner, _HEAD_PX)]
    words = [line for text in plate.words for line in wrapped(text, inner, _FONT_PX)]
    head_px, line_px = _HEAD_PX + 5, _FONT_PX + 5
    scale_px = 0 if plate.limit is None else _BAR_PX + line_px + _PAD // 2
    tall = plate.picture_hwc.shape[0]
    height = 2 * _PAD + head_px * len(heads) + tall + _PAD // 2 + scale_px + line_px * len(words)
    sheet = Image.new("RGB", (inner + 2 * _PAD, height), house.paper)
    draw, y = ImageDraw.Draw(sheet), _PAD
    for line in heads:
        draw.text((_PAD, y), line, fill=house.text, font=ImageFont.load_default(_HEAD_PX))
        y += head_px
    sheet.paste(Image.fromarray(plate.picture_hwc), (_PAD, y))
    y += tall + _PAD // 2
    font = ImageFont.load_default(_FONT_PX)
    if plate.limit is not None:
        across = plate.picture_hwc.shape[1]
        sheet.paste(Image.fromarray(_bar(across, signed=plate.signed)), (_PAD, y))
        ends = (-plate.limit, 0.0, plate.limit) if plate.signed else (0.0, plate.limit)
        for place, value in zip(np.linspace(0, across, len(ends)), ends, strict=True):
            text = f"{value:.3g}"
            shift = font.getlength(text) * place / across
            spot = (_PAD + place - shift, y + _BAR_PX + 2)
            draw.text(spot, text, fill=house.text, font=font)
        y += scale_px
    for line in words:
        draw.text((_PAD, y), line, fill=house.text, font=font)
        y += line_px
    return np.asarray(sheet)


def draw_sheet(rows: Sequence[Sequence[Plate]], *, dark: bool = False) -> Rgb:
    """Draw rows of plates, each as wide as the widest picture; uint8 (height, width, 3).

    Raises:
        NotApplicable: no plate.
    """
    plates = [plate for row in rows for plate in row]
    if not plates:
        raise NotApplicable("There is no map to put on a sheet.")
    widest = max(_NARROWEST_PX, *(plate.picture_hwc.shape[1] for plate in plates))
    step = widest + 2 * _PAD
    drawn = [[draw_plate(p, dark=dark, width=step) for p in row] for row in rows if row]
    heights = [max(tile.shape[0] for tile in row) for row in drawn]
    across = max(len(row) for row in drawn)
    size = (across * (step + _GAP) - _GAP, sum(heights) + _GAP * (len(heights) - 1))
    sheet, y = Image.new("RGB", size, theme(dark).paper), 0
    for row, height in zip(drawn, heights, strict=True):
        for place, tile in enumerate(row):
            sheet.paste(Image.fromarray(tile), (place * (step + _GAP), y))
        y += height + _GAP
    return np.asarray(sheet)


def wrapped(text: str, width: int, size_px: int) -> list[str]:
    """The text in lines of at most `width` pixels; a word that is longer is cut.

    Example:
        >>> wrapped("red raises the score", 80, 14)
        ['red raises', 'the score']
    """
    font = ImageFont.load_default(size_px)
    lines, line = [], ""
    for word in text.translate(_SPELLED).split():
        while font.getlength(word) > width and len(word) > 1:
            fits = max(1, int(len(word) * width / ceil(font.getlength(word))))
            if line:
                lines.append(line)
                line = ""
            lines.append(word[:fits])
            word = word[fits:]
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line] if line else lines


def _bar(width: int, *, signed: bool) -> Rgb:
    places = np.linspace(-1.0 if signed else 0.0, 1.0, width)
    colours = diverging(places, 1.0) if signed else sequential(places)
    return np.broadcast_to(colours, (_BAR_PX, width, 3)).copy()
