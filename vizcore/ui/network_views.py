"""One trained network on the Networks page: what it confuses, how it learnt, its card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore import trained
from vizcore.errors import BadChoice, ConvScopeError, UnknownName
from vizcore.figures.fleet import label, percent1
from vizcore.figures.numbers import exact, short
from vizcore.figures.palette import CHART_CONFIG
from vizcore.records_fleet import Confusion, Disagreement, TrainedNetwork
from vizcore.ui import cache, network_card
from vizcore.ui.fleet_views import identity, to_csv
from vizcore.ui.room import Download, Room

#: Pictures on the page at once, at most.
MOST_PICTURES = 60
_GROUP_COLUMNS = 5
_MATRIX_PX = 880
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
            _draw_against(here, network, fleet, control, dark)
        else:
            with st.spinner("Reading the test patches from the photographs."):
                found = trained.confusion(network)
            _draw_confusions(here, network, found, control, dark)
    except UnknownName as error:
        here.refuse(error, sets="against" if here.view["show"] == "against" else "cell")
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


def cell_text(found: Confusion, cell: tuple[int, int]) -> str:
    """A cell as it stands in the address: "cat,rocket"."""
    return ",".join(found.classes[number] for number in cell)


def parse_cell(found: Confusion, text: str) -> tuple[int, int] | None:
    """The (true, named) classes of a cell in the address; None for all mistakes.

    Raises:
        UnknownName: no picture is in such a cell; suggests the nearest that have some.
    """
    if not text:
        return None
    filled = {cell_text(found, cell): cell for cell in cells(found)}
    if text not in filled:
        raise UnknownName.among("filled cell", text, filled)
    return filled[text]


def cells(found: Confusion) -> list[tuple[int, int]]:
    """The filled cells: mistakes first, most frequent first, then the classes named rightly."""
    rightly = [(k, k) for k in range(len(found.classes)) if found.counts_tp[k, k]]
    return [(true, named) for true, named, _ in found.mistakes()] + rightly


def _draw_confusions(
    here: Room,
    network: TrainedNetwork,
    found: Confusion,
    control: DeltaGenerator,
    dark: bool,
) -> None:
    view, counts = here.view, found.counts_tp
    words = {"": f"all mistakes ({found.wrong})"}
    for true, named in cells(found):
        verb = "named rightly" if true == named else f"named {found.classes[named]}"
        words[cell_text(found, (true, named))] = (
            f"{found.classes[true]} {verb} ({counts[true, named]})"
        )
    words.setdefault(view["cell"], view["cell"])  # an unknown one is refused below
    with control:
        st.selectbox(
            "Pictures", list(words), format_func=words.__getitem__, width=320, **view.bind("cell")
        )
    cell = parse_cell(found, view["cell"])
    chart = cache.confusion_chart(
        (*identity([network]), network.predictions["test"]), cell, dark, found
    )
    key = f"networks.matrix.{network.key}"

    def take() -> None:
        points = st.session_state[key]["selection"]["points"]
        picked = points[0].get("customdata") if points else None
        if picked:
            view["cell"] = cell_text(found, (picked[0], picked[1]))

    with st.container(horizontal=True, gap="medium", key="networks-confusions"):
        with st.container(width=_MATRIX_PX, key="networks-matrix"):
            st.plotly_chart(
                chart,
                theme=None,
                config=CHART_CONFIG,
                key=key,
                on_select=take,
                selection_mode="points",
                alt=chart.layout.meta["alt"],
            )
        with st.container(width="stretch", key="networks-pictures"):
            draw_groups(network, found, cell, dark)
    here.offer(
        Download(
            "Confusion matrix, CSV",
            f"{network.key}_confusion.csv",
            "text/csv",
            lambda: matrix_csv(found),
        ),
        Download(
            "Confusion matrix, HTML",
            f"{network.key}_confusion.html",
            "text/html",
            lambda: cache.figure_html(
                cache.confusion_chart(
                    (*identity([network]), network.predictions["test"]), cell, False, found
                )
            ),
        ),
    )


def draw_groups(
    network: TrainedNetwork, found: Confusion, cell: tuple[int, int] | None, dark: bool
) -> None:
    """The pictures of one cell, or of all mistakes, grouped by what they are and are named."""
    groups = [(*cell, 0)] if cell else list(found.mistakes())
    st.markdown(f"**{_groups_title(found, cell)}**")
    left = MOST_PICTURES
    with st.container(horizontal=True, gap="medium"):
        for true, named, _ in groups:
            places = found.pictures(true, named)
            shown = places[:left]
            left -= len(shown)
            if shown:
                _draw_group(network, found, (true, named), shown, dark)
    total = int(found.counts_tp[cell]) if cell else found.wrong
    if total > MOST_PICTURES:
        st.caption(
            f"{MOST_PICTURES} of {total}, the most frequent confusions first. "
            "Choose a cell to see the others."
        )


def _groups_title(found: Confusion, cell: tuple[int, int] | None) -> str:
    if cell is None:
        count = len(found.labels_n)
        return f"The {found.wrong} mistakes" if found.wrong else f"No mistake in {count} pictures"
    true, named = cell
    of = int((found.labels_n == true).sum())
    verb = "rightly" if true == named else found.classes[named]
    return f"{found.counts_tp[cell]} of {of} pictures of {found.classes[true]} are named {verb}"


def _draw_group(
    network: TrainedNetwork,
    found: Confusion,
    cell: tuple[int, int],
    places: tuple[int, ...],
    dark: bool,
) -> None:
    true, named = (found.classes[number] for number in cell)
    with st.container(width="content"):
        said = "named rightly" if true == named else f"named **{named}**"
        st.markdown(f"**{true}**, {said}" + (f" × {len(places)}" if len(places) > 1 else ""))
        st.image(
            cache.patches_png(network.data, found.part, places, _GROUP_COLUMNS, dark),
            output_format="PNG",
            alt=f"{len(places)} pictures of {true}, named {named}",
        )


def _draw_curves(here: Room, network: TrainedNetwork, dark: bool) -> None:
    from vizcore.figures.curves import draw_curves

    figure = draw_curves(network.curve, dark=dark)
    st.plotly_chart(
        figure,
        theme=None,
        config=CHART_CONFIG,
        key="networks.curves",
        alt=figure.layout.meta["alt"],
    )
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
            lambda: cache.figure_html(draw_curves(network.curve)),
        ),
    )


def _draw_against(
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
            _draw_group(second, wrong, cell, tuple(some), dark)


def matrix_csv(found: Confusion) -> str:
    """The matrix as CSV: a row a true class, a column a named one."""
    return to_csv(
        [
            {
                "true class": name,
                **{other: int(found.counts_tp[t, p]) for p, other in enumerate(found.classes)},
            }
            for t, name in enumerate(found.classes)
        ]
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
