"""Many maps on the page as one picture: pointed at, a map gives its numbers; clicked, it opens.

The browser (`tiles.js`) enlarges and lights; it gets one pixel a value, as bytes.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from vizcore.figures.tiles import Tiles

_HERE = Path(__file__).resolve().parent


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "convscope_tiles", html=_text("tiles.html"), css=_text("tiles.css"), js=_text("tiles.js")
)


def draw_tiles(tiles: Tiles, *, key: str, selected: int = -1) -> int | None:
    """Draw the pictures; returns the place that a person has just picked, else None.

    Args:
        key: the element's key on the page.
        selected: the place to outline; -1 for none.
    """
    result = _component(key=key, data=tiles.packed(selected), on_picked_change=_nothing)
    return None if result.picked is None else int(result.picked)


def _nothing() -> None:
    """Streamlit reports a value only where there is something to call when it changes."""
