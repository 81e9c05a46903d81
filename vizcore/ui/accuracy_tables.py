"""The Accuracy page's tables: every number with its source, one network, the lectures' captions."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from vizcore.accuracy_readings import Reading
from vizcore.figures.numbers import exact, short
from vizcore.records_accuracy import AXES, AccuracyPoint
from vizcore.records_bench import Measurement
from vizcore.ui.address import View
from vizcore.ui.room import Room


def rows(
    points: Sequence[AccuracyPoint], found: Sequence[Measurement | None]
) -> list[dict[str, Any]]:
    """One flat row a network, measurements beside it."""
    made = []
    for point, measurement in zip(points, found, strict=True):
        row: dict[str, Any] = {each.name: getattr(point, each.name) for each in fields(point)}
        for axis in AXES.values():
            if axis.measured:
                row[f"measured {axis.key}"] = axis.value(point, measurement)
        made.append(row)
    return made


def to_csv(points: Sequence[AccuracyPoint], found: Sequence[Measurement | None]) -> str:
    """The rows as CSV."""
    text = io.StringIO()
    table = rows(points, found)
    writer = csv.DictWriter(text, table[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def draw_table(points: Sequence[AccuracyPoint], found: Sequence[Measurement | None]) -> None:
    """Every network in numbers, the most accurate first."""
    order = sorted(range(len(points)), key=lambda number: -points[number].top1_pct)
    st.dataframe(
        [
            {
                "network": points[n].label,
                "top-1, %": points[n].top1_pct,
                "multiply-adds": points[n].macs,
                "parameters": points[n].params,
                "side, px": points[n].side_px,
                "year": None if points[n].year is None else str(points[n].year),
                "latency, ms": (m := found[n]) and m.latency_ms,
                "protocol": points[n].protocol,
                "source": points[n].source,
                "note": points[n].note,
            }
            for n in order
        ],
        hide_index=True,
        column_config={
            "network": st.column_config.TextColumn(pinned=True, width="medium"),
            "top-1, %": st.column_config.NumberColumn(format="%.2f"),
            "multiply-adds": st.column_config.NumberColumn(format="compact"),
            "parameters": st.column_config.NumberColumn(format="compact"),
            "latency, ms": st.column_config.NumberColumn(format="%.2f"),
        },
    )


def draw_point(here: Room, point: AccuracyPoint, measurement: Measurement | None) -> None:
    """The clicked network: its numbers, where they come from, and the way to its layers."""
    with st.container(border=True, key="one-point"):
        costs = "its cost is unknown"
        if point.macs is not None and point.params is not None:
            costs = f"{exact(point.macs)} multiply-adds and {exact(point.params)} parameters"
        st.markdown(
            f"**{_plain(point.label)}**: {point.top1_pct:.2f}% top-1 ({point.kind}); {costs}."
        )
        said = [f"Accuracy: {point.protocol}; {point.source}.", f"Cost: {point.cost_source}."]
        if measurement is not None:
            said.append(
                f"Measured {measurement.date}: {measurement.latency_ms:.3g} ms a pass with "
                f"{measurement.setup.words}, {short(measurement.images_per_s)} pictures a second, "
                f"rounds apart by {measurement.spread:.0%}."
            )
        if point.note:
            said.append(f"{point.note[0].upper()}{point.note[1:]}.")
        st.caption(_plain(" ".join(said)))
        with st.container(horizontal=True):
            if point.key is not None:
                st.page_link(
                    st.session_state["pages"]["layers"],
                    label="Its layers",
                    icon=":material/stacks:",
                    query_params={"arch": point.key},
                )
            st.button(
                "Close", key="accuracy-close", type="tertiary", on_click=_close, args=(here.view,)
            )


def _close(view: View) -> None:
    view["point"] = ""


def draw_readings(view: View, readings: Sequence[Reading]) -> None:
    """A lecture's captions, what the numbers say, and a button to point the networks out."""
    for number, reading in enumerate(readings):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            words = reading.claim.claim.removeprefix("Model-complexity chart reading: ")
            verdict = "The numbers bear it out" if reading.holds else "The numbers correct it"
            st.html(
                f"<p><b>“{html.escape(words)}”</b> {verdict}: {html.escape(reading.proof)}</p>",
                width="stretch",
            )
            st.button(
                "Point out",
                key=f"accuracy-reading-{number}",
                on_click=_point_out,
                args=(view, reading),
            )


def _point_out(view: View, reading: Reading) -> None:
    view["find"] = ", ".join(reading.shown)


def _plain(text: str) -> str:
    """Words that come from files: no links, no emphasis."""
    for sign in "[]*_$":
        text = text.replace(sign, f"\\{sign}")
    return text
