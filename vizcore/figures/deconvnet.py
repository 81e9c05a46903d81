"""Projections of units drawn: each beside the piece of the picture that its unit sees."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.data.windows import cut_window, window_of
from vizcore.errors import NotApplicable
from vizcore.figures.evolution import enlarge
from vizcore.figures.palette import diverging, rgb_of, theme
from vizcore.figures.patches import GUTTER_PX, draw_patches
from vizcore.figures.patches import png as as_png
from vizcore.records.deconvnet import Projections

Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DrawnProjections:
    """Projections as one picture.

    Attributes:
        rgb_hwc: uint8; pairs of a piece of the picture and its projection, row by row.
        limits_n: the magnitude that has the last colour, of each projection.
        caption: the scaling, and what the colours mean.
    """

    rgb_hwc: Rgb = field(repr=False)
    limits_n: tuple[float, ...]
    caption: str

    def png(self) -> bytes:
        """The picture as PNG."""
        return as_png(self.rgb_hwc)


def colour_projection(projection_chw: npt.NDArray[np.floating]) -> tuple[Rgb, float]:
    """One projection in colours, and the magnitude of the last ones: its own largest.

    Three planes are red, green and blue, mid-grey for zero. One plane has the diverging colours:
    red positive, blue negative, near-white zero.

    Raises:
        NotApplicable: neither one plane nor three, or values that are not finite.

    Example:
        >>> drawn, limit = colour_projection(np.array([0.0, 1, -2]).reshape(3, 1, 1))
        >>> drawn.tolist(), limit
        ([[[128, 191, 0]]], 2.0)
    """
    if projection_chw.shape[0] not in (1, 3) or not np.isfinite(projection_chw).all():
        raise NotApplicable(
            f"A projection of shape {projection_chw.shape} cannot be drawn: pictures have one or "
            "three planes, of finite values."
        )
    limit = float(np.abs(projection_chw).max(initial=0.0))
    if projection_chw.shape[0] == 1:
        return diverging(projection_chw[0], limit), limit
    share = projection_chw.transpose(1, 2, 0).astype(np.float64) / (limit or 1.0)
    return np.rint(127.5 + 127.5 * share).astype(np.uint8), limit


def draw_projections(
    found: Projections,
    *,
    whole: bool = False,
    columns: int = 3,
    side_px: int = 256,
    dark: bool = False,
) -> DrawnProjections:
    """Draw each projection at the right of what the network looked at.

    Args:
        whole: the whole input; else the unit's receptive field, as far as it is known. What of it
            lies outside the picture is in the theme's grey.
        columns: pairs in a row, at most.
        side_px: as wide is one picture of a pair at most, if it is not larger by itself.
    """
    blank = rgb_of(theme(dark).grid)
    pairs, limits = [], []
    for n, projection in enumerate(found.projections_nchw):
        colours, limit = colour_projection(projection)
        limits.append(limit)
        pictures = [colours] if found.images_nhwc is None else [found.images_nhwc[n], colours]
        if not whole and found.receptive_field is not None:
            row, column = (int(each) for each in found.places_np[n])
            window = window_of(found.receptive_field, (row, column))
            pictures = [cut_window(each, window, blank) for each in pictures]
        large = [enlarge(each, side_px) for each in pictures]
        between = np.empty((len(large[0]), GUTTER_PX, 3), np.uint8)
        between[:] = rgb_of(theme(dark).paper)
        pairs.append(np.concatenate([p for each in large for p in (between, each)][1:], axis=1))
    drawn = draw_patches(np.stack(pairs), columns=columns, side_px=1, dark=dark)
    return DrawnProjections(drawn, tuple(limits), _caption(found, limits))


def _caption(found: Projections, limits: list[float]) -> str:
    zero, ends = (
        ("mid-grey is 0", "the strongest colours are")
        if found.projections_nchw.shape[1] == 3
        else ("white is 0, red positive, blue negative;", "the darkest colours are")
    )
    if not any(limits):
        return "Nothing comes down from this unit: every value of the projection is 0."
    if len(limits) == 1:
        scale = f"{zero} {ends}" if zero.endswith(";") else f"{zero}, {ends}"
        words = f"At the right the projection: {scale} ±{limits[0]:.3g}, in the input's units."
    else:
        words = (
            f"At the right of each picture its projection, each with its own scale: {zero} and "
            f"{ends} its own largest magnitude, ±{min(limits):.3g} to ±{max(limits):.3g}."
        ).replace("; and", ";")
    return " ".join([words, *_below_zero(found), *found.notes])


def _below_zero(found: Projections) -> list[str]:
    """Said where a unit was not excited at all: its projection has the signs turned."""
    below = int((found.values_n < 0).sum())
    if not below:
        return []
    which = "This unit is" if len(found.values_n) == 1 else f"{below} of these units are"
    return [f"{which} below zero here: nothing excited it; what is shown pushed it down."]
