"""Design your own: a network in the notation of slides, and what it costs against an original."""

import streamlit as st

from vizcore.errors import BadNotation
from vizcore.ui import address, cache, design_controls, design_notation, design_tables, design_views
from vizcore.ui.room import is_dark, room
from vizcore.zoo.notation import write
from vizcore.zoo.notation.originals import original

source = original(address.peek("design", design_controls.ORIGINAL))

with room("design", "What would another network cost?", design_controls.choices(source)) as here:
    view = here.view
    network = design_controls.read_or_none(view["net"])
    design_controls.draw_controls(here, source, network)
    writing, sums = st.columns([1, 1], gap="medium")
    with writing.container(key="design-writing"):
        design_notation.draw_notation(view)
    conventions = design_controls.conventions_of(view)
    try:
        with sums, st.spinner("Tracing: the first network of a session loads PyTorch."):
            before = cache.design_table(source.notation, conventions)
            after = cache.design_table(view["net"], conventions)
    except BadNotation as error:
        with sums:
            design_notation.refuse(here, error)
    else:
        from vizcore.anatomy.difference import difference

        here.answer(design_views.answer(source, before, after))
        with sums:
            st.html(design_tables.totals_html(before, after))
        figure = cache.design_profile(view["net"], conventions, is_dark())
        design_views.draw_charts(figure, after)
        changes = difference(before, after)
        design_views.draw_rows(view, changes, (before, after), source.notation)
        design_views.draw_details(here, after)
        if network is not None:
            text = write(network, lines=True)
            design_views.offer_downloads(here, text, after, changes)
            here.code(design_views.snippet(text, network, view))
