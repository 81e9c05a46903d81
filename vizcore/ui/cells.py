"""A drawn picture with cells on the page: pointed at, a cell gives its numbers; clicked, it opens.

For pictures that are drawn whole, such as a wall of patches; maps of one value a pixel are `tiles`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).resolve().parent


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "convscope_cells", html=_text("cells.html"), css=_text("cells.css"), js=_text("cells.js")
)


@dataclass(frozen=True, slots=True)
class Cells:
    """A picture and where its cells are, row by row from its upper left corner.

    Attributes:
        png: the picture; `size_px` its (width, height).
        tile_px: (width, height) of a cell.
        gutter_px: between cells.
        labels: what to say of each.
        alt: what the whole shows; `hint` what to say where nothing is pointed at.
        half: made at twice its size, for words that are sharp on a wide window.
    """

    png: bytes = field(repr=False)
    size_px: tuple[int, int]
    tile_px: tuple[int, int]
    gutter_px: int
    columns: int
    labels: Sequence[str] = field(repr=False)
    alt: str
    hint: str
    half: bool = False

    def packed(self, selected: int) -> bytes:
        """All of it as bytes: four for the length of a JSON text, the text, the PNG."""
        about = {
            "size": self.size_px,
            "tile": self.tile_px,
            "step": [each + self.gutter_px for each in self.tile_px],
            "columns": self.columns,
            "labels": list(self.labels),
            "selected": selected,
            "alt": self.alt,
            "hint": self.hint,
            "half": self.half,
        }
        text = json.dumps(about, separators=(",", ":")).encode()
        return len(text).to_bytes(4, "little") + text + self.png


def size_of(png: bytes) -> tuple[int, int]:
    """(width, height) of a PNG, from its head."""
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def draw_cells(
    cells: Cells, *, key: str, on_pick: Callable[[int], None], selected: int = -1
) -> None:
    """Draw the picture.

    Args:
        key: the element's key on the page.
        on_pick: called before the next run with the cell that was clicked.
        selected: the cell to outline; -1 for none.
    """

    def picked() -> None:
        place = st.session_state[key].picked
        if place is not None:
            on_pick(int(place))

    _component(key=key, data=cells.packed(selected), on_picked_change=picked)
