"""Localisation: where an object is, from a saliency map alone, against boxes that are known."""

import streamlit as st

from vizcore.figures import localisation_words as words
from vizcore.ui import (
    localisation_views,
    localisation_views_one,
    localisation_views_set,
    pictures,
    weights_view,
)
from vizcore.ui import picture_views as views
from vizcore.ui.room import room

with room(
    localisation_views.PAGE, "Does the map find the object?", localisation_views.CHOICES
) as here:
    weights, chosen = weights_view.ready(here.view), pictures.chosen(here.view)
    if here.view["show"] == "all":
        localisation_views_set.draw_all(here, weights, chosen)
    else:
        localisation_views_one.draw_one(here, weights, chosen)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(words.EXPLAINED)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
