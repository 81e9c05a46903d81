"""The fleet on the Networks page: choices, accuracy against cost, the table, downloads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore import trained
from vizcore.errors import ConvScopeError
from vizcore.figures.fleet_words import COSTS, label, percent1
from vizcore.figures.numbers import exact, short
from vizcore.records.fleet import TrainedNetwork
from vizcore.ui import cache, fleet_pictures, weights_view
from vizcore.ui.address import Choice, View, any_text, one_of
from vizcore.ui.charts import draw_chart
from vizcore.ui.fleet_pictures import identity
from vizcore.ui.fleet_tables import draw_table, to_csv
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

COST_NAMES = {"macs": "Multiply-adds", "params": "Parameters"}
SHOWN = {
    "confusions": "Confusions",
    "curves": "Learning curves",
    "against": "Against another",
}


def _key_of(text: str) -> str:
    """The key of a network also by its file's name; other names stay, to be refused on the page."""
    try:
        return trained.card(text).key if text else ""
    except ConvScopeError:
        return text


CHOICES = [
    Choice("network", "", _key_of),
    Choice("cost", "macs", one_of(*COSTS)),
    Choice("show", "confusions", one_of(*SHOWN)),
    Choice("cell", "", any_text),
    Choice("against", "", _key_of),
]
_HOW_TO_READ = """
- A point is one network at the mean test accuracy of its trainings. Where there are several
  seeds, the small dots are the single trainings: what another seed alone changes.
- A line joins a plain network (open) and the same with skip connections (filled), of equal depth.
  A difference is called clear where every training of one did better than every one of the other.
- Costs grow on a logarithmic scale. Multiply-adds are those of one forward pass of one picture.
- The test patches come from regions of the photographs that no training or validation patch
  touches. They are few, and overlap: up to five are cut from one block. The 95% interval (Wilson)
  takes them as independent, so the true uncertainty is larger, and small differences mean little.
- Validation and test patches come from other blocks, and the test blocks happen to be easier: every
  network does better on them. Compare networks on the same part, not one part with the other.
- The task is narrow: to tell of which of these photographs a patch is. Accuracies on it say
  nothing about other pictures.
"""


def draw_controls(here: Room, fleet: Sequence[TrainedNetwork]) -> DeltaGenerator:
    """One network or all of them, and what is shown; returns the place for one more control."""
    view = here.view
    names = {"": "All, on one chart"} | {each.key: label(each) for each in fleet}
    names.setdefault(view["network"], view["network"])  # an unknown one is refused below
    with here.controls():
        st.selectbox(
            "Network",
            list(names),
            format_func=names.__getitem__,
            width=225,
            on_change=_forget_cell,
            args=(view,),
            **view.bind("network"),
        )
        words, what, choice = (
            (SHOWN, "Show", "show") if view["network"] else (COST_NAMES, "Cost", "cost")
        )
        st.segmented_control(
            what, list(words), format_func=words.__getitem__, required=True, **view.bind(choice)
        )
        return st.container(width="content")


def choose(view: View, key: str) -> None:
    """Open a network's own view."""
    view["network"] = key
    _forget_cell(view)


def _forget_cell(view: View) -> None:
    """Another network has confused other classes."""
    view["cell"] = ""


def main_data(fleet: Sequence[TrainedNetwork]) -> str:
    """The data set that most of the networks know."""
    return Counter(each.data for each in fleet).most_common(1)[0][0]


def draw(here: Room, fleet: Sequence[TrainedNetwork], *, dark: bool) -> None:
    """All networks: the answer, the chart, what stands elsewhere, the details."""
    here.code(snippet(here.view["cost"], main_data(fleet) if fleet else ""))
    if not fleet:
        here.answer(
            "No trained network is here: the folder of weights is empty. "
            "<code>python -m vizcore train</code> makes them."
        )
        return
    data = main_data(fleet)
    shown = [each for each in fleet if each.data == data]
    cost = here.view["cost"]
    here.answer(answer(shown))
    chart = fleet_pictures.fleet_chart(identity(shown), cost, dark, shown)
    key = "networks.fleet"

    def take(picked: Any) -> None:
        if picked:
            choose(here.view, picked[0])

    draw_chart(chart, key=key, on_pick=take)
    st.caption(_caption(shown, cost))
    for other in fleet:
        if other.data != data:
            _draw_elsewhere(here, other)
    with here.details("Every network in numbers") as is_open:
        if is_open:
            draw_table(fleet)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(_HOW_TO_READ)
    with here.details("Weights on this machine") as is_open:
        if is_open:
            weights_view.draw_files()
    offer_downloads(here, fleet, shown, cost)


def answer(shown: Sequence[TrainedNetwork]) -> str:
    """One sentence: the network with the most right and the cheapest, with their numbers."""
    best = max(shown, key=lambda each: each.mean_test)
    pictures = best.patches.get("test")
    of = f" of {pictures} test patches" if pictures else " of the test part"
    if len(shown) == 1:
        return f"<b>{label(best)}</b> names <b>{percent1(best.test)}</b>{of} rightly."

    def costs(each: TrainedNetwork) -> str:
        if each.macs is None:
            return f'<span title="{exact(each.params)}">{short(each.params)} parameters</span>'
        return f'<span title="{exact(each.macs)}">{short(each.macs)} multiply-adds</span>'

    cheapest = min(shown, key=lambda each: (each.macs or float("inf"), each.params))
    said = (
        f"Of {len(shown)} networks trained on the same photographs, <b>{label(best)}</b> gets most "
        f"right, <b>{percent1(best.mean_test)}</b>{of}, with {costs(best)}"
    )
    if cheapest is best:
        return f"{said}, the least of all."
    return (
        f"{said}; <b>{label(cheapest)}</b> has <b>{percent1(cheapest.mean_test)}</b> right with "
        f"the least, {costs(cheapest).replace(' multiply-adds', '')}."
    )


def _caption(shown: Sequence[TrainedNetwork], cost: str) -> str:
    words = []
    if any(len(each.test_runs) > 1 for each in shown):
        words.append(
            "Small dots: single seeds; large: their mean. Open: plain; joined and filled: the same "
            "with skip connections."
        )
    best = max(shown, key=lambda each: each.mean_test)
    if interval := best.interval("test"):
        low, high = interval
        inside = sum(low <= each.mean_test <= high for each in shown if each is not best)
        others = f", and {inside} of the others lie in it" if inside else ""
        words.append(
            f"What {best.patches['test']} patches can tell: the 95% interval of {label(best)} is "
            f"{100 * low:.1f} to {percent1(high)}{others}."
        )
    missing = [label(each) for each in shown if cost == "macs" and each.macs is None]
    if missing:
        words.append(f"Not drawn, as their cards do not say: {', '.join(missing)}.")
    return " ".join([*words, "Click a point for its network."])


def _draw_elsewhere(here: Room, network: TrainedNetwork) -> None:
    """A network of another data set: its accuracy cannot stand on the same axis."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pictures = network.patches.get("test")
        st.markdown(
            f"**{label(network)}** knows another data set, {network.data}, and is not on this "
            f"axis: it names {percent1(network.test)}"
            + (f" of {pictures} test pictures rightly." if pictures else " rightly."),
            width="content",
        )
        st.button(
            "Open its card",
            key=f"networks-open-{network.key}",
            on_click=choose,
            args=(here.view, network.key),
        )


def offer_downloads(
    here: Room, fleet: Sequence[TrainedNetwork], shown: Sequence[TrainedNetwork], cost: str
) -> None:
    """The numbers and the chart."""

    def chart() -> str:
        return cache.figure_html(fleet_pictures.fleet_chart(identity(shown), cost, False, shown))

    here.offer(
        Download("Fleet, CSV", "fleet.csv", "text/csv", lambda: to_csv(trained.rows(fleet))),
        Download(
            "Fleet, JSON",
            "fleet.json",
            "application/json",
            lambda: json.dumps(trained.rows(fleet), indent=1, ensure_ascii=False),
        ),
        Download("Chart, HTML", f"fleet_{cost}.html", "text/html", chart),
    )


def snippet(cost: str, data: str) -> str:
    """The lines of Python behind the chart."""
    return (
        "import vizcore as vc\n"
        "from vizcore.figures.fleet import draw_fleet\n\n"
        f"fleet = [network for network in vc.fleet() if network.data == {data!r}]\n"
        "for network in fleet:\n"
        '    print(network.key, network.macs, network.mean_test, network.interval("test"))\n'
        f"figure = draw_fleet(fleet, cost={cost!r})  # figure.show() opens it"
    )
