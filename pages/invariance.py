"""Invariance: how far a photograph can be moved before the network changes its mind."""

from vizcore.errors import ConvScopeError
from vizcore.ui import invariance_views as moving
from vizcore.ui import picture_views as views
from vizcore.ui import pictures, weights_view
from vizcore.ui.room import room

with room("invariance", "How far can it move unnoticed?", moving.CHOICES) as here:
    weights, chosen = weights_view.ready(here.view), pictures.chosen(here.view)
    moving.draw_controls(here, weights)
    try:
        made = moving.measured(here, weights, chosen)
    except ConvScopeError as error:
        moving.refuse(here, error)
    else:
        moving.draw(here, weights, chosen, made)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
    with here.details("Weights on this machine") as is_open:
        if is_open:
            weights_view.draw_files()
