"""Class images as files and as numbers: what a view of the page offers to take home."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from vizcore.figures import class_image_words as words
from vizcore.figures.animation import Kind, animate
from vizcore.figures.ascent_curves import shades
from vizcore.figures.class_images import (
    FIT_PX,
    Layout,
    Rgb,
    draw_gallery,
    lay_out,
    pixels,
    png,
    width_px,
    zipped,
)
from vizcore.figures.marking import marked
from vizcore.figures.palette import theme
from vizcore.records.class_images import AscentImages, Inversions
from vizcore.ui import picture_views as views
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download, Room
from vizcore.zoo.weights import Weights

#: Room (width, height) for the images beside the curves in a window 1280 and 1920 pixels wide, and
#: for a row across the page, where curves stand below.
_BESIDE_PX = (FIT_PX, (1040, 830))
_ROW_PX = ((960, 400), (1440, 420))
#: The windows for which there is a wide picture, as CSS; a picture on its way is enlarged there.
WIDE_WINDOW = "min-width: 1880px"
_ENLARGED = 1.5

Found = AscentImages | Inversions


def sheet_of(
    view: str, found: Found, step: int, followed: int | None, dark: bool, *, is_wide: bool = False
) -> tuple[Rgb, Layout]:
    """The images at a step with their names, and how they stand.

    Args:
        followed: the image whose name is underlined, because its curves are drawn.
        is_wide: for a wide window.
    """
    pictures = _pictures(found, step)
    is_row = view == "lambda"
    inks: list[str] = [""] * len(pictures)
    if isinstance(found, Inversions):
        pictures = np.concatenate([found.photo_hwc[None], pictures])
        made, inks = words.inverse_labels(found, step), ["", *shades(len(found.layers), dark)]
    else:
        made = words.labels(found, step, lambdas=is_row)
        if is_row:
            inks = shades(len(made), dark)
        elif followed is not None and len(made) > 1:
            inks[followed] = theme(dark).accent
    labels = [replace(each, colour=ink) for each, ink in zip(made, inks, strict=True)]
    size = pictures.shape[1], pictures.shape[2]
    layout = lay_out(len(pictures), size, (_ROW_PX if is_row else _BESIDE_PX)[is_wide])
    return draw_gallery(pictures, labels, layout=layout, dark=dark), layout


def sheet_widths(count: int, size: tuple[int, int]) -> tuple[int, int]:
    """How wide so many images beside the curves are on the page, in a narrow and a wide window.

    Example:
        >>> sheet_widths(12, (64, 64))
        (636, 954)
    """
    narrow, wide = (width_px(lay_out(count, size, fit), size) for fit in _BESIDE_PX)
    return narrow, max(round(_ENLARGED * narrow), wide)


def _pictures(found: Found, step: int) -> Rgb:
    """The images at a step: a frame's, or the newest."""
    if step == found.step:
        return found.pictures_nhwc
    return next(frame.pictures_nhwc for frame in found.frames if frame.step == step)


def offer(here: Room, weights: Weights, chosen: Chosen, view: str, found: Found) -> None:
    """The downloads."""
    if isinstance(found, Inversions):
        names: Sequence[str] = found.layers
        stem = views.stem(weights, "inversion", chosen.name)
    else:
        names = [goal.name for goal in found.goals]
        what = {"classes": "class-images", "lambda": "lambdas", "unit": "units"}[view]
        stem = views.stem(weights, what, names[0] if len(set(names)) == 1 else f"{len(names)}")
    files = [views.stem(weights, name) for name in names]
    mark = views.mark(weights)

    def sheet() -> bytes:
        return marked(png(sheet_of(view, found, found.step, None, False)[0]), mark)

    def film(kind: Kind) -> bytes:
        shown = [sheet_of(view, found, each.step, None, False)[0] for each in found.frames]
        if mark:
            shown = [pixels(marked(png(each), mark)) for each in shown]
        return animate(shown, kind)

    def data() -> bytes:
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **found.arrays())
        return file.getvalue()

    here.offer(
        Download("Picture, PNG", f"{stem}.png", "image/png", sheet),
        Download("Animation, GIF", f"{stem}.gif", "image/gif", lambda: film("gif")),
        Download("Animation, APNG", f"{stem}.apng", "image/apng", lambda: film("apng")),
        Download(
            "Images alone, zip of PNG",
            f"{stem}_png.zip",
            "application/zip",
            lambda: zipped(found.pictures_nhwc, files),
        ),
        Download("Images, curves, frames, NumPy", f"{stem}.npz", "application/octet-stream", data),
    )


def draw_numbers(here: Room, view: str, found: Found) -> None:
    with here.details("The numbers, image by image") as is_open:
        if not is_open:
            return
        if isinstance(found, Inversions):
            photo = found.photo_prediction
            said = [*([photo] if photo else []), *found.predictions]
            columns = {"error, %": [0.0, *(100 * found.errors_sn[-1])]}
            st.html(words.numbers_table(["the photo", *found.layers], said, columns))
            return
        names = [goal.name for goal in found.goals]
        if view == "lambda":
            names = [f"λ {goal.lambda_:g}" for goal in found.goals]
        columns = {
            "score" if found.goals[0].target is not None else "activation": found.scores_sn[-1],
            "penalty": found.penalties_sn[-1],
            "objective": found.objectives_sn[-1],
        }
        if found.probabilities_sn is not None:
            columns["probability, %"] = 100 * found.probabilities_sn[-1]
        st.html(words.numbers_table(names, found.predictions, columns))
        notes = [note for note in found.notes if note]
        if notes:
            st.markdown("\n".join(f"- {views.plain(note)}" for note in notes))
