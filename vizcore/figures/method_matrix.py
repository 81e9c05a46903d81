"""Which saliency method applies to which network: a matrix of three verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vizcore.figures.palette import FONT_SIZE, apply_theme, ink_on, theme, verdict_fill

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: What a verdict is called in the legend.
VERDICT_NAMES = {
    "applies": "applies as it is",
    "rewritten": "applies once rewritten",
    "refused": "refused",
}
#: The letter in a cell, for black and white print: nothing where a method simply applies.
_LETTERS = {"applies": "", "rewritten": "R", "refused": "×"}
_ROW_PX, _LETTER_PX, _SLANT = 27, 7.6, 0.82


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One network, or networks of one family with the same verdicts.

    Attributes:
        label: what stands at the left.
        verdicts: one a method: "applies", "rewritten" or "refused".
        hover: one a method: what to say where it is pointed at.
        key: what a click on the row gives.
        marked: whether it is the network at hand.
    """

    label: str
    verdicts: tuple[str, ...]
    hover: tuple[str, ...]
    key: str
    marked: bool = False


def draw_method_matrix(
    methods: Sequence[tuple[str, str]],
    rows: Sequence[MatrixRow],
    *,
    title: str = "",
    selected: tuple[str, str] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw the matrix: a row a network, a column a method, the colour the verdict.

    Each cell has a marker with (row's key, method's key) as `customdata`, so that a click can
    select it.

    Args:
        methods: (key, title), in the order of the columns.
        selected: the (row's key, method's key) to frame.

    Example:
        >>> row = MatrixRow("ResNet-18", ("applies",), ("Gradient applies",), "resnet18")
        >>> len(draw_method_matrix([("gradient", "Gradient")], [row]).data)
        2
    """
    import plotly.graph_objects as go

    colours = theme(dark)
    names = list(VERDICT_NAMES)
    fills = [verdict_fill(name, dark) for name in names]
    steps = [(i + at) / len(names) for i in range(len(names)) for at in (0, 1)]
    cells = [(r, c) for r in range(len(rows)) for c in range(len(methods))]
    verdicts = [rows[r].verdicts[c] for r, c in cells]
    codes = np.array([names.index(each) for each in verdicts]).reshape(len(rows), len(methods))
    head_px = int(max(len(name) for _, name in methods) * _LETTER_PX * _SLANT) + 24
    left_px = int(max([len(row.label) for row in rows] + [28]) * _LETTER_PX) + 16
    right_px = int(len(methods[-1][1]) * _LETTER_PX * 0.6)
    figure = go.Figure(
        [
            {
                "type": "heatmap",
                "z": codes,
                "zmin": -0.5,
                "zmax": len(names) - 0.5,
                "colorscale": [[at, fills[i // 2]] for i, at in enumerate(steps)],
                "showscale": False,
                "hoverinfo": "skip",
                "xgap": 2,
                "ygap": 2,
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [c for _, c in cells],
                "y": [r for r, _ in cells],
                "text": [_LETTERS[each] for each in verdicts],
                "textfont": {
                    "size": FONT_SIZE,
                    "color": [_ink(each, dark) for each in verdicts],
                },
                "marker": {"size": _ROW_PX - 4, "opacity": 0, "symbol": "square"},
                "selected": {"marker": {"opacity": 0}},
                "unselected": {"marker": {"opacity": 0}, "textfont": {}},
                "customdata": [[rows[r].key, methods[c][0]] for r, c in cells],
                "hovertext": [rows[r].hover[c] for r, c in cells],
                "hoverinfo": "text",
            },
        ]
    )
    top_px = head_px + (40 if title else 0)
    apply_theme(figure, dark, height=top_px + _ROW_PX * len(rows) + 16)
    if title:
        figure.update_layout(title={"text": title, "y": 1, "yanchor": "top", "pad": {"t": 6}})
    figure.update_layout(
        margin={"l": left_px, "t": top_px, "r": right_px, "b": 8},
        shapes=_frames(methods, rows, selected, colours.text),
        annotations=_legend(head_px, left_px, dark),
        hovermode="closest",
        meta={"alt": _alternative(methods, rows)},
    )
    figure.update_xaxes(
        range=[-0.5, len(methods) - 0.5],
        tickvals=list(range(len(methods))),
        ticktext=[name for _, name in methods],
        tickangle=-55,
        side="top",
        showgrid=False,
        automargin=False,
    )
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=[f"<b>{row.label}</b>" if row.marked else row.label for row in rows],
        ticklabelstandoff=6,
        showgrid=False,
        automargin=False,
    )
    return figure


def _ink(verdict: str, dark: bool) -> str:
    return theme(dark).muted if verdict == "refused" else ink_on(verdict_fill(verdict, dark))


def _frames(
    methods: Sequence[tuple[str, str]],
    rows: Sequence[MatrixRow],
    selected: tuple[str, str] | None,
    colour: str,
) -> list[dict[str, Any]]:
    """Around the network at hand, and around the cell that was chosen."""
    boxes = [(-0.5, r, len(methods) - 0.5, 2) for r, row in enumerate(rows) if row.marked]
    keys = [key for key, _ in methods]
    if selected is not None and selected[1] in keys:
        c = keys.index(selected[1])
        boxes += [(c - 0.5, r, c + 0.5, 3) for r, row in enumerate(rows) if row.key == selected[0]]
    return [
        {
            "type": "rect",
            "x0": left,
            "x1": right,
            "y0": row - 0.5,
            "y1": row + 0.5,
            "line": {"width": width, "color": colour},
        }
        for left, row, right, width in boxes
    ]


def _legend(head_px: int, left_px: int, dark: bool) -> list[dict[str, Any]]:
    """The verdicts' names in the corner above the rows, left of the methods."""
    colours = theme(dark)
    legend: list[dict[str, Any]] = []
    for place, (verdict, name) in enumerate(VERDICT_NAMES.items()):
        corner = {
            "x": 0,
            "xref": "paper",
            "y": 1,
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "yshift": (len(VERDICT_NAMES) - 1 - place) * 26 + 6,
            "showarrow": False,
        }
        legend += [
            {
                **corner,
                "xshift": -left_px,
                "text": _LETTERS[verdict] or " ",
                "width": 20,
                "height": 18,
                "align": "center",
                "bgcolor": verdict_fill(verdict, dark),
                "font": {"size": 14, "color": _ink(verdict, dark)},
            },
            {
                **corner,
                "xshift": 30 - left_px,
                "text": name,
                "font": {"size": FONT_SIZE, "color": colours.text},
            },
        ]
    return legend if head_px > 26 * len(VERDICT_NAMES) else []


def _alternative(methods: Sequence[tuple[str, str]], rows: Sequence[MatrixRow]) -> str:
    counts = {name: sum(row.verdicts.count(name) for row in rows) for name in VERDICT_NAMES}
    cells = ", ".join(f"{count} {VERDICT_NAMES[name]}" for name, count in counts.items())
    return f"Matrix of {len(rows)} rows of networks and {len(methods)} methods: {cells}."
