"""The maps of a sanity check in a row: the picture, the map as it is, every step, the edges."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.figures.evolution import Column, draw_strip
from vizcore.figures.mosaic_fit import reduce_to_fit
from vizcore.figures.palette import diverging, rgb_of, sequential, theme
from vizcore.records.trust import Likeness, SanityCheck

Rgb = npt.NDArray[np.uint8]

#: Pixels between two maps, and left of the first: the chart's axis stands there.
GAP_PX, LEFT_PX = 8, 64
#: Pixels that the row may take in a window of 1280, and the least a tile takes.
ROW_PX, LEAST_PX = 916, 24
#: Percentile of a map's magnitudes that gets the last colour.
_FULL = 99


@dataclass(frozen=True, slots=True)
class RowOfMaps:
    """The maps side by side: the picture, the map as it is, the steps, the edge detector.

    Attributes:
        rgb_hwc: uint8, the picture.
        heads: what each tile is.
        step_px: from one tile's left edge to the next one's.
        caption: what the colours mean.
    """

    rgb_hwc: Rgb = field(repr=False)
    heads: tuple[str, ...]
    step_px: int
    caption: str

    def png(self) -> bytes:
        """The row as PNG."""
        file = io.BytesIO()
        Image.fromarray(self.rgb_hwc).save(file, "PNG", compress_level=4)
        return file.getvalue()


def draw_row(check: SanityCheck, *, dark: bool = False) -> RowOfMaps:
    """Draw every map with the house's colours, one pixel a value or a mean of values.

    A step without a map is an empty frame.
    """
    house = theme(dark)
    count = len(check.steps) + 3
    fit = max(LEAST_PX, (ROW_PX - LEFT_PX) // count - GAP_PX)
    maps = [check.values_hw, *(step.values_hw for step in check.steps)]
    times = -(-max(check.values_hw.shape) // fit)
    zoom = max(1, fit // max(check.values_hw.shape))
    photo = _photo(check.image_hwc, times)
    tiles: list[Rgb | None] = [photo]
    tiles += [
        None if each is None else colour_map(_means(each, times), check.signed) for each in maps
    ]
    tiles.append(colour_map(_means(check.edges_hw, times), False))
    height, width = photo.shape[0] * zoom, photo.shape[1] * zoom
    step = max(height, width) + GAP_PX
    sheet = np.full((height, LEFT_PX + count * step, 3), rgb_of(house.paper), np.uint8)
    for place, tile in enumerate(tiles):
        left = LEFT_PX + place * step + (step - width) // 2
        if tile is None:
            sheet[:, left : left + width] = rgb_of(house.grid)
            sheet[1:-1, left + 1 : left + width - 1] = rgb_of(house.paper)
        else:
            sheet[:, left : left + width] = tile.repeat(zoom, axis=0).repeat(zoom, axis=1)
    names = ("picture", "as it is", *(step.name for step in check.steps), "edges")
    colours = (
        "Red raises the score, blue lowers it, white is 0"
        if check.signed
        else "Yellow moves the score most, dark purple is 0"
    )
    means = f" Each pixel is the mean of {times} × {times} values." if times > 1 else ""
    return RowOfMaps(
        sheet,
        names,
        step,
        f"{colours}; each map has its own scale, the last colour from its {_FULL}th percentile of "
        f"magnitude on.{means} Edges: Sobel's magnitude, no network.",
    )


def enlarged(values_hw: npt.NDArray[np.floating], signed: bool, side_px: int = 256) -> bytes:
    """One map on its own scale as PNG, each value a square of pixels, where that fits."""
    zoom = max(1, side_px // max(values_hw.shape))
    file = io.BytesIO()
    rgb = colour_map(values_hw, signed).repeat(zoom, axis=0).repeat(zoom, axis=1)
    Image.fromarray(rgb).save(file, "PNG", compress_level=4)
    return file.getvalue()


def labelled(check: SanityCheck, *, dark: bool = False) -> bytes:
    """The maps with their names and numbers written above them, as PNG: for a paper or a slide."""
    zoom = max(1, 128 // max(check.values_hw.shape))

    def tile(rgb: Rgb) -> tuple[Rgb, ...]:
        return (rgb.repeat(zoom, axis=0).repeat(zoom, axis=1),)

    columns = [
        Column(("picture",), tile(check.image_hwc)),
        Column(("as it is",), tile(colour_map(check.values_hw, check.signed))),
    ]
    for step in check.steps:
        empty = np.full((*check.values_hw.shape, 3), rgb_of(theme(dark).grid), np.uint8)
        drawn = empty if step.values_hw is None else colour_map(step.values_hw, check.signed)
        columns.append(Column((step.name, *_numbers(step.likeness)), tile(drawn)))
    edges = colour_map(check.edges_hw, False)
    columns.append(Column(("edges", *_numbers(check.edges)), tile(edges)))
    file = io.BytesIO()
    Image.fromarray(draw_strip(columns, dark=dark)).save(file, "PNG", compress_level=6)
    return file.getvalue()


def _numbers(found: Likeness | None) -> tuple[str, ...]:
    if found is None:
        return ("no map",)
    rank = "rank -" if found.spearman_abs is None else f"rank {found.spearman_abs:.2f}"
    return (rank, "SSIM -" if found.ssim is None else f"SSIM {found.ssim:.2f}")


def colour_map(values_hw: npt.NDArray[np.floating], signed: bool) -> Rgb:
    """Colour one map on its own scale.

    Example:
        >>> colour_map(np.array([[0.0, 2.0]]), False).tolist()
        [[[68, 1, 84], [253, 231, 37]]]
    """
    sizes = np.abs(values_hw.astype(np.float64))
    limit = float(np.percentile(sizes, _FULL)) or float(sizes.max())
    share = np.clip(sizes / limit, 0, 1) if limit > 0 else sizes
    return diverging(np.sign(values_hw) * share, 1.0) if signed else sequential(share)


def _means(values_hw: npt.NDArray[np.floating], times: int) -> npt.NDArray[np.floating]:
    """Means of squares of values."""
    if times == 1:
        return values_hw
    height, width = (-(-side // times) for side in values_hw.shape)
    return reduce_to_fit(values_hw[None], (width, height))[0][0]


def _photo(image_hwc: Rgb, times: int) -> Rgb:
    channels = [_means(image_hwc[..., c].astype(np.float64), times) for c in range(3)]
    return np.rint(np.stack(channels, axis=2)).astype(np.uint8)
