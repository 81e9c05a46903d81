"""A block as a diagram (its costs as bars are in `block_costs`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vizcore.figures.block_boxes import INPUT
from vizcore.figures.block_costs import draw_costs
from vizcore.figures.block_layout import Layout, lay_out
from vizcore.figures.numbers import short
from vizcore.figures.palette import (
    FONT_SIZE,
    KIND_COLOURS,
    Theme,
    apply_theme,
    ink_on,
    theme,
)
from vizcore.records.blocks import BlockStudy, BlockVariant

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["alternative_text", "draw_block", "draw_costs"]

TITLE_PX = 60


def _boxes(layout: Layout, colours: Theme) -> dict[str, Any]:
    boxes = layout.boxes
    return {
        "type": "bar",
        "x": [box.x for box in boxes],
        "y": [box.height for box in boxes],
        "base": [box.top for box in boxes],
        "width": [box.width for box in boxes],
        "marker": {
            "color": [KIND_COLOURS[box.kind] if box.kind else colours.panel for box in boxes],
            "line": {"color": colours.outline, "width": 1},
            "cornerradius": 6,
        },
        "customdata": [box.hover for box in boxes],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _texts(layout: Layout, colours: Theme) -> list[dict[str, Any]]:
    return [
        {
            "x": box.x,
            "y": box.top + (box.height - (8 if box.has_meter else 0)) / 2,
            "text": "<br>".join(box.lines),
            "showarrow": False,
            "font": {
                "size": FONT_SIZE,
                "color": ink_on(KIND_COLOURS[box.kind]) if box.kind else colours.text,
            },
        }
        for box in layout.boxes
    ]


def _meters(layout: Layout, most: int) -> list[dict[str, Any]]:
    """In every box that computes: a bar as long as its share of the dearest operation."""
    boxes = [box for box in layout.boxes if box.has_meter]
    inner = [0.9 * box.width for box in boxes]
    lengths = [full * box.macs / most for full, box in zip(inner, boxes, strict=True)]
    inks = [ink_on(KIND_COLOURS[box.kind or "other"]) for box in boxes]
    return [
        {
            "type": "bar",
            "x": [
                box.x - full / 2 + long / 2
                for box, full, long in zip(boxes, inner, widths, strict=True)
            ],
            "y": [6.0] * len(boxes),
            "base": [box.bottom - 12 for box in boxes],
            "width": widths,
            "marker": {"color": inks, "opacity": opacity, "line": {"width": 0}},
            "hoverinfo": "skip",
        }
        for opacity, widths in ((0.25, inner), (1.0, lengths))
    ]


def _arrows(layout: Layout, colours: Theme) -> list[dict[str, Any]]:
    points = [point for arrow in layout.arrows for point in (*arrow, (None, None))]
    tips = sorted({arrow[-1] for arrow in layout.arrows})
    return [
        {
            "type": "scatter",
            "x": [x for x, _ in points],
            "y": [y for _, y in points],
            "mode": "lines",
            "line": {"color": colours.outline, "width": 2},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "x": [x for x, _ in tips],
            "y": [y - 5 for _, y in tips],
            "mode": "markers",
            "marker": {"symbol": "triangle-down", "size": 12, "color": colours.outline},
            "hoverinfo": "skip",
        },
    ]


def _dearest(study: BlockStudy) -> int:
    return max((row.macs for v in study.variants for row in v.table.rows), default=0) or 1


def _sum_text(variant: BlockVariant) -> str:
    totals = variant.table.totals
    side = variant.receptive_field
    sees = f", sees {side}×{side}" if side else ""
    return f"{short(totals.macs)} MACs, {short(totals.params)} weights{sees}"


def alternative_text(study: BlockStudy, variant: str) -> str:
    """Say in words what `draw_block` shows."""
    chosen = study.variant(variant)
    boxes = [box for box in lay_out(chosen).boxes if box.key != INPUT]
    steps = "; ".join(re.sub(r"</?b>|<br>", "", " ".join(box.lines)) for box in boxes)
    return f"{chosen.label}: {_sum_text(chosen)}. In the order of execution: {steps}."


def draw_block(study: BlockStudy, variant: str, *, dark: bool = False) -> go.Figure:
    """Draw a variant as a diagram: a box per operation in its kind's colour, branches abreast.

    Each box says what it is, its output size and its multiply-adds; its bar compares these with
    the dearest operation of the whole study, so the diagrams of a study can be put side by side.
    The exact numbers are on hover, the same in words in `figure.layout.meta["alt"]`. The figure
    has a fixed height and any width.

    Raises:
        UnknownName: the study has no such variant.
    """
    import plotly.graph_objects as go

    chosen = study.variant(variant)
    layout, colours = lay_out(chosen), theme(dark)
    heading = {
        "text": f"<b>{chosen.label}</b><br>{_sum_text(chosen)}",
        "x": 0,
        "xref": "paper",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 10,
        "align": "left",
        "showarrow": False,
    }
    figure = go.Figure(
        data=[
            *_arrows(layout, colours),
            _boxes(layout, colours),
            *_meters(layout, _dearest(study)),
        ],
        layout={
            "annotations": [*_texts(layout, colours), heading],
            "margin": {"l": 0, "r": 0, "t": TITLE_PX, "b": 0},
            "barmode": "overlay",
            "showlegend": False,
            "xaxis": {
                "visible": False,
                "range": [layout.left, layout.right],
            },
            "yaxis": {"visible": False, "range": [layout.height + 8, 0]},
            "height": round(layout.height) + TITLE_PX + 8,
            "meta": {"alt": alternative_text(study, variant)},
        },
    )
    return apply_theme(figure, dark)
