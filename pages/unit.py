"""One unit: its kernel, its map, what excites it, what it feeds."""

import streamlit as st

from vizcore.ui import picture_views as views
from vizcore.ui import pictures, weights_view
from vizcore.ui import unit_views as units
from vizcore.ui.room import room

with room(units.PAGE, "What does this unit look for?", units.choices()) as here:
    weights, chosen = weights_view.ready(here.view), pictures.chosen(here.view)
    units.draw(here, weights, chosen)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(units.EXPLANATION)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
