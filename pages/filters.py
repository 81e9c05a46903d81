"""Filters: what the kernels of a network look like, and what they look for."""

import streamlit as st

from vizcore.ui import filter_views as filters
from vizcore.ui import picture_views as views
from vizcore.ui import pictures, weights_view
from vizcore.ui.filter_statistics import draw_statistics
from vizcore.ui.room import room

with room(filters.PAGE, "What do the filters look for?", filters.choices()) as here:
    weights, chosen = weights_view.ready(here.view), pictures.chosen(here.view)
    layers = filters.open_layers(weights)
    if here.view["show"] == "textbook":
        filters.draw_textbook(here, weights, chosen, layers)
    else:
        filters.draw_kernels(here, weights, chosen, layers)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(filters.EXPLANATION)
    with here.details("Every layer in numbers: dead, silent, nearly the same") as is_open:
        if is_open:
            draw_statistics(here, weights)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
