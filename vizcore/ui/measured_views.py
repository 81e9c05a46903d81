"""The parts of the Measured page: whose results, in which setup, seen how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from vizcore import zoo
from vizcore.errors import ConvScopeError
from vizcore.figures.measured import QUANTITIES, latency_finding, ms
from vizcore.figures.palette import CHART_CONFIG
from vizcore.figures.roofline import bound_words
from vizcore.records_bench import (
    NUMBER_FORMATS,
    MachineResults,
    Measurement,
    Setup,
    to_json,
)
from vizcore.records_roofline import Roofline
from vizcore.runtime import measured
from vizcore.ui import cache, measuring_view
from vizcore.ui.address import Choice, any_text, flag, one_of, whole, yes_no
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
HOW_TO_READ = """
- Times are taken by torch's own benchmark timer: it warms up, waits for the device before and after
  every block of passes, and repeats until the quartiles of the blocks are within 5% of the median,
  or two seconds have passed. Three such rounds are made of each setup, in turns; the latency is the
  median of the rounds, the stated spread the distance between the slowest and the quickest.
- Weights are random: the time a pass takes does not depend on what a network has learned.
- Peak memory holds weights, pictures and every tensor that was alive at one time. On a GPU it is
  what the allocator had handed out; on a CPU, what an operation takes for itself is not seen.
- Energy is that of the whole board while passes run, idle share included; only NVIDIA's boards
  count it.
- The roofline: a layer has to do its operations and to move its inputs, weights and outputs. At the
  machine's measured ceilings each takes a time, and the longer one bounds the layer. The sum over
  the layers is the least time of a program that runs one after the other. Ceilings are the best
  product of large matrices and the best copy that were measured, in the same number format.
- A network can be quicker than its least time where data stay in a cache between layers, or where
  a convolution is computed with fewer multiplications than its definition has (Winograd).
"""


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
    ]


def draw(here: Room, *, dark: bool) -> None:
    """The page: whose results, the picture, measuring, details, downloads."""
    view = here.view
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
        other = machines.get(view["beside"]) if view["show"] == "latency" else None
        _draw_results(here, results, setup, other, dark=dark)
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
    view["machine"] = results.machine.slug
    st.selectbox(
        "Machine",
        list(machines),
        format_func=lambda slug: machines[slug].machine.title,
        width=260,
        **view.bind("machine"),
    )
    if view["show"] == "latency" and len(machines) > 1:
        st.selectbox(
            "Beside it",
            ["", *(slug for slug in machines if slug != results.machine.slug)],
            format_func=lambda slug: machines[slug].machine.title if slug else "nothing",
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


def _draw_results(
    here: Room,
    results: MachineResults,
    setup: Setup,
    other: MachineResults | None,
    *,
    dark: bool,
) -> None:
    view = here.view
    like = [
        m
        for m in results.measurements
        if (m.setup.dtype, m.setup.channels_last, m.setup.compiled)
        == (setup.dtype, setup.channels_last, setup.compiled)
    ]
    same = sorted((m for m in like if m.setup.batch == setup.batch), key=lambda m: m.latency_ms)
    shown = like if view["show"] == "batches" else same
    rooflines: tuple[Roofline, ...] = ()
    try:
        if view["show"] in ("roofline", "why"):
            rooflines = rooflines_of(results, same)
        beside = tuple(m for m in other.measurements if m.setup == setup) if other else ()
        titles = (results.machine.title, other.machine.title if other else "")
        chart = _chart(
            view["show"], view["quantity"], tuple(shown[:MOST]), beside, titles, rooflines, dark
        )
    except ConvScopeError as error:
        here.refuse(error)
    else:
        here.answer(answer(results, same or shown, setup, rooflines))
        st.plotly_chart(
            chart,
            theme=None,
            config=CHART_CONFIG,
            alt=chart.layout.meta["alt"],
            key="measured.plot",
        )
        st.caption(caption(results, shown, rooflines))
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


def rooflines_of(results: MachineResults, same: Sequence[Measurement]) -> tuple[Roofline, ...]:
    """Each measured network against the machine's ceilings; none where they were not measured."""
    from vizcore.bench.roofline import roofline
    from vizcore.records import Conventions

    found = []
    for each in same:
        ceiling = results.ceiling(each.setup.dtype)
        if ceiling is None or each.network not in {entry.key for entry in zoo.architectures()}:
            continue
        table = cache.layer_table(
            each.network, each.input_shape[1], Conventions(batch=each.setup.batch)
        )
        found.append(roofline(table, ceiling, each.latency_ms))
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
    from vizcore.figures.measured import draw_batches, draw_latency
    from vizcore.figures.roofline import draw_roofline, draw_why

    if show == "latency":
        return draw_latency(measurements, beside, titles=titles, dark=dark)
    if show == "batches":
        return draw_batches(measurements, quantity, dark=dark)
    return (draw_roofline if show == "roofline" else draw_why)(rooflines, dark=dark)


def answer(
    results: MachineResults,
    same: Sequence[Measurement],
    setup: Setup,
    rooflines: Sequence[Roofline],
) -> str:
    """One sentence with the real numbers."""
    from vizcore.figures.roofline import roofline_finding, why_finding

    where = f"On {results.machine.title}, {setup.words}"
    shown = [each for each in rooflines if each.latency_ms]
    if len(shown) > 2:
        return f"{where}: {why_finding(shown)}; {_lowered(roofline_finding(shown))}."
    return f"{where}: {latency_finding(same)}."


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def caption(
    results: MachineResults, shown: Sequence[Measurement], rooflines: Sequence[Roofline] = ()
) -> str:
    """The machine, the dates, the spread."""
    machine = results.machine
    dates = sorted({m.date for m in shown})
    spreads = sorted(m.spread for m in shown)
    said = [
        f"{machine.device}, {machine.cores} cores, torch {machine.torch}"
        + (f", driver {machine.driver}" if machine.driver else "")
    ]
    if dates:
        said.append(f"measured {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else ""))
    if spreads:
        said.append(
            f"rounds apart by {spreads[len(spreads) // 2]:.0%} in the middle, "
            f"{spreads[-1]:.0%} at most"
        )
    slow = max(shown, key=lambda m: m.spread, default=None)
    if slow is not None and slow.spread > 0.2:
        said.append(
            f"{slow.network}'s {ms(slow.latency_ms)} is uncertain: the machine did other work"
        )
    beyond = [e.network for e in rooflines if e.reached is not None and e.reached > 1]
    if beyond:
        said.append(
            f"{', '.join(beyond)} ran quicker than the measured ceilings allow layer by layer: "
            "data stayed in a cache, or the ceilings were measured beside other work"
        )
    return "; ".join(said) + "."


def snippet(setup: Setup) -> str:
    """The lines of Python that measure."""
    options = [f"batch={setup.batch}", f"dtype={setup.dtype!r}"]
    options += ["channels_last=True"] * setup.channels_last + ["compiled=True"] * setup.compiled
    return (
        "import vizcore as vc\n\n"
        f'results = vc.bench(["resnet18", "mobilenet_v2"], {", ".join(options)})\n'
        "for each in results.measurements:\n"
        "    print(each.network, each.latency_ms, each.spread, each.peak_bytes)\n"
        "print(results.ceilings)"
    )
