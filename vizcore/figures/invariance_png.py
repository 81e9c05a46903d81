"""A photograph that is moved, as PNG: the views in a row, and the three plots for a file."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vizcore.figures.invariance import DISTANCE_SAID, axis_title, colours
from vizcore.figures.invariance_words import amount
from vizcore.figures.numbers import percent
from vizcore.figures.palette import theme
from vizcore.records.invariance import Distance, Invariance

#: What Pillow's own font lacks, and what stands for it.
_IN_PNG = str.maketrans({"×": "x", "−": "-", "…": "..."})
_PANEL_PX, _GAP_PX, _LINE_PX, _BESIDE_PX = (420, 260), 64, 20, 4


def chosen_views(found: Invariance, most: int = 7) -> tuple[int, ...]:
    """The views for a strip: evenly spaced in the order of the amounts, the neutral one among them.

    Example:
        >>> from types import SimpleNamespace
        >>> chosen_views(SimpleNamespace(amounts=(0.0, 1.0, 2.0, 3.0, 4.0), neutral=2.0), 3)
        (0, 2, 4)
    """
    order = [int(n) for n in np.argsort(found.amounts, kind="stable")]
    if len(order) <= most:
        return tuple(order)
    places = np.rint(np.linspace(0, len(order) - 1, most)).astype(int)
    at = int(np.abs(np.array(found.amounts)[order] - found.neutral).argmin())
    places[np.abs(places - at).argmin()] = at
    return tuple(order[place] for place in dict.fromkeys(places.tolist()))


def draw_strip(
    found: Invariance, *, width_px: int = 1320, words: bool = True, dark: bool = False
) -> bytes:
    """Draw some of the views side by side, each with its amount, answer and probability.

    Whole-number enlargement without smoothing where the views are small.

    Args:
        words: write the words under the views; without them the picture ends below the views.
    """
    house, views = theme(dark), chosen_views(found)
    room = (width_px - _BESIDE_PX * (len(views) - 1)) // len(views)
    pictures = [_fitted(found.views_nhwc[n], room) for n in views]
    side, font = pictures[0].height, ImageFont.load_default(16)
    below = 3 * _LINE_PX + 10 if words else 0
    whole = Image.new("RGB", (width_px, side + below), house.paper)
    draw = ImageDraw.Draw(whole)
    for column, (n, picture) in enumerate(zip(views, pictures, strict=True)):
        left = column * (room + _BESIDE_PX)
        whole.paste(picture, (left + (room - side) // 2, 0))
        said = found.said_n[n]
        lines = [
            (amount(found, found.amounts[n]), house.text),
            (said, house.text if said == found.said else house.accent),
            (percent(float(found.shifts.probabilities_nc[n].max())), house.muted),
        ]
        for row, (text, ink) in enumerate(lines if words else ()):
            middle = (left + room / 2, side + 6 + (row + 0.5) * _LINE_PX)
            text = _fit(text.translate(_IN_PNG), font, room)
            draw.text(middle, text, fill=ink, font=font, anchor="mm")
    return _png(whole)


def draw_png(
    found: Sequence[Invariance],
    first: int,
    last: int,
    names: Sequence[str] = (),
    *,
    distance: Distance = "relative",
    dark: bool = False,
) -> bytes:
    """Draw the three plots side by side, and the first photograph's views under them."""
    house, one = theme(dark), found[0]
    layers, font = one.shifts.layers, ImageFont.load_default(16)
    width, height = _PANEL_PX
    strip = Image.open(io.BytesIO(draw_strip(one, width_px=3 * width + 2 * _GAP_PX, dark=dark)))
    total = 3 * width + 4 * _GAP_PX, height + 140 + strip.height
    whole = Image.new("RGB", total, house.paper)
    draw = ImageDraw.Draw(whole)
    distances = [
        np.stack([each.shifts.measured_ln(distance)[place] for each in found])
        for place in (first, last)
    ]
    tops = [float(np.nanmax(values, initial=0.0)) * 1.08 or 1.0 for values in distances]
    tops = 2 * [max(tops)] if distance == "relative" else tops
    what = "distance / original's length" if distance == "relative" else DISTANCE_SAID[distance]
    panels = [
        (f"{layers[first].name}: {what}", distances[0], tops[0]),
        (f"{layers[last].name}: {what}", distances[1], tops[1]),
        (
            f"probability of {one.target_class if len(found) == 1 else 'its first answer'}",
            np.stack([each.probabilities_n for each in found]),
            1.04,
        ),
    ]
    inks = colours(len(found), dark)
    for column, (title, values, top) in enumerate(panels):
        left = _GAP_PX + column * (width + _GAP_PX)
        box = (left, 44, left + width, 44 + height)
        draw.text((left, 22), title.translate(_IN_PNG), fill=house.text, font=font, anchor="lm")
        _axes(draw, box, one, top, house.grid, house.text, font)
        for each, line, ink in zip(found, values, inks, strict=True):
            _line(draw, box, each, line, top, ink)
    for number, (name, ink) in enumerate(zip(names, inks, strict=False)):
        at = (_GAP_PX + number * 260, height + 116)
        draw.text(at, name.translate(_IN_PNG), fill=ink, font=font, anchor="lm")
    whole.paste(strip, (_GAP_PX, height + 136))
    return _png(whole)


def _axes(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    found: Invariance,
    top: float,
    grid: str,
    ink: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    left, upper, right, lower = box
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = lower - share * (lower - upper)
        draw.line((left, y, right, y), fill=grid)
        draw.text((left - 6, y), f"{share * top:.2g}", fill=ink, font=font, anchor="rm")
    low, high = min(found.amounts), max(found.amounts)
    for share in (0.0, 0.5, 1.0):
        text = amount(found, low + share * (high - low)).translate(_IN_PNG)
        anchor = {0.0: "lm", 0.5: "mm", 1.0: "rm"}[share]
        draw.text(
            (left + share * (right - left), lower + 16), text, fill=ink, font=font, anchor=anchor
        )
    middle = ((left + right) / 2, lower + 40)
    draw.text(middle, axis_title(found).translate(_IN_PNG), fill=ink, font=font, anchor="mm")


def _line(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    found: Invariance,
    values: np.ndarray,
    top: float,
    ink: str,
) -> None:
    left, upper, right, lower = box
    amounts = np.array(found.amounts)
    spread = float(amounts.max() - amounts.min()) or 1.0
    points: list[tuple[float, float]] = []
    for n in np.argsort(amounts, kind="stable"):
        if np.isnan(values[n]):
            continue
        x = left + (amounts[n] - amounts.min()) / spread * (right - left)
        points.append((float(x), float(lower - values[n] / top * (lower - upper))))
    if len(points) > 1:
        draw.line(points, fill=ink, width=3, joint="curve")
    for x, y in points:
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=ink)


def _fitted(view_hwc: np.ndarray, room_px: int) -> Image.Image:
    side = view_hwc.shape[0]
    if side <= room_px:
        times = room_px // side
        return Image.fromarray(view_hwc.repeat(times, axis=0).repeat(times, axis=1))
    return Image.fromarray(view_hwc).resize((room_px, room_px), Image.Resampling.LANCZOS)


def _fit(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room_px: int) -> str:
    """The text, cut where it is too long for its place."""
    shown = text
    while font.getlength(shown) > room_px and len(shown) > 4:
        text = text[:-1]
        shown = f"{text}..."
    return shown


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=6)
    return file.getvalue()
