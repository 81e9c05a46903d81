"""A picture of many things on the page: pointed at, one gives its numbers; clicked, it is picked.

The pointer, the keyboard and the outlines are the same for every kind of picture (`picking.js`);
how a kind is shown is in a script of its own (`cells.js`, `tiles.js`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).resolve().parent
_HTML = """
<div class="{kind}">
  <div class="frame">
    {picture}
    <div class="mark" hidden></div>
    <div class="chosen" hidden></div>
  </div>
  <p class="note" role="status" aria-live="polite"></p>
</div>
"""


class Pickable:
    """One kind of picture, declared once."""

    def __init__(self, kind: str, picture: str, css: str = "") -> None:
        """Declare a kind of picture.

        Args:
            kind: the name of its script.
            picture: the element that shows it, of class `picture`, as HTML.
            css: what its look needs beyond that of every kind.
        """
        self._component = st.components.v2.component(
            f"convscope_{kind}",
            html=_HTML.format(kind=kind, picture=picture),
            css=_text("picking.css") + css,
            js=_text("picking.js") + _text(f"{kind}.js"),
        )

    def draw(self, packed: bytes, *, key: str, on_pick: Callable[[int], None]) -> None:
        """Draw a picture.

        Args:
            packed: as `vizcore.figures.tiles.pack` gives it.
            key: the element's key on the page.
            on_pick: called before the next run with the place that was clicked.
        """

        def picked() -> None:
            place = st.session_state[key].picked
            if place is not None:
                on_pick(int(place))

        self._component(key=key, data=packed, on_picked_change=picked)


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
