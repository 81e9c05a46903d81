"""A training as a strip of pictures: one column an epoch, whatever is drawn in it.

As in Figure 4 of Zeiler and Fergus (ECCV 2014): features at chosen epochs from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.mosaic_fit import fit_tiles
from vizcore.figures.numbers import percent
from vizcore.figures.palette import diverging, rgb_of, theme
from vizcore.records.evolution import FilterHistory, LayerHistory

Rgb = npt.NDArray[np.uint8]

FONT_PX = 16
_PAD = 6
_MARK = 3
#: From this zoom on, a gutter of one pixel is too thin to tell small kernels apart.
_WIDE_FROM = 6


@dataclass(frozen=True, slots=True)
class Column:
    """One epoch of a strip: lines of text, and under them one picture for each row."""

    heads: tuple[str, ...]
    tiles: tuple[Rgb, ...] = field(repr=False)


def draw_strip(
    columns: Sequence[Column],
    names: Sequence[str] = (),
    *,
    corner: str = "",
    marked: int | None = None,
    across: int | None = None,
    dark: bool = False,
) -> Rgb:
    """Lay out columns of pictures under their heads; returns uint8 (height, width, 3).

    Args:
        names: of the rows, written at the left; `corner` above them, beside the heads.
        marked: the column to frame.
        across: columns side by side; the others go below. All in one line without it.

    Raises:
        NotApplicable: no columns, or columns of different heights.
        BadChoice: a column to frame that is not there.

    Example:
        >>> tile = np.zeros((10, 10, 3), np.uint8)
        >>> draw_strip([Column(("1",), (tile,)), Column(("2",), (tile,))]).shape
        (43, 44, 3)
    """
    if not columns or len({len(column.tiles) for column in columns}) != 1:
        raise NotApplicable("A strip needs columns, all with as many pictures.")
    if marked is not None and not 0 <= marked < len(columns):
        raise BadChoice.among("marked", marked, [f"0 to {len(columns) - 1}"])
    house, font = theme(dark), ImageFont.load_default(FONT_PX)
    heights = [max(c.tiles[row].shape[0] for c in columns) for row in range(len(columns[0].tiles))]
    texts = [text for column in columns for text in column.heads]
    tiles = [tile for column in columns for tile in column.tiles]
    width = ceil(max([*(t.shape[1] for t in tiles), *(font.getlength(text) for text in texts)]))
    step_x = width + 2 * _PAD
    left = ceil(max(font.getlength(name) for name in (corner, *names)))
    left += _PAD if left else 0
    line = FONT_PX + 5
    head = line * max(len(column.heads) for column in columns)
    step_y = head + sum(height + _PAD for height in heights) + _PAD
    across = min(across or len(columns), len(columns))
    image = Image.new(
        "RGB", (left + across * step_x, ceil(len(columns) / across) * step_y), house.paper
    )
    draw = ImageDraw.Draw(image)
    for place, column in enumerate(columns):
        x, y = left + place % across * step_x, place // across * step_y
        if place == marked:
            box = (x, y, x + step_x - 1, y + step_y - 1)
            draw.rectangle(box, outline=house.accent, width=_MARK)
        for number, text in enumerate(column.heads):
            ink = house.text if number == 0 else house.muted
            draw.text((x + _PAD, y + _PAD / 2 + number * line), text, fill=ink, font=font)
        if place % across == 0:
            draw.text((0, y + _PAD / 2), corner, fill=house.text, font=font)
        down = y + head + _PAD
        for row, (tile, height) in enumerate(zip(column.tiles, heights, strict=True)):
            image.paste(Image.fromarray(tile), (x + _PAD, down))
            if names and place % across == 0:
                middle = down + (height - line) // 2
                draw.text((0, middle), names[row], fill=house.text, font=font)
            down += height + _PAD
    return np.asarray(image)


def colour_kernels(kernels_shwp: npt.NDArray[np.float32], limit: float | None = None) -> Rgb:
    """Colour kernels (shown, height, width, planes), one pixel a weight: (shown, h, w, 3).

    Three planes are red, green and blue, mid-grey for zero. One plane has the diverging colours:
    red positive, blue negative, near-white zero.

    Args:
        limit: the magnitude that gets the last colours; each kernel's own without it.

    Raises:
        NotApplicable: no kernels, or neither one plane nor three.

    Example:
        >>> colour_kernels(np.float32([0, 1, -2]).reshape(1, 1, 1, 3)).tolist()
        [[[[128, 191, 0]]]]
    """
    if kernels_shwp.ndim != 4 or kernels_shwp.shape[3] not in (1, 3) or not kernels_shwp.size:
        raise NotApplicable(
            f"Kernels of shape {kernels_shwp.shape} have no colours to be drawn in."
        )
    reach: npt.NDArray[np.float64] | float = (
        np.abs(kernels_shwp).max(axis=(1, 2, 3), keepdims=True).astype(np.float64)
        if limit is None
        else limit
    )
    share = np.divide(
        kernels_shwp,
        reach,
        out=np.zeros(kernels_shwp.shape),
        where=np.broadcast_to(np.asarray(reach) > 0, kernels_shwp.shape),
    ).clip(-1, 1)
    if kernels_shwp.shape[3] == 3:
        return np.rint(127.5 + 127.5 * share).astype(np.uint8)
    return diverging(share[..., 0], 1.0)


def draw_kernels(
    kernels_shwp: npt.NDArray[np.float32],
    fit_px: tuple[int, int],
    *,
    limit: float | None = None,
    dark: bool = False,
) -> Rgb:
    """Draw kernels (shown, height, width, planes) as one picture, uint8 (height, width, 3).

    Three planes are red, green and blue, mid-grey for zero. One plane has the diverging colours:
    red positive, blue negative, near-white zero.

    Args:
        fit_px: (width, height) to fill with the largest whole-number zoom.
        limit: the magnitude that gets the last colours; each kernel's own without it.

    Raises:
        NotApplicable: no kernels, or neither one plane nor three.

    Example:
        >>> draw_kernels(np.zeros((4, 3, 3, 1), np.float32), (21, 21)).shape
        (19, 19, 3)
    """
    colours = colour_kernels(kernels_shwp, limit)
    count, height, width, _ = colours.shape
    gutter = 1
    across, zoom = fit_tiles(count, (height, width), gutter, None, None, fit_px)
    if zoom >= _WIDE_FROM:
        gutter = 3
        across, zoom = fit_tiles(count, (height, width), gutter, None, None, fit_px)
    large = colours.repeat(zoom, axis=1).repeat(zoom, axis=2)
    step_y, step_x = height * zoom + gutter, width * zoom + gutter
    picture = np.empty((ceil(count / across) * step_y, across * step_x, 3), np.uint8)
    picture[:] = rgb_of(theme(dark).paper)
    for place, tile in enumerate(large):
        top, left = place // across * step_y, place % across * step_x
        picture[top : top + height * zoom, left : left + width * zoom] = tile
    return picture[:-gutter, :-gutter]


def draw_kernel_strip(
    history: FilterHistory,
    layer: LayerHistory,
    *,
    one_scale: bool = False,
    marked: int | None = None,
    fit_px: tuple[int, int] = (106, 150),
    dark: bool = False,
) -> Rgb:
    """Draw a layer's kernels at every snapshot, under the epoch and the validation accuracy.

    Args:
        one_scale: the same colours for all kernels and epochs; else each kernel its own.
        marked: the snapshot to frame.
        fit_px: (width, height) for one snapshot.

    Raises:
        NotApplicable: a layer without kernels.
    """
    drawn = layer.kernels_eshwp
    if drawn is None:
        raise NotApplicable(f"Layer '{layer.layer}' has no kernels to be drawn.")
    limit = float(np.abs(drawn).max()) if one_scale else None
    columns = [
        Column(
            (f"epoch {epoch}", f"{percent(share)} right"),
            (draw_kernels(each, fit_px, limit=limit, dark=dark),),
        )
        for epoch, share, each in zip(history.epochs, history.validation, drawn, strict=True)
    ]
    return draw_strip(columns, marked=marked, dark=dark)


def enlarge(rgb_hwc: Rgb, side_px: int) -> Rgb:
    """Zoom a picture by the largest whole number that keeps its longer side within `side_px`.

    Example:
        >>> enlarge(np.zeros((7, 7, 3), np.uint8), 64).shape
        (63, 63, 3)
    """
    zoom = max(1, side_px // max(rgb_hwc.shape[:2]))
    return rgb_hwc.repeat(zoom, axis=0).repeat(zoom, axis=1)
