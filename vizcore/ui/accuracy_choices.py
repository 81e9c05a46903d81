"""What can be chosen on the Accuracy page, and the row of controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from vizcore.figures.measured_batches import QUANTITIES
from vizcore.records.accuracy import AXES, Axis
from vizcore.records.bench import MAX_BATCH, NUMBER_FORMATS, MachineResults, Setup
from vizcore.ui import address
from vizcore.ui.address import Choice, any_text, flag, one_of, whole, yes_no
from vizcore.ui.room import Room

PAGE = "accuracy"
SETS = {
    "study": "The 2017 study",
    "field": "The whole field",
    "fleet": "The networks in the box",
    "challenge": "The challenge",
}
NONE = "none"
#: Besides a quantity, what can stand along the width: a bar a network, or pictures in one pass.
NETWORK, BATCH = "network", "batch"
NAMES = {
    "top1": "Top-1 accuracy",
    "gops": "Operations",
    "macs": "Multiply-adds",
    "params": "Parameters",
    "activations": "Activation memory",
    "density": "Information density",
    "year": "Year",
    "latency": "Latency, measured",
    "throughput": "Throughput, measured",
    "memory": "Memory, measured",
    "energy": "Energy, measured",
    "power": "Power, measured",
    "rate": "Rate, measured",
    NETWORK: "One by one, as bars",
    BATCH: "Pictures in a pass",
    NONE: "nothing",
}
#: What an axis is called where it is drawn over batch sizes.
OVER_BATCHES = {
    "latency": "time",
    "throughput": "throughput",
    "memory": "memory",
    "power": "power",
    "energy": "energy",
}
assert set(OVER_BATCHES.values()) == set(QUANTITIES)
#: The panels of the 2017 study: across, up, area.
PANELS: Mapping[str, tuple[str, str, str]] = {
    "Accuracy against operations": ("gops", "top1", "params"),
    "Accuracy, one by one": (NETWORK, "top1", "params"),
    "Accuracy per parameter": (NETWORK, "density", "params"),
    "Operations against time": ("latency", "gops", "params"),
    "Accuracy against speed": ("throughput", "top1", "gops"),
    "Time over batch sizes": (BATCH, "latency", "params"),
    "Memory over batch sizes": (BATCH, "memory", "params"),
    "Power over batch sizes": (BATCH, "power", "params"),
    "Memory against parameters": ("params", "memory", NONE),
    "Power against operations": ("gops", "power", NONE),
}
OTHER_PANEL = "Axes of your own"
#: Which of the lectures' captions is pointed out.
CAPTIONS = ("vgg", "googlenet", "alexnet", "resnet", "diminishing")
#: What stands along the width at first.
_USUAL = {"study": "gops", "field": "macs", "fleet": "macs", "challenge": "gops"}
_SET = Choice("set", "study", one_of(*SETS))
_EXAMPLES = {"study": "ResNet, VGG", "field": "ResNet, ViT -SWAG", "fleet": "Inception, Residual"}
_PANEL_KEY = "accuracy-panel"


def choices() -> list[Choice]:
    """What can be chosen; axes belong to the set of networks."""
    which = address.peek(PAGE, _SET)
    return [
        _SET,
        Choice("x", _USUAL[which], one_of(*AXES, NETWORK, BATCH), of=which),
        Choice("y", "top1", one_of(*AXES), of=which),
        Choice("area", "params", one_of(NONE, *AXES), of=which),
        Choice("front", True, yes_no, write=flag),
        Choice("lines", True, yes_no, write=flag),
        Choice("find", "", any_text, of=which),
        Choice("caption", "", one_of("", *CAPTIONS)),
        Choice("machine", "", any_text),
        Choice("batch", 1, whole(1, MAX_BATCH)),
        Choice("dtype", "fp32", one_of(*NUMBER_FORMATS)),
        Choice("nhwc", False, yes_no, write=flag),
        Choice("compiled", False, yes_no, write=flag),
        Choice("point", "", any_text),
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be drawn: `x` is None for bars and for batch sizes, as `kind` says."""

    kind: str
    x: Axis | None
    y: Axis
    area: Axis | None
    machine: MachineResults | None
    setup: Setup

    @property
    def axes(self) -> tuple[Axis | None, ...]:
        """The quantities that are drawn."""
        return (self.x, self.y, self.area) if self.kind == "plane" else (self.y,)

    @property
    def is_measured(self) -> bool:
        """Whether a machine's measurements are drawn."""
        return self.kind == BATCH or any(axis is not None and axis.measured for axis in self.axes)


def asked(here: Room, machines: dict[str, MachineResults]) -> Asked:
    """What the choices come to; names a machine that is not there."""
    view = here.view
    kind = view["x"] if view["x"] in (NETWORK, BATCH) else "plane"
    return Asked(
        kind,
        AXES[view["x"]] if kind == "plane" else None,
        AXES[view["y"]],
        AXES[view["area"]] if view["area"] != NONE and kind == "plane" else None,
        _machine_of(here, machines),
        Setup(view["batch"], view["dtype"], view["nhwc"], view["compiled"]),
    )


def _machine_of(here: Room, machines: dict[str, MachineResults]) -> MachineResults | None:
    """The machine that is chosen, or the one that was measured last."""
    wanted = here.view["machine"]
    if wanted and wanted not in machines:
        here.view.complaints.append(
            f"There are no results of a machine '{wanted}' here. "
            + (f"There are those of {', '.join(machines)}." if machines else "There are none yet.")
        )
        here.view["machine"] = ""

    def newest(results: MachineResults) -> tuple[str, int]:
        dates = [each.date for each in results.measurements]
        return max(dates, default=""), len(dates)

    return machines.get(wanted) or max(machines.values(), key=newest, default=None)


def draw_controls(here: Room, machines: dict[str, MachineResults], wanted: Asked) -> None:
    """Which networks, the panel or the filter, the axes, and the rest behind one button."""
    view = here.view
    if wanted.is_measured and wanted.machine is not None:
        view["machine"] = wanted.machine.machine.slug  # elsewhere, another one may be the newest
    with here.controls():
        st.selectbox(
            "Networks", list(SETS), format_func=SETS.__getitem__, width=190, **view.bind("set")
        )
        if view["set"] == "challenge":
            return
        if view["set"] == "study":
            _draw_panels(here)
        else:
            _draw_filter(here, width=215)
        for name, label, more in (("x", "Across", [NETWORK, BATCH]), ("y", "Up", [])):
            st.selectbox(
                label,
                [*AXES, *more],
                format_func=NAMES.__getitem__,
                width=190,
                **view.bind(name),
            )
        with st.popover("More", icon=":material/tune:"):
            if view["set"] == "study":
                _draw_filter(here)
            st.selectbox(
                "Area of a circle",
                [NONE, *AXES],
                format_func=NAMES.__getitem__,
                disabled=wanted.kind != "plane",
                **view.bind("area"),
            )
            st.toggle("The front that nobody beats", **view.bind("front"))
            st.toggle("Lines through families", **view.bind("lines"))
            if machines:
                _draw_machine(here, machines, wanted)


def _draw_panels(here: Room) -> None:
    """The study's panels: each is a choice of axes."""
    view = here.view
    now = (view["x"], view["y"], view["area"])

    def is_shown(panel: tuple[str, str, str]) -> bool:
        return panel == now if panel[0] in AXES else panel[:2] == now[:2]

    shown = next((name for name, panel in PANELS.items() if is_shown(panel)), OTHER_PANEL)
    st.session_state[_PANEL_KEY] = shown

    def take() -> None:
        if (panel := PANELS.get(st.session_state[_PANEL_KEY])) is not None:
            view["x"], view["y"], view["area"] = panel

    names = [*PANELS, *([OTHER_PANEL] if shown == OTHER_PANEL else [])]
    st.selectbox("Panel", names, key=_PANEL_KEY, on_change=take, width=215)


def _draw_filter(here: Room, width: int | None = None) -> None:
    st.text_input(
        "Only networks named",
        placeholder=_EXAMPLES[here.view["set"]],
        help="Names, families or weights. A comma divides, all words of a part have to fit, and "
        "what stands behind a minus may not be there.",
        width=width or "stretch",
        **here.view.bind("find"),
    )


def _draw_machine(here: Room, machines: dict[str, MachineResults], wanted: Asked) -> None:
    view = here.view
    results = wanted.machine
    st.selectbox(
        "Measured on",
        list(machines) if view["machine"] else ["", *machines],
        format_func=lambda slug: machines[slug].machine.title if slug else "the newest results",
        **view.bind("machine"),
    )
    setups = [each.setup for each in results.measurements] if results else []
    st.selectbox(
        "Pictures in one pass",
        sorted({each.batch for each in setups} | {view["batch"]}),
        disabled=wanted.kind == BATCH,
        **view.bind("batch"),
    )
    formats = {each.dtype for each in setups} | {view["dtype"]}
    st.selectbox(
        "Number format",
        [each for each in NUMBER_FORMATS if each in formats],
        **view.bind("dtype"),
    )
    if any(each.channels_last for each in setups) or view["nhwc"]:
        st.toggle("Channels last", **view.bind("nhwc"))
    if any(each.compiled for each in setups) or view["compiled"]:
        st.toggle("Compiled", **view.bind("compiled"))
