"""Compare: architectures side by side, aligned by depth."""

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.ui import cache, compare_views
from vizcore.ui.room import is_dark, room

with room("compare", "What does one cost beside the other?", compare_views.CHOICES) as here:
    compare_views.draw_controls(here)
    try:
        keys = compare_views.chosen_keys(here)
        with st.spinner("Reading the networks: the first of a session loads PyTorch."):
            alignment = cache.alignment(keys)
    except ConvScopeError as error:
        here.refuse(error, sets="archs")
    else:
        names = compare_views.names_of(keys)
        here.answer(compare_views.answer(alignment, names))
        compare_views.draw_charts(here, alignment, keys, names, dark=is_dark())
        compare_views.draw_tables(here, keys, names)
        compare_views.offer_downloads(here, alignment, keys, names)
        here.code(compare_views.snippet(keys))
