"""Rows of small grids with their sums, as a picture for a slide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vizcore.figures.drawing import Box, Drawing, Words
from vizcore.figures.palette import KIND_COLOURS, contrast, theme
from vizcore.records.layers import Kind

_SIDE, _GAP, _HEAD, _SIGN = 48, 24, 32, 28


@dataclass(frozen=True, slots=True)
class Panel:
    """One grid as text: `tones` says "pad", "lit" (under the window) or "hit" by (row, column)."""

    title: str
    texts: tuple[tuple[str, ...], ...]
    tones: Mapping[tuple[int, int], str] = field(default_factory=dict)
    corners: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def side_px(self) -> int:
        """Pixels of a cell: wider for long numbers."""
        longest = max(len(text) for row in self.texts for text in row)
        return max(_SIDE, 11 * longest + 12)

    @property
    def width_px(self) -> int:
        """Pixels across, with its title."""
        return max(self.side_px * len(self.texts[0]), 10 * len(self.title))


def draw_panels(
    rows: Sequence[Sequence[Panel | str]],
    lines: Sequence[str] = (),
    *,
    kind: Kind = "conv",
    dark: bool = False,
    alt: str = "",
) -> Drawing:
    """Draw rows of grids, signs (as text) between them, and lines of words below.

    Example:
        >>> draw_panels([[Panel("in", (("1", "2"),)), "→"]], ["1 + 2 = 3"]).height
        172
    """
    house, hot = theme(dark), KIND_COLOURS[kind]
    widths = [
        sum(_SIGN if isinstance(each, str) else each.width_px for each in row)
        + _GAP * (len(row) - 1)
        for row in rows
    ]
    heights = [
        _HEAD + _SIDE * max(len(each.texts) for each in row if isinstance(each, Panel))
        for row in rows
    ]
    words_px = max([10 * len(line) for line in lines], default=0)
    width = max([*widths, words_px]) + 2 * _GAP
    height = sum(heights) + _GAP * (len(rows) + 1) + 28 * len(lines) + (16 if lines else 0)
    drawing = Drawing(width, height, house.paper, alt)
    top = float(_GAP)
    for row, tall in zip(rows, heights, strict=True):
        left = float(_GAP)
        lowest = min(len(each.texts) for each in row if isinstance(each, Panel))
        for each in row:
            if isinstance(each, str):
                middle = top + _HEAD + _SIDE * lowest / 2
                drawing.marks.append(
                    Words(left + _SIGN / 2, middle, each, house.muted, 28, "middle")
                )
                left += _SIGN + _GAP
                continue
            _draw_panel(drawing, each, left, top, hot, dark)
            left += each.width_px + _GAP
        top += tall + _GAP
    for line in lines:
        drawing.marks.append(Words(_GAP, top + 8, line, house.text, 18))
        top += 28
    return drawing


def _draw_panel(
    drawing: Drawing, panel: Panel, left: float, top: float, hot: str, dark: bool
) -> None:
    house, side = theme(dark), panel.side_px
    drawing.marks.append(Words(left, top + _HEAD / 2 - 4, panel.title, house.text, 16, bold=True))
    for row, texts in enumerate(panel.texts):
        for column, text in enumerate(texts):
            tone = panel.tones.get((row, column), "")
            x, y = left + column * side, top + _HEAD + row * _SIDE
            hit = "hit" in tone
            fill = hot if hit else house.paper if "pad" in tone else house.panel
            ink = max("#ffffff", "#000000", key=lambda each: contrast(each, hot))
            edge, edge_px = (hot, 3) if "lit" in tone else (house.grid, 1)
            drawing.marks.append(
                Box(x + 1, y + 1, side - 2, _SIDE - 2, fill, edge, edge_px, "pad" in tone)
            )
            colour = ink if hit else house.muted if "pad" in tone else house.text
            corner = panel.corners.get((row, column))
            drawing.marks.append(
                Words(
                    x + side / 2 - (4 if corner else 0),
                    y + _SIDE / 2 - (6 if corner else 0),
                    text,
                    colour,
                    20 if len(text) < 5 else 16,
                    "middle",
                    hit,
                )
            )
            if corner:
                colour = ink if hit else house.text
                drawing.marks.append(Words(x + side - 6, y + _SIDE - 11, corner, colour, 13, "end"))
