"""All channels of a layer in one crisp picture: nearest neighbour, whole-number zoom, palette PNG.

A palette of 256 colours holds the colour map, the gutter and the numbers, so the picture of 64
maps is some tens of kilobytes and a click can be traced back to its channel.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.mosaic_fit import FIT_PX, MAX_PX, fit_tiles
from vizcore.figures.palette import diverging, rgb_of, sequential, theme
from vizcore.formats.words import counted

Scaling = Literal["map", "layer"]
Colours = Literal["viridis", "grey"]

#: Indices into the palette: levels 0..252 (126 is the middle), then these three.
_TOP = 252
_INK, _PLATE, _GUTTER = 253, 254, 255


@dataclass(frozen=True, slots=True)
class Mosaic:
    """A drawn mosaic.

    Attributes:
        indices_hw: uint8, the picture as places in `palette_nc`.
        palette_nc: uint8 (256, 3).
        order: channel numbers from left to right, row by row.
        columns: tiles in a row.
        tile_px: (height, width) of a tile in the picture.
        gutter_px: between tiles.
        zoom: picture pixels for one value, each way.
        vmin, vmax: smallest and largest value of all maps.
        caption: the scaling, and what the colours mean.
    """

    indices_hw: npt.NDArray[np.uint8] = field(repr=False)
    palette_nc: npt.NDArray[np.uint8] = field(repr=False)
    order: tuple[int, ...] = field(repr=False)
    columns: int
    tile_px: tuple[int, int]
    gutter_px: int
    zoom: int
    vmin: float
    vmax: float
    caption: str

    @property
    def rgb_hwc(self) -> npt.NDArray[np.uint8]:
        """The picture, uint8 (height, width, 3)."""
        return self.palette_nc[self.indices_hw]

    def png(self) -> bytes:
        """The picture as a palette PNG."""
        image = Image.fromarray(self.indices_hw)
        image.putpalette(self.palette_nc.tobytes())
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=4)
        return file.getvalue()

    def box_of(self, channel: int) -> tuple[int, int, int, int]:
        """The pixels of a channel's tile: left, top, and (outside the tile) right and bottom.

        Raises:
            BadChoice: the channel is not in the mosaic.
        """
        if channel not in self.order:
            raise BadChoice(
                f"Channel {channel} is not in this picture. Allowed: {min(self.order)} to "
                f"{max(self.order)}.",
                received=str(channel),
            )
        row, column = divmod(self.order.index(channel), self.columns)
        height, width = self.tile_px
        left, top = column * (width + self.gutter_px), row * (height + self.gutter_px)
        return left, top, left + width, top + height


def draw_mosaic(
    maps_chw: npt.NDArray[np.floating],
    order: Sequence[int] | None = None,
    *,
    scaling: Scaling = "map",
    colours: Colours = "viridis",
    signed: bool = False,
    zoom: int | None = None,
    gutter: int = 1,
    columns: int | None = None,
    numbers: bool = False,
    dark: bool = False,
    fit_px: tuple[int, int] = FIT_PX,
) -> Mosaic:
    """Draw maps (C, H, W) as one picture.

    Args:
        order: the channels to draw, first to last; all in the network's order without it.
        scaling: "map" stretches each map over the colours, "layer" all together.
        colours: "viridis" or "grey" (black to white).
        signed: use the diverging colours (red positive, blue negative) centred on zero instead.
        zoom: pixels for one value; None chooses it to fill `fit_px` (width, height).
        columns: tiles in a row; None chooses for a picture a half wider than high.
        numbers: write each channel's number on its tile where it is large enough.

    Raises:
        BadChoice: an option outside its values, or a channel that is not there.
        NotApplicable: no maps, or values that are not finite.

    Example:
        >>> draw_mosaic(np.zeros((4, 2, 3)), zoom=2, columns=2).rgb_hwc.shape
        (9, 13, 3)
    """
    if scaling not in get_args(Scaling):
        raise BadChoice.among("scaling", scaling, get_args(Scaling))
    if colours not in get_args(Colours):
        raise BadChoice.among("colours", colours, get_args(Colours))
    for option, value, least in (("zoom", zoom, 1), ("columns", columns, 1), ("gutter", gutter, 0)):
        if value is not None and value < least:
            raise BadChoice.among(option, value, [f"a whole number of at least {least}"])
    if maps_chw.ndim != 3 or maps_chw.size == 0:
        raise NotApplicable(f"There are no maps to draw in an array of shape {maps_chw.shape}.")
    channels, height, width = maps_chw.shape
    shown = tuple(range(channels)) if order is None else tuple(int(c) for c in order)
    if not shown or min(shown) < 0 or max(shown) >= channels:
        raise BadChoice.among("order", list(shown), [f"channels 0 to {channels - 1}"])
    maps = np.asarray(maps_chw, dtype=np.float32)[list(shown)]
    if not np.isfinite(maps).all():
        raise NotApplicable("The maps hold values that are not finite; no colour is true for them.")

    across, zoom = fit_tiles(len(shown), (height, width), gutter, columns, zoom, fit_px)
    rows = math.ceil(len(shown) / across)
    tile_h, tile_w = height * zoom, width * zoom
    if rows * (tile_h + gutter) * across * (tile_w + gutter) > MAX_PX and zoom > 1:
        most = max(1, math.isqrt(MAX_PX // (rows * across * height * width)))
        raise BadChoice.among("zoom", zoom, [f"whole numbers from 1 to about {most}"])

    tiles = np.full((rows * across, tile_h + gutter, tile_w + gutter), _GUTTER, np.uint8)
    levels = _levels(maps, scaling, signed)
    tiles[: len(shown), :tile_h, :tile_w] = levels.repeat(zoom, axis=1).repeat(zoom, axis=2)
    grid = tiles.reshape(rows, across, tile_h + gutter, tile_w + gutter).transpose(0, 2, 1, 3)
    indices = grid.reshape(rows * (tile_h + gutter), across * (tile_w + gutter))
    mosaic = Mosaic(
        indices_hw=np.ascontiguousarray(indices[: -gutter or None, : -gutter or None]),
        palette_nc=_palette(colours, signed, dark),
        order=shown,
        columns=across,
        tile_px=(tile_h, tile_w),
        gutter_px=gutter,
        zoom=zoom,
        vmin=float(maps.min()),
        vmax=float(maps.max()),
        caption=_caption(maps, scaling, colours, signed),
    )
    return _numbered(mosaic) if numbers else mosaic


def _levels(maps: npt.NDArray[np.float32], scaling: Scaling, signed: bool) -> npt.NDArray[np.uint8]:
    """Values as palette levels 0..252. A map without any range gets the lowest, or zero's."""
    axes = (1, 2) if scaling == "map" else (0, 1, 2)
    if signed:
        high = np.abs(maps).max(axis=axes, keepdims=True)
        low = -high
    else:
        low = maps.min(axis=axes, keepdims=True)
        high = maps.max(axis=axes, keepdims=True)
    reach = high.astype(np.float64) - low
    flat = np.full(maps.shape, 0.5 if signed else 0.0)
    share = np.divide(maps - low.astype(np.float64), reach, out=flat, where=reach > 0)
    return np.rint(share * _TOP).astype(np.uint8)


def _palette(colours: Colours, signed: bool, dark: bool) -> npt.NDArray[np.uint8]:
    """The colours of levels, ink, plate and gutter."""
    steps = np.linspace(0.0, 1.0, _TOP + 1)
    if signed:
        levels = diverging(np.linspace(-1.0, 1.0, _TOP + 1), 1.0)
    elif colours == "grey":
        levels = np.rint(steps * 255).astype(np.uint8)[:, None].repeat(3, axis=1)
    else:
        levels = sequential(steps)
    house = theme(dark)
    extra = [rgb_of(house.text), rgb_of(house.paper), rgb_of(house.paper)]
    return np.concatenate([levels, np.array(extra, np.uint8)])


def _caption(
    maps: npt.NDArray[np.float32], scaling: Scaling, colours: Colours, signed: bool
) -> str:
    low, high = float(maps.min()), float(maps.max())
    limit = max(abs(low), abs(high))
    dark_end, light_end = ("black", "white") if colours == "grey" else ("dark purple", "yellow")
    if scaling == "map" and signed:
        words = (
            "Each map has its own scale: white is 0, the darkest red or blue is the largest "
            "magnitude in that map; red is positive, blue negative."
        )
    elif scaling == "map":
        words = (
            f"Each map has its own scale: {dark_end} is its smallest value, {light_end} its "
            "largest. Brightness does not compare between maps."
        )
    elif signed:
        words = (
            f"All maps share one scale: white is 0, the darkest red is {limit:.3g}, the darkest "
            f"blue {-limit:.3g}."
        )
    else:
        words = f"All maps share one scale: {dark_end} is {low:.3g}, {light_end} is {high:.3g}."
    constant = int((maps.max(axis=(1, 2)) == maps.min(axis=(1, 2))).sum())
    if constant and maps[0].size > 1:
        count = (
            f"{constant} of {counted(len(maps), 'map')}" if constant < len(maps) else "Every map"
        )
        words += f" {count} {'is' if constant in (1, len(maps)) else 'are'} the same everywhere."
    return words


def _numbered(mosaic: Mosaic) -> Mosaic:
    """The same with each channel's number in the top left corner of its tile."""
    size_px = next((px for px in (16, 12) if min(mosaic.tile_px) >= 3 * px), None)
    if size_px is None:
        return mosaic
    image = Image.fromarray(mosaic.indices_hw)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # no smoothing: in-between values would be other colours of the palette
    font = ImageFont.load_default(size_px)
    for channel in mosaic.order:
        left, top, _, _ = mosaic.box_of(channel)
        text = str(channel)
        box = draw.textbbox((left + 2, top + 1), text, font=font)
        draw.rectangle((left, top, math.ceil(box[2]) + 1, math.ceil(box[3]) + 1), fill=_PLATE)
        draw.text((left + 2, top + 1), text, fill=_INK, font=font)
    mosaic.indices_hw[...] = np.asarray(image)
    return mosaic
