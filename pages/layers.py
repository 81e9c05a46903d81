"""Layers: a network layer by layer, with the arithmetic."""

import streamlit as st

from vizcore import zoo
from vizcore.errors import ConvScopeError
from vizcore.records.layers import DTYPE_BYTES, Conventions
from vizcore.ui import cache, layer_details, layer_views, tables
from vizcore.ui.address import Choice, any_text, flag, one_of, whole, yes_no
from vizcore.ui.room import is_dark, room

VIEWS = {"charts": "Charts", "graph": "Graph", "textbook": "Textbook"}
CHOICES = [
    Choice("view", "charts", one_of(*VIEWS)),
    Choice("size", 0, whole(0, 4096)),
    Choice("batch", 1, whole(1, 4096)),
    Choice("dtype", "float32", one_of(*DTYPE_BYTES)),
    Choice("ops", "macs", one_of("macs", "flops")),
    Choice("bias", True, yes_no, write=flag),
    Choice("memory", "forward", one_of("forward", "training")),
    Choice("layer", "", any_text),
    Choice("colour", "kind", one_of(*layer_views.GRAPH_COLOURS)),
]

with room("layers", "Where do memory and work go?", CHOICES) as here:
    view = here.view
    arch = zoo.get(view["arch"])
    layer_views.draw_controls(here, arch, VIEWS)
    conventions = Conventions(
        bias=view["bias"],
        ops=view["ops"],
        batch=view["batch"],
        dtype=view["dtype"],
        memory=view["memory"],
    )
    size = view["size"] or None
    try:
        with st.spinner(f"Reading {arch.name}: the first network of a session loads PyTorch."):
            table = cache.layer_table(arch.key, size, conventions)
    except ConvScopeError as error:
        here.refuse(error, sets="size")
    else:
        here.answer(layer_views.answer(arch, table))
        selected = layer_views.selected_index(here, arch, table)
        picture, panel = layer_views.picture_and_panel()
        with picture:
            if view["view"] == "charts":
                figure = cache.depth_profile(arch.key, size, conventions, selected, is_dark())
                layer_views.draw_charts(here, arch, table, figure)
            elif view["view"] == "graph":
                layer_views.draw_graph(view, table, selected, dark=is_dark())
            else:
                layer_views.draw_textbook(here, table)
        if selected is not None:
            with panel:
                layer_views.draw_layer(view, table, selected)
        with picture:
            st.html(f'<p class="cs-totals">{tables.totals_line(table)}</p>')
            layer_views.draw_table(here, arch, table, selected)
        layer_details.draw_details(here, arch, table)
        layer_details.offer_downloads(here, arch, table)
        here.code(layer_details.snippet(arch, view))
