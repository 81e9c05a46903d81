"""The challenge on the Accuracy page: every published error with its protocol."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.challenge import protocol_points
from vizcore.figures.protocols import finding, kind_of
from vizcore.records.accuracy import ProtocolPoint
from vizcore.reference import lecture_claim
from vizcore.ui import cache
from vizcore.ui.charts import draw_chart
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WORDS = {
    "entry": "ensemble",
    "outside": "ensemble, outside data",
    "single": "one network",
    "features": "no network",
}
_QUESTIONS = {
    "entry": "several networks on the challenge's own data",
    "outside": "several networks with outside data",
    "single": "one network",
    "features": "no network",
}
_PARTS = {"test": "test part", "validation": "validation part"}
SNIPPET = (
    "import vizcore as vc\n"
    "from vizcore.challenge import protocol_points\n"
    "from vizcore.figures.protocols import draw_protocols\n\n"
    "for point in protocol_points():\n"
    "    print(point.year, point.name, point.top5_err_pct, point.protocol)\n"
    "figure = draw_protocols(protocol_points())  # figure.show() opens it"
)


def draw(here: Room, *, dark: bool) -> None:
    """Answer, chart, what is often mixed up, the table."""
    points = protocol_points()
    here.code(SNIPPET)
    here.answer(answer(points))
    chart = _chart(dark)
    with st.container(key="accuracy-chart"):
        draw_chart(chart)
    st.caption(
        "A column is what is told of one name. Numbers compare only within one kind of mark: "
        "an ensemble's error on the test part is no network's error."
    )
    for title, told in mixed_up(points):
        with here.details(title) as is_open:
            if is_open:
                st.markdown(told)
    with here.details("Every error and its protocol") as is_open:
        if is_open:
            draw_table(points)
    here.offer(
        Download("Errors, CSV", "challenge.csv", "text/csv", lambda: to_csv(points)),
        Download("Chart, HTML", "challenge.html", "text/html", lambda: cache.figure_html(chart)),
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def _chart(dark: bool) -> go.Figure:
    from vizcore.figures.protocols import draw_protocols

    return draw_protocols(protocol_points(), dark=dark)


def told_of(points: Sequence[ProtocolPoint], name: str) -> list[ProtocolPoint]:
    """What is told of one name, the smallest error first."""
    return sorted((p for p in points if p.name == name), key=lambda point: point.top5_err_pct)


def answer(points: Sequence[ProtocolPoint]) -> str:
    """One sentence: the numbers that are told of AlexNet, and what became of both kinds."""
    numbers = ", ".join(f"{point.top5_err_pct:.3g}%" for point in told_of(points, "AlexNet"))
    return f"AlexNet’s error is <b>{numbers}</b>, by who counts. {finding(points)}."


def mixed_up(points: Sequence[ProtocolPoint]) -> tuple[tuple[str, str], ...]:
    """What is often mixed up, from the points themselves: titles and lists in Markdown."""

    def listed(*names: str) -> str:
        return "\n".join(
            f"- **{point.top5_err_pct:.3g}%** {point.name}, {_QUESTIONS[kind_of(point)]}, "
            f"{_PARTS.get(point.part, point.part)}: {_without_kind(point.protocol)}"
            for name in names
            for point in told_of(points, name)
        )

    alexnet = told_of(points, "AlexNet")
    entry = lecture_claim("ilsvrc2013_zf")
    own = (
        f"- **{entry.stated.replace(' ', '')}** the entry of Zeiler and Fergus (NYU) in 2013, as "
        f"stated in a lecture ({entry.deck})"
    )
    return (
        (f"Why AlexNet has {len(alexnet)} errors", listed("AlexNet")),
        ("ZFNet is not Clarifai's entry", f"{listed('ZFNet')}\n{own}\n{listed('Clarifai')}"),
    )


def _without_kind(protocol: str) -> str:
    """A protocol without the words that say what kind of error it is."""
    for words in ("one network: ", "the same team with outside data: ", "the challenge's entry, "):
        protocol = protocol.removeprefix(words)
    return protocol.removeprefix("its own data; ")


def draw_table(points: Sequence[ProtocolPoint]) -> None:
    """Every point in words."""
    st.dataframe(
        [
            {
                "year": str(point.year),
                "name": point.name,
                "top-5 error, %": point.top5_err_pct,
                "what": _WORDS[kind_of(point)],
                "measured on": point.part,
                "protocol": point.protocol,
                "source": point.source,
            }
            for point in points
        ],
        hide_index=True,
    )


def to_csv(points: Sequence[ProtocolPoint]) -> str:
    """The points as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(each.name for each in fields(ProtocolPoint))
    writer.writerows(astuple(point) for point in points)
    return text.getvalue()
