"""Measured here: what networks cost on this machine and on others, timed."""

from vizcore.ui import measured_views as views
from vizcore.ui.room import is_dark, room

with room(views.PAGE, "What does it cost on a real machine?", views.choices()) as here:
    views.draw(here, dark=is_dark())
