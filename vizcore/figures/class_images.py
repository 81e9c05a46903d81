"""Images that gradient ascent made, side by side with their names, and as files."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.palette import theme

Rgb = npt.NDArray[np.uint8]

FONT_PX = 16
LINE_PX = 22
_GAP_PX = 12
#: A name of some length must fit under its picture.
_NARROWEST_PX = 150
#: Room (width, height) beside the curves in a 1280 pixel window; many images go further down
#: rather than be shown smaller than the least side.
FIT_PX = (640, 540)
_LEAST_PX = 96


@dataclass(frozen=True, slots=True)
class Label:
    """What stands with one image: its name above, and below what is known of it.

    Attributes:
        quiet: the line below is written in the second text colour.
        colour: of a line under the name: that of the image's curve; "" for none.
    """

    head: str
    foot: str = ""
    quiet: bool = False
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """How images stand: as `lay_out` found it.

    Attributes:
        columns: images side by side.
        zoom: picture pixels for one of the image, each way.
        reduce: image pixels, each way, whose mean is one of the picture; 1 but for large images.
    """

    columns: int
    zoom: int
    reduce: int = 1


def lay_out(count: int, size: tuple[int, int], fit_px: tuple[int, int] = FIT_PX) -> Layout:
    """Columns and scale for images of one (height, width): as large as there is room for.

    Example:
        >>> lay_out(12, (64, 64)), lay_out(12, (224, 224))
        (Layout(columns=4, zoom=2, reduce=1), Layout(columns=4, zoom=1, reduce=2))
    """
    height, width = size

    def fits(columns: int, zoom: int, reduce: int) -> bool:
        shown_h, shown_w = -(-height // reduce) * zoom, -(-width // reduce) * zoom
        wide = columns * (max(shown_w, _NARROWEST_PX) + _GAP_PX) - _GAP_PX
        high = math.ceil(count / columns) * (shown_h + 2 * LINE_PX + _GAP_PX) - _GAP_PX
        return wide <= fit_px[0] and high <= fit_px[1]

    scales = [(zoom, 1) for zoom in range(max(1, fit_px[0] // width), 1, -1)]
    scales += [(1, reduce) for reduce in range(1, max(height, width) + 1)]
    scales = [each for each in scales if min(height, width) * each[0] >= _LEAST_PX * each[1]]
    for zoom, reduce in scales:
        fitting = [columns for columns in range(1, count + 1) if fits(columns, zoom, reduce)]
        if fitting:
            return Layout(max(fitting, key=lambda n: (-(-count % n), n)), zoom, reduce)
    across = max(1, (fit_px[0] + _GAP_PX) // (_NARROWEST_PX + _GAP_PX))
    return Layout(min(count, across), *(scales[-1] if scales else (1, 1)))


def width_px(layout: Layout, size: tuple[int, int]) -> int:
    """How wide `draw_gallery` draws images of one (height, width).

    Example:
        >>> width_px(Layout(columns=4, zoom=2), (64, 64))
        636
    """
    shown = -(-size[1] // layout.reduce) * layout.zoom
    return layout.columns * (max(shown, _NARROWEST_PX) + _GAP_PX) - _GAP_PX


def draw_gallery(
    pictures_nhwc: Rgb,
    labels: Sequence[Label],
    *,
    layout: Layout | None = None,
    dark: bool = False,
) -> Rgb:
    """Draw images with their labels on the page's colour; returns uint8 (height, width, 3).

    Args:
        pictures_nhwc: uint8 (n, height, width, 3).

    Raises:
        NotApplicable: no images.
        BadChoice: another number of labels than of images.

    Example:
        >>> draw_gallery(np.zeros((2, 64, 64, 3), np.uint8), [Label("a"), Label("b")]).shape
        (300, 524, 3)
    """
    if len(pictures_nhwc) == 0:
        raise NotApplicable("There are no images to draw.")
    if len(labels) != len(pictures_nhwc):
        raise BadChoice.among("labels", len(labels), [f"{len(pictures_nhwc)}, one an image"])
    colours = theme(dark)
    layout = layout or lay_out(len(pictures_nhwc), pictures_nhwc.shape[1:3])
    shown = [_scaled(each, layout) for each in pictures_nhwc]
    height, width = shown[0].shape[:2]
    cell_w, cell_h = max(width, _NARROWEST_PX) + _GAP_PX, height + 2 * LINE_PX + _GAP_PX
    columns, rows = layout.columns, math.ceil(len(shown) / layout.columns)
    size = columns * cell_w - _GAP_PX, rows * cell_h - _GAP_PX
    sheet = Image.new("RGB", size, colours.paper)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_PX)
    for number, (picture, label) in enumerate(zip(shown, labels, strict=True)):
        row, column = divmod(number, columns)
        left, top = column * cell_w, row * cell_h
        room = cell_w - _GAP_PX
        draw.text((left, top), shortened(label.head, room), fill=colours.text, font=font)
        if label.colour:
            under = (left, top + LINE_PX - 4, left + width - 1, top + LINE_PX - 2)
            draw.rectangle(under, fill=label.colour)
        sheet.paste(Image.fromarray(picture), (left, top + LINE_PX))
        ink = colours.muted if label.quiet else colours.text
        foot = (left, top + LINE_PX + height + 2)
        draw.text(foot, shortened(label.foot, room), fill=ink, font=font)
    return np.asarray(sheet)


def shortened(text: str, width_px: int) -> str:
    """The text, or as much of it as is no wider, with three points.

    Example:
        >>> shortened("a", 100), shortened("a rather long name of a class", 100)
        ('a', 'a rather lon...')
    """
    font = ImageFont.load_default(FONT_PX)
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(text + "...") > width_px:
        text = text[:-1]
    return text.rstrip() + "..."


def png(rgb_hwc: Rgb) -> bytes:
    """A picture as PNG; little compression, because it is made many times a second."""
    file = io.BytesIO()
    Image.fromarray(rgb_hwc).save(file, "PNG", compress_level=1)
    return file.getvalue()


def pixels(content: bytes) -> Rgb:
    """A picture file's pixels (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def zipped(pictures_nhwc: Rgb, names: Sequence[str]) -> bytes:
    """The images alone, pixel for pixel, as PNG files in a zip archive without dates."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, (picture, name) in enumerate(zip(pictures_nhwc, names, strict=True)):
            entry = zipfile.ZipInfo(f"{number:02d}_{name}.png")
            archive.writestr(entry, png(picture))
    return file.getvalue()


def _scaled(picture_hwc: Rgb, layout: Layout) -> Rgb:
    if layout.reduce > 1:
        picture_hwc = np.asarray(Image.fromarray(picture_hwc).reduce(layout.reduce))
    return picture_hwc.repeat(layout.zoom, axis=0).repeat(layout.zoom, axis=1)
