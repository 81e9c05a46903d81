"""Accuracy and cost: what a network's accuracy costs, published, at large, and in the box."""

from vizcore.ui import accuracy_views as accuracy
from vizcore.ui.room import is_dark, room

with room(accuracy.PAGE, "What does accuracy cost?", accuracy.choices()) as here:
    accuracy.draw(here, dark=is_dark())
