"""A confusion matrix: the true classes down, the named ones across, each cell a count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vizcore.figures.palette import (
    FONT_SIZE,
    SEQUENTIAL_SCALE,
    apply_theme,
    ink_on,
    sequential,
    theme,
)
from vizcore.formats.words import counted
from vizcore.records.fleet import Confusion

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Heights of a cell: of a matrix of many classes, and of one with at most `_FEW`.
_CELL_PX, _LARGE_CELL_PX, _FEW = 25, 38, 12


def finding(found: Confusion) -> str:
    """Which class is hardest, and what it is taken for.

    Example:
        >>> labels, named = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
        >>> finding(Confusion("k", "test", ("cat", "moon"), labels, named))
        'Hardest is cat: 1 of 3 right, 2 named moon'
    """
    mistakes = found.mistakes()
    count = len(found.labels_n)
    if not mistakes:
        return f"All {count} are named rightly"
    hardest = int(np.nanargmin(found.recall_t))
    of = int((found.labels_n == hardest).sum())
    right = int(found.counts_tp[hardest, hardest])
    named, often = next((p, n) for t, p, n in mistakes if t == hardest)
    other = f"{often} named {found.classes[named]}"
    return f"Hardest is {found.classes[hardest]}: {right} of {of} right, {other}"


def draw_confusion(
    found: Confusion, *, selected: tuple[int, int] | None = None, dark: bool = False
) -> go.Figure:
    """Draw the matrix; the colour is the share of the true class, the number counts pictures.

    Empty cells stay empty. At the right edge stands how many of each class are named rightly. A
    marker on each filled cell has (true, named) as `customdata`, so that a click can select it.

    Args:
        selected: the (true, named) cell to frame.
    """
    import plotly.graph_objects as go

    colours = theme(dark)
    classes, counts = found.classes, found.counts_tp
    sums = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, sums, out=np.zeros(counts.shape), where=sums > 0)
    filled = [(int(t), int(p)) for t, p in np.argwhere(counts)]
    inks = [_ink(share[cell]) for cell in filled]
    places = list(range(len(classes)))
    cell_px = _LARGE_CELL_PX if len(classes) <= _FEW else _CELL_PX
    figure = go.Figure(
        [
            {
                "type": "heatmap",
                "z": np.where(counts > 0, share, np.nan),
                "x": places,
                "y": places,
                "zmin": 0,
                "zmax": 1,
                "colorscale": SEQUENTIAL_SCALE,
                "showscale": False,
                "hoverinfo": "skip",
                "xgap": 1,
                "ygap": 1,
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [p for _, p in filled],
                "y": [t for t, _ in filled],
                "text": [str(counts[cell]) for cell in filled],
                "textfont": {"size": FONT_SIZE, "color": inks},
                "marker": {"size": cell_px - 2, "opacity": 0, "symbol": "square"},
                "selected": {"marker": {"opacity": 0}},
                "unselected": {"marker": {"opacity": 0}, "textfont": {}},
                "customdata": [list(cell) for cell in filled],
                "hovertext": [_hover(found, *cell) for cell in filled],
                "hoverinfo": "text",
            },
        ]
    )
    across = max(len(name) for name in classes) * 8 + 12
    apply_theme(
        figure, dark, title=finding(found), height=56 + cell_px * len(classes) + across + 36
    )
    figure.update_layout(
        annotations=[*_recall(found, colours.text), _recall_heading(colours.muted)],
        hovermode="closest",
        margin={"r": 84},
        shapes=[] if selected is None else [_frame(selected, colours.text)],
        meta={"alt": _alternative(found)},
    )
    axis = {"tickvals": places, "ticktext": list(classes), "showgrid": False, "constrain": "domain"}
    edge = [-0.5, len(classes) - 0.5]
    angle = -90 if max(map(len, classes)) > 2 else 0
    figure.update_xaxes(range=edge, tickangle=angle, title_text="named by the network", **axis)
    figure.update_yaxes(range=edge[::-1], title_text="true class", ticklabelstandoff=6, **axis)
    return figure


def _ink(share: float) -> str:
    return ink_on("#{:02x}{:02x}{:02x}".format(*sequential(share)))


def _frame(cell: tuple[int, int], colour: str) -> dict[str, Any]:
    true, named = cell
    return {
        "type": "rect",
        "x0": named - 0.5,
        "x1": named + 0.5,
        "y0": true - 0.5,
        "y1": true + 0.5,
        "line": {"width": 3, "color": colour},
    }


def _recall(found: Confusion, colour: str) -> list[dict[str, Any]]:
    sums = found.counts_tp.sum(axis=1)
    return [
        {
            "text": f"{found.counts_tp[t, t]} of {sums[t]}",
            "x": 1,
            "xref": "paper",
            "xanchor": "left",
            "xshift": 8,
            "y": t,
            "showarrow": False,
            "font": {"size": FONT_SIZE, "color": colour},
        }
        for t in range(len(found.classes))
    ]


def _recall_heading(colour: str) -> dict[str, Any]:
    return {
        "text": "right",
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 8,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": FONT_SIZE, "color": colour},
    }


def _hover(found: Confusion, true: int, named: int) -> str:
    count, of = int(found.counts_tp[true, named]), int((found.labels_n == true).sum())
    verb = "named rightly" if true == named else f"named {found.classes[named]}"
    return f"<b>{found.classes[true]}</b>: {count} of {of} {verb}"


def _alternative(found: Confusion) -> str:
    pairs = "; ".join(
        f"{count} of {found.classes[true]} named {found.classes[named]}"
        for true, named, count in found.mistakes()[:10]
    )
    return (
        f"Confusion matrix of {counted(len(found.labels_n), 'picture')} in {len(found.classes)} "
        f"classes: {found.wrong} are wrong. {finding(found)}. {pairs}."
    )
