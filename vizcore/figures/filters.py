"""Filters drawn: a layer's kernels at once, one filter by input channel, and beside textbook ones.

Zero has one colour: mid-grey where three planes are red, green and blue, near-white where one
plane has the diverging colours, and scales are symmetric about it. The usual way to draw first
layers, each filter stretched from its smallest weight to its largest, loses the zero; it is
offered for comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.evolution import colour_kernels, enlarge
from vizcore.figures.mosaic_fit import FIT_PX, fit_tiles, reduce_to_fit
from vizcore.figures.palette import diverging, rgb_of, theme
from vizcore.figures.patches import png as as_png
from vizcore.formats.words import counted
from vizcore.records.filters import FilterBank

Rgb = npt.NDArray[np.uint8]
#: One symmetric scale for each filter, or for all; or each stretched from smallest to largest.
Scaling = Literal["filter", "layer", "stretch"]

_PLATE_PX = (16, 12)


@dataclass(frozen=True, slots=True)
class DrawnFilters:
    """Filters as one picture, uint8 (height, width, 3), and what its colours mean.

    Attributes:
        order: filters from left to right, row by row, where each is one tile.
        columns: tiles in a row.
        tile_px: (height, width) of a tile; `gutter_px` between them.
    """

    rgb_hwc: Rgb = field(repr=False)
    caption: str
    order: tuple[int, ...] = field(default=(), repr=False)
    columns: int = 1
    tile_px: tuple[int, int] = (0, 0)
    gutter_px: int = 0

    def png(self) -> bytes:
        """The picture as PNG."""
        return as_png(self.rgb_hwc)


def draw_map(map_hw: npt.NDArray[np.float32], side_px: int) -> tuple[Rgb, float]:
    """A filter's map, signed, and the magnitude of its last colours; means where it is larger."""
    small, _, _ = reduce_to_fit(map_hw[None], (side_px, side_px))
    limit = float(np.abs(small).max())
    return enlarge(diverging(small[0], limit), side_px), limit


def draw_filter(bank: FilterBank, number: int, scaling: Scaling, side_px: int) -> Rgb:
    """One filter of a bank, large, in the bank's colours."""
    drawn = draw_bank(bank, [number], scaling=scaling, fit_px=(side_px, side_px))
    return drawn.rgb_hwc


def has_bank(bank: FilterBank) -> bool:
    """Whether each filter is one picture: it reads the picture's colours, or a single channel."""
    inputs = bank.weights_fihw.shape[1]
    return inputs == 1 or (inputs == 3 and bank.layer.reads_picture)


def draw_bank(
    bank: FilterBank,
    order: Sequence[int] | None = None,
    *,
    scaling: Scaling = "filter",
    numbers: bool = False,
    fit_px: tuple[int, int] = FIT_PX,
    dark: bool = False,
) -> DrawnFilters:
    """Draw every filter of a layer that reads the picture, or one channel each, as one picture.

    Args:
        order: filters to draw, first to last; all, greatest norm first, without it.
        numbers: write each filter's number on it where it is large enough.
        fit_px: (width, height) to fill with the largest whole-number zoom.

    Raises:
        NotApplicable: filters that read several channels each: a sheet of one shows those.
        BadChoice: another scaling, or a filter that is not there.
    """
    check_scaling(scaling)
    if not has_bank(bank):
        raise NotApplicable(
            f"A filter of '{bank.layer.name}' has {counted(bank.layer.inputs, 'kernel')}, one for "
            f"each channel it reads, and no colours of its own. Choose one filter."
        )
    count = len(bank.weights_fihw)
    shown = bank.by_norm() if order is None else tuple(order)
    if not shown or min(shown) < 0 or max(shown) >= count:
        raise BadChoice.among("order", list(shown), [f"filters 0 to {count - 1}"])
    kernels = bank.weights_fihw[list(shown)].transpose(0, 2, 3, 1)
    limit = float(np.abs(bank.weights_fihw).max())
    if scaling == "stretch":
        colours = _stretched(kernels)
    else:
        colours = colour_kernels(kernels, limit if scaling == "layer" else None)
    height, width = colours.shape[1:3]
    gutter = 3
    across, zoom = fit_tiles(len(shown), (height, width), gutter, None, None, fit_px)
    large = colours.repeat(zoom, axis=1).repeat(zoom, axis=2)
    step_y, step_x = height * zoom + gutter, width * zoom + gutter
    picture = np.empty((math.ceil(len(shown) / across) * step_y, across * step_x, 3), np.uint8)
    picture[:] = rgb_of(theme(dark).paper)
    for place, tile in enumerate(large):
        top, left = place // across * step_y, place % across * step_x
        picture[top : top + height * zoom, left : left + width * zoom] = tile
    picture = picture[:-gutter, :-gutter]
    if numbers:
        picture = _numbered(picture, shown, across, (step_y, step_x), gutter, dark)
    caption = _bank_caption(bank, scaling, limit)
    tile_px = height * zoom, width * zoom
    return DrawnFilters(picture, caption, tuple(shown), across, tile_px, gutter)


def check_scaling(scaling: str) -> None:
    if scaling not in get_args(Scaling):
        raise BadChoice.among("scaling", scaling, get_args(Scaling))


def _stretched(kernels_shwp: npt.NDArray[np.float32]) -> Rgb:
    """Each kernel from its smallest weight (black) to its largest (white); one plane is grey."""
    low = kernels_shwp.min(axis=(1, 2, 3), keepdims=True).astype(np.float64)
    reach = kernels_shwp.max(axis=(1, 2, 3), keepdims=True) - low
    share = np.divide(kernels_shwp - low, reach, out=np.zeros(kernels_shwp.shape), where=reach > 0)
    return np.rint(255 * share).astype(np.uint8).repeat(3 // kernels_shwp.shape[3], axis=3)


def _bank_caption(bank: FilterBank, scaling: str, limit: float) -> str:
    if scaling == "stretch":
        return (
            "Each filter is stretched by itself: black is its smallest weight, white its largest. "
            "A weight of 0 has another grey in each, and a filter of nothing but positive weights "
            "looks as dark as one of negative ones."
        )
    colours = bank.weights_fihw.shape[1] == 3
    zero = "Mid-grey is a weight of 0" if colours else "White is a weight of 0"
    meaning = (
        "brighter than it in red, green or blue is positive, darker negative"
        if colours
        else "red is positive, blue negative"
    )
    if scaling == "layer":
        scale = (
            f"All filters share one scale (the last colours are ±{limit:.3g}), so that weak "
            "filters look weak"
        )
    else:
        scale = (
            "Each filter has its own scale, up to its largest magnitude, so that weak ones show "
            "too; strength does not compare between them"
        )
    return f"{zero}; {meaning}. {scale}."


def _numbered(
    picture: Rgb,
    numbers: Sequence[int],
    across: int,
    step: tuple[int, int],
    gutter: int,
    dark: bool,
) -> Rgb:
    """The same with each number in the top left corner of its tile."""
    size_px = next((px for px in _PLATE_PX if min(step) - gutter >= 3 * px), None)
    if size_px is None:
        return picture
    image, house = Image.fromarray(picture), theme(dark)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size_px)
    for place, number in enumerate(numbers):
        left, top = place % across * step[1], place // across * step[0]
        box = draw.textbbox((left + 2, top + 1), str(number), font=font)
        draw.rectangle((left, top, math.ceil(box[2]) + 1, math.ceil(box[3]) + 1), fill=house.paper)
        draw.text((left + 2, top + 1), str(number), fill=house.text, font=font)
    return np.asarray(image)
