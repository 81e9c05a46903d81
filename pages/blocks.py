"""Building blocks: what an architectural idea costs, and what its numbers do to it."""

import streamlit as st

from vizcore import blocks
from vizcore.errors import ConvScopeError
from vizcore.ui import address, block_views, cache
from vizcore.ui.room import is_dark, room

card = blocks.card(address.peek("blocks", block_views.BLOCK))

with room("blocks", card.question, [block_views.BLOCK, *block_views.choices(card)]) as here:
    block_views.draw_controls(here, card)
    knobs = tuple((knob.name, here.view[knob.name]) for knob in card.knobs)
    try:
        with st.spinner(f"Tracing {card.title}: the first network of a session loads PyTorch."):
            study = cache.block_study(card.name, knobs)
    except ConvScopeError as error:
        here.refuse(error, sets=block_views.at_fault(card, error))
    else:
        here.answer(block_views.answer(study))
        block_views.draw_diagrams(study, knobs, dark=is_dark())
        block_views.draw_slips(study, dark=is_dark())
        block_views.draw_costs(here, study, knobs, dark=is_dark())
        block_views.draw_details(here, study)
        block_views.offer_downloads(here, study, knobs)
        here.code(block_views.snippet(study))
