"""The parts of the Building blocks page: choices, diagrams, a lecture's slips, costs, rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.blocks import export
from vizcore.blocks.cards import CARDS, Card
from vizcore.errors import ConvScopeError
from vizcore.figures.block_lecture import printed_text
from vizcore.figures.numbers import exact
from vizcore.records.blocks import BlockStudy, Knob
from vizcore.reference import lecture_decks
from vizcore.ui import cache
from vizcore.ui.address import Choice, one_of, whole
from vizcore.ui.block_tables import lecture_html, rows_html, times_signs, traced_text
from vizcore.ui.charts import draw_chart
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    pass

BLOCK = Choice("block", next(iter(CARDS)), one_of(*CARDS), always=True, shared=True)
QUANTITIES = {"macs": "Multiply-adds", "params": "Weights", "activations": "Output values"}
READING = (
    "A MAC is one multiply-add. In the diagrams, the bar in a box compares its MACs with those of "
    "the dearest operation of all the diagrams here.",
    "“Sees” and the receptive field are sides of the square of input pixels one output value sees.",
)
#: What a click adds to a number of channels.
WIDE_STEP = 16


def _parse(knob: Knob) -> Callable[[str], int]:
    """A parser for a knob's value in the address."""
    in_range = whole(knob.minimum, knob.maximum)
    allowed = knob.choices or range(knob.minimum, knob.maximum + 1, knob.step)

    def parse(text: str) -> int:
        if knob.choices or knob.step > 1:
            return int(one_of(*map(str, allowed))(text))
        return in_range(text)

    return parse


def choices(card: Card) -> list[Choice]:
    """A study's knobs as choices, and what its costs are counted in."""
    return [
        *(Choice(knob.name, knob.default, _parse(knob), of=card.name) for knob in card.knobs),
        Choice("costs", card.quantity, one_of(*QUANTITIES), of=card.name),
    ]


def draw_controls(here: Room, card: Card) -> None:
    """The row of ideas, and the row of the idea's knobs."""
    st.segmented_control(
        "Idea",
        list(CARDS),
        format_func=lambda name: CARDS[name].short,
        required=True,
        label_visibility="collapsed",
        **here.view.bind("block"),
    )
    width = 140 if len(card.knobs) <= 6 else 104  # one row of them at 1280 pixels
    with here.controls():
        for knob in card.knobs:
            _draw_knob(here, knob, width)


def _draw_knob(here: Room, knob: Knob, width: int) -> None:
    bound = here.view.bind(knob.name)
    unit = f", in {knob.unit}" if knob.unit else ""
    if knob.choices:
        words = f"{knob.help.rstrip('.')}{unit}."
        st.selectbox(knob.label, knob.choices, help=words, width=width, **bound)
        return
    words = f"{knob.help.rstrip('.')}{unit}: {knob.minimum} to {exact(knob.maximum)}."
    step = WIDE_STEP if knob.maximum > 1000 else knob.step
    st.number_input(
        knob.label, knob.minimum, knob.maximum, step=step, help=words, width=width, **bound
    )


def at_fault(card: Card, error: ConvScopeError) -> str | None:
    """The knob that a refusal is about: its message begins with it."""
    first = str(error).split()[0]
    return first if first in {knob.name for knob in card.knobs} else None


def answer(study: BlockStudy) -> str:
    """The study's sentence, its findings bold."""
    totals = {exact(getattr(v.table.totals, study.quantity)) for v in study.variants}
    found = [
        r"[\d.]+ times (?:fewer|more)",
        r"\d{1,3}(?:,\d{3})+",
        r"[\d.]+(?:[KMGT]\b|%(?: fewer| more)?)",
    ]
    pattern = "|".join([*found, *(rf"\b{total}\b" for total in totals)])
    return re.sub(pattern, lambda match: f"<b>{match[0]}</b>", study.answer)


def draw_diagrams(study: BlockStudy, knobs: cache.Knobs, *, dark: bool) -> None:
    """The variants side by side."""
    for column, variant in zip(st.columns(len(study.variants)), study.variants, strict=True):
        with column:
            figure = cache.block_diagram(study.name, knobs, variant.name, dark)
            draw_chart(figure, key=f"blocks.diagram.{variant.name}")


def draw_slips(study: BlockStudy, *, dark: bool) -> None:
    """Where a lecture prints another number than the operations add to: both, and the proof."""
    for check in study.lecture:
        if check.claim.verdict != "slip" or not check.proof:
            continue
        printed, traced = printed_text(check.claim), traced_text(check)
        with st.container(border=True, key=f"slip-{check.claim.id}"):
            if check.parts:
                st.markdown(f"## A lecture prints {printed}; the sum is {traced}")
            else:
                st.markdown(f"## A lecture says “{check.claim.stated}”; the block has {traced}")
            if check.parts:
                figure = cache.lecture_sum(check.claim.id, study.quantity, dark, check)
                draw_chart(figure, key=f"blocks.lecture.{check.claim.id}")
            turned = any(knob.value != knob.default for knob in study.knobs)
            own = " (With the lecture's own numbers, not those chosen above.)" if turned else ""
            st.markdown(f"{times_signs(check.claim.claim)}. **{check.proof}**{own}")


def draw_costs(here: Room, study: BlockStudy, knobs: cache.Knobs, *, dark: bool) -> None:
    """Every operation as a bar in the quantity chosen, and as a row with all its numbers."""
    st.segmented_control(
        "What each operation costs, in",
        list(QUANTITIES),
        format_func=lambda quantity: QUANTITIES[quantity],
        required=True,
        **here.view.bind("costs"),
    )
    draw_chart(cache.block_costs(study.name, knobs, here.view["costs"], dark), key="blocks.costs")
    st.html(rows_html(study))


def _lectures(study: BlockStudy) -> list[str]:
    """The lectures whose numbers are shown."""
    used = {check.claim.deck for check in study.lecture}
    return [
        ", ".join(filter(None, (deck.lecturer, deck.title, deck.institution)))
        for deck in lecture_decks()
        if deck.deck in used
    ]


def draw_details(here: Room, study: BlockStudy) -> None:
    """What waits until asked for: the lectures' numbers, the closed forms, the papers."""
    agree = sum(check.claim.verdict in ("holds", "rounds") for check in study.lecture)
    with here.details("What lectures print, beside these numbers") as is_open:
        if is_open:
            st.markdown(f"{agree} of {len(study.lecture)} agree with the trace.")
            st.html(lecture_html(study))
    with here.details("How this is counted") as is_open:
        if is_open:
            lines = (*study.formula, *study.notes, *READING)
            st.markdown("\n".join(f"- {line}" for line in lines))
    with here.details("Sources") as is_open:
        if is_open:
            st.markdown("\n".join(f"- {line}" for line in (*study.sources, *_lectures(study))))


def offer_downloads(here: Room, study: BlockStudy, knobs: cache.Knobs) -> None:
    """The study and its rows, the diagrams and the costs."""

    def document() -> str:
        return json.dumps(export.to_document(study), indent=2, ensure_ascii=False)

    def diagram(variant: str) -> str:
        return cache.figure_html(cache.block_diagram(study.name, knobs, variant, False))

    def costs() -> str:
        figure = cache.block_costs(study.name, knobs, here.view["costs"], False)
        return cache.figure_html(figure)

    stem = f"{study.name}_block"
    here.offer(
        Download("Rows, CSV", f"{stem}.csv", "text/csv", lambda: export.to_csv(study)),
        Download("Study, JSON", f"{stem}.json", "application/json", document),
        Download("Study, text", f"{stem}.txt", "text/plain", lambda: export.to_text(study)),
        Download("Costs, HTML", f"{stem}_costs.html", "text/html", costs),
        *(
            Download(
                f"Diagram “{variant.label}”, HTML",
                f"{stem}_{variant.name}.html",
                "text/html",
                partial(diagram, variant.name),
            )
            for variant in study.variants
        ),
    )


def snippet(study: BlockStudy) -> str:
    """The lines of Python behind the view."""
    changed = "".join(
        f", {knob.name}={knob.value}" for knob in study.knobs if knob.value != knob.default
    )
    return (
        "import vizcore as vc\n\n"
        f"study = vc.block({study.name!r}{changed})\n"
        "print(study)\n"
        "for variant in study.variants:\n"
        "    print(variant.table)"
    )
