"""The parts of the Accuracy page: which networks, on which axes, the answer, the plot, details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from vizcore import accuracy
from vizcore.accuracy_readings import lecture_readings
from vizcore.errors import ConvScopeError
from vizcore.figures.palette import CHART_CONFIG
from vizcore.records_accuracy import (
    AXES,
    AccuracyPoint,
    axis_named,
    measured_of,
)
from vizcore.records_bench import MachineResults, Measurement, Setup
from vizcore.runtime import measured
from vizcore.ui import accuracy_tables, address, cache, challenge_views
from vizcore.ui.accuracy_words import HOW_TO_READ, answer, caption, snippet
from vizcore.ui.address import Choice, any_text, flag, one_of, whole, yes_no
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    import plotly.graph_objects as go

PAGE = "accuracy"
SETS = {
    "study": "The 2017 study",
    "field": "Every pretrained weight",
    "fleet": "The networks in the box",
    "challenge": "The challenge",
}
#: What stands along the width at first.
_USUAL = {"study": "gops", "field": "macs", "fleet": "macs", "challenge": "gops"}
_SET = Choice("set", "study", one_of(*SETS))
_NONE = "none"
_NAMES = {
    "top1": "Top-1 accuracy",
    "gops": "Operations",
    "macs": "Multiply-adds",
    "params": "Parameters",
    "activations": "Activation memory",
    "density": "Accuracy per parameter",
    "year": "Year",
    "latency": "Latency, measured",
    "throughput": "Throughput, measured",
    "memory": "Peak memory, measured",
    "energy": "Energy, measured",
    "power": "Power, measured",
    "rate": "Reached rate, measured",
}


def choices() -> list[Choice]:
    """What can be chosen; axes belong to the set of networks."""
    which = address.peek(PAGE, _SET)
    axes = one_of(*AXES)
    return [
        _SET,
        Choice("x", _USUAL[which], axes, of=which),
        Choice("y", "top1", axes, of=which),
        Choice("area", "params", one_of(_NONE, *AXES), of=which),
        Choice("front", True, yes_no, write=flag),
        Choice("lines", True, yes_no, write=flag),
        Choice("find", "", any_text),
        Choice("machine", "", any_text),
        Choice("batch", 1, whole(1, 1024)),
        Choice("dtype", "fp32", one_of("fp32", "tf32", "bf16", "fp16")),
        Choice("point", "", any_text),
    ]


def draw_controls(here: Room, machines: dict[str, MachineResults]) -> None:
    """Which networks, the axes, and whose measurements where an axis needs some."""
    view = here.view
    with here.controls():
        st.segmented_control(
            "Networks", list(SETS), format_func=SETS.__getitem__, required=True, **view.bind("set")
        )
        if view["set"] == "challenge":
            return
        for name, label in (("x", "Across"), ("y", "Up"), ("area", "Area of a circle")):
            st.selectbox(
                label,
                [*([_NONE] if name == "area" else []), *AXES],
                format_func=lambda key: "nothing" if key == _NONE else _NAMES[key],
                width=165,
                **view.bind(name),
            )
        with st.popover("More", icon=":material/tune:"):
            st.text_input(
                "Names or families, with commas",
                placeholder="ResNet, EfficientNet",
                help="Points them out; all others stay.",
                **view.bind("find"),
            )
            st.toggle("The front that nobody beats", **view.bind("front"))
            st.toggle("Lines through families", **view.bind("lines"))
            if machines:
                known = [view["machine"]] if view["machine"] not in machines else []
                st.selectbox(
                    "Measured on",
                    [*known, *machines],
                    format_func=lambda slug: (
                        machines[slug].machine.title if slug in machines else "the newest"
                    ),
                    **view.bind("machine"),
                )
                st.number_input("Pictures in one pass", 1, 1024, **view.bind("batch"))
                st.selectbox(
                    "Number format", ["fp32", "tf32", "bf16", "fp16"], **view.bind("dtype")
                )


def machine_of(here: Room, machines: dict[str, MachineResults]) -> MachineResults | None:
    """The machine that is chosen, or the last one there are results of."""
    wanted = here.view["machine"]
    if wanted and wanted not in machines:
        here.view.complaints.append(
            f"There are no results of a machine '{wanted}' here. "
            + (f"There are those of {', '.join(machines)}." if machines else "There are none yet.")
        )
    return machines.get(wanted) or (list(machines.values())[-1] if machines else None)


def chosen_numbers(points: Sequence[AccuracyPoint], find: str, label: str) -> frozenset[int]:
    """The points that the words name, and the one that was clicked."""
    words = [word.strip().lower() for word in find.split(",") if word.strip()]
    return frozenset(
        number
        for number, point in enumerate(points)
        if point.label == label
        or any(word in f"{point.label} {point.family} {point.key}".lower() for word in words)
    )


def draw(here: Room, *, dark: bool) -> None:
    """The page: answer, plot, the clicked point, details, downloads."""
    view = here.view
    machines = measured.machines()
    draw_controls(here, machines)
    if view["set"] == "challenge":
        challenge_views.draw(here, dark=dark)
        return
    points = accuracy.accuracy_points(view["set"])
    x, y = axis_named(view["x"]), axis_named(view["y"])
    area = None if view["area"] == _NONE else axis_named(view["area"])
    machine = machine_of(here, machines)
    setup = Setup(batch=view["batch"], dtype=view["dtype"])
    found = measured_of(points, machine, setup)
    chosen = chosen_numbers(points, view["find"], view["point"])
    here.code(snippet(view["set"], x, y, area))
    try:
        chart = _chart(
            view["set"], x.key, y.key, area.key if area else None, view["front"], view["lines"],
            chosen, machine.machine.slug if machine else "", found, dark, points,
        )  # fmt: skip
    except ConvScopeError as error:
        here.refuse(error)
        return
    here.answer(answer(points, found, x, y))
    key = "accuracy.plot"

    def take() -> None:
        picked = st.session_state[key]["selection"]["points"]
        number = picked[0].get("customdata") if picked else None
        if number and isinstance(number[0], int):
            view["point"] = points[number[0]].label

    st.plotly_chart(
        chart,
        theme=None,
        config=CHART_CONFIG,
        key=key,
        on_select=take,
        selection_mode="points",
        alt=chart.layout.meta["alt"],
    )
    st.caption(caption(points, found, x, y, area, machine, setup))
    picked = next((n for n, point in enumerate(points) if point.label == view["point"]), None)
    if picked is not None:
        accuracy_tables.draw_point(here, points[picked], found[picked])
    if view["set"] == "study":
        with here.details("What lectures read off this plot, checked") as is_open:
            if is_open:
                accuracy_tables.draw_readings(view, lecture_readings(points))
    with here.details("Every number and its source") as is_open:
        if is_open:
            accuracy_tables.draw_table(points, found)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(HOW_TO_READ)
    stem = f"accuracy_{view['set']}"
    here.offer(
        Download(
            "Numbers, CSV", f"{stem}.csv", "text/csv", lambda: accuracy_tables.to_csv(points, found)
        ),
        Download("Plot, HTML", f"{stem}.html", "text/html", lambda: cache.figure_html(chart)),
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _chart(
    which: str,
    x: str,
    y: str,
    area: str | None,
    front: bool,
    lines: bool,
    chosen: frozenset[int],
    machine: str,
    measurements: tuple[Measurement | None, ...],
    dark: bool,
    _points: Sequence[AccuracyPoint],
) -> go.Figure:
    """The plot. `which`, the axes and the measurements say of what."""
    from vizcore.figures.accuracy import Shown, draw_accuracy

    shown = Shown(
        AXES[x],
        AXES[y],
        AXES[area] if area else None,
        front=front,
        lines=accuracy.family_lines(tuple(_points)) if lines else (),
        chosen=chosen,
    )
    return draw_accuracy(_points, measurements, shown, dark=dark)
