"""One trained network on the Networks page: what it confuses, how it learnt, its card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore import trained
from vizcore.errors import ConvScopeError, UnknownName
from vizcore.figures.fleet_words import label, percent1
from vizcore.figures.numbers import exact, short
from vizcore.records.fleet import TrainedNetwork
from vizcore.ui import against_views, cache, confusion_views, fleet_pictures, network_card
from vizcore.ui.charts import draw_chart
from vizcore.ui.fleet_pictures import identity
from vizcore.ui.fleet_tables import to_csv
from vizcore.ui.room import Download, Room

_HOW_TO_READ = """
- Each row of the matrix is a true class, each column what the network names it. The number counts
  test patches; the colour is the share of the row (dark purple: few, yellow: all). Empty cells
  are empty. At the right edge: how many of each class are named rightly.
- Click a cell, or choose it under *Pictures*, to see the patches themselves.
- The patches are drawn as the network gets them, enlarged without smoothing.
- The predictions were recorded on the card when the network was measured; a test computes them
  again from the shipped weights.
"""


def draw(
    here: Room,
    network: TrainedNetwork,
    fleet: Sequence[TrainedNetwork],
    control: DeltaGenerator,
    *,
    dark: bool,
) -> None:
    """The answer, the chosen view, the card, the details; `control` is for the view's own one."""
    here.answer(answer(network))
    try:
        if here.view["show"] == "curves":
            _draw_curves(here, network, dark)
        elif here.view["show"] == "against":
            against_views.draw(here, network, fleet, control, dark)
        else:
            with st.spinner("Reading the test patches from the photographs."):
                found = trained.confusion(network)
            confusion_views.draw(here, network, found, control, dark)
    except UnknownName as error:
        here.refuse(error, sets="against")
    except ConvScopeError as error:
        here.refuse(error)
    here.code(snippet(network, here.view["show"], here.view["against"]))
    network_card.draw(network)
    network_card.draw_details(here, network, _HOW_TO_READ)
    here.offer(
        Download(
            "Card, JSON",
            f"{network.key}.json",
            "application/json",
            lambda: json.dumps(network.card, indent=1, ensure_ascii=False),
        )
    )


def answer(network: TrainedNetwork) -> str:
    """One sentence: how many test pictures it names rightly, and what it costs."""
    right, interval = network.right("test"), network.interval("test")
    counted = "names "
    if right is not None and interval is not None:
        low, high = interval
        counted += (
            f"<b>{right} of {network.patches['test']}</b> test pictures rightly, "
            f"<b>{percent1(network.test)}</b> (95% interval {100 * low:.1f} to {percent1(high)})"
        )
    else:
        counted += f"<b>{percent1(network.test)}</b> of the test part rightly"
    cost = f'<b title="{exact(network.params)}">{short(network.params)} parameters</b>'
    if network.macs is not None:
        cost += f' and <b title="{exact(network.macs)}">{short(network.macs)} multiply-adds</b>'
    return f"<b>{label(network)}</b> {counted}, with {cost}."


def _draw_curves(here: Room, network: TrainedNetwork, dark: bool) -> None:
    figure = fleet_pictures.curves_chart(identity([network]), dark, network)
    draw_chart(figure, key="networks.curves")
    if any(row.training is not None for row in network.curve):
        st.caption(
            "Training accuracy is counted while learning, on patches that were changed (cropped, "
            "turned, recoloured) and with dropout at work: it may lie below validation."
        )
    rows = [
        {
            "epoch": row.epoch,
            "learning_rate": row.learning_rate,
            "loss": row.loss,
            "training": row.training,
            "validation": row.validation,
        }
        for row in network.curve
    ]
    here.offer(
        Download("Curves, CSV", f"{network.key}_curves.csv", "text/csv", partial(to_csv, rows)),
        Download(
            "Curves, HTML",
            f"{network.key}_curves.html",
            "text/html",
            lambda: cache.figure_html(
                fleet_pictures.curves_chart(identity([network]), False, network)
            ),
        ),
    )


def snippet(network: TrainedNetwork, shown: str, against: str) -> str:
    """The lines of Python behind the view."""
    begin = f"import vizcore as vc\n\nnetwork = vc.card({network.key!r})\n"
    if shown == "curves":
        return begin + (
            "for row in network.curve:\n"
            "    print(row.epoch, row.loss, row.training, row.validation)"
        )
    if shown == "against" and against:
        return begin + (
            f"found = vc.disagreement(network, {against!r})\n"
            "print(found.only_first, found.only_second, found.p_value)"
        )
    return begin + (
        'print(network.test, network.interval("test"))\n'
        "found = vc.confusion(network)\n"
        "for true, named, count in found.mistakes():\n"
        "    print(found.classes[true], found.classes[named], count, found.pictures(true, named))"
    )
