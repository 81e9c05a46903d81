"""The zoo by year: every architecture a circle in its family's column.

Columns stand in order of time, the year above them and the family below. The height is a quantity
the reader chooses; a larger circle does more multiply-adds, a lighter one has a lower error.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from vizcore.figures.palette import apply_theme, theme
from vizcore.figures.timeline_entries import (
    QUANTITIES,
    TimelineEntry,
    brief,
    diameter_px,
    finding,
    hover_text,
    scaled,
)
from vizcore.figures.timeline_key import colour_axis, key_circles, key_texts
from vizcore.figures.timeline_layout import PLOT_PX, Box, Circle, label_shift, lay_out
from vizcore.figures.timeline_scene import Scene
from vizcore.formats.words import counted

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 500
#: Names stand beside the circles when a search leaves at most this many.
NAMED = 10
_TOP = 0.82  # of the drawing: the plot below, the key above
_LIT = 0.92  # opacity
_SHORT_FAMILIES = {
    "Vision Transformer": "ViT",
    "Swin Transformer": "Swin",
    "ResNet (pre-activation)": "Pre-act ResNet",
}


def draw_timeline(
    entries: Sequence[TimelineEntry],
    *,
    quantity: str = "params",
    selected: str | None = None,
    found: Collection[str] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw the architectures by year and family; the height is `quantity`.

    Every circle carries its key as `customdata`, so that a click can select it. Entries without
    the quantity are left out.

    Args:
        entries: the architectures.
        quantity: a key of `QUANTITIES`.
        selected: key of the architecture to ring and name.
        found: keys that a search found; the others fade. None: no search.
        dark: the theme.
    """
    import plotly.graph_objects as go

    chosen = QUANTITIES[quantity]
    shown = [each for each in entries if chosen.read(each) is not None]
    heights = {each.key: scaled(chosen, each) for each in shown}
    low, high = min(heights.values(), default=0.0), max(heights.values(), default=1.0)
    reach = high - low or 1.0
    # Room for the circles at the edges, and for a name above them.
    spans = [(heights[e.key], diameter_px(e.macs) / 2 / PLOT_PX * reach) for e in shown]
    floor = min((middle - 1.3 * half for middle, half in spans), default=low) - 0.03 * reach
    ceiling = max((middle + 1.3 * half for middle, half in spans), default=high) + 0.03 * reach
    circles = [
        Circle(
            each.key,
            each.year,
            _SHORT_FAMILIES.get(each.family, brief(each.family)),
            (heights[each.key] - low) / reach,
            diameter_px(each.macs),
        )
        for each in shown
    ]
    scene = Scene(shown, circles, lay_out(circles), chosen, selected, found, theme(dark))
    ticks: dict[str, Any] = {"ticksuffix": "%"}
    if chosen.log:
        ticks = {"type": "log", "dtick": 1, "exponentformat": "SI"}
    figure = go.Figure([*_circles(scene), *_ring(scene), key_circles(scene)])
    apply_theme(figure, dark, title=_title(scene, quantity), height=HEIGHT_PX)
    families = scene.layout.families
    figure.update_layout(
        hovermode="closest",
        showlegend=False,
        coloraxis=colour_axis(scene),
        shapes=_bands(scene),
        annotations=[*_years(scene), *_names(scene), *key_texts(scene)],
        xaxis={
            "tickvals": [centre for centre, _ in families],
            "ticktext": [family for _, family in families],
            "tickangle": -90,
            "showgrid": False,
            "range": [0, scene.layout.years[-1][1] if shown else 1],
        },
        yaxis={
            "domain": [0, _TOP],
            "title_text": chosen.axis,
            "range": [floor, max(ceiling, high + 0.12 * reach)],
            **ticks,
        },
        xaxis2={"domain": [0, 0.34], "anchor": "y2", "range": [-0.2, 3.4], "visible": False},
        yaxis2={"domain": [0.93, 1], "anchor": "x2", "range": [-1, 1], "visible": False},
    )
    return figure


def _title(scene: Scene, quantity: str) -> str:
    if scene.found is None:
        return finding(scene.shown, quantity, scene.selected)
    lit = sum(each.key in scene.found for each in scene.shown)
    return f"{lit} of {counted(len(scene.shown), 'network')} match"


def _circles(scene: Scene) -> list[dict[str, Any]]:
    """Two traces: the circles with a published error, and those without."""
    traces = []
    for rated in (False, True):
        some = [each for each in scene.shown if (each.top1_err_pct is not None) == rated]
        # Small circles come last, so that they lie on top and can be clicked.
        some.sort(key=lambda each: -diameter_px(each.macs))
        lit = [scene.found is None or each.key in scene.found for each in some]
        marker: dict[str, Any] = {
            "size": [diameter_px(each.macs) for each in some],
            "opacity": [_LIT if is_lit else 0.1 for is_lit in lit],
            "line": {"width": 1, "color": scene.colours.outline},
            "color": scene.colours.panel,
        }
        if rated:
            marker |= {"color": [each.top1_err_pct for each in some], "coloraxis": "coloraxis"}
        traces.append(
            {
                "type": "scatter",
                "x": [scene.layout.x[each.key] for each in some],
                "y": [scene.quantity.read(each) for each in some],
                "mode": "markers",
                "cliponaxis": False,  # the last column's circles reach over the edge
                "name": "published error" if rated else "no published ImageNet error",
                "customdata": [[each.key] for each in some],
                "hovertext": [hover_text(each) for each in some],
                "hoverinfo": "text",
                "marker": marker,
                # A click marks nothing by itself: the ring does, once the choice is made.
                "selected": {"marker": {"opacity": _LIT}},
                "unselected": {"marker": {"opacity": _LIT}},
            }
        )
    return traces


def _ring(scene: Scene) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "x": [scene.layout.x[each.key]],
            "y": [scene.quantity.read(each)],
            "mode": "markers",
            "hoverinfo": "skip",
            "marker": {
                "symbol": "circle-open",
                "size": diameter_px(each.macs) + 9,
                "color": scene.colours.text,
                "line": {"width": 3, "color": scene.colours.text},
            },
        }
        for each in scene.shown
        if each.key == scene.selected
    ]


def _names(scene: Scene) -> list[dict[str, Any]]:
    """The name of the selected circle, and of the few that a search found."""
    lit = [each for each in scene.shown if scene.found is not None and each.key in scene.found]
    named = [each for each in scene.shown if each.key == scene.selected]
    if len(lit) <= NAMED:
        named += [each for each in lit if each.key != scene.selected]
    taken: list[Box] = []
    made = []
    for each in named:
        name = brief(each.name)
        right, up = label_shift(each.key, name, scene.circles, scene.layout, taken, scene.found)
        made.append(
            scene.text(
                f"<b>{name}</b>" if each.key == scene.selected else name,
                x=scene.layout.x[each.key],
                y=scaled(scene.quantity, each),
                xshift=right,
                yshift=up,
            )
        )
    return made


def _bands(scene: Scene) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "layer": "below",
            "line": {"width": 0},
            "fillcolor": scene.colours.panel,
            "x0": begin,
            "x1": end,
            "y0": 0,
            "y1": 1,
            "yref": "y domain",
        }
        for begin, end, _ in scene.layout.years[::2]
    ]


def _years(scene: Scene) -> list[dict[str, Any]]:
    return [
        scene.text(str(year), x=(begin + end) / 2, y=1, yref="y domain", yanchor="bottom")
        for begin, end, year in scene.layout.years
    ]
