"""Maps packed for the screen: one pixel a value, a palette PNG, what to say of each beside it."""

from __future__ import annotations

import io
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.figures.mosaic import Colours, Scaling, draw_mosaic
from vizcore.figures.mosaic_fit import FIT_PX, fit_tiles, reduce_to_fit
from vizcore.figures.numbers import percent, short
from vizcore.figures.palette import theme
from vizcore.formats.words import counted
from vizcore.records.maps import DepthStrip

#: Side of a layer's picture in a strip.
_STRIP_PX = 84


@dataclass(frozen=True, slots=True)
class Tiles:
    """Pictures of one size, row by row.

    Attributes:
        png: one pixel a value, no gutters.
        tile: (width, height) of one picture in it.
        zoom: screen pixels for a value, where there is the usual room.
        labels: what to say of each; `names` what to write under each, or None.
        alt: what the whole shows; `hint` what to say where nothing is pointed at.
        caption: the scaling, and what the colours mean.
    """

    png: bytes = field(repr=False)
    tile: tuple[int, int]
    columns: int
    count: int
    zoom: int
    labels: tuple[str, ...] = field(repr=False)
    names: tuple[str, ...] | None
    alt: str
    hint: str
    caption: str
    ink: str

    def packed(self, selected: int = -1) -> bytes:
        """All of it as `pack` writes it, with the place to outline; -1 for none."""
        about = {**asdict(self), "selected": selected}
        del about["png"], about["caption"]
        return pack(about, self.png)


def pack(about: Mapping[str, Any], png: bytes) -> bytes:
    """What is said of a picture, and it: four bytes for the length of a JSON text, the text, a PNG.

    Example:
        >>> pack({"columns": 3}, b"PNG")
        b'\\r\\x00\\x00\\x00{"columns":3}PNG'
    """
    text = json.dumps(about, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "little") + text + png


def pack_maps(
    maps_chw: npt.NDArray[np.float32],
    order: Sequence[int],
    *,
    scaling: Scaling = "map",
    colours: Colours = "viridis",
    signed: bool = False,
    numbers: bool = False,
    dark: bool = False,
    fit_px: tuple[int, int] = FIT_PX,
) -> Tiles:
    """All channels of a layer, in `order`; maps too large for the room as means of squares.

    Raises:
        BadChoice, NotApplicable: as for `vizcore.figures.mosaic.draw_mosaic`.

    Example:
        >>> packed = pack_maps(np.zeros((4, 2, 3), np.float32), range(4))
        >>> packed.tile, packed.count
        ((3, 2), 4)
    """
    shown, times, columns = reduce_to_fit(maps_chw, fit_px)
    height, width = shown.shape[1:]
    if times == 1:
        columns, zoom = fit_tiles(len(order), (height, width), 1, None, None, fit_px)
    else:
        zoom = 1
    drawn = draw_mosaic(
        shown,
        order,
        scaling=scaling,
        colours=colours,
        signed=signed,
        zoom=1,
        gutter=0,
        columns=columns,
        dark=dark,
    )
    flat = maps_chw.reshape(len(maps_chw), -1)
    greatest, zero = flat.max(axis=1), (flat == 0).mean(axis=1)
    labels = tuple(
        f"Channel {c}: largest {short(float(greatest[c]))}, {percent(float(zero[c]))} zero"
        for c in order
    )
    means = f" Each pixel is the mean of {times} × {times} values." if times > 1 else ""
    return Tiles(
        png=_png(drawn.indices_hw, drawn.palette_nc),
        tile=(width, height),
        columns=columns,
        count=len(order),
        zoom=zoom,
        labels=labels,
        names=tuple(str(c) for c in order) if numbers else None,
        alt=f"{counted(len(order), 'map')} of {maps_chw.shape[1]} × {maps_chw.shape[2]}, "
        f"channel {order[0]} first",
        hint="Point at a map for its numbers, click it for more",
        caption=drawn.caption + means,
        ink=theme(dark).text,
    )


def pack_strip(
    strip: DepthStrip, *, mean: bool = False, dark: bool = False, columns: int = 10
) -> Tiles:
    """One picture a layer, each over its own range: the strongest channel, or the mean of all.

    Maps of other sizes are enlarged by whole numbers, or given as means of squares of values.
    """
    tiles, labels = [], []
    colours = draw_mosaic(np.zeros((1, 1, 1)), zoom=1, dark=dark).palette_nc
    for each in strip.pictures:
        values = each.mean_hw if mean else each.strongest_hw
        tiles.append(_fitted(values))
        layer = each.layer
        what = "mean of all" if mean else f"channel {each.channel}, largest {short(each.maximum)}"
        labels.append(
            f"{layer.name} ({layer.op}): {counted(layer.channels, 'map')} of {layer.height} × "
            f"{layer.width}; {what}"
        )
    columns = min(columns, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    blank = np.full((_STRIP_PX, _STRIP_PX), 255, np.uint8)
    tiles += [blank] * (rows * columns - len(tiles))
    grid = np.stack(tiles).reshape(rows, columns, _STRIP_PX, _STRIP_PX).transpose(0, 2, 1, 3)
    picture = np.ascontiguousarray(grid.reshape(rows * _STRIP_PX, columns * _STRIP_PX))
    return Tiles(
        png=_png(picture, colours),
        tile=(_STRIP_PX, _STRIP_PX),
        columns=columns,
        count=len(strip.pictures),
        zoom=1,
        labels=tuple(labels),
        names=tuple(each.layer.name for each in strip.pictures),
        alt=f"{counted(len(strip.pictures), 'layer')} from {strip.pictures[0].layer.name} to "
        f"{strip.pictures[-1].layer.name}, one map each",
        hint="Point at a layer for its numbers, click it for all of its maps",
        caption="Each picture has its own scale: dark purple is its smallest value, yellow its "
        "largest.",
        ink=theme(dark).text,
    )


def _fitted(values_hw: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """A map as palette levels on a tile, enlarged or averaged by a whole number, centred."""
    values, _, _ = reduce_to_fit(values_hw[None], (_STRIP_PX, _STRIP_PX), gutter=0)
    levels = draw_mosaic(values, zoom=1, gutter=0).indices_hw
    times = max(1, _STRIP_PX // max(levels.shape))
    levels = levels.repeat(times, axis=0).repeat(times, axis=1)
    tile = np.full((_STRIP_PX, _STRIP_PX), 255, np.uint8)
    top, left = (_STRIP_PX - levels.shape[0]) // 2, (_STRIP_PX - levels.shape[1]) // 2
    tile[top : top + levels.shape[0], left : left + levels.shape[1]] = levels
    return tile


def _png(indices_hw: npt.NDArray[np.uint8], palette_nc: npt.NDArray[np.uint8]) -> bytes:
    """A palette PNG. Of zlib's ways, runs of equal bytes gave the smallest, and the fastest."""
    image = Image.fromarray(indices_hw)
    image.putpalette(palette_nc.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4, compress_type=zlib.Z_RLE)
    return file.getvalue()
