"""Networks: the trained ones in the box, what they cost, how good they are, what they confuse."""

from vizcore import trained
from vizcore.errors import UnknownName
from vizcore.ui import fleet_views, network_views
from vizcore.ui.room import is_dark, room

with room("networks", "How good are the networks in the box?", fleet_views.CHOICES) as here:
    fleet = trained.fleet()
    control = fleet_views.draw_controls(here, fleet)
    try:
        chosen = trained.card(here.view["network"]) if here.view["network"] else None
    except UnknownName as error:
        here.refuse(error, sets="network")
        chosen = None
    if chosen is None:
        fleet_views.draw(here, fleet, dark=is_dark())
    else:
        network_views.draw(here, chosen, fleet, control, dark=is_dark())
