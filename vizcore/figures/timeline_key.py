"""The key of the timeline: what the colours and the sizes of its circles mean."""

from __future__ import annotations

from typing import Any

from vizcore.figures.palette import FONT_SIZE, SEQUENTIAL_SCALE
from vizcore.figures.timeline_entries import diameter_px
from vizcore.figures.timeline_scene import Scene

_KEY_MACS = (10**8, 10**9, 10**10, 10**11)


def colour_axis(scene: Scene) -> dict[str, Any]:
    """The colours from the smallest error to the largest, with their bar above the plot."""
    errors = [each.top1_err_pct for each in scene.shown if each.top1_err_pct is not None]
    return {
        "colorscale": SEQUENTIAL_SCALE,
        "reversescale": True,
        "cmin": min(errors, default=0),
        "cmax": max(errors, default=1),
        "colorbar": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1,
            "yanchor": "top",
            "ypad": 0,
            "xpad": 0,
            "len": 0.3,
            "thickness": 12,
            "outlinewidth": 0,
            "ticksuffix": "%",
            "nticks": 4,
            "tickfont": {"size": FONT_SIZE, "color": scene.colours.text},
        },
    }


def key_circles(scene: Scene) -> dict[str, Any]:
    """What the size of a circle means, on axes of its own above the plot."""
    return {
        "type": "scatter",
        "x": list(range(len(_KEY_MACS))),
        "y": [0] * len(_KEY_MACS),
        "xaxis": "x2",
        "yaxis": "y2",
        "mode": "markers",
        "hoverinfo": "skip",
        "cliponaxis": False,
        "marker": {
            "size": [diameter_px(macs) for macs in _KEY_MACS],
            "color": scene.colours.paper,
            "line": {"width": 1, "color": scene.colours.outline},
        },
    }


def key_texts(scene: Scene) -> list[dict[str, Any]]:
    """What stands beside the circles and the bar."""
    made = [
        scene.text(
            f"{macs / 1e9:g}G" + (" multiply-adds" if macs == _KEY_MACS[-1] else ""),
            x=place,
            y=0,
            xref="x2",
            yref="y2",
            xanchor="left",
            xshift=diameter_px(macs) / 2 + 3,
        )
        for place, macs in enumerate(_KEY_MACS)
    ]
    corner = {"x": 0.69, "y": 1, "xref": "paper", "yref": "paper", "yshift": 3}
    made.append(scene.text("top-1 error", xanchor="right", yanchor="top", **corner))
    return made
