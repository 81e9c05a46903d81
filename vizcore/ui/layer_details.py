"""What the Layers page offers besides the picture: how it counts, sources, files, code."""

from __future__ import annotations

import streamlit as st

from vizcore.figures.depth import columns
from vizcore.figures.numbers import exact
from vizcore.records.layers import LayerTable
from vizcore.ui import cache
from vizcore.ui.address import View
from vizcore.ui.room import Download, Room
from vizcore.ui.tables import table_files
from vizcore.zoo import Architecture


def draw_details(here: Room, arch: Architecture, table: LayerTable) -> None:
    """What waits until asked for: how to read, what is not counted, the paper."""
    with here.details("How this is counted") as is_open:
        if is_open:
            for line in table.not_counted:
                st.markdown(f"- {line}")
            st.markdown(
                f"- Totals are the sums of the columns: {exact(table.totals.activations)} "
                f"activation values, {exact(table.totals.params)} parameters, "
                f"{exact(table.totals.macs)} {columns(table)[2].unit}."
            )
    with here.details(f"About {arch.name}, and how this build differs from its paper") as is_open:
        if is_open:
            if arch.paper:
                st.markdown(f"{arch.paper.authors}: *{arch.paper.title}*. {arch.paper.venue}.")
            if arch.what_was_new:
                st.markdown(arch.what_was_new)
            built = "by this project" if arch.source == "own" else f"from `{arch.source}`"
            st.markdown(f"Built {built}.")
            for line in arch.deviations:
                st.markdown(f"- {line}")
            if not arch.deviations:
                st.markdown("No differences from the paper are known.")


def offer_downloads(here: Room, arch: Architecture, table: LayerTable) -> None:
    """The table in four forms, the charts and the graph."""
    stem = f"{arch.key.replace(':', '_')}_layers"
    size = here.view["size"] or None  # read now: a download is made without the session

    def charts() -> str:
        figure = cache.depth_profile(arch.key, size, table.conventions, None, False)
        return cache.figure_html(figure)

    def dot() -> str:
        from vizcore.figures.graph import to_dot

        return to_dot(table)

    here.offer(
        *table_files(stem, table),
        Download("Charts, HTML", f"{stem}.html", "text/html", charts),
        Download("Graph, DOT", f"{stem}.dot", "text/vnd.graphviz", dot),
    )


def snippet(arch: Architecture, view: View) -> str:
    """The lines of Python behind the view."""
    options = {
        "input_size": view["size"] or None,
        "batch": view["batch"],
        "dtype": view["dtype"],
        "ops": view["ops"],
        "bias": view["bias"],
        "memory": view["memory"],
    }
    standard = {
        "input_size": None,
        "batch": 1,
        "dtype": "float32",
        "ops": "macs",
        "bias": True,
        "memory": "forward",
    }
    changed = "".join(
        f", {name}={value!r}" for name, value in options.items() if value != standard[name]
    )
    return (
        "import vizcore as vc\n\n"
        f"table = vc.layers({arch.key!r}{changed})\n"
        "print(table)\n"
        "print(table.totals)"
    )
