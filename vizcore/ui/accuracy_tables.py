"""The Accuracy page's tables: every number with its source, one network, captions, conclusions."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from vizcore import zoo
from vizcore.accuracy_conclusions import farthest_reading, study_conclusions
from vizcore.accuracy_readings import Reading
from vizcore.figures.numbers import exact, short
from vizcore.records.accuracy import AXES, AccuracyPoint
from vizcore.records.bench import MachineResults, Measurement, Setup
from vizcore.ui.address import View
from vizcore.ui.room import Room
from vizcore.zoo.pretrained import pretrained_weights


def rows(
    points: Sequence[AccuracyPoint],
    found: Sequence[Measurement | None],
    machine: MachineResults | None = None,
) -> list[dict[str, Any]]:
    """One flat row a network; beside it what was measured of it, on which machine and how."""
    made = []
    for point, measurement in zip(points, found, strict=True):
        row: dict[str, Any] = {each.name: getattr(point, each.name) for each in fields(point)}
        row["density"] = point.density
        for axis in AXES.values():
            if axis.measured:
                row[f"measured {axis.key}"] = axis.value(point, measurement)
        told = machine is not None and measurement is not None
        row["measured on"] = machine.machine.title if told and machine else None
        row["measured with"] = measurement.setup.words if measurement is not None else None
        row["measured date"] = measurement.date if measurement is not None else None
        row["measured spread"] = measurement.spread if measurement is not None else None
        made.append(row)
    return made


def to_csv(
    points: Sequence[AccuracyPoint],
    found: Sequence[Measurement | None],
    machine: MachineResults | None = None,
) -> str:
    """The rows as CSV."""
    text = io.StringIO()
    table = rows(points, found, machine)
    writer = csv.DictWriter(text, table[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def draw_table(
    here: Room, points: Sequence[AccuracyPoint], found: Sequence[Measurement | None]
) -> None:
    """Every network in numbers, the most accurate first; a click on a row chooses it."""
    order = sorted(range(len(points)), key=lambda number: -points[number].top1_pct)
    key = "accuracy.table"

    def take() -> None:
        selection = st.session_state[key]["selection"]
        picked = [*(cell[0] for cell in selection["cells"]), *selection["rows"]]
        here.view["point"] = points[order[picked[0]]].label if picked else ""

    latency = {n: m.latency_ms for n, m in enumerate(found) if m is not None}
    st.dataframe(
        [
            {
                "network": points[n].label,
                "top-1, %": points[n].top1_pct,
                "multiply-adds, G": None if (macs := points[n].macs) is None else macs / 1e9,
                "parameters, M": None if (held := points[n].params) is None else held / 1e6,
                "side, px": points[n].side_px,
                "year": None if points[n].year is None else str(points[n].year),
                **({"latency, ms": latency.get(n)} if latency else {}),
                "protocol": points[n].protocol,
                "source": points[n].source,
                "cost": points[n].cost_source,
                "confidence": points[n].confidence,
                "note": points[n].note,
            }
            for n in order
        ],
        placeholder="",
        key=key,
        on_select=take,
        selection_mode=("single-row", "single-cell"),
        hide_index=True,
        column_config={
            "network": st.column_config.TextColumn(pinned=True, width="medium"),
            "top-1, %": st.column_config.NumberColumn(format="%.2f"),
            "multiply-adds, G": st.column_config.NumberColumn(format="%.4g"),
            "parameters, M": st.column_config.NumberColumn(format="%.4g"),
            "latency, ms": st.column_config.NumberColumn(format="%.2f"),
        },
    )


def draw_point(here: Room, point: AccuracyPoint, measurement: Measurement | None) -> None:
    """The clicked network: its numbers, where they come from, and the way to its layers."""
    with st.container(border=True, key="one-point"):
        with st.container(horizontal=True, vertical_alignment="center"):
            costs = "its cost is unknown"
            if point.macs is not None and point.params is not None:
                costs = f"{exact(point.macs)} multiply-adds, {exact(point.params)} parameters"
            st.markdown(
                f"**{plain(point.label)}**: {point.top1_pct:.2f}% top-1 ({point.kind}); {costs}.",
                width="stretch",
            )
            if point.key is not None:
                address = layers_address(point)
                st.page_link(
                    st.session_state["pages"]["layers"],
                    label=_layers_label(point, address),
                    icon=":material/stacks:",
                    query_params=address,
                )
            st.button(
                "Close", key="accuracy-close", type="tertiary", on_click=_close, args=(here.view,)
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
        st.caption(plain(" ".join(said)))


def layers_address(point: AccuracyPoint) -> dict[str, str]:
    """The address of a network's layers, at the size its accuracy was measured at.

    Where only the weights' own build takes pictures of that size, at the architecture's own.
    """
    assert point.key is not None
    entry = zoo.get(point.key)
    rebuilt = any(
        weights.options for weights in pretrained_weights(entry) if weights.name == point.weights
    )
    if rebuilt or point.side_px in (None, entry.input_shape[1]):
        return {"arch": point.key}
    return {"arch": point.key, "size": str(point.side_px)}


def _layers_label(point: AccuracyPoint, address: dict[str, str]) -> str:
    """Says the size where the layers are not those of the accuracy's."""
    own = zoo.get(address["arch"]).input_shape[1]
    is_same = "size" in address or point.side_px in (None, own)
    return "Its layers" if is_same else f"Its layers, at {own} px"


def _close(view: View) -> None:
    view["point"] = ""


def draw_readings(view: View, readings: Mapping[str, Reading]) -> None:
    """A lecture's captions, what the numbers say, and a button to point the networks out."""
    for name, reading in readings.items():
        is_shown = view["caption"] == name
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.html(f"<p>{said_of_reading(reading)}</p>", width="stretch")
            st.button(
                "All alike again" if is_shown else "Point out",
                key=f"accuracy-reading-{name}",
                on_click=_point_out,
                args=(view, "" if is_shown else name),
            )


def said_of_reading(reading: Reading) -> str:
    """A caption, the verdict and its numbers, as HTML."""
    words = reading.claim.claim.removeprefix("Model-complexity chart reading: ")
    verdict = "The numbers bear it out" if reading.holds else "The numbers correct it"
    where = html.escape(reading.claim.deck)
    return f"<b>“{html.escape(words)}”</b> ({where}). {verdict}: {html.escape(reading.proof)}"


def _point_out(view: View, name: str) -> None:
    view["caption"] = name


def draw_conclusions(
    points: Sequence[AccuracyPoint],
    found: Sequence[Measurement | None],
    machine: MachineResults | None,
    setup: Setup,
) -> None:
    """The study's findings, and what a machine's own measurements say of each."""
    farthest, apart, compared = farthest_reading(points)
    st.html(
        f"<p><b>Its bars of accuracy</b>, as somebody read them off to about a point, are within "
        f"{apart:.1f} points of the {compared} published numbers drawn here "
        f"({html.escape(farthest.label)} is farthest).</p>"
    )
    verdicts = {True: "Holds", False: "Does not hold", None: "Cannot be told"}
    where = "without any measurements"
    if machine is not None:
        where = f"on {machine.machine.title}, {setup.words}"
    for each in study_conclusions(points, found):
        st.html(
            f"<p><b>{html.escape(each.finding.finding)}</b> ({html.escape(each.finding.source)}). "
            f"{verdicts[each.holds]} {html.escape(where)}: {html.escape(each.proof)}</p>"
        )
    st.caption(
        "The study's own times, memory and power stand in its figures only: no source at hand has "
        "them as numbers, so none is drawn."
    )


def plain(text: str) -> str:
    """Words that come from files: no links, no emphasis."""
    for sign in "[]*_$":
        text = text.replace(sign, f"\\{sign}")
    return text
