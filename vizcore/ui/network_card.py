"""The card of one trained network: facts, where to go with it, the recipe and the data."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from vizcore.figures.fleet_words import label, percent1
from vizcore.figures.numbers import exact
from vizcore.formats.words import counted
from vizcore.records.fleet import HeldOut, TrainedNetwork
from vizcore.ui import atlas_card, rooms
from vizcore.ui.room import Room


def draw(network: TrainedNetwork) -> None:
    """The card, and the links to the pages that look inside."""
    with st.container(border=True, key="networks-card"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(_heading(network), width="stretch")
            for name, words, address in links(network):
                st.page_link(
                    st.session_state["pages"][name],
                    label=words,
                    icon=rooms.entry(name).icon,
                    query_params=address,
                )
        st.html(f'<div class="cs-card"><dl style="padding: 0">{facts_html(network)}</dl></div>')


def links(network: TrainedNetwork) -> list[tuple[str, str, dict[str, str]]]:
    """The pages that look inside a network, what to call them, and how each is told of it."""
    inside = {"network": network.key} | ({"weights": network.weights} if network.weights else {})
    found = [
        ("layers", "Layers", {"arch": network.key}),
        ("feature-maps", "Feature maps", inside),
        ("saliency", "Saliency", inside),
    ]
    if network.card.get("snapshots"):
        found.append(("evolution", "Feature evolution", {"network": network.key}))
    return found


def _heading(network: TrainedNetwork) -> str:
    about = " · ".join(part for part in (network.data, network.key) if part)
    return (
        f"{atlas_card.CSS}"
        f'<div class="cs-card-name">{escape(label(network))}<span>{escape(about)}</span></div>'
    )


def facts_html(network: TrainedNetwork) -> str:
    """The card's facts, as terms and descriptions."""
    return "".join(
        f"<dt>{escape(term)}</dt><dd>{escape(text)}"
        + (f"<small>{escape(small)}</small>" if small else "")
        + "</dd>"
        for term, text, small in facts(network)
    )


def facts(network: TrainedNetwork) -> list[tuple[str, str, str]]:
    """What the card says, as (term, text, smaller text)."""
    data = network.card["data"]
    lines = [
        ("Test", _accuracy(network, "test"), ""),
        ("Validation", _accuracy(network, "validation"), ""),
    ]
    if whole := network.card["accuracy"].get("whole_photographs"):
        lines.append(("Whole photographs", str(whole), ""))
    if network.spread_test is not None:
        runs = ", ".join(f"{percent1(run.test)} (seed {run.seed})" for run in network.runs)
        lines.append(
            (
                f"{len(network.runs)} seeds, test",
                f"{percent1(network.mean_test)} ± {100 * network.spread_test:.1f} points",
                f"mean and standard deviation of {runs}",
            )
        )
    lines += [
        ("Parameters", exact(network.params), ""),
        ("Multiply-adds", _or_unknown(network.macs and exact(network.macs)), "for one picture"),
        ("Data", network.data, str(data.get("what", ""))),
        ("Classes", str(len(network.classes)), ", ".join(network.classes)),
        ("Trained", _trained(network), network.machine),
        ("Weights", network.weights or "one set", f"sha256 {network.sha256}"),
        ("Licence", network.licence, ""),
    ]
    return lines


def _or_unknown(value: object) -> str:
    return str(value) if value else "the card does not say"


def _accuracy(network: TrainedNetwork, part: HeldOut) -> str:
    text = percent1(network.accuracy(part))
    if interval := network.interval(part):
        low, high = interval
        text = (
            f"{network.right(part)} of {network.patches[part]}, {text}; 95% interval "
            f"{100 * low:.1f} to {percent1(high)}"
        )
    return text


def _trained(network: TrainedNetwork) -> str:
    parts = [
        counted(network.epochs, "epoch") if network.epochs else "",
        f"seed {network.seed}" if network.seed is not None else "",
        network.date,
    ]
    return ", ".join(filter(None, parts)) or "the card does not say when"


def draw_details(here: Room, network: TrainedNetwork, how_to_read: str) -> None:
    """What waits until asked for."""
    if recipe := network.card.get("recipe"):
        with here.details("The recipe") as is_open:
            if is_open:
                st.html(table_html(recipe))
                st.markdown(f"One command: `python -m vizcore train {network.file}`")
    with here.details("The data, and its licences") as is_open:
        if is_open:
            data = dict(network.card["data"])
            photographs = data.pop("photographs", [])
            st.html(table_html(data))
            if photographs:
                st.html(_photographs_html(photographs))
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(how_to_read)


def table_html(values: Mapping[str, Any]) -> str:
    """Names and values, one line each; what is nested is written out."""
    rows = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}</td><td>{escape(_value(value))}</td></tr>"
        for name, value in values.items()
    )
    return f'<table class="cs-table">{rows}</table>'


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name.replace('_', ' ')} {_value(v)}" for name, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _photographs_html(photographs: list[Mapping[str, str]]) -> str:
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(str(each.get(name, '')))}</td>"
            for name in ("name", "title", "source", "licence")
        )
        + "</tr>"
        for each in photographs
    )
    head = "<tr><th>class</th><th>photograph</th><th>source</th><th>licence</th></tr>"
    return f'<table class="cs-table">{head}{rows}</table>'
