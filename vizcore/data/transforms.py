"""A photograph shifted, enlarged, turned, blurred or changed in contrast, as a network sees it.

No transformed picture has a black border. What a window shows beyond the photograph's edge is the
photograph mirrored there, or its outermost pixels, and how much of the window that is, is counted;
or the windows are so cut from a larger version of the photograph that all of them lie within it.

Shifts are by whole pixels and read the same pixels at another place. A change of scale is one
resize from the photograph itself. Turns by right angles only move pixels; at other angles the
picture is turned at several times its size and averaged down, so that they blur it little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.data.preprocessing import Preprocessing
from vizcore.data.transformations import Beyond, Transformation, check

Rgb = npt.NDArray[np.uint8]
#: A turned picture is made at most so large on the way, and so many times its size.
_TURNED_PX, _FINER = 1024, 4


@dataclass(frozen=True, slots=True)
class Transformed:
    """A photograph at several amounts of one transformation.

    Attributes:
        kind: key of the transformation; `amounts` one a view.
        original_hwc: uint8 (side, side, 3), what nothing was done to.
        views_nhwc: uint8 (n, side, side, 3).
        beyond_n: share (0..1) of each view that lies beyond the photograph's edge.
    """

    kind: str
    amounts: tuple[float, ...]
    original_hwc: Rgb
    views_nhwc: Rgb
    beyond_n: npt.NDArray[np.float64]


def transform(
    rgb_hwc: Rgb,
    how: Preprocessing,
    kind: str,
    amounts: Sequence[float] | None = None,
    *,
    beyond: Beyond = "mirror",
) -> Transformed:
    """Return what a network sees of a photograph, uint8 (height, width, 3), at each amount.

    Args:
        how: the network's preprocessing.
        kind: "translation" (down is positive) and "sideways" (right is positive) in whole pixels
            of the network's input, "scale" as a factor, "rotation" in degrees against the clock,
            "blur" as the standard deviation of a Gaussian in those pixels, or "contrast" as a
            factor of each pixel's difference from the mean colour; values beyond 0..255 are
            clipped.
        amounts: the transformation's own for this network, unless given.
        beyond: "mirror": the photograph is seen as always, and mirrored beyond its edge;
            "edge": its outermost pixels go on; "inside": it is enlarged so far that no view reaches
            its edge.

    Raises:
        BadChoice: another kind, `beyond` or amounts.
        BadImage: an array that is not uint8 (height, width, 3).

    Example:
        >>> how = Preprocessing(8, 8, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
        >>> photo = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
        >>> seen = transform(photo, how, "translation", (-2, 0, 2))
        >>> (seen.views_nhwc[2, 2:] == photo[:-2]).all(), seen.beyond_n.tolist()
        (np.True_, [0.25, 0.0, 0.25])
    """
    what = check(kind, amounts, beyond)
    given = what.amounts(how.crop_px) if amounts is None else tuple(map(float, amounts))
    side_px = how.resize_px
    if beyond == "inside":
        side_px = max(side_px, _needed_px(what, given, how.crop_px))
    views, shares = [], []
    picture = how.resized(rgb_hwc, side_px)
    top, left = how.corner(picture)
    original = _cut(picture, top, left, how.crop_px, beyond)
    finer = max(1, min(_FINER, _TURNED_PX // side_px))
    turning = what.key == "rotation"
    fine = how.resized(rgb_hwc, side_px * finer) if turning and finer > 1 else picture
    for amount in given:
        outside = 0.0
        if what.key in ("translation", "sideways"):
            down, right = (int(amount), 0) if what.key == "translation" else (0, int(amount))
            corner = top - down, left - right
            view = _cut(picture, *corner, how.crop_px, beyond)
            outside = _outside(picture, *corner, how.crop_px)
        elif what.key == "scale":
            scaled = how.resized(rgb_hwc, max(1, round(side_px * amount)))
            corner = how.corner(scaled)
            view = _cut(scaled, *corner, how.crop_px, beyond)
            outside = _outside(scaled, *corner, how.crop_px)
        elif what.key == "rotation":
            quarters = amount / 90
            if quarters == round(quarters):
                view = np.rot90(original, int(quarters) % 4)
            else:
                view = _turned(fine, picture, (top, left), how.crop_px, finer, amount, beyond)
            outside = _outside_turned(picture, top, left, how.crop_px, amount)
        elif what.key == "blur":
            view = _cut(_blurred(picture, amount), top, left, how.crop_px, beyond)
        else:
            view = _contrasted(original, amount)
        views.append(how.in_its_colours(np.ascontiguousarray(view)))
        shares.append(outside)
    return Transformed(
        what.key,
        given,
        how.in_its_colours(np.ascontiguousarray(original)),
        np.stack(views),
        np.array(shares),
    )


def _needed_px(what: Transformation, amounts: Sequence[float], crop_px: int) -> int:
    """The shorter side at which no view of these amounts reaches the photograph's edge."""
    if what.unit == "px" and what.moves:
        return math.ceil(crop_px + 2 * max(map(abs, amounts)))
    if what.key == "scale":
        return math.ceil((crop_px + 1) / min(1.0, *amounts, 1.0))
    if what.key == "rotation":
        return math.ceil(crop_px * math.sqrt(2)) + 2
    return crop_px


def _cut(picture_hwc: Rgb, top: int, left: int, side_px: int, beyond: Beyond) -> Rgb:
    """A square of the picture; beyond its edges it is mirrored, as often as needed, or repeated."""
    height, width = picture_hwc.shape[:2]
    rows, columns = (
        places.clip(0, size - 1) if beyond == "edge" else _mirrored(places, size)
        for places, size in (
            (np.arange(top, top + side_px), height),
            (np.arange(left, left + side_px), width),
        )
    )
    return picture_hwc[rows[:, None], columns]


def _mirrored(places: npt.NDArray[np.intp], size: int) -> npt.NDArray[np.intp]:
    """Places beyond 0..size-1 mirrored back; the edge's own pixel is there twice."""
    around = places % (2 * size)
    return np.where(around < size, around, 2 * size - 1 - around)


def _outside(picture_hwc: Rgb, top: int, left: int, side_px: int) -> float:
    """The share of a square that lies beyond the picture."""
    inside = 1.0
    for start, size in zip((top, left), picture_hwc.shape[:2], strict=True):
        inside *= max(0, min(start + side_px, size) - max(start, 0)) / side_px
    return 1.0 - inside


def _turned(
    fine_hwc: Rgb,
    picture_hwc: Rgb,
    corner: tuple[int, int],
    side_px: int,
    finer: int,
    degrees: float,
    beyond: Beyond,
) -> Rgb:
    """A square of the picture turned about its middle, against the clock.

    Args:
        fine_hwc: the picture about `finer` times as large, which is what is turned.
        corner: (top, left) of the square in the picture; `side_px` its side.
    """
    side = side_px * finer
    reach = math.ceil(side * math.sqrt(2) / 2) + 2
    top, left = (
        round((start + side_px / 2) * fine / size) - reach
        for start, size, fine in zip(corner, picture_hwc.shape[:2], fine_hwc.shape[:2], strict=True)
    )
    around = Image.fromarray(_cut(fine_hwc, top, left, 2 * reach, beyond))
    turned = around.rotate(degrees, Image.Resampling.BICUBIC)
    first = reach - side // 2
    square = turned.crop((first, first, first + side, first + side))
    return np.asarray(square.reduce(finer) if finer > 1 else square)


def _outside_turned(picture_hwc: Rgb, top: int, left: int, side_px: int, degrees: float) -> float:
    """The share of the turned square's pixels whose middle lies beyond the picture."""
    height, width = picture_hwc.shape[:2]
    place = np.arange(side_px) + 0.5 - side_px / 2
    down, right = np.meshgrid(place, place, indexing="ij")
    angle = math.radians(degrees)
    # A picture turned against the clock shows at each place what lay clockwise of it.
    rows = math.cos(angle) * down + math.sin(angle) * right + top + side_px / 2
    columns = -math.sin(angle) * down + math.cos(angle) * right + left + side_px / 2
    near = 1e-9
    inside = (rows > -near) & (rows < height + near) & (columns > -near) & (columns < width + near)
    return float(1.0 - inside.mean())


def _blurred(picture_hwc: Rgb, deviation_px: float) -> Rgb:
    if deviation_px == 0:
        return picture_hwc
    from skimage.filters import gaussian

    soft = gaussian(picture_hwc.astype(np.float64), deviation_px, mode="reflect", channel_axis=2)
    return np.rint(soft).clip(0, 255).astype(np.uint8)


def _contrasted(view_hwc: Rgb, factor: float) -> Rgb:
    mean = view_hwc.mean(axis=(0, 1))
    return np.rint((view_hwc - mean) * factor + mean).clip(0, 255).astype(np.uint8)
