"""Class images: what a class, a channel or a unit answers to most, and what a layer has kept."""

import streamlit as st

from vizcore.figures.class_image_words import EXPLANATION, EXPLANATION_INVERSION
from vizcore.ui import class_image_views as made
from vizcore.ui import picture_views as views
from vizcore.ui import pictures, weights_view
from vizcore.ui.room import room

with room(made.PAGE, "What does it dream of?", made.choices()) as here:
    weights, chosen = weights_view.ready(here.view), pictures.chosen(here.view)
    made.draw(here, weights, chosen)
    with here.details("How to read this") as is_open:
        if is_open:
            is_inversion = here.view["view"] == "inversion"
            st.markdown(EXPLANATION_INVERSION if is_inversion else EXPLANATION)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
