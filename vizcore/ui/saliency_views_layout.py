"""How large the maps of the Saliency room are, and how many stand in a row."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from vizcore.ui import cache

#: Room for the maps of a row, and the gap between two, in windows of 1280 and of 1920 pixels.
_ROW_PX, _LARGE_ROW_PX, _GAP_PX = 952, 1592, 16
_LARGE_FROM_PX = 1880
_NARROWEST_PX = 160
_MOST_ACROSS = 4


def across(count: int) -> int:
    """How many maps stand in a row: at most four, and rows of about one length.

    Example:
        >>> [across(count) for count in (2, 3, 4, 5, 7, 9)]
        [2, 3, 4, 3, 4, 3]
    """
    return -(-count // -(-count // _MOST_ACROSS))


def _zoom(side: int, across: int, room: int) -> int:
    """Screen pixels for a value, each way, that lets so many maps stand in a row."""
    return max(1, ((room + _GAP_PX) // across - _GAP_PX) // side)


def _small_zoom(side: int, across: int) -> int:
    return min(_zoom(side, across, _ROW_PX), drawn_zoom(side))


def drawn_zoom(side: int) -> int:
    """The zoom of the PNG itself."""
    return max(1, cache.PICTURE_PX // side)


def cell_px(side: int, across: int) -> int:
    """The width of a map's place in a window of 1280 pixels."""
    return max(_NARROWEST_PX, side * _small_zoom(side, across))


def draw_style(side: int, across: int, heads: Sequence[str]) -> None:
    """How large the pictures are: a whole number of screen pixels for each value.

    `heads` stand above them, lines and all; they get one height, so that maps stand in rows.
    """

    def rules(zoom: int) -> str:
        width = side * zoom
        cell = max(_NARROWEST_PX, width)
        head = 1.65 * max(_lines(text, cell) for text in heads)
        return (
            f".st-key-saliency-grid [data-testid=stImage] img{{zoom:1;width:{width}px!important}}"
            f".st-key-saliency-grid .cs-scale{{width:{width}px}}"
            f"[class*=st-key-saliency-cell]{{width:{cell}px!important}}"
            f"[class*=st-key-saliency-cell]>:first-child{{min-height:{head}rem}}"
            f":has(>[class*=st-key-saliency-cell]){{flex-basis:{cell}px!important}}"
        )

    large = rules(_zoom(side, across, _LARGE_ROW_PX))
    st.html(
        f"<style>{rules(_small_zoom(side, across))}"
        f"@media(min-width:{_LARGE_FROM_PX}px){{{large}}}</style>"
    )


def _lines(text: str, width: int) -> int:
    """About how many lines a text takes; eight pixels a letter."""
    return sum(max(1, -(-8 * len(line) // width)) for line in text.split("\n"))
