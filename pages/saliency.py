"""Saliency: which pixels move the score of a class, by several methods, for several classes."""

from typing import Any

from vizcore.errors import UnknownClass
from vizcore.ui import picture_views as views
from vizcore.ui import pictures, weights_view
from vizcore.ui import saliency_views as choosing
from vizcore.ui import saliency_views_grid as grid
from vizcore.ui import saliency_views_methods as methods
from vizcore.ui import saliency_views_out as out
from vizcore.ui.room import is_dark, room
from vizcore.ui.saliency_views_asked import asked_maps

with room(choosing.PAGE, "Which pixels decided?", choosing.CHOICES) as here:
    view = here.view
    weights, chosen = weights_view.ready(view), pictures.chosen(view)
    said = views.prediction(weights, chosen, "saliency")
    taken = choosing.chosen_methods(view)
    with here.controls():
        methods.draw_picker(view, weights, chosen)
        narrow = any("layer" in each.needs for each in taken)
        choosing.draw_classes(view, weights, narrow=narrow)
        methods.draw_layers(view, weights, chosen, taken)
        choosing.draw_options(view, taken)
        choosing.draw_look(view, several=len(taken) > 1 or len(view["class"]) > 1)
    try:
        asked = asked_maps(view, weights, chosen, said)
    except UnknownClass as error:
        choosing.draw_unknown_class(view, error)
    else:

        def tell(there: dict[str, Any]) -> None:
            refused = len(there) == len(asked)
            text = out.answer_text(out.made_of(asked, there), refused=refused)
            here.answer(views.answer(weights, text))

        if len(asked) == 1:
            found = grid.draw_one(view, weights, chosen, said, asked[0])
        else:
            found = grid.draw_grid(view, weights, chosen, asked, tell)
        made = out.made_of(asked, found)
        tell(found)
        here.offer(*out.downloads(view, weights, chosen, made, found, is_dark()))
        here.code(out.code(view, weights, chosen, asked))
        if len(asked) > 1:
            with here.details("What the network sees and says") as is_open:
                if is_open:
                    views.draw_seen_and_said(weights, chosen, said)
    with here.details("How to read this") as is_open:
        if is_open:
            methods.draw_reading(taken)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
    with here.details("Weights on this machine") as is_open:
        if is_open:
            weights_view.draw_files()
