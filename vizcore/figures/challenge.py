"""The revolution of depth: the ImageNet challenge's winners, error above, depth below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizcore.figures.palette import FONT_SIZE, SECOND_PATTERN, Theme, apply_theme, ink_on, theme
from vizcore.reference import ChallengeWinner

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 520


def short_name(entry: ChallengeWinner) -> str:
    """The entry's network in a word, or its team where there is no single network.

    Example:
        >>> from vizcore.reference import challenge_winners
        >>> [short_name(entry) for entry in challenge_winners()][:5]
        ['NEC-UIUC', 'XRCE', 'AlexNet', 'Clarifai', 'GoogLeNet']
    """
    text = entry.team if entry.depth is None else entry.model
    return re.split(r" \(| / | and | ensemble", text)[0]


def depth_text(entry: ChallengeWinner) -> str:
    """The depth in a word: a number, or why there is none.

    Example:
        >>> from vizcore.reference import challenge_winners
        >>> [depth_text(entry) for entry in challenge_winners()][2:5]
        ['8', 'not published', '22']
    """
    if entry.depth is not None:
        return str(entry.depth)
    return "shallow" if entry.shallow else "not published"


def finding(entries: Sequence[ChallengeWinner]) -> str:
    """What the challenge showed, in one line.

    Example:
        >>> from vizcore.reference import challenge_winners
        >>> finding(challenge_winners())
        'From 2010 to 2017 the top-5 error fell from 28.2% to 2.3%; depth grew from 8 to 154 layers'
    """
    winners = [entry for entry in entries if entry.rank == 1]
    first, last = winners[0], winners[-1]
    depths = [entry.depth for entry in winners if entry.depth is not None]
    return (
        f"From {first.year} to {last.year} the top-5 error fell from "
        f"{first.err_supplied_data_only_pct:.1f}% to {last.err_supplied_data_only_pct:.1f}%; "
        f"depth grew from {depths[0]} to {depths[-1]} layers"
    )


def _hover(entry: ChallengeWinner) -> str:
    lines = [
        f"<b>{short_name(entry)}</b>, {entry.year}" + (" (second)" if entry.rank > 1 else ""),
        f"{entry.err_supplied_data_only_pct:g}% top-5 error, challenge's own data",
    ]
    if entry.top5_err_pct != entry.err_supplied_data_only_pct:
        lines.append(f"{entry.top5_err_pct:g}% with outside data")
    lines.append(f"ensemble: {entry.ensemble}")
    if entry.single_model_top5:
        lines.append(f"one network: {entry.single_model_top5}")
    lines.append(f"depth: {depth_text(entry)} ({entry.depth_note})")
    return "<br>".join(lines)


def draw_challenge(
    entries: Sequence[ChallengeWinner],
    keys: Sequence[str | None] = (),
    *,
    selected: str | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw the challenge by year: top-5 error above, weight layers below.

    Bars show the error on the challenge's own data, which every team had; a number inside a bar
    is what the same team reached with outside data. A second place is hatched.

    Args:
        entries: the challenge's entries, in order.
        keys: the architecture in the zoo that each entry is best seen with, or None. It is the
            bars' `customdata`, so that a click can select it.
        selected: key of the architecture to mark.
        dark: the theme.
    """
    from plotly.subplots import make_subplots

    colours = theme(dark)
    places = list(range(len(entries)))
    targets = list(keys) or [None] * len(entries)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.05)
    apply_theme(figure, dark, title=finding(entries), height=HEIGHT_PX)
    shared = {
        "x": places,
        "customdata": [[key] for key in targets],
        "hovertext": [_hover(entry) for entry in entries],
        "hoverinfo": "text",
        "textposition": "outside",
        "constraintext": "none",
        "cliponaxis": False,
        "width": 0.72,
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }

    def look(colour: str) -> dict[str, object]:
        shapes = ["" if entry.rank == 1 else SECOND_PATTERN for entry in entries]
        pattern = {"shape": shapes, "fgcolor": colour, "size": 8}
        return {"color": colour, "pattern": pattern, "line": {"width": 0}}

    errors = [entry.err_supplied_data_only_pct for entry in entries]
    depths = [entry.depth or 0 for entry in entries]
    figure.add_bar(
        y=errors,
        text=[f"{error:.1f}%" for error in errors],
        marker=look(colours.outline),
        **shared,
        row=1,
        col=1,
    )
    figure.add_bar(
        y=depths,
        text=["" if entry.depth is None else str(entry.depth) for entry in entries],
        marker=look(colours.accent),
        **shared,
        row=2,
        col=1,
    )
    if selected is not None:
        for place, key in enumerate(targets):
            if key == selected:
                figure.add_vrect(
                    x0=place - 0.5,
                    x1=place + 0.5,
                    fillcolor=colours.accent,
                    opacity=0.14,
                    line_width=0,
                    layer="below",
                )
    _draw_outside_data(figure, entries, colours)
    for place, entry in enumerate(entries):
        if entry.depth is None:
            figure.add_annotation(
                x=place,
                y=0,
                yanchor="bottom",
                text=depth_text(entry).replace(" ", "<br>"),
                showarrow=False,
                font={"size": FONT_SIZE, "color": colours.muted},
                row=2,
                col=1,
            )
    figure.update_yaxes(showticklabels=False, showgrid=False, rangemode="tozero")
    figure.update_yaxes(title_text="top-5 error, %", range=[0, 1.22 * max(errors)], row=1, col=1)
    figure.update_yaxes(title_text="weight layers", range=[0, 1.22 * max(depths)], row=2, col=1)
    figure.update_xaxes(showgrid=False, linecolor=colours.outline, linewidth=1, showline=True)
    figure.update_xaxes(tickvals=places, ticktext=[_tick(entry) for entry in entries], row=2, col=1)
    figure.update_layout(showlegend=False, hovermode="closest")
    return figure


def _tick(entry: ChallengeWinner) -> str:
    rank = "" if entry.rank == 1 else " (2nd)"
    name = short_name(entry)
    if len(name) > 11:
        name = name.replace("-", "-<br>", 1)
    return f"<b>{entry.year}</b>{rank}<br>{name}"


def _draw_outside_data(
    figure: go.Figure, entries: Sequence[ChallengeWinner], colours: Theme
) -> None:
    """Inside the bar, the error of a team that also handed in a result with outside data."""
    fonts = {"size": FONT_SIZE, "color": ink_on(colours.outline)}
    helped = False
    for place, entry in enumerate(entries):
        if entry.top5_err_pct != entry.err_supplied_data_only_pct:
            helped = True
            figure.add_annotation(
                x=place,
                y=entry.top5_err_pct,
                yanchor="top",
                text=f"{entry.top5_err_pct:.1f}%*",
                showarrow=False,
                font=fonts,
                row=1,
                col=1,
            )
    if helped:
        figure.add_annotation(
            x=1,
            y=1,
            xref="x domain",
            yref="y domain",
            xanchor="right",
            text="* the same team with outside training data",
            showarrow=False,
            font={"size": FONT_SIZE, "color": colours.muted},
        )
