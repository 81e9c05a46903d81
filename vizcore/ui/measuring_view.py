"""Measuring from the page: the form, the job, results brought from elsewhere, the table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore import zoo
from vizcore.errors import BadChoice, ConvScopeError, JobCancelled
from vizcore.records.bench import NUMBER_FORMATS, MachineResults, Measurement, Setup
from vizcore.runtime import measured
from vizcore.tasks.bench import bench_task
from vizcore.ui import sidebar, work
from vizcore.ui.measured_names import found_by
from vizcore.ui.room import Room

_ASKED = "measured.asked"
_FAILED = "measured.failed"
_BROUGHT = "measured.brought"  # the file that was read last
_SHOWN_NEXT = "measured.shown-next"
_SO_FAR = "measured.so-far"  # what a measurement that still runs has found
#: What the form begins with: small to large, old to new, and the same for every machine.
USUAL = ("squeezenet1_1", "mobilenet_v2", "resnet18", "resnet50", "efficientnet_b0", "vgg_d")
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)


def draw_form(here: Room) -> None:
    """What to measure on this machine, and the button that begins."""
    with st.popover("Measure here", icon=":material/timer:"):
        st.multiselect(
            "Networks",
            [entry.key for entry in zoo.architectures()],
            default=list(USUAL),
            format_func=sidebar.label,
            key="measuring.keys",
            persist_state="session",
        )
        st.multiselect(
            "Pictures in a pass",
            BATCHES,
            default=[1, 8],
            key="measuring.batches",
            persist_state="session",
        )
        st.selectbox(
            "Number format",
            NUMBER_FORMATS,
            key="measuring.dtype",
            persist_state="session",
            help="fp32 throughout; TF32 in products (NVIDIA from Ampere on); bf16 and fp16 by "
            "autocast.",
        )
        st.toggle("Channels last", key="measuring.nhwc", persist_state="session")
        st.toggle("torch.compile", key="measuring.compile", persist_state="session")
        st.caption(work.device_line())
        st.button(
            "Measure",
            type="primary",
            key="measuring.go",
            icon=":material/timer:",
            on_click=_ask,
        )


def _ask() -> None:
    """Remember what is chosen now, and when: measured twice is measured twice."""
    state = st.session_state
    setups = tuple(
        Setup(batch, state["measuring.dtype"], state["measuring.nhwc"], state["measuring.compile"])
        for batch in sorted(state["measuring.batches"])
    )
    state[_ASKED] = (tuple(state["measuring.keys"]), setups, time.time_ns())


def finish(here: Room) -> None:
    """Wait for what was asked for and keep it; turn the page to it. A refusal is said in place."""
    brought = st.session_state.pop(_SHOWN_NEXT, None)
    if brought is not None:
        _show(here, *brought)
    asked = st.session_state.get(_ASKED)
    if asked is not None:
        keys, setups, moment = asked
        try:
            task = replace(bench_task(keys, setups), key=("bench", moment))
            place = st.empty()
            results = work.run(
                task,
                slot="measured.job",
                on_cancel=_keep_so_far,
                show=partial(_draw_so_far, place),
            )
            place.empty()
        except ConvScopeError as error:
            _forget()
            st.session_state.setdefault(_FAILED, error)
        else:
            measured.keep(results)
            _forget()
            st.session_state.pop(_SO_FAR, None)
            _show(here, results.machine.slug, results)
            here.view.complaints += [f"Left out: {each.words}." for each in results.left_out]
    failed = st.session_state.pop(_FAILED, None)
    if failed is not None:
        here.refuse(failed)


def _draw_so_far(place: DeltaGenerator, results: MachineResults) -> None:
    """What has been measured, while the rest still is."""
    if results.measurements:
        st.session_state[_SO_FAR] = results
        with place.container():
            draw_table(results.measurements)


def _keep_so_far() -> None:
    """Cancelled: what has been measured by then was measured all the same."""
    _forget()
    results = st.session_state.pop(_SO_FAR, None)
    kept = "Nothing had been measured by then."
    if results is not None:
        measured.keep(results)
        st.session_state[_SHOWN_NEXT] = (results.machine.slug, results)
        names = dict.fromkeys(m.network for m in results.measurements)
        kept = f"What had been measured by then is kept: {', '.join(names)}."
    st.session_state[_FAILED] = JobCancelled(f"The measurement was cancelled. {kept}")


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _show(here: Room, name: str, results: MachineResults) -> None:
    """Turn the page to what was just measured, or brought."""
    here.view["machine"] = name
    if results.measurements:
        if not found_by(here.view["find"], results.measurements):
            here.view["find"] = ""  # nobody would see what they have just measured
        setup = results.measurements[0].setup
        here.view["batch"], here.view["dtype"] = setup.batch, setup.dtype
        here.view["nhwc"], here.view["compiled"] = setup.channels_last, setup.compiled


def draw_import(here: Room) -> None:
    """A file that another machine's ConvScope wrote."""
    st.markdown(
        "Measure on another machine with `python -m vizcore bench resnet18 --out there.json`, or "
        "download the results on its own page, and bring the file here."
    )
    given = st.file_uploader("Results of a machine", type=["json"], key="measured.file")
    if given is None or st.session_state.get(_BROUGHT) == given.file_id:
        return
    try:
        results = measured.read(given.getvalue())
    except BadChoice as error:
        here.refuse(error)
        return
    name = measured.bring(results)
    st.session_state[_BROUGHT] = given.file_id
    st.session_state[_SHOWN_NEXT] = (name, results)
    st.rerun()


def draw_table(measurements: Sequence[Measurement]) -> None:
    """Every measurement of a machine."""
    st.dataframe(
        [
            {
                "network": m.network,
                "setup": m.setup.words,
                "side, px": m.input_shape[1],
                "latency, ms": m.latency_ms,
                "spread": m.spread,
                "pictures/s": m.images_per_s,
                "GFLOP/s": m.flops_per_s / 1e9,
                "peak, MB": None if m.peak_bytes is None else m.peak_bytes / 1e6,
                "J a picture": m.energy_per_image_j,
                "compiling, s": m.compile_s,
                "date": m.date,
            }
            for m in measurements
        ],
        hide_index=True,
        column_config={
            "network": st.column_config.TextColumn(pinned=True),
            "latency, ms": st.column_config.NumberColumn(format="%.3g"),
            "spread": st.column_config.NumberColumn(format="percent"),
            "pictures/s": st.column_config.NumberColumn(format="%.4g"),
            "GFLOP/s": st.column_config.NumberColumn(format="%.3g"),
            "peak, MB": st.column_config.NumberColumn(format="%.1f"),
            "J a picture": st.column_config.NumberColumn(format="%.3g"),
            "compiling, s": st.column_config.NumberColumn(format="%.3g"),
        },
    )
