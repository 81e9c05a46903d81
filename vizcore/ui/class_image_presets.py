"""The means against noise all at once: as published, modern, or a person's own options."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vizcore.records import ascent_options as records
from vizcore.records.ascent_options import AscentOptions
from vizcore.ui.address import View
from vizcore.ui.class_image_options import FIELDS
from vizcore.zoo.weights import Weights

PUBLISHED, MODERN, OWN = "published", "modern", "own"
PRESETS = {PUBLISHED: "As published", MODERN: "Modern"}
_PRESET_KEY = "class-images.preset"


def _of(preset: AscentOptions, name: str, usual: dict[str, Any]) -> Any:
    """A preset's value by its name in the address."""
    return getattr(preset, FIELDS[name]) if name in FIELDS else usual[name]


def draw_preset(view: View, weights: Weights) -> None:
    """As published, or modern; neither is chosen where the options are a person's own."""
    usual = {name: choice.default for name, choice in view.choices.items()}
    told = {*FIELDS, "lambda"} - {"steps", "seed"}
    presets = {
        key: {name: _of(preset, name, usual) for name in told}
        for key, preset in ((PUBLISHED, records.PUBLISHED), (MODERN, records.MODERN))
    }
    presets[PUBLISHED]["optimiser"] = usual["optimiser"]
    if weights.preprocessing.channels != 3:
        presets[MODERN]["decorrelated"] = False
    now = {name: view[name] for name in told}
    fitting = [key for key, preset in presets.items() if now == preset]
    st.session_state[_PRESET_KEY] = fitting[0] if fitting else OWN

    def choose() -> None:
        for name, value in presets.get(st.session_state[_PRESET_KEY], {}).items():
            view[name] = value

    is_unit = view["view"] == "unit"
    names = PRESETS | {OWN: "Your options"} | ({PUBLISHED: "Plain"} if is_unit else {})
    st.selectbox(
        "Method",
        list(PRESETS) if fitting else [*PRESETS, OWN],
        format_func=names.__getitem__,
        key=_PRESET_KEY,
        on_change=choose,
        width=150,
        help=f"{names[PUBLISHED]}: gradient steps from the mean training picture, the squared "
        f"norm as the only penalty{'' if is_unit else ' (Simonyan and others, 2014)'}. Modern: "
        "Adam on decorrelated Fourier coefficients, the image shifted, scaled and turned at "
        "random before each look (Olah and others, 2017); the penalty stays.",
    )
