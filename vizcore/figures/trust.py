"""How much is left of a map while the network forgets: a point under each map of the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizcore.figures.palette import FONT_SIZE, apply_theme, theme
from vizcore.figures.trust_maps import LEFT_PX
from vizcore.figures.trust_words import plain
from vizcore.records.trust import Likeness, SanityCheck

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Pixels right of the last map, and of the chart without its heads.
RIGHT_PX, CHART_PX = 12, 330
#: Pixels that the lines' names need.
KEY_PX = 70


def draw_decline(check: SanityCheck, *, dark: bool = False, step_px: int = 72) -> go.Figure:
    """Draw rank correlation above and structural similarity below it, a point under each map.

    Args:
        step_px: pixels from one map to the next, as in `RowOfMaps`.
    """
    from plotly.subplots import make_subplots

    house = theme(dark)
    names = [shortened(step.name) for step in check.steps]
    places = list(range(2, 2 + len(names)))
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.55, 0.45], vertical_spacing=0.08
    )
    apply_theme(figure, dark, height=CHART_PX)
    same = Likeness(1.0, 1.0, 1.0)
    found = [same, *(step.likeness for step in check.steps)]
    said = ["the network as it is", *(f"random: {_layers(step.layers)}" for step in check.steps)]
    lines = [("magnitudes", "spearman_abs", 1, house.accent, "solid")]
    if check.signed:
        lines.append(("with signs", "spearman", 1, house.text, "dot"))
    lines.append(("structural similarity", "ssim", 2, house.accent, "solid"))
    for name, key, row, colour, dash in lines:
        values = [None if each is None else getattr(each, key) for each in found]
        figure.add_scatter(
            x=[1, *places],
            y=values,
            customdata=said,
            mode="lines+markers",
            line={"color": colour, "width": 3, "dash": dash},
            marker={"size": 8},
            connectgaps=False,
            hovertemplate=f"%{{customdata}}<br>{name} %{{y:.2f}}<extra></extra>",
            row=row,
            col=1,
        )
    for row, key in ((1, "spearman_abs"), (2, "ssim")):
        edge = getattr(check.edges, key)
        if edge is None:
            continue
        figure.add_scatter(
            x=[0.6, places[-1] + 1.4],
            y=[edge, edge],
            mode="lines",
            line={"color": house.muted, "width": 2, "dash": "dash"},
            hovertemplate=f"edges of the picture: {edge:.2f}<extra></extra>",
            row=row,
            col=1,
        )
        _say_ends(figure, row, places[-1] + 1, [(edge, house.muted)])
    count = len(check.steps) + 3
    # Under the picture there is no line; where its column is too narrow, to the right of all.
    key_x = 0.0 if step_px >= KEY_PX else 1.0
    shown = [(name, colour) for name, _, row, colour, _ in lines if row == 1]
    _name_lines(figure, 1, key_x, [*shown, ("edges", house.muted)], house.paper)
    _name_lines(figure, 2, key_x, [("edges", house.muted)], house.paper)
    last = found[-1]
    if last is not None:
        ends = [(last.spearman_abs, house.accent)]
        if check.signed:
            ends.append((last.spearman, house.text))
        _say_ends(figure, 1, places[-1], ends)
        _say_ends(figure, 2, places[-1], [(last.ssim, house.accent)])
    longest = max(len(name) for name in (*names, "picture"))
    slanted = longest * 8.5 > step_px
    figure.update_xaxes(
        range=[-0.5, count - 0.5],
        tickvals=list(range(count)),
        ticktext=["picture", "as it is", *names, "edges"],
        tickangle=-40 if slanted else 0,
        showgrid=False,
        ticklabeloverflow="allow",
        automargin=False,
        fixedrange=True,
    )
    figure.update_xaxes(side="top", showticklabels=True, row=1, col=1)
    figure.update_xaxes(showticklabels=False, row=2, col=1)
    low = min(
        [0.0, *(v for each in found if each for v in (each.spearman, each.spearman_abs) if v)]
    )
    figure.update_yaxes(automargin=False, fixedrange=True, nticks=4)
    figure.update_yaxes(title_text="rank corr.", range=[min(low, 0) - 0.12, 1.12], row=1, col=1)
    lowest = min([0.0, *(each.ssim for each in found if each and each.ssim is not None)])
    figure.update_yaxes(title_text="SSIM", range=[lowest - 0.12, 1.12], row=2, col=1)
    top = 12 + (min(150, round(longest * 6)) if slanted else 24)
    right = RIGHT_PX + max(40 if slanted else 0, 0 if step_px >= KEY_PX else 88)
    figure.update_layout(
        width=LEFT_PX + count * step_px + right,
        height=CHART_PX + top - 36,
        margin={"l": LEFT_PX, "r": right, "t": top, "b": 8},
        showlegend=False,
        meta={"alt": alt(check)},
    )
    return figure


def shortened(name: str, most: int = 16) -> str:
    """A layer's name for a narrow place: its beginning and its end.

    Example:
        >>> shortened("conv1"), shortened("stage3.unit2.residual.conv2")
        ('conv1', 'stage3.unit2…conv2')
    """
    parts = name.split(".")
    if len(name) <= most or len(parts) < 4:
        return name
    return f"{'.'.join(parts[:2])}…{parts[-1]}"


def alt(check: SanityCheck) -> str:
    """The finding in one sentence."""
    kept = []
    for step in check.steps:
        value = None if step.likeness is None else step.likeness.spearman_abs
        kept.append(f"{step.name} {'no map' if value is None else plain(value)}")
    return f"Rank correlation with the map as it is, after drawing anew: {', '.join(kept)}."


def _name_lines(
    figure: go.Figure, row: int, x: float, names: list[tuple[str, str]], paper: str
) -> None:
    """Write the lines' names in their colours, at a share of the panel's width."""
    axis = "" if row == 1 else str(row)
    for place, (name, colour) in enumerate(names):
        figure.add_annotation(
            x=x,
            y=(0.74, 0.44, 0.14)[place],
            xref=f"x{axis} domain",
            yref=f"y{axis}",
            xshift=4,
            text=name,
            showarrow=False,
            xanchor="left",
            bgcolor=paper,
            font={"size": FONT_SIZE, "color": colour},
        )


def _say_ends(
    figure: go.Figure, row: int, place: int, ends: list[tuple[float | None, str]]
) -> None:
    """Write the lines' last values beside them, the higher one above its point."""
    there = sorted(((value, ink) for value, ink in ends if value is not None), reverse=True)
    for rank, (value, ink) in enumerate(there):
        figure.add_annotation(
            x=place,
            y=value,
            text=plain(value),
            showarrow=False,
            yshift=14 if rank == 0 else -14,
            font={"size": FONT_SIZE, "color": ink},
            row=row,
            col=1,
        )


def _layers(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]} ({len(names)} layers)"
