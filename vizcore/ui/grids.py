"""Small grids on the page: a picked cell lights its window, cells are edited in place.

The browser (`grids.js`) draws and lights; every number and every sum comes from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import streamlit as st

from vizcore.byhand.grids import number_text
from vizcore.figures.palette import KIND_COLOURS, contrast, theme
from vizcore.records.byhand import Grid, Slide
from vizcore.records.layers import Kind

_HERE = Path(__file__).resolve().parent


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "convscope_grids", html=_text("grids.html"), css=_text("grids.css"), js=_text("grids.js")
)

#: A cell to light: its place in the grid, its tones, and the words in its corner.
Lit = tuple[int, str, str]


class Line(TypedDict, total=False):
    """One line of a sum: its label, its terms with their style, and what it comes to."""

    label: str
    terms: list[tuple[str, str]]
    end: str
    op: str


class Step(TypedDict):
    """What is shown for one picked cell. `total`: words before, the number, words after."""

    lit: dict[str, list[Lit]]
    lines: list[Line]
    total: tuple[str, str, str]
    where: str


def grid(
    name: str,
    title: str,
    values: Grid,
    *,
    note: str = "",
    around: Slide | None = None,
    edits: bool = False,
    sizes: bool = False,
    picks: bool = False,
    pad: str = "0",
    kinds: Mapping[int, str] | None = None,
    digits: int = 4,
) -> dict[str, Any]:
    """One grid for the browser.

    Args:
        around: draw the padding of this slide around it, as cells that say `pad`.
        edits: its cells can be written; `sizes`: it can get more and fewer rows and columns.
        picks: its cells can be picked; there is one step for each.
        kinds: a style for some cells by their place.
        digits: significant ones of a number that is no short fraction.
    """
    top, bottom, left, right = around.padding if around else (0, 0, 0, 0)
    rows, columns = values.shape[0] + top + bottom, values.shape[1] + left + right
    cells: list[tuple[str, str, str]] = []
    for place in range(rows * columns):
        row, column = place // columns - top, place % columns - left
        if 0 <= row < values.shape[0] and 0 <= column < values.shape[1]:
            value = float(values[row, column])
            cells.append(
                (number_text(value, digits), f"{value:.12g}", (kinds or {}).get(place, ""))
            )
        else:
            cells.append((pad, pad, "pad"))
    return {
        "id": name,
        "title": title,
        "note": note or f"{values.shape[0]} × {values.shape[1]}",
        "rows": rows,
        "columns": columns,
        "offset": (top, left),
        "size": values.shape,
        "cells": cells,
        "edits": edits,
        "sizes": sizes,
        "picks": picks,
    }


def sign(text: str) -> dict[str, str]:
    """What stands between two grids."""
    return {"sign": text}


def place_in(slide: Slide, cell: tuple[int, int]) -> int:
    """The place of an input's cell in a grid drawn with its padding."""
    return (cell[0] + slide.padding[0]) * slide.padded[1] + cell[1] + slide.padding[2]


def draw(
    rows: Sequence[Sequence[dict[str, Any]]],
    steps: Sequence[Step],
    selected: int,
    *,
    kind: Kind,
    dark: bool,
    play: str,
    is_refused: bool,
    beside: bool = False,
    share: float = 0.4,
    key: str,
    on_pick: Callable[[int], None],
    on_edit: Callable[[dict[str, Any]], None],
) -> None:
    """Draw rows of grids.

    Args:
        steps: one for each cell of the grid that picks.
        kind: the layer's kind, whose colour lights the window.
        is_refused: the last edit was not taken: what was typed stays in its cell, and is marked.
        play: the words on the button that walks through all cells.
        beside: the first row stands to the left of all else.
        share: of the window's height that the grids may take.
        on_pick, on_edit: called before the next run with the picked step, or with what was edited:
            {"grid", and "row", "column", "text" or "pasted", or "rows", or "columns"}.
    """
    colours, hot = theme(dark), KIND_COLOURS[kind]
    ink = max("#ffffff", "#000000", key=lambda colour: contrast(colour, hot))

    def picked() -> None:
        value = st.session_state[key].picked
        if value is not None:
            on_pick(int(value))

    def edited() -> None:
        value = st.session_state[key].edited
        if value:
            on_edit(dict(value))

    _component(
        key=key,
        data={
            "rows": rows,
            "steps": steps,
            "selected": selected,
            "play": play,
            "refused": is_refused,
            "beside": beside,
            "share": share,
            "colours": {
                "panel": colours.panel,
                "muted": colours.muted,
                "grid": colours.grid,
                "hot": hot,
                "ink": ink,
                "deep": _legible(hot, dark),
                "tint": "30%" if dark else "16%",
                "good": KIND_COLOURS["linear"],
                "bad": KIND_COLOURS["pool"],
            },
        },
        on_picked_change=picked,
        on_edited_change=edited,
    )


def _legible(colour: str, dark: bool) -> str:
    """The colour, or a lighter or darker one of its hue that can be read on the theme's paper."""
    paper = theme(dark).paper
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
    for share in np.linspace(0, 1, 21):
        mixed = channels + share * ((255 if dark else 0) - channels)
        found = "#" + "".join(f"{round(c):02x}" for c in mixed)
        if contrast(found, paper) >= 5.5:
            return found
    return theme(dark).text
