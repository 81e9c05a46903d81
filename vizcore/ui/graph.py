"""The graph of a network on the page: boxes that open and close, a click selects a layer.

The drawing is done in the browser (`graph*.js`), so that opening a box needs no
rerun. Here the graph's record is made, kept and handed over.
"""

from __future__ import annotations

from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any

import streamlit as st

from vizcore.figures.graph import NetworkGraph, outline
from vizcore.figures.palette import KIND_COLOURS, theme
from vizcore.records.layers import LayerTable

_HERE = Path(__file__).resolve().parent

#: One script in four files: a component takes one.
SCRIPTS = ("graph_tree.js", "graph_layout.js", "graph_boxes.js", "graph.js")


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "convscope_graph",
    html=_text("graph.html"),
    css=_text("graph.css"),
    js="".join(map(_text, SCRIPTS)),
)


def draw_graph(
    table: LayerTable,
    *,
    column: str = "kind",
    selected: int | None = None,
    dark: bool = False,
    key: str,
) -> int | None:
    """Draw a network's graph; returns the row a person has just clicked.

    Args:
        table: its conventions set what the numbers count.
        column: one of `vizcore.figures.colouring.COLOUR_COLUMNS`.
        selected: index of the row to outline.
        dark: the theme.
        key: the element's key on the page.

    Returns:
        The clicked row's index in the one run after the click, else None: the page keeps it.
    """
    counts = f"{table.input_shape} {table.conventions} {table.totals}"
    data = _data_of(table.key, counts, column, dark, table)
    result = _component(
        key=key,
        data={**data, "selected": selected},
        on_selected_change=_nothing,
    )
    return None if result.selected is None else int(result.selected)


def _nothing() -> None:
    """Streamlit reports a value only where there is something to call when it changes."""


@st.cache_resource(max_entries=64, show_spinner=False)
def _data_of(key: str, counts: str, column: str, dark: bool, _table: LayerTable) -> dict[str, Any]:
    return graph_data(outline(_table, column), dark)


def graph_data(graph: NetworkGraph, dark: bool) -> dict[str, Any]:
    """What the browser needs of a graph, in short form, with a `version` that names it."""
    colours = theme(dark)
    places = {paint.fill: place for place, paint in enumerate(graph.paints)}
    data: dict[str, Any] = {
        "key": graph.key,
        "column": graph.column,
        "unit": graph.unit,
        "picture": graph.input_shape,
        "colours": {
            "panel": colours.panel,
            "muted": colours.muted,
            "outline": colours.grid,
            "edge": colours.outline,
        },
        "paints": [[paint.fill, paint.ink, paint.meaning] for paint in graph.paints],
        "nodes": [
            {
                "name": node.name,
                "label": node.label,
                "shape": node.shape,
                "value": node.value,
                "text": node.value_text,
                "parent": node.parent,
                "paint": node.paint,
            }
            for node in graph.nodes
        ],
        "groups": [
            {
                "path": group.path,
                "title": group.title,
                "count": group.count,
                "shape": group.shape,
                "value": group.value,
                "text": group.value_text,
                "parent": group.parent,
                "paint": group.paint,
                "kinds": [
                    [places[KIND_COLOURS[kind]], count]
                    for kind, count in group.kinds
                    if graph.column == "kind"
                ],
            }
            for group in graph.groups
        ],
        "edges": graph.edges,
        "opened": graph.opened,
    }
    return {**data, "version": sha256(dumps(data).encode()).hexdigest()}
