"""An object found from a map, in four pictures: the map, its seeds, the segment, the boxes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.figures.evolution import Column, draw_strip
from vizcore.figures.palette import KIND_COLOURS, rgb_of, theme
from vizcore.figures.trust_maps import colour_map
from vizcore.records.localisation import Localisation, Mask, Rectangle

Rgb = npt.NDArray[np.uint8]

#: Pixels between two pictures, and what each may take in a window of 1280.
GAP_PX, FIT_PX = 4, 228
#: What the seeds and the boxes are drawn in, on every theme.
OBJECT, BACKGROUND = KIND_COLOURS["pool"], KIND_COLOURS["join"]
#: Length of the dashes of the true box.
_DASH_PX = 6
HEADS = ("Map", "Seeds", "Segment", "Box")


@dataclass(frozen=True, slots=True)
class FoundPictures:
    """The four pictures side by side.

    Attributes:
        rgb_hwc: uint8, the row; `tiles` the pictures alone.
        caption: what the colours mean.
    """

    rgb_hwc: Rgb = field(repr=False)
    tiles: tuple[Rgb, ...] = field(repr=False)
    caption: str

    def png(self) -> bytes:
        """The row as PNG."""
        return _png(self.rgb_hwc)

    def labelled(self, words: tuple[str, ...]) -> bytes:
        """The row with its heads and one line of words under each head, as PNG, for a slide."""
        columns = [
            Column((head, said), (tile,))
            for head, said, tile in zip(HEADS, words, self.tiles, strict=True)
        ]
        return _png(draw_strip(columns))


def draw_found(
    found: Localisation,
    true_box: Rectangle | None = None,
    *,
    signed: bool = False,
    dark: bool = False,
) -> FoundPictures:
    """Draw how a map became a box, every pixel a square of pixels where that fits.

    Args:
        true_box: where the object is, if that is known.
        signed: whether the map has signs (red raises the score, blue lowers it).
    """
    height, width = found.map_hw.shape
    zoom = max(1, FIT_PX // max(height, width))
    house = theme(dark)
    photo = found.image_hwc
    grey = _faded(photo, house.paper)
    seeds = grey.copy()
    seeds[found.background_hw] = rgb_of(BACKGROUND)
    seeds[found.foreground_hw] = rgb_of(OBJECT)
    part = np.where(found.component_hw[..., None], photo, grey)
    segment = _outlined(_large(part, zoom), found.component_hw, zoom)
    boxes = _large(photo, zoom)
    if true_box is not None:
        _draw_box(boxes, true_box, zoom, (255, 255, 255), dashed=(0, 0, 0))
    _draw_box(boxes, found.box, zoom, (255, 255, 255), inset=1)  # seen on orange pictures too
    _draw_box(boxes, found.box, zoom, rgb_of(OBJECT))
    tiles = (
        _large(colour_map(found.map_hw, signed), zoom),
        _large(seeds, zoom),
        segment,
        boxes,
    )
    sheet = np.full(
        (height * zoom, 4 * width * zoom + 3 * GAP_PX, 3), rgb_of(house.paper), np.uint8
    )
    for place, tile in enumerate(tiles):
        left = place * (width * zoom + GAP_PX)
        sheet[:, left : left + width * zoom] = tile
    colours = "Red raises the score, blue lowers it" if signed else "Yellow moves the score most"
    known = "; black and white, dashed: the true box" if true_box is not None else ""
    return FoundPictures(
        sheet,
        tiles,
        f"Map: {colours}, last colour from its 99th percentile of magnitude on. Seeds: orange the "
        "object's, blue the background's. Segment: the largest connected part in colour. Box: "
        f"orange, around that part{known}.",
    )


def _png(rgb: Rgb) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG", compress_level=4)
    return file.getvalue()


def _large(rgb: Rgb, zoom: int) -> Rgb:
    return rgb.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _faded(photo: Rgb, paper: str) -> Rgb:
    grey = (photo @ np.array([0.299, 0.587, 0.114]))[..., None]
    mixed = 0.45 * grey + 0.55 * np.array(rgb_of(paper))
    return np.rint(mixed).astype(np.uint8)


def _outlined(rgb: Rgb, mask_hw: Mask, zoom: int) -> Rgb:
    """The picture with the mask's border drawn inside it, two pixels wide where it is enlarged."""
    large = mask_hw.repeat(zoom, axis=0).repeat(zoom, axis=1)
    inner = large.copy()
    for _ in range(1 if zoom == 1 else 2):
        edged = np.pad(inner, 1)
        inner = inner & edged[:-2, 1:-1] & edged[2:, 1:-1] & edged[1:-1, :-2] & edged[1:-1, 2:]
    drawn = rgb.copy()
    drawn[large & ~inner] = rgb_of(OBJECT)
    return drawn


def _draw_box(
    rgb: Rgb,
    box: Rectangle,
    zoom: int,
    colour: tuple[int, int, int],
    *,
    dashed: tuple[int, int, int] | None = None,
    inset: int = 0,
) -> None:
    """Draw a box two pixels wide just inside its border; `dashed` is the other colour of dashes."""
    height, width = rgb.shape[:2]
    left, top, right, bottom = (round(side * zoom) for side in box)
    left, top, right, bottom = left + inset, top + inset, right - inset, bottom - inset
    ring = np.zeros((height, width), bool)
    ring[top:bottom, left:right] = True
    ring[top + 2 : bottom - 2, left + 2 : right - 2] = False
    rgb[ring] = colour
    if dashed is not None:
        rows, columns = np.nonzero(ring)
        other = ((rows + columns) // _DASH_PX) % 2 == 1
        rgb[rows[other], columns[other]] = dashed
