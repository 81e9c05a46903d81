"""Parts of the page Class images: what is chosen, the images as they form, what is told of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.figures import class_image_words as words
from vizcore.figures.ascent_curves import draw_ascent, draw_errors, draw_lambdas
from vizcore.figures.class_images import png
from vizcore.figures.marking import marked
from vizcore.figures.palette import CHART_CONFIG
from vizcore.formats.words import counted
from vizcore.records_class_images import Inversions
from vizcore.ui import address, watching, work
from vizcore.ui import class_image_controls as controls
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, one_of
from vizcore.ui.class_image_choices import choices as goal_choices
from vizcore.ui.class_image_files import Found, draw_numbers, offer, sheet_of
from vizcore.ui.class_image_options import choices as option_choices
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Room, is_dark
from vizcore.ui.watching import Watched
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    import plotly.graph_objects as go

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
    return [view, *goal_choices(), *option_choices(address.peek(PAGE, view))]


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
    watching.draw(watched, _shower(here, weights, view, watched, asked.coming))
    if watched.is_over and watched.found is not None:
        offer(here, weights, chosen, view, watched.found)
        draw_numbers(here, view, watched.found)


def _forget_others(slot: str) -> None:
    """Results of the other views are kept by the engine; here they would only take room."""
    for view in VIEWS:
        other = f"{PAGE}.{view}"
        if other != slot:
            work.release_done(other)


def _shower(
    here: Room, weights: Weights, view: str, watched: Watched[Found], coming: str
) -> Callable[[Found | None, Callable[[], int]], None]:
    """What draws the images and curves at a step, and says the answer."""
    dark, mark = is_dark(), views.mark(weights)
    charts: dict[int, tuple[float, go.Figure]] = {}

    def draw_chart(found: Found, followed: int, step: int) -> None:
        """The curves; while they grow, drawn anew once a second, for that takes a while."""
        drawn_s, figure = charts.get(followed, (-math.inf, None))
        now_s = time.monotonic()
        if figure is None or watched.is_over or now_s - drawn_s > _CHART_S:
            at = step if watched.is_over and step != found.step else None
            until = max(found.step, 1) if watched.is_over else None
            figure = _chart(view, found, followed, at, until, dark)
            charts[followed] = now_s, figure
        st.plotly_chart(
            figure,
            theme=None,
            config=CHART_CONFIG,
            key=f"{PAGE}.chart.{view}",
            alt=figure.layout.meta["alt"],
        )

    def show(found: Found | None, draw_way: Callable[[], int]) -> None:
        told = coming if found is None else _answer(view, found)
        here.answer(views.answer(weights, told))
        if found is None:
            draw_way()
            return
        if view == "lambda":
            step = draw_way()
            reduce = _draw_pictures(
                weights, view, found, step, None, dark, mark, is_over=watched.is_over
            )
            views.caption(weights, words.caption(found, reduce))
            draw_chart(found, 0, step)
            return
        row = st.container(horizontal=True, gap="medium", key=f"{PAGE}-row")
        left = row.container(width="content")
        with row.container(width="stretch"):
            step = draw_way()
            followed = _draw_follow(view, found)
            draw_chart(found, followed or 0, step)
        with left:
            reduce = _draw_pictures(
                weights, view, found, step, followed, dark, mark, is_over=watched.is_over
            )
        views.caption(weights, words.caption(found, reduce))

    return show


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


def _draw_follow(view: str, found: Found) -> int | None:
    """Whose curves are drawn."""
    if isinstance(found, Inversions):
        return None
    if len(found.goals) == 1:
        return 0
    names = [goal.name for goal in found.goals]
    return st.selectbox(
        "Curves of",
        range(len(names)),
        format_func=lambda number: names[number],
        key=f"{PAGE}.followed.{view}.{len(names)}",
        persist_state="session",
    )


def _draw_pictures(
    weights: Weights,
    view: str,
    found: Found,
    step: int,
    followed: int | None,
    dark: bool,
    mark: str,
    *,
    is_over: bool,
) -> int:
    """Draw the images; says how many pixels of one, each way, are in a pixel of the picture.

    While they form they are drawn as small as they are shown; then with words for a wide window.
    """
    # A row over the whole page is as wide as Streamlit leaves a picture unchanged.
    scale = 2 if is_over and view != "lambda" else 1
    sheet, layout = sheet_of(view, found, step, followed, dark, scale=scale)
    content = marked(png(sheet), mark, dark=dark)
    with st.container(key=f"{PAGE}-{'wide' if view == 'lambda' else 'sheet'}-{scale}"):
        st.image(content, alt=_alt(found, step), output_format="PNG")
    return layout.reduce


def _alt(found: Found, step: int) -> str:
    if isinstance(found, Inversions):
        return f"Images for {', '.join(found.layers)} after {counted(step, 'step')}"
    return (
        f"Images for {', '.join(goal.name for goal in found.goals)} after {counted(step, 'step')}"
    )
