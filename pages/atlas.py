"""Atlas: every architecture, by year, by what the ImageNet challenge saw, and as a list."""

from vizcore import zoo
from vizcore.ui import atlas_card, atlas_details, atlas_entries
from vizcore.ui import atlas_views as views
from vizcore.ui.address import Choice, any_text, one_of
from vizcore.ui.room import is_dark, room

CHOICES = [
    Choice("view", "timeline", one_of(*views.VIEWS)),
    Choice("q", "", any_text),
    Choice("family", atlas_entries.ALL, one_of(atlas_entries.ALL, *atlas_entries.families())),
    Choice("height", "params", one_of(*views.HEIGHTS)),
    Choice("sort", "year", one_of(*atlas_entries.SORTS)),
]

with room("atlas", "How do networks compare?", CHOICES) as here:
    view = here.view
    arch = zoo.get(view["arch"])
    here.answer(atlas_card.answer(arch))
    views.draw_controls(here)
    found = atlas_entries.search(view["q"], view["family"], view["sort"])
    if view["view"] == "challenge":
        views.draw_challenge(here, is_dark())
    elif not found:
        views.draw_nothing_found(here)
    elif view["view"] == "timeline":
        views.draw_timeline(here, found, is_dark())
    else:
        views.draw_list(here, found)
    views.draw_card(arch)
    atlas_details.draw(here, arch)
    views.offer_downloads(here, found)
    here.code(views.snippet(view))
