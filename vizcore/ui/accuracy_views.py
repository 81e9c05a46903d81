"""The parts of the Accuracy page: the answer, the plot or panel, the clicked network, details."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore import accuracy
from vizcore.accuracy_readings import Reading, lecture_readings
from vizcore.errors import BadChoice, ConvScopeError
from vizcore.records.accuracy import AXES, AccuracyPoint, batches_of, measured_of
from vizcore.records.bench import Measurement
from vizcore.runtime import measured
from vizcore.ui import accuracy_code, accuracy_tables, accuracy_words, cache, challenge_views
from vizcore.ui.accuracy_choices import (
    BATCH,
    CAPTIONS,
    NETWORK,
    OVER_BATCHES,
    PAGE,
    Asked,
    asked,
    choices,
    draw_controls,
)
from vizcore.ui.charts import draw_chart
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["PAGE", "choices", "draw"]
PLOT = "accuracy.plot"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn: the networks, what was measured of each, and which are pointed out."""

    points: tuple[AccuracyPoint, ...]
    found: tuple[Measurement | None, ...]
    batches: tuple[Measurement, ...]
    chosen: frozenset[int]


def draw(here: Room, *, dark: bool) -> None:
    """The page: answer, plot, the clicked network, details, downloads."""
    machines = measured.machines()
    wanted = asked(here, machines)
    draw_controls(here, machines, wanted)
    if here.view["set"] == "challenge":
        challenge_views.draw(here, dark=dark)
        return
    reading = _reading(here)
    labels = (*(reading.shown if reading else ()), *filter(None, [here.view["point"]]))
    here.code(accuracy_code.snippet(wanted, here.view, labels))
    try:
        points = accuracy.accuracy_points(here.view["set"], here.view["find"])
    except BadChoice as error:
        here.refuse(error, sets="find")
        return
    found = measured_of(points, wanted.machine, wanted.setup)
    chosen = frozenset(number for number, point in enumerate(points) if point.label in labels)
    shown = Drawn(points, found, batches_of(points, wanted.machine, wanted.setup), chosen)
    try:
        chart = _chart_of(here, wanted, shown, dark=dark)
    except ConvScopeError as error:
        here.refuse(error, sets="y" if wanted.kind == BATCH else None)
        if wanted.is_measured:
            _say_what_was_measured(wanted)
    else:
        title = str(chart.layout.title.text).replace("<br>", " ")
        here.answer(accuracy_words.answer(points, found, wanted, title, reading))
        _draw_picked(here, shown)
        _draw_chart(here, chart, points)
        st.caption(accuracy_words.caption(points, found, wanted))
        here.offer(
            Download(
                "Plot, HTML",
                f"accuracy_{here.view['set']}.html",
                "text/html",
                lambda: cache.figure_html(chart),
            )
        )
    _draw_details(here, wanted, shown)


def _draw_details(here: Room, wanted: Asked, shown: Drawn) -> None:
    """Captions and conclusions of the study, every number, how to read it; the table as a file."""
    which = here.view["set"]
    if which == "study":
        everything = accuracy.accuracy_points("study")
        with here.details("What lectures read off this plot, checked") as is_open:
            if is_open:
                accuracy_tables.draw_readings(here.view, _readings(everything))
        with here.details("What the study concludes, checked on a machine") as is_open:
            if is_open:
                found = measured_of(everything, wanted.machine, wanted.setup)
                accuracy_tables.draw_conclusions(everything, found, wanted.machine, wanted.setup)
    with here.details("Every number and its source") as is_open:
        if is_open:
            accuracy_tables.draw_table(here, shown.points, shown.found)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(accuracy_words.HOW_TO_READ)
    here.offer(
        Download(
            "Numbers, CSV",
            f"accuracy_{which}.csv",
            "text/csv",
            lambda: accuracy_tables.to_csv(shown.points, shown.found, wanted.machine),
        )
    )


def _readings(points: Sequence[AccuracyPoint]) -> dict[str, Reading]:
    """The lectures' captions by their names in the address."""
    return {each.claim.id.removeprefix("complexity_"): each for each in lecture_readings(points)}


def _reading(here: Room) -> Reading | None:
    """The caption that is pointed out."""
    if here.view["set"] != "study" or here.view["caption"] not in CAPTIONS:
        return None
    return _readings(accuracy.accuracy_points("study"))[here.view["caption"]]


def _draw_chart(here: Room, chart: go.Figure, points: Sequence[AccuracyPoint]) -> None:
    """The plot; a click on a network chooses it."""

    def take(number: Any) -> None:
        if number and isinstance(number[0], int):
            here.view["point"] = points[number[0]].label

    with st.container(key="accuracy-chart"):
        draw_chart(chart, key=PLOT, on_pick=take)


def _draw_picked(here: Room, shown: Drawn) -> None:
    """The chosen network above the plot, where it is seen at once, with the way to its layers."""
    label = here.view["point"]
    if not label:
        return
    pairs = zip(shown.points, shown.found, strict=True)
    picked = next((pair for pair in pairs if pair[0].label == label), None)
    if picked is not None:
        accuracy_tables.draw_point(here, *picked)
    else:
        words = f"'{label}' is not among the {len(shown.points)} networks here."
        st.caption(accuracy_tables.plain(words))


def _say_what_was_measured(wanted: Asked) -> None:
    """What there is instead, and where more can be measured."""
    st.caption(accuracy_words.measured_at_all(wanted))
    st.page_link(
        st.session_state["pages"]["measured"],
        label="Measure networks, or bring results of another machine",
        icon=":material/speed:",
    )


def _chart_of(here: Room, wanted: Asked, shown: Drawn, *, dark: bool) -> go.Figure:
    view = here.view
    if wanted.kind == BATCH and wanted.y.key not in OVER_BATCHES:
        raise BadChoice.among("the quantity over pictures in one pass", wanted.y.key, OVER_BATCHES)
    slug = wanted.machine.machine.slug if wanted.machine else ""
    return _chart(
        view["set"], view["find"], wanted.kind, wanted.x.key if wanted.x else "", wanted.y.key,
        wanted.area.key if wanted.area else "", view["front"], view["lines"], slug, shown.chosen,
        shown.found, shown.batches, dark, shown.points,
    )  # fmt: skip


@st.cache_resource(max_entries=64, show_spinner=False)
def _chart(
    which: str,
    find: str,
    kind: str,
    x: str,
    y: str,
    area: str,
    front: bool,
    lines: bool,
    machine: str,
    chosen: frozenset[int],
    measurements: tuple[Measurement | None, ...],
    batches: tuple[Measurement, ...],
    dark: bool,
    _points: tuple[AccuracyPoint, ...],
) -> go.Figure:
    """One picture. `which` and `find` say of which points."""
    if kind == NETWORK:
        from vizcore.figures.accuracy_ranking import draw_ranking

        return draw_ranking(_points, measurements, AXES[y], chosen=chosen, dark=dark)
    if kind == BATCH:
        from vizcore.figures.measured_batches import draw_batches

        return draw_batches(batches, OVER_BATCHES[y], dark=dark)
    from vizcore.figures.accuracy import Shown, draw_accuracy

    shown = Shown(AXES[x], AXES[y], AXES[area] if area else None, front=front, chosen=chosen)
    if lines:
        shown = replace(shown, lines=accuracy.family_lines(_points))
    return draw_accuracy(_points, measurements, shown, dark=dark)
