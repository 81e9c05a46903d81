"""Feature evolution: a network's filters, patches and saliency through its training."""

import streamlit as st

from vizcore.ui import evolution_choices, pictures
from vizcore.ui import evolution_views as views
from vizcore.ui import evolution_words as words
from vizcore.ui.evolution_past import open_past
from vizcore.ui.room import room

with room("evolution", "How did the filters come to be?", evolution_choices.choices()) as here:
    past = open_past(here)
    if past is not None:
        show = here.view["show"]
        if show == "filters":
            views.draw_filters(here, past)
        elif show == "patches":
            views.draw_patches(here, past)
        elif show == "saliency":
            views.draw_saliency(here, past, pictures.chosen(here.view))
        else:
            views.draw_settling(here, past)
        with here.details("The numbers, layer by layer") as is_open:
            if is_open:
                st.html(words.numbers_table(past.history))
        with here.details("How it is measured, and what it cannot show") as is_open:
            if is_open:
                st.markdown(words.explanation(past.history, past.recipe))
