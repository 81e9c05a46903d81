"""The parts of the Measured page: whose results, in which setup, seen how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from vizcore import zoo
from vizcore.errors import ConvScopeError
from vizcore.figures.measured import names
from vizcore.figures.measured_batches import QUANTITIES
from vizcore.figures.roofline_words import bound_words
from vizcore.records.bench import NUMBER_FORMATS, MachineResults, Measurement, Setup
from vizcore.records.roofline import Roofline
from vizcore.runtime import measured
from vizcore.runtime.measured_file import to_json
from vizcore.ui import cache, measuring_view
from vizcore.ui.address import Choice, any_text, flag, one_of, whole, yes_no
from vizcore.ui.charts import draw_chart
from vizcore.ui.measured_names import found_by, name_of, named
from vizcore.ui.measured_words import HOW_TO_READ, answer, caption, snippet
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    import plotly.graph_objects as go

PAGE = "measured"
SHOWN = {
    "latency": "Latency",
    "batches": "Batch sizes",
    "roofline": "Roofline",
    "why": "Why not by multiply-adds",
}
#: Networks on one picture; more are in the table.
MOST = 40


def choices() -> list[Choice]:
    """What can be chosen."""
    return [
        Choice("show", "latency", one_of(*SHOWN)),
        Choice("machine", "", any_text),
        Choice("batch", 1, whole(1, 1024)),
        Choice("dtype", "fp32", one_of(*NUMBER_FORMATS)),
        Choice("nhwc", False, yes_no, write=flag),
        Choice("compiled", False, yes_no, write=flag),
        Choice("quantity", "throughput", one_of(*QUANTITIES)),
        Choice("beside", "", any_text),
        Choice("find", "", any_text),
    ]


def draw(here: Room, *, dark: bool) -> None:
    """The page: whose results, the picture, measuring, details, downloads."""
    view = here.view
    with st.container():  # always there: what is open below stays open when a refusal comes or goes
        measuring_view.finish(here)
    machines = measured.machines()
    results = _chosen(here, machines)
    with here.controls():
        _draw_choices(here, machines, results)
        measuring_view.draw_form(here)
    setup = Setup(view["batch"], view["dtype"], view["nhwc"], view["compiled"])
    here.code(snippet(setup))
    if results is None:
        here.answer("Nothing was measured on any machine yet. Choose networks and measure.")
    else:
        titles = measured.titles(machines)
        beside = view["beside"] if view["show"] == "latency" else ""
        if beside and beside not in machines:
            here.view.complaints.append(f"There are no results of a machine '{beside}' here.")
        pair = (titles[view["machine"]], titles.get(beside, ""))
        _draw_results(here, results, setup, machines.get(beside), pair, dark=dark)
    with here.details("Results of other machines") as is_open:
        if is_open:
            measuring_view.draw_import(here)
    with here.details("How this is measured, and how to read it") as is_open:
        if is_open:
            st.markdown(HOW_TO_READ)


def _chosen(here: Room, machines: dict[str, MachineResults]) -> MachineResults | None:
    wanted = here.view["machine"]
    if wanted and wanted not in machines:
        here.view.complaints.append(
            f"There are no results of a machine '{wanted}' here. "
            + (f"There are those of {', '.join(machines)}." if machines else "There are none yet.")
        )
    return machines.get(wanted) or (list(machines.values())[-1] if machines else None)


def _draw_choices(
    here: Room, machines: dict[str, MachineResults], results: MachineResults | None
) -> None:
    view = here.view
    st.segmented_control(
        "Show", list(SHOWN), format_func=SHOWN.__getitem__, required=True, **view.bind("show")
    )
    if results is None:
        return
    chosen = next(slug for slug, each in machines.items() if each is results)
    view["machine"] = chosen
    titles = measured.titles(machines)
    st.selectbox(
        "Machine",
        list(machines),
        format_func=titles.__getitem__,
        width=260,
        **view.bind("machine"),
    )
    if view["show"] == "latency" and len(machines) > 1:
        st.selectbox(
            "Beside it",
            ["", *(slug for slug in machines if slug != chosen)],
            format_func=lambda slug: titles[slug] if slug else "nothing",
            width=200,
            **view.bind("beside"),
        )
    if view["show"] == "batches":
        st.selectbox(
            "Quantity",
            list(QUANTITIES),
            format_func=lambda key: QUANTITIES[key][0].partition(",")[0],
            width=200,
            **view.bind("quantity"),
        )
    else:
        sizes = sorted({m.setup.batch for m in results.measurements} | {view["batch"]})
        st.selectbox("Pictures in a pass", sizes, width=120, **view.bind("batch"))
    formats = [m.setup.dtype for m in results.measurements]
    known = [each for each in NUMBER_FORMATS if each in (*formats, view["dtype"])]
    if len(known) > 1:
        st.selectbox("Number format", known, width=110, **view.bind("dtype"))
    if any(m.setup.channels_last for m in results.measurements) or view["nhwc"]:
        st.toggle("Channels last", **view.bind("nhwc"))
    if any(m.setup.compiled for m in results.measurements) or view["compiled"]:
        st.toggle("Compiled", **view.bind("compiled"))
    st.text_input("Find networks", placeholder="resnet, mobilenet", width=180, **view.bind("find"))


def _draw_results(
    here: Room,
    results: MachineResults,
    setup: Setup,
    other: MachineResults | None,
    titles: tuple[str, str],
    *,
    dark: bool,
) -> None:
    view = here.view
    like = [
        m
        for m in found_by(view["find"], results.measurements)
        if (m.setup.dtype, m.setup.channels_last, m.setup.compiled)
        == (setup.dtype, setup.channels_last, setup.compiled)
    ]
    same = sorted((m for m in like if m.setup.batch == setup.batch), key=lambda m: m.latency_ms)
    rooflines: tuple[Roofline, ...] = ()
    try:
        if view["show"] in ("roofline", "why"):
            rooflines = rooflines_of(results, same)
        same, like = [named(m) for m in same], [named(m) for m in like]
        shown = like if view["show"] == "batches" else same
        others = other.measurements if other else ()
        beside = tuple(named(m) for m in others if m.setup == setup)
        chart = _chart(
            view["show"], view["quantity"], first_networks(shown), beside, titles, rooflines, dark
        )
    except ConvScopeError as error:
        here.refuse(error)
    else:
        title = chart.layout.title.text
        here.answer(answer(results, title, same, setup, rooflines, view["show"]))
        draw_chart(chart, key="measured.plot")
        st.caption(caption(results, shown, rooflines, why=view["show"] == "why"))
        here.offer(
            Download("Chart, HTML", "measured.html", "text/html", lambda: cache.figure_html(chart))
        )
    if rooflines:
        with here.details("What bounds each network") as is_open:
            if is_open:
                for each in rooflines:
                    st.markdown(f"- {bound_words(each)}.")
    with here.details("Every measurement") as is_open:
        if is_open:
            measuring_view.draw_table(results.measurements)
    here.offer(
        Download(
            "This machine's results, JSON",
            f"machine_{results.machine.slug}.json",
            "application/json",
            lambda: to_json(results),
        )
    )


def first_networks(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Every measurement of as many networks as one picture holds."""
    shown = list(dict.fromkeys(m.network for m in measurements))[:MOST]
    return tuple(m for m in measurements if m.network in shown)


def rooflines_of(results: MachineResults, same: Sequence[Measurement]) -> tuple[Roofline, ...]:
    """Each measured network against the machine's ceilings; none where they were not measured."""
    from vizcore.records.layers import Conventions
    from vizcore.timing.roofline import roofline

    found = []
    known = {entry.key for entry in zoo.architectures()}
    called = names([named(m) for m in same])
    for each in same:
        ceiling = results.ceiling(each.setup.dtype)
        if ceiling is None or each.network not in known:
            continue
        table = cache.layer_table(
            each.network, each.input_shape[1], Conventions(batch=each.setup.batch)
        )
        bounds = roofline(table, ceiling, each.latency_ms)
        found.append(replace(bounds, network=called[name_of(each.network), each.input_shape]))
    return tuple(found)


@st.cache_resource(max_entries=64, show_spinner=False)
def _chart(
    show: str,
    quantity: str,
    measurements: tuple[Measurement, ...],
    beside: tuple[Measurement, ...],
    titles: tuple[str, str],
    rooflines: tuple[Roofline, ...],
    dark: bool,
) -> go.Figure:
    """One picture of what was measured."""
    from vizcore.figures.measured import draw_latency
    from vizcore.figures.measured_batches import draw_batches
    from vizcore.figures.roofline import draw_roofline, draw_why

    if show == "latency":
        return draw_latency(measurements, beside, titles=titles, dark=dark)
    if show == "batches":
        return draw_batches(measurements, quantity, dark=dark)
    return (draw_roofline if show == "roofline" else draw_why)(rooflines, dark=dark)
