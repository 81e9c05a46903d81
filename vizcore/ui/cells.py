"""A drawn picture with cells on the page: pointed at, a cell gives its numbers; clicked, it opens.

For pictures that are drawn whole, such as a wall of patches; maps of one value a pixel are `tiles`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vizcore.figures.tiles import pack
from vizcore.ui.picking import Pickable

#: As pictures elsewhere: twice as large on a wide window; made at twice the size, half of it.
_CSS = """
.picture { image-rendering: pixelated; }
@media (min-width: 1880px) { .picture { zoom: 2; } }
.half .picture { zoom: 0.5; image-rendering: auto; }
@media (min-width: 1880px) { .half .picture { zoom: 1; image-rendering: pixelated; } }
@media (max-width: 640px) { .picture { max-width: 100%; height: auto; } }
"""

_CELLS = Pickable("cells", '<img class="picture" tabindex="0" role="img" hidden>', _CSS)


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
        """All of it as `vizcore.figures.tiles.pack` writes it, with the cell to outline."""
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
        return pack(about, self.png)


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
    _CELLS.draw(cells.packed(selected), key=key, on_pick=on_pick)
