"""The Invariance page: its choices, the three plots, the views, the layers, the downloads."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.data.samples import sample, sample_pictures_for
from vizcore.data.transformations import BEYOND, TRANSFORMATIONS, Beyond
from vizcore.errors import ConvScopeError, UnknownClass, UnknownLayer, UnknownName
from vizcore.figures import invariance_words as words
from vizcore.figures.invariance import MOST, draw_invariance, draw_layers
from vizcore.figures.invariance_png import draw_strip
from vizcore.figures.marking import marked
from vizcore.records.invariance import DISTANCES, Distance, Invariance
from vizcore.tasks import invariance as invariance_tasks
from vizcore.ui import picture_views as views
from vizcore.ui import pictures, work
from vizcore.ui.address import Choice, View, any_text, one_of
from vizcore.ui.charts import draw_chart
from vizcore.ui.invariance_files import offer
from vizcore.ui.invariance_view import draw_view, words_under
from vizcore.ui.room import Room, is_dark

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vizcore.ui.pictures import Chosen
    from vizcore.zoo.weights import Weights

LABELS = {
    "translation": "Shift ↕",
    "sideways": "Shift ↔",
    "scale": "Scale",
    "rotation": "Rotation",
    "blur": "Blur",
    "contrast": "Contrast",
}
DISTANCE_LABELS = dict(zip(DISTANCES, ("Relative", "Euclidean"), strict=True))
BEYOND_LABELS = dict(zip(BEYOND, ("Mirrored", "Edge repeated", "Middle only"), strict=True))
STRIP_PX = 920


def _names(text: str) -> tuple[str, ...]:
    """Sample pictures by name, in an address."""
    given = [name for name in text.split(",") if name]
    if len(given) >= MOST:
        raise ValueError(f"Allowed: at most {MOST - 1} photographs beside the first.")
    try:
        return tuple(sample(name).name for name in given)
    except UnknownName as error:
        raise ValueError(f"The nearest samples are {', '.join(error.suggestions)}.") from None


CHOICES = [
    Choice("kind", "translation", one_of(*TRANSFORMATIONS)),
    Choice("beyond", "mirror", one_of(*BEYOND)),
    Choice("class", "", any_text),
    Choice("first", "", any_text),
    Choice("last", "", any_text),
    Choice("distance", "relative", one_of(*DISTANCES)),
    Choice("beside", (), _names, write=",".join),
    Choice("at", "", any_text),
]
EXPLANATION = """
- Each point is one changed picture. The first two plots say how far a layer's features are from
  those of the unchanged picture: the length of the difference, divided by the length of the
  unchanged picture's features. 0: nothing moved. Two unrelated directions of equal length are 1.41
  apart. Both plots have one scale, so a flat curve in the second means that the layer has learnt
  not to mind.
- The third plot is the probability of the class. Shaded: the range of amounts around the dotted
  line (the unchanged picture) over which the network's answer stays the same. Between two points
  nothing was measured.
- Zeiler and Fergus (2014, Figure 5) plot the Euclidean distance itself, for the first and the
  seventh layer of their network; dividing by the length changes each curve by a factor only.
  *Euclidean*, beside the choice of the layers, plots it as they do, each layer on its own scale.
- Shifts are by whole pixels of the network's input and read the same pixels elsewhere. A scale is
  one resize of the photograph. Turns by right angles move pixels; at other angles the picture is
  turned at up to four times its size and averaged down. Blur is Gaussian. Contrast scales each
  pixel's difference from the mean colour; what leaves 0 to 255 is clipped.
- No view has a black border, which the network would answer to. Beyond its edge the photograph is
  mirrored, or its outermost pixels go on; *Middle only* looks at a part so small that no view
  reaches the edge, and the unchanged picture is then that part.
"""


def draw_controls(here: Room, weights: Weights) -> None:
    """What is done to the photograph, which class is followed, and photographs beside it."""
    view, classes = here.view, weights.classes
    with here.controls():
        st.segmented_control(
            "Change", list(LABELS), format_func=LABELS.__getitem__, required=True,
            **view.bind("kind"),
        )  # fmt: skip
        if TRANSFORMATIONS[view["kind"]].moves:
            st.selectbox(
                "Beyond the edge",
                list(BEYOND),
                format_func=BEYOND_LABELS.__getitem__,
                help="Mirrored: the photograph goes on as its mirror image. Edge repeated: its "
                "outermost pixels go on. Middle only: the network looks at a part so small that "
                "no view reaches the edge.",
                width=140,
                **view.bind("beyond"),
            )
        st.selectbox(
            "Class",
            ["", *classes] if view["class"] in ("", *classes) else ["", view["class"], *classes],
            format_func=lambda name: name or "most probable",
            width=150,
            **view.bind("class"),
        )
        offered = [each.name for each in sample_pictures_for(weights.preprocessing.channels)]
        others = [name for name in offered if name != view["picture"]]
        st.multiselect(
            "Beside it",
            [*others, *(name for name in view["beside"] if name not in others)],
            max_selections=MOST - 1,
            placeholder="other photos",
            width=160,
            **view.bind("beside"),
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """A photograph's title, what was measured of it, and the key of that."""

    title: str
    found: Invariance
    key: Hashable


def measured(here: Room, weights: Weights, chosen: Chosen) -> list[Moved]:
    """The photograph and those beside it, measured."""
    view = here.view
    moves = TRANSFORMATIONS[view["kind"]].moves
    beyond: Beyond = view["beyond"] if moves else "mirror"
    others = [name for name in view["beside"] if name != chosen.name]
    made = []
    for number, name in enumerate([chosen.name, *others]):
        picture = chosen.picture if number == 0 else pictures.named(name).picture
        title = chosen.title if number == 0 else pictures.named(name).title
        task = invariance_tasks.invariance_task(
            weights.architecture,
            picture,
            view["kind"],
            (view["class"] or None) if number == 0 else None,
            beyond=beyond,
            weights=weights,
        )
        made.append(Moved(title, work.run(task, slot=f"invariance.{number}"), task.key))
    return made


def refuse(here: Room, error: ConvScopeError) -> None:
    """Say what was wrong, with what would be right for the choice it was wrong in."""
    sets = "class" if isinstance(error, UnknownClass) else None
    if set(error.suggestions) & set(work.network_keys()):
        sets = "network"
    here.refuse(error, sets=sets)


def layers_of(view: View, found: Invariance) -> tuple[int, int]:
    """The places of the two layers that are plotted.

    Raises:
        UnknownLayer: an address names one that the network does not have.
    """
    shifts = found.shifts
    return (
        found.layer(view["first"]) if view["first"] else shifts.first,
        found.layer(view["last"]) if view["last"] else shifts.last,
    )


def draw(here: Room, weights: Weights, chosen: Chosen, made: Sequence[Moved]) -> None:
    """The answer, the three plots, the views under them, the layers, the downloads."""
    found = made[0].found
    try:
        first, last = layers_of(here.view, found)
    except UnknownLayer as error:
        plots = ("first", "last")
        here.refuse(error, sets=next((n for n in plots if here.view[n] == error.received), None))
        return
    here.answer(views.answer(weights, words.finding(found, first, last)))
    records, names = [each.found for each in made], [each.title for each in made]
    distance: Distance = here.view["distance"]
    key = tuple(each.key for each in made)
    figure = _chart(key, records, names, first, last, distance, is_dark())
    draw_chart(figure, key="invariance.chart")
    with st.container(key="invariance-views"):
        for each in made:
            strip = _strip(each.key, each.found, views.mark(weights), is_dark())
            if len(made) > 1:
                st.markdown(f"**{views.plain(each.title)}**")
            st.image(strip, alt=f"{each.title}: {words.held(each.found)}", output_format="PNG")
            st.html(words_under(each.found, STRIP_PX))
    views.caption(weights, words.caption(found, distance))
    _draw_details(here, found)
    offer(here, weights, chosen, records, names, (first, last), distance)


def _draw_details(here: Room, found: Invariance) -> None:
    view, listed = here.view, [layer.name for layer in found.shifts.layers]
    with here.details("One view, close up") as is_open:
        if is_open:
            draw_view(here.view, found)
    with here.details("Which layers are plotted, and how far every layer moves") as is_open:
        if is_open:
            with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
                for name, label in (("first", "First plot"), ("last", "Second plot")):
                    own = found.shifts.first if name == "first" else found.shifts.last
                    st.selectbox(
                        label,
                        ["", *listed],
                        format_func=partial(_layer_name, f"{listed[own]}, as always"),
                        width=220,
                        **view.bind(name),
                    )
                st.segmented_control(
                    "Distance",
                    list(DISTANCE_LABELS),
                    format_func=DISTANCE_LABELS.__getitem__,
                    help="Relative: divided by the length of the unchanged picture's features, "
                    "one scale for both plots. Euclidean: as Zeiler and Fergus (2014) plot it.",
                    required=True,
                    **view.bind("distance"),
                )
            chart = draw_layers(found, dark=is_dark())
            draw_chart(chart, key="invariance.layers")
            st.caption("Half of the changed views move a layer's features by more than its bar.")
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(EXPLANATION)


def _layer_name(own: str, name: str) -> str:
    return name or own


@st.cache_resource(max_entries=64, show_spinner=False)
def _chart(
    key: tuple[Hashable, ...],
    _found: Sequence[Invariance],
    _names: Sequence[str],
    first: int,
    last: int,
    distance: Distance,
    dark: bool,
) -> go.Figure:
    """The three plots. `key` names what `_found` is of."""
    return draw_invariance(_found, first, last, _names, distance=distance, dark=dark)


@st.cache_resource(max_entries=128, show_spinner=False)
def _strip(key: Hashable, _found: Invariance, mark: str, dark: bool) -> bytes:
    """Some of the views in a row. `key` names what `_found` is of."""
    strip = draw_strip(_found, width_px=STRIP_PX, words=False, dark=dark)
    return marked(strip, mark, dark=dark)
