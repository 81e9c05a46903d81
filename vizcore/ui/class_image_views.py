"""Parts of the page Class images: what is chosen, the images as they form, what is told of them."""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.figures import class_image_words as words
from vizcore.figures.ascent_curves import draw_ascent, draw_errors, draw_lambdas
from vizcore.figures.class_images import png
from vizcore.figures.marking import marked
from vizcore.formats.words import counted
from vizcore.records.class_images import AscentImages, Inversions
from vizcore.ui import address, watching, work
from vizcore.ui import class_image_controls as controls
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, one_of
from vizcore.ui.charts import draw_chart
from vizcore.ui.class_image_choices import choices as goal_choices
from vizcore.ui.class_image_controls import Asked
from vizcore.ui.class_image_files import (
    WIDE_WINDOW,
    Found,
    draw_numbers,
    offer,
    sheet_of,
    sheet_widths,
)
from vizcore.ui.class_image_options import choices as option_choices
from vizcore.ui.class_image_steps import choices as step_choices
from vizcore.ui.class_image_steps import draw_follow, draw_steps
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Room, is_dark
from vizcore.ui.watching import Watched
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

PAGE = "class-images"
VIEWS = {
    "classes": "Classes",
    "lambda": "λ",
    "unit": "Units",
    "inversion": "Inversion",
}
_CHART_S = 0.9


def choices() -> list[Choice]:
    """What can be chosen on the page."""
    view = Choice("view", "classes", one_of(*VIEWS))
    return [view, *goal_choices(), *option_choices(address.peek(PAGE, view)), *step_choices()]


def draw(here: Room, weights: Weights, chosen: Chosen) -> None:
    """The chosen view: its controls, its images while they form, and what there is to take home."""
    view = here.view["view"]
    with here.controls():
        st.segmented_control(
            "Show",
            list(VIEWS),
            format_func=VIEWS.__getitem__,
            required=True,
            help="Classes: the image that each class's score answers to most. λ: one class, with "
            "more and less weight on the norm. Units: the same for channels and single units. "
            "Inversion: for each layer, the image with the photo's activations.",
            **here.view.bind("view"),
        )
        try:
            asked = controls.draw(here.view, view, weights, chosen)
        except ConvScopeError as error:
            refused = error
            asked = None
    if asked is None:
        here.refuse(refused)
        return
    here.code(asked.code)
    slot = f"{PAGE}.{view}"
    try:
        watched = watching.watched(asked.task, slot=slot)
    except ConvScopeError as error:
        here.refuse(error, sets=asked.sets)
        return
    _forget_others(slot)
    screen = _Screen(here, weights, view, watched, asked)
    watching.draw(watched, screen.lay_out, screen.show)
    if watched.is_over and watched.found is not None:
        offer(here, weights, chosen, view, watched.found)
        draw_numbers(here, view, watched.found)


def _forget_others(slot: str) -> None:
    """Results of the other views are kept by the engine; here they would only take room."""
    for view in VIEWS:
        other = f"{PAGE}.{view}"
        if other != slot:
            work.release_done(other)


class _Screen:
    """The places on the page, and what draws the images and curves of a step in them."""

    def __init__(
        self, here: Room, weights: Weights, view: str, watched: Watched[Found], asked: Asked
    ) -> None:
        self._here, self._weights, self._view = here, weights, view
        self._watched, self._asked = watched, asked
        self._dark, self._mark = is_dark(), views.mark(weights)
        self._charts: dict[int, tuple[float, go.Figure]] = {}
        self._beside: DeltaGenerator | None = None
        self._below: DeltaGenerator | None = None

    def lay_out(self) -> DeltaGenerator:
        """Make the places; gives that of the buttons and the curves.

        That of the images has its width from the beginning: what is beside it does not move.
        """
        if self._view == "lambda":
            return st.container()
        how = self._weights.preprocessing
        narrow, wide = sheet_widths(self._asked.count, (how.crop_px, how.crop_px))
        rules = (("min-width: 1000px", narrow), (WIDE_WINDOW, wide))
        place = f".st-key-{PAGE}-images"
        each = [f"@media ({window}) {{ {place} {{ min-width: {px}px }} }}" for window, px in rules]
        st.html(f"<style>{' '.join(each)}</style>")
        row = st.container(horizontal=True, gap="medium", key=f"{PAGE}-row")
        self._beside = row.container(width="content", key=f"{PAGE}-images")
        way = row.container(width="stretch")
        self._below = st.container()
        return way

    def show(self, found: Found | None) -> None:
        """Say the answer, and draw what there is."""
        told = self._asked.coming if found is None else _answer(self._view, found)
        self._here.answer(views.answer(self._weights, told))
        if found is None:
            # Streamlit lets a fragment write outside of itself where it did so from the first.
            for place in filter(None, (self._beside, self._below)):
                place.empty()
            return
        is_over = self._watched.is_over
        step = draw_steps(self._here.view, self._watched, found) if is_over else found.step
        followed = None if self._view == "lambda" else draw_follow(self._here.view, found)
        if self._view != "lambda":
            self._draw_chart(found, followed or 0, step)
        self._draw_pictures(found, step, followed)
        if self._view == "lambda":
            self._draw_chart(found, 0, step)

    def _draw_chart(self, found: Found, followed: int, step: int) -> None:
        """The curves; while they grow, drawn anew once a second, for that takes a while."""
        drawn_s, figure = self._charts.get(followed, (-math.inf, None))
        now_s, is_over = time.monotonic(), self._watched.is_over
        if figure is None or is_over or now_s - drawn_s > _CHART_S:
            at = step if is_over and step != found.step else None
            until = max(found.step, 1) if is_over else None
            figure = _chart(self._view, found, followed, at, until, self._dark)
            self._charts[followed] = now_s, figure
        draw_chart(figure, key=f"{PAGE}.chart.{self._view}")

    def _draw_pictures(self, found: Found, step: int, followed: int | None) -> None:
        """The images, and how they are shown.

        While they form there is one picture for every window; in the end one for wide windows too.
        """
        sizes = [("narrow", False), ("wide", True)] if self._watched.is_over else [("live", False)]
        for name, is_wide in sizes:
            sheet, layout = sheet_of(self._view, found, step, followed, self._dark, is_wide=is_wide)
            content = marked(png(sheet), self._mark, dark=self._dark)
            with self._beside or nullcontext(), st.container(key=f"{PAGE}-{name}"):
                st.image(content, alt=_alt(found, step), output_format="PNG")
            with self._below or nullcontext(), st.container(key=f"{PAGE}-{name}-words"):
                told = words.caption(found, layout.reduce)
                if self._view == "lambda" and isinstance(found, AscentImages):
                    told = f"{told} {words.likeness(found)}"
                views.caption(self._weights, told)


def _chart(
    view: str, found: Found, followed: int, at: int | None, until: int | None, dark: bool
) -> go.Figure:
    if isinstance(found, Inversions):
        return draw_errors(found, at=at, until=until, dark=dark)
    if view == "lambda":
        return draw_lambdas(found, at=at, until=until, dark=dark)
    return draw_ascent(found, followed, at=at, until=until, dark=dark)


def _answer(view: str, found: Found) -> str:
    if isinstance(found, Inversions):
        return words.answer_inversion(found)
    told = {
        "classes": words.answer_classes,
        "lambda": words.answer_lambdas,
        "unit": words.answer_units,
    }
    return told[view](found)


def _alt(found: Found, step: int) -> str:
    if isinstance(found, Inversions):
        return f"Images for {', '.join(found.layers)} after {counted(step, 'step')}"
    return (
        f"Images for {', '.join(goal.name for goal in found.goals)} after {counted(step, 'step')}"
    )
