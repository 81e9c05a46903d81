"""One unit drawn: its nine patches beside their projections, and its map over the photo."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.figures.evolution import enlarge
from vizcore.figures.mosaic_fit import reduce_to_fit
from vizcore.figures.palette import sequential, theme
from vizcore.records.unit import Unit

Rgb = npt.NDArray[np.uint8]

#: Side of a patch at most, and pixels between the two of a pair, and between pairs.
SIDE_PX, BETWEEN_PX, GUTTER_PX = 128, 2, 20
_FONT_PX = 16
_OPACITY = 0.8


def draw_nine(
    patches: Sequence[Rgb],
    labels: Sequence[str],
    projections: Sequence[Rgb] | None = None,
    *,
    pairs: bool = True,
    columns: int = 3,
    side_px: int = SIDE_PX,
    dark: bool = False,
) -> Rgb:
    """Draw patches, the strongest first, each with its label under it; uint8 (height, width, 3).

    Small patches are enlarged by a whole number, each pixel a square; those larger than `side_px`
    have the mean of some pixels in one.

    Args:
        projections: as large as the patches; each stands at the right of its patch.
        pairs: leave room for the projections that are still to come.

    Example:
        >>> draw_nine([np.zeros((8, 8, 3), np.uint8)] * 9, ["1.0"] * 9).shape
        (474, 814, 3)
    """
    house, font = theme(dark), ImageFont.load_default(_FONT_PX)
    shown = [_sized(each, side_px) for each in patches]
    height, width = shown[0].shape[:2]
    wide = 2 * width + BETWEEN_PX if pairs else width
    step_x, step_y = wide + GUTTER_PX, height + _FONT_PX + 14
    across = min(columns, len(shown))
    size = across * step_x - GUTTER_PX, math.ceil(len(shown) / across) * step_y
    image = Image.new("RGB", size, house.paper)
    draw = ImageDraw.Draw(image)
    for place, (patch, label) in enumerate(zip(shown, labels, strict=True)):
        left, top = place % across * step_x, place // across * step_y
        image.paste(Image.fromarray(patch), (left, top))
        beside = (left + width + BETWEEN_PX, top)
        if projections is not None:
            image.paste(Image.fromarray(_sized(projections[place], side_px)), beside)
        elif pairs:
            draw.rectangle((*beside, left + wide - 1, top + height - 1), fill=house.panel)
        text = _cut(label, font, wide)
        draw.text((left, top + height + 2), text, fill=house.text, font=font)
    return np.asarray(image)


def nine_width_px(unit: Unit, *, columns: int = 3, side_px: int = SIDE_PX) -> int:
    """How wide the picture of the unit's pairs will be, known before there is any."""
    height, width = unit.image_hwc.shape[:2]
    field = unit.receptive_field
    seen = (height, width) if field is None or field.whole else field.size
    cut = min(seen[0], height), min(seen[1], width)
    drawn = _sized(np.zeros((*cut, 3), np.uint8), side_px).shape[1]
    return columns * (2 * drawn + BETWEEN_PX + GUTTER_PX) - GUTTER_PX


def draw_over_photo(unit: Unit, side_px: int, *, dark: bool = False) -> Rgb:
    """The unit's map over the photo in grey, and the box of pixels that its strongest value sees.

    The higher a value the more opaque its colour, viridis from zero to the greatest; what is zero
    or below shows the photo. Each value colours the pixels nearest to the middle of what it sees.
    """
    photo = unit.image_hwc @ np.array([0.299, 0.587, 0.114])
    faded = 0.6 * photo if dark else 0.6 * photo + 0.4 * 255
    rows, columns = (_nearest(unit, axis) for axis in (0, 1))
    values = unit.map_hw[rows][:, columns].astype(np.float64).clip(0)
    share = values / unit.value if unit.value > 0 else np.zeros_like(values)
    opacity = (_OPACITY * share)[..., None]
    over = (1 - opacity) * faded[..., None] + opacity * sequential(share)
    colours = np.rint(over).astype(np.uint8)
    sides = [max(1, side_px // max(colours.shape[:2]))] * 2
    image = Image.fromarray(colours.repeat(sides[0], axis=0).repeat(sides[1], axis=1))
    field = unit.receptive_field
    if field is not None:
        _outline(image, field.window(unit.place), sides[0])
    return np.asarray(image)


def _outline(image: Image.Image, window: tuple[int, int, int, int], zoom: int) -> None:
    """A box around the pixels of a window, as far as they are in the picture."""
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = (zoom * each for each in window)
    for grown, colour, width in ((1, "#000000", 4), (0, "#ffffff", 2)):
        box = (left - grown, top - grown, right - 1 + grown, bottom - 1 + grown)
        draw.rectangle(box, outline=colour, width=width)


def _nearest(unit: Unit, axis: int) -> npt.NDArray[np.int64]:
    """For each pixel along an axis, the place of the map that sees it best."""
    pixels, places = unit.image_hwc.shape[axis], unit.map_hw.shape[axis]
    field = unit.receptive_field
    middle = np.arange(pixels) + 0.5
    if field is None or field.whole or not field.stride[axis]:
        found = np.floor(middle * places / pixels)
    else:
        found = np.rint((middle - field.offset[axis] - field.size[axis] / 2) / field.stride[axis])
    return found.astype(np.int64).clip(0, places - 1)


def _sized(picture: Rgb, side_px: int) -> Rgb:
    """Enlarged by a whole number to fit a side, or as means of pixels where it is larger."""
    if max(picture.shape[:2]) <= side_px:
        return enlarge(picture, side_px)
    small = [
        reduce_to_fit(plane[None], (side_px, side_px))[0][0]
        for plane in picture.transpose(2, 0, 1).astype(np.float64)
    ]
    return np.rint(np.stack(small, axis=2)).astype(np.uint8)


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width_px: int) -> str:
    """As much of a label as there is room for."""
    while len(text) > 1 and font.getlength(text) > width_px:
        text = text[:-2].rstrip(" ,·…") + "…"
    return text
