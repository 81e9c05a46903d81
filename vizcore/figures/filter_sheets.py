"""Sheets of filters: one by the channels it reads, and textbook filters beside learned ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.figures.evolution import colour_kernels, enlarge
from vizcore.figures.filters import DrawnFilters, Rgb, Scaling, check_scaling
from vizcore.figures.mosaic_fit import reduce_to_fit
from vizcore.figures.palette import diverging, sequential, theme
from vizcore.records.filters import FilterBank, FilterSlices, Resemblance

#: Side of a kernel and of a map on a sheet, and its other sizes: made to be shown at half of it,
#: so that its text is sharp on a fine screen and on a slide.
TILE_PX = 128


_FONT_PX, _GAP_PX, _COLUMN_GAP_PX = 32, 6, 36


def draw_slices(
    found: FilterSlices,
    *,
    scaling: Scaling = "filter",
    most: int = 24,
    columns: int = 4,
    dark: bool = False,
) -> DrawnFilters:
    """Draw a filter's kernels, greatest norm first, each beside its input channel's own picture.

    Under each pair the input channel's number and the kernel's share of the filter's squared
    weights.

    Args:
        scaling: "layer" gives all kernels of the filter one scale, else each has its own.
        most: kernels to draw.
    """
    check_scaling(scaling)
    limit = float(np.abs(found.kernels_ihw).max())
    colours = colour_kernels(
        found.kernels_ihw[:most, ..., None], limit if scaling == "layer" else None
    )
    maps = None if found.maps_ihw is None else found.maps_ihw[:most]
    signed = maps is not None and bool((maps < 0).any())
    whole = float((found.norms_i**2).sum()) or 1.0
    cells = []
    for place, kernel in enumerate(colours):
        pictures = [_fitted(kernel)]
        if maps is not None:
            pictures.append(_map_tile(maps[place], signed))
        share = 100 * float(found.norms_i[place]) ** 2 / whole
        cells.append((pictures, f"{found.inputs_i[place]} · {share:.2g}%", True))
    shown, count = len(cells), len(found.inputs_i)
    part = f"The {shown} of {count} with the greatest norm" if shown < count else f"All {count}"
    scale = (
        f"all with one scale (the darkest colours are ±{limit:.3g})"
        if scaling == "layer"
        else "each with its own scale"
    )
    beside = "" if maps is None else ", each kernel beside the picture of the channel it reads"
    words = (
        f"{part}, in order{beside}. Under each the number of the input channel and the kernel's "
        "share of the filter's squared weights. Kernels: white is 0, red positive, blue negative, "
        f"{scale}."
    )
    return DrawnFilters(_sheet(cells, columns, dark), words + _maps_caption(maps, signed))


def _maps_caption(maps_ihw: npt.NDArray[np.float32] | None, signed: bool) -> str:
    if maps_ihw is None:
        return ""
    colours = "white is 0, red positive, blue negative" if signed else "dark is low, yellow high"
    flat = int((np.ptp(maps_ihw, axis=(1, 2)) == 0).sum())
    quiet = f" {flat} of these channels are the same everywhere on this photo." if flat else ""
    return f" Pictures: {colours}, each with its own scale.{quiet}"


def draw_resemblances(
    found: Sequence[Resemblance], bank: FilterBank, *, columns: int = 2, dark: bool = False
) -> DrawnFilters:
    """Draw each textbook filter and its map beside the nearest learned filter and its map."""
    cells = []
    for each in found:
        kernel = np.repeat(each.kernel_hw[..., None], 3, axis=2)
        learned = bank.weights_fihw[each.number].transpose(1, 2, 0)
        if learned.shape[2] != 3:
            learned = learned.mean(axis=2, keepdims=True).repeat(3, axis=2)
        pictures = [_fitted(colours) for colours in colour_kernels(np.stack([kernel, learned]))]
        for place, values in ((1, each.map_hw), (3, each.learned_hw)):
            if values is not None:
                pictures.insert(place, _map_tile(values, True))
        text = f"{each.name} · filter {each.number}, {each.cosine:+.2f}"
        cells.append((pictures, text, abs(each.cosine) > each.chance))
    return DrawnFilters(
        _sheet(cells, columns, dark),
        "In each row: the textbook filter and what it makes of the photo, then the nearest learned "
        "filter and what it makes of it. Kernels: mid-grey is 0, each with its own scale. Maps: "
        "white is 0, red positive, blue negative, each with its own scale. The number is the "
        "cosine similarity, below zero where the learned filter is the negative; in grey where "
        "random filters come as near.",
    )


def _sheet(cells: Sequence[tuple[Sequence[Rgb], str, bool]], columns: int, dark: bool) -> Rgb:
    """Cells in rows: tiles side by side, and a line of text under them, in full ink or muted."""
    house, font = theme(dark), ImageFont.load_default(_FONT_PX)
    tiles = max(len(pictures) for pictures, _, _ in cells)
    width = tiles * TILE_PX + (tiles - 1) * _GAP_PX
    width = max(width, *(math.ceil(font.getlength(text)) for _, text, _ in cells))
    height = TILE_PX + _FONT_PX + 24
    across = min(columns, len(cells))
    size = across * (width + _COLUMN_GAP_PX), math.ceil(len(cells) / across) * height
    image = Image.new("RGB", (size[0] - _COLUMN_GAP_PX, size[1]), house.paper)
    draw = ImageDraw.Draw(image)
    for place, (pictures, text, is_clear) in enumerate(cells):
        left, top = place % across * (width + _COLUMN_GAP_PX), place // across * height
        for number, tile in enumerate(pictures):
            x = left + number * (TILE_PX + _GAP_PX) + (TILE_PX - tile.shape[1]) // 2
            image.paste(Image.fromarray(tile), (x, top + (TILE_PX - tile.shape[0]) // 2))
        ink = house.text if is_clear else house.muted
        draw.text((left, top + TILE_PX + 2), text, fill=ink, font=font)
    return np.asarray(image)


def _fitted(colours: Rgb) -> Rgb:
    """A kernel at the largest whole-number zoom that fits a tile; means where it is larger."""
    if max(colours.shape[:2]) <= TILE_PX:
        return enlarge(colours, TILE_PX)
    planes, _, _ = reduce_to_fit(colours.transpose(2, 0, 1).astype(np.float32), (TILE_PX, TILE_PX))
    return np.rint(planes[:3]).astype(np.uint8).transpose(1, 2, 0)


def _map_tile(map_hw: npt.NDArray[np.float32], signed: bool) -> Rgb:
    """A map with its own scale; each pixel the mean of several values where they are too many."""
    small, _, _ = reduce_to_fit(map_hw[None], (TILE_PX, TILE_PX))
    values = small[0].astype(np.float64)
    if signed:
        return enlarge(diverging(values), TILE_PX)
    reach = values.max() - values.min()
    return enlarge(sequential((values - values.min()) / (reach or 1.0)), TILE_PX)
