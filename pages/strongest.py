"""What excites a unit: the patches of a set of pictures that every unit answers to most."""

import streamlit as st

from vizcore.ui import picture_sets, weights_view
from vizcore.ui import strongest_views as strongest
from vizcore.ui.room import room

with room(strongest.PAGE, "What excites a unit?", strongest.choices()) as here:
    weights = weights_view.ready(here.view)
    pictures = picture_sets.chosen(here, weights)
    found = None if pictures is None else strongest.draw_scan(here, weights, pictures)
    if pictures is None:
        with here.controls():
            picture_sets.draw_control(here.view)
    elif found is not None and found.skipped:
        with here.details(f"{len(found.skipped):,} files were not looked at") as is_open:
            if is_open:
                strongest.draw_skipped(found)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(strongest.EXPLANATION)
