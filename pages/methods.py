"""Saliency methods: which of them is honest on which network, and why not on the others."""

import streamlit as st

from vizcore.ui import method_views as methods
from vizcore.ui.room import room

with room(methods.PAGE, "Which methods apply?", methods.CHOICES) as here:
    hand = here.view["network"]
    known = methods.of_the_zoo()
    fits = methods.with_hand(known.fits, hand)
    here.answer(methods.answer(fits, hand))
    methods.draw_controls(here, fits)
    methods.draw_matrix(here, fits, hand)
    methods.offer(here, known, fits, hand)
    here.code(methods.snippet(hand))
    with here.details("The methods") as is_open:
        if is_open:
            methods.draw_methods()
    with here.details("How this was found") as is_open:
        if is_open:
            st.markdown("  \n".join(known.made))
