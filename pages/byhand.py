"""By hand: convolution and pooling on small grids, cell by cell, and what sharing weights saves."""

from importlib import import_module

from vizcore.errors import ConvScopeError
from vizcore.ui import address, byhand_views
from vizcore.ui.room import is_dark, room

shown = address.peek("byhand", byhand_views.SHOW)
lesson = import_module(f"vizcore.ui.byhand_{shown}")

with room("byhand", lesson.QUESTION, [byhand_views.SHOW, *lesson.CHOICES]) as here:
    lesson.draw_controls(here)
    try:
        found = lesson.compute(here.view)
    except ConvScopeError as error:
        here.refuse(error, sets=lesson.at_fault(error))
        byhand_views.draw_refused(here, lesson.GRIDS, dark=is_dark())
    else:
        lesson.draw(here, found, dark=is_dark())
