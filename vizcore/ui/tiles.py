"""Many maps on the page as one picture: pointed at, a map gives its numbers; clicked, it opens.

The browser (`tiles.js`) enlarges and lights; it gets one pixel a value, as bytes.
"""

from __future__ import annotations

from collections.abc import Callable

from vizcore.figures.tiles import Tiles
from vizcore.ui.picking import Pickable

_TILES = Pickable("tiles", '<canvas class="picture" tabindex="0" role="img" hidden></canvas>')


def draw_tiles(
    tiles: Tiles, *, key: str, on_pick: Callable[[int], None], selected: int = -1
) -> None:
    """Draw the maps.

    Args:
        key: the element's key on the page.
        on_pick: called before the next run with the place that was clicked.
        selected: the place to outline; -1 for none.
    """
    _TILES.draw(tiles.packed(selected), key=key, on_pick=on_pick)
