"""Can you trust a map: sanity checks of saliency methods, and their metrics."""

import streamlit as st

from vizcore.figures import trust_words as words
from vizcore.ui import picture_views as views
from vizcore.ui import pictures, trust_views, trust_views_metrics, weights_view
from vizcore.ui.room import room

with room(trust_views.PAGE, "Can you trust a map?", trust_views.CHOICES) as here:
    weights, chosen = weights_view.ready(here.view), pictures.chosen(here.view)
    explained = words.SANITY_EXPLAINED
    if here.view["show"] == "metrics":
        found = trust_views_metrics.draw(here, weights, chosen)
        explained = "" if found is None else words.metrics_explained(found)
    else:
        trust_views.draw(here, weights, chosen)
    if explained:
        with here.details("How to read this") as is_open:
            if is_open:
                st.markdown(explained)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
