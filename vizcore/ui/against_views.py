"""Two trained networks on the same pictures: what only one of them names rightly."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore import trained
from vizcore.errors import BadChoice, UnknownName
from vizcore.figures.fleet_words import label
from vizcore.records.fleet import Disagreement, TrainedNetwork
from vizcore.ui.confusion_views import MOST_PICTURES, draw_group
from vizcore.ui.room import Room


def draw(
    here: Room,
    network: TrainedNetwork,
    fleet: Sequence[TrainedNetwork],
    control: DeltaGenerator,
    dark: bool,
) -> None:
    """Which pictures only one of two networks names rightly."""
    view = here.view
    others = {
        each.key: label(each)
        for each in fleet
        if each.data == network.data and each.key != network.key and "test" in each.predictions
    }
    if not others:
        raise BadChoice(
            f"{label(network)} is alone: no other network in the box has predictions of the same "
            "pictures on its card."
        )
    if not view["against"] or view["against"] == network.key:
        view["against"] = next(iter(others))
    names = others | ({} if view["against"] in others else {view["against"]: view["against"]})
    with control:
        st.selectbox(
            "Against", list(names), format_func=names.__getitem__, width=225, **view.bind("against")
        )
    if view["against"] not in others:
        raise UnknownName.among("network on the same pictures", view["against"], others)
    other = next(each for each in fleet if each.key == view["against"])
    with st.spinner("Reading the test patches from the photographs."):
        found = trained.disagreement(network, other)
    st.html(against_html(found, label(network), label(other)))
    st.markdown(verdict(found, label(network), label(other)))
    for first, second, places in (
        (network, other, found.only_first),
        (other, network, found.only_second),
    ):
        if places:
            _draw_only(first, second, places, dark)


def against_html(found: Disagreement, first: str, second: str) -> str:
    """The two by two table of right and wrong."""
    rows = [
        (f"{first} right", found.both_right, len(found.only_first)),
        (f"{first} wrong", len(found.only_second), found.both_wrong),
    ]
    body = "".join(
        f'<tr><td><b>{name}</b></td><td class="n">{a}</td><td class="n">{b}</td></tr>'
        for name, a, b in rows
    )
    return (
        f'<table class="cs-table"><tr><th>test pictures</th><th class="n">{second} right</th>'
        f'<th class="n">{second} wrong</th></tr>{body}</table>'
    )


def verdict(found: Disagreement, first: str, second: str) -> str:
    """What McNemar's test says, in one sentence."""
    a, b, p = len(found.only_first), len(found.only_second), found.p_value
    if a + b == 0:
        return f"{first} and {second} are right and wrong on the same pictures."
    better, worse = (first, second) if a >= b else (second, first)
    split = f"Of the {a + b} pictures that only one of them names rightly, {better} has {max(a, b)}"
    chance = "McNemar's exact test: p " + (f"= {p:.2g}" if p >= 0.001 else "< 0.001")
    if p < 0.05:
        return (
            f"{split}: networks that err equally often would seldom differ so much ({chance}). "
            "It takes pictures as independent, and speaks of these two trainings, not of other "
            "seeds."
        )
    return (
        f"{split}: networks that err equally often would often differ as much ({chance}), so "
        f"nothing shows that {better} is better than {worse}."
    )


def _draw_only(
    first: TrainedNetwork, second: TrainedNetwork, places: tuple[int, ...], dark: bool
) -> None:
    st.markdown(
        f"**{len(places)} that only {label(first)} names rightly**, and what {label(second)} "
        "names them"
    )
    wrong = trained.confusion(second)
    groups: dict[tuple[int, int], list[int]] = {}
    for place in places[:MOST_PICTURES]:
        cell = (int(wrong.labels_n[place]), int(wrong.predicted_n[place]))
        groups.setdefault(cell, []).append(place)
    with st.container(horizontal=True, gap="medium"):
        for cell, some in sorted(groups.items(), key=lambda item: -len(item[1])):
            draw_group(second, wrong, cell, tuple(some), dark)
