"""All channels of a layer, each as the patches that excite it most, in one picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, isqrt

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vizcore.data.windows import cut_window
from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.palette import rgb_of, theme
from vizcore.records import Window
from vizcore.records.patches import TopPatches

#: Pixels between patches, between units, and of a unit's number above it with its margin.
GAP_PX, GUTTER_PX = 1, 8
LABEL_PX, MARGIN_PX = 11, 3
#: Pixels of a patch's longer side in a wall, and of the whole wall, at most.
PATCH_PX = 64
#: How many times larger patches may be where there is room.
_LARGER = (4, 3, 2.5, 2, 1.5)
MAX_PX = 40_000_000
WIDTH_PX = 1600

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PatchWall:
    """A drawn wall.

    Attributes:
        rgb_hwc: uint8, the picture.
        channels: from left to right, row by row.
        columns: units in a row.
        tile_px: (height, width) of a unit with its number, gutter not included.
        scale: picture pixels for one pixel of the network's input.
        caption: what is seen, and what the flat colour means.
    """

    rgb_hwc: Pixels = field(repr=False)
    channels: tuple[int, ...] = field(repr=False)
    columns: int
    tile_px: tuple[int, int]
    scale: float
    caption: str


def cut_patches(
    found: TopPatches,
    layer: str,
    channel: int,
    view: Callable[[int], Pixels],
    *,
    dark: bool = False,
) -> Pixels:
    """One unit's patches, uint8 (k, height, width, 3), the strongest first, cut to the pixel.

    What of a receptive field lies outside the picture has the theme's grey.

    Args:
        view: gives a picture, by number, as the network saw it.

    Raises:
        NotApplicable: what the layer's values see is not known.
    """
    blank = _grey(dark)
    cuts = []
    for each in found.patches(layer, channel):
        if each.window is None:
            raise NotApplicable(
                f"What a value of layer '{layer}' sees of the picture is not known, so no patch "
                "can be cut."
            )
        cuts.append(cut_window(view(each.number), each.window, blank))
    return np.stack(cuts)


def draw_patch_wall(
    found: TopPatches,
    layer: str,
    view: Callable[[int], Pixels],
    channels: Sequence[int] | None = None,
    *,
    width_px: int = WIDTH_PX,
    patch_px: int = PATCH_PX,
    label_px: int = LABEL_PX,
    height_px: int | None = None,
    dark: bool = False,
) -> PatchWall:
    """Draw the patches of many units of a layer, each under its number.

    Small patches are enlarged by a whole number, each pixel a square; large ones are made smaller.

    Args:
        channels: which units; all in the network's order without it.
        width_px: about how wide the picture may be.
        patch_px: about how large the longer side of a patch may be; what is not much larger is
            drawn as it is.
        label_px: height of the numbers.
        height_px: where it is given, patches are larger as long as the picture is not higher.

    Raises:
        BadChoice: a channel that the layer has not.
        NotApplicable: what the layer's values see is not known.
    """
    count = len(found.found[layer].values_ck)
    shown = tuple(range(count)) if channels is None else tuple(channels)
    if not shown or min(shown) < 0 or max(shown) >= count:
        raise BadChoice.among("channels", list(shown), [f"channels 0 to {count - 1}"])
    across = ceil(found.top**0.5)
    first = cut_patches(found, layer, shown[0], view, dark=dark)
    head = label_px + MARGIN_PX
    for most in (*(_LARGER if height_px else ()), 1):
        zoom, scale, size = _patch_size(
            first.shape[1:3], round(most * patch_px), len(shown) * across**2
        )
        tile_h = head + ceil(found.top / across) * (size[0] + GAP_PX) - GAP_PX
        tile_w = across * (size[1] + GAP_PX) - GAP_PX
        columns = max(1, min(len(shown), (width_px + GUTTER_PX) // (tile_w + GUTTER_PX)))
        rows = ceil(len(shown) / columns)
        if tile_w <= width_px and rows * (tile_h + GUTTER_PX) <= (height_px or MAX_PX):
            break
    paper = rgb_of(theme(dark).paper)
    wall = np.empty((rows * (tile_h + GUTTER_PX), columns * (tile_w + GUTTER_PX), 3), np.uint8)
    wall[:] = paper
    for place, channel in enumerate(shown):
        top = place // columns * (tile_h + GUTTER_PX) + head
        left = place % columns * (tile_w + GUTTER_PX)
        cuts = first if place == 0 else cut_patches(found, layer, channel, view, dark=dark)
        for rank, cut in enumerate(cuts):
            y = top + rank // across * (size[0] + GAP_PX)
            x = left + rank % across * (size[1] + GAP_PX)
            wall[y : y + size[0], x : x + size[1]] = _sized(cut, size, zoom)
    drawn = Image.fromarray(wall[:-GUTTER_PX, :-GUTTER_PX])
    draw = ImageDraw.Draw(drawn)
    font = ImageFont.load_default(label_px)
    for place, channel in enumerate(shown):
        at = (place % columns * (tile_w + GUTTER_PX), place // columns * (tile_h + GUTTER_PX))
        draw.text(at, str(channel), fill=rgb_of(theme(dark).text), font=font)
    return PatchWall(
        np.asarray(drawn), shown, columns, (tile_h, tile_w), scale, _caption(found, layer, scale)
    )


def _patch_size(
    patch_hw: Sequence[int], patch_px: int, patches: int
) -> tuple[int, float, tuple[int, int]]:
    """How often a pixel is repeated (0 where a patch is made smaller), its scale, and the size
    (height, width) of a drawn patch, of so many that there is room for all."""
    longer = max(patch_hw)
    room = isqrt(MAX_PX // patches)
    side = max(1, min(patch_px, room))
    zoom = side // longer
    if not zoom and longer <= min(1.6 * side, room):
        zoom = 1
    scale = float(zoom) if zoom else side / longer
    height, width = (max(1, round(each * scale)) for each in patch_hw)
    return zoom, scale, (height, width)


def draw_boxed(rgb_hwc: Pixels, window: Window, side_px: int, *, dark: bool = False) -> Pixels:
    """A picture with a window as a box, both enlarged alike; the padding it reaches is grey.

    The box is white on black, one pixel each, around the pixels it holds.
    """
    height, width = rgb_hwc.shape[:2]
    margin = max(0, -window[0], -window[1], window[2] - width, window[3] - height)
    margin = min(margin, max(height, width) // 4) + 1
    framed = np.empty((height + 2 * margin, width + 2 * margin, 3), np.uint8)
    framed[:] = _grey(dark)
    framed[margin:-margin, margin:-margin] = rgb_hwc
    zoom = max(1, side_px // max(framed.shape[:2]))
    large = Image.fromarray(framed.repeat(zoom, axis=0).repeat(zoom, axis=1))
    left, top, right, bottom = (
        min(max((each + margin) * zoom, 0), limit * zoom)
        for each, limit in zip(window, (framed.shape[1], framed.shape[0]) * 2, strict=True)
    )
    draw = ImageDraw.Draw(large)
    draw.rectangle((left - 1, top - 1, right, bottom), outline=(0, 0, 0))
    draw.rectangle((left, top, right - 1, bottom - 1), outline=(255, 255, 255))
    return np.asarray(large)


def _caption(found: TopPatches, layer: str, scale: float) -> str:
    seen = found.fields[layer]
    count = found.found[layer].values_ck.shape[1]  # fewer than asked for, of few pictures
    several = f"{count} pictures that excite each unit of {layer} most, the strongest first"
    what = f"The {several}" if count > 1 else f"The picture that excites each unit of {layer} most"
    if seen is not None and seen.whole:
        what += "; each value sees the whole picture"
    elif seen is not None:
        size = " x ".join(str(each) for each in seen.size)
        most = "" if seen.exact else "at most "
        what += f", cut to what the value sees: {most}{size} pixels of the network's input"
    drawn = "" if scale >= 1 else f" Drawn at {scale:.3g} of their size."
    return f"{what}. Flat grey is outside the picture.{drawn}"


def _sized(cut: Pixels, size: tuple[int, int], zoom: int) -> Pixels:
    if zoom:
        return cut.repeat(zoom, axis=0).repeat(zoom, axis=1)
    return np.asarray(Image.fromarray(cut).resize(size[::-1], Image.Resampling.BOX))


def _grey(dark: bool) -> tuple[int, int, int]:
    return rgb_of(theme(dark).grid)
