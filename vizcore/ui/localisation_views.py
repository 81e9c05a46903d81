"""What the views of the page on localisation share: choices, settings, refusals, code."""

from __future__ import annotations

from functools import cache

import streamlit as st

from vizcore.data.localisation import Scene, localisation_set
from vizcore.errors import ConvScopeError, UnknownClass, UnknownLayer
from vizcore.records.localisation import LocalisationSettings
from vizcore.ui import trust_views, work
from vizcore.ui.address import Choice, any_text, flag, number, one_of, whole, yes_no
from vizcore.ui.room import Room

PAGE = "localisation"
SHOWS = {"scene": "Scene", "photo": "Picture", "all": "All scenes"}
#: One for every ordered pair of photographs.
SCENES = 380
_USUAL = LocalisationSettings()

CHOICES = [
    Choice("show", "scene", one_of(*SHOWS)),
    Choice("scene", 57, whole(0, SCENES - 1)),
    Choice("class", "", any_text),
    Choice("method", "gradient", one_of(*trust_views.TITLES)),
    Choice("methods", ["gradient"], trust_views.parse_methods, write=",".join),
    Choice("layer", "", any_text),
    Choice("object", round(100 * _USUAL.foreground), whole(51, 99)),
    Choice("background", round(100 * _USUAL.background), whole(1, 50)),
    Choice("blur", _USUAL.blur_px, number(0, 16), write="{:g}".format),
    Choice("magnitude", _USUAL.absolute, yes_no, write=flag),
    Choice("seed", 0, whole(0, 999_999)),
]


@cache
def scenes() -> tuple[Scene, ...]:
    """The localisation set."""
    return localisation_set()


def settings_of(here: Room) -> LocalisationSettings:
    """How a box is made from a map, as chosen."""
    view = here.view
    return LocalisationSettings(
        view["object"] / 100, view["background"] / 100, view["blur"], view["magnitude"]
    )


def draw_show(here: Room) -> None:
    """The choice between the three views."""
    st.segmented_control(
        "Look at",
        list(SHOWS),
        format_func=SHOWS.__getitem__,
        required=True,
        **here.view.bind("show"),
    )


def draw_settings(here: Room) -> None:
    """Quantiles, smoothing, signs, the seed."""
    view = here.view
    with st.popover("Settings"):
        st.slider("The object's seeds: above this quantile, %", 51, 99, **view.bind("object"))
        st.slider("The background's: below this quantile, %", 1, 50, **view.bind("background"))
        st.number_input(
            "Map smoothed first, deviation in pixels",
            0.0,
            16.0,
            step=0.5,
            help="Simonyan et al. take the map as it is: 0.",
            **view.bind("blur"),
        )
        st.toggle(
            "Magnitude of maps with signs",
            help="Else what raises the score most is the object's.",
            **view.bind("magnitude"),
        )
        trust_views.draw_seed(here)


def refuse(here: Room, error: ConvScopeError) -> None:
    """Say what was wrong, with what would be right for the choice it was wrong in."""
    sets = None
    if isinstance(error, UnknownClass):
        sets = "class"
    elif isinstance(error, UnknownLayer):
        sets = "layer"
    elif set(error.suggestions) & set(work.network_keys()):
        sets = "network"
    here.refuse(error, sets=sets)


def settings_code(here: Room) -> str:
    """The argument that says how boxes are made, where that is not as usual."""
    how, parts = settings_of(here), []
    for name in ("foreground", "background", "blur_px", "absolute"):
        if getattr(how, name) != getattr(_USUAL, name):
            parts.append(f"{name}={getattr(how, name)!r}")
    return f", settings=vc.LocalisationSettings({', '.join(parts)})" if parts else ""
