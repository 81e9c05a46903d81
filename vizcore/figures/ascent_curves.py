"""Curves of gradient ascent: score, penalty, objective and probability against the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vizcore.figures.numbers import short
from vizcore.figures.palette import FONT_SIZE, SEQUENTIAL_SCALE, apply_theme, theme
from vizcore.formats.words import counted
from vizcore.records.class_images import AscentImages, Inversions

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 400
#: Points of a line; more cannot be told apart.
_POINTS = 200

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Term:
    """A line of the objective."""

    name: str
    values: Values
    colour: str
    width: int
    dash: str

    @property
    def end(self) -> float:
        return float(self.values[-1])


def draw_ascent(
    found: AscentImages,
    followed: int = 0,
    *,
    at: int | None = None,
    until: int | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw one image's three terms, and the probability of every image's own class.

    Args:
        followed: the image whose terms are drawn.
        at: a step to mark.
        until: the last step of the axis; all that were asked for without it.
    """
    from plotly.subplots import make_subplots

    colours = theme(dark)
    odds = found.probabilities_sn
    rows = 1 if odds is None else 2
    figure = make_subplots(
        rows=rows,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.07,
        row_heights=[1.0] if odds is None else [0.6, 0.4],
    )
    apply_theme(figure, dark, height=HEIGHT_PX if rows == 2 else HEIGHT_PX * 2 // 3)
    kept = _kept(found.step)
    lines = _terms(found, followed, dark)
    for each in lines:
        _line(figure, kept, each.values, each.name, each.colour, each.width, each.dash, row=1)
    _names(figure, lines, 0.5 * HEIGHT_PX)
    if odds is not None:
        others = [number for number in range(len(found.goals)) if number != followed]
        for number in (*others, followed):  # the followed one lies over the others
            colour, width = (colours.accent, 3) if number == followed else (colours.grid, 1)
            values = 100 * odds[:, number]
            _line(figure, kept, values, found.goals[number].name, colour, width, "solid", row=2)
        figure.update_yaxes(title_text="probability, %", range=[-3, 103], nticks=5, row=2, col=1)
    figure.update_yaxes(title_text="score", nticks=6, row=1, col=1)
    _finish(figure, until or found.options.steps, rows, at, colours.outline)
    name = found.goals[followed].name
    words = (
        f"Score, penalty and objective of the image for {name} over {counted(found.step, 'step')}: "
    )
    words += ", ".join(f"{each.name} {short(each.end)}" for each in lines)
    figure.update_layout(meta={"alt": f"{words}."})
    return figure


def draw_lambdas(
    found: AscentImages, *, at: int | None = None, until: int | None = None, dark: bool = False
) -> go.Figure:
    """Draw both terms against the step, a line for each lambda, and against lambda.

    Lines are the darker, the larger lambda is. `at` and `until` as for `draw_ascent`.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=3, horizontal_spacing=0.09)
    apply_theme(figure, dark, height=HEIGHT_PX * 2 // 3)
    kept, colours = _kept(found.step), theme(dark)
    inks = shades(len(found.goals), dark)
    for column, values_sn in ((1, found.scores_sn), (2, found.penalties_sn)):
        for number, goal in enumerate(found.goals):
            name = f"λ {goal.lambda_:g}"
            _line(figure, kept, values_sn[:, number], name, inks[number], 3, "solid",
                  row=1, column=column)  # fmt: skip
    # Lambdas stand side by side in equal steps: 0 has no place on a logarithmic axis.
    names = [f"{goal.lambda_:g}" for goal in found.goals]
    shown = found.step if at is None else at
    ends = (
        ("score", found.scores_sn[shown], colours.text, "solid"),
        ("penalty", found.penalties_sn[shown], colours.muted, "dot"),
    )
    for name, values, colour, dash in ends:
        figure.add_scatter(
            x=list(range(len(names))),
            y=values,
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash},
            marker={"size": 11, "color": inks},
            text=names,
            hovertemplate=f"λ %{{text}}: {name} %{{y:.4~g}}<extra></extra>",
            row=1,
            col=3,
        )
    for column, title in enumerate(("score", "penalty, λ·|I|²", "both, at this step"), start=1):
        figure.add_annotation(
            text=f"<b>{title}</b>",
            x=0, y=1.02, xref=_axis("x", column), yref=_axis("y", column),
            xanchor="left", yanchor="bottom", showarrow=False,
            font={"size": FONT_SIZE, "color": colours.text},
        )  # fmt: skip
    # The images' names say every lambda; here the first and the last, and what lies between.
    told = sorted({0, (len(names) - 1) // 2, len(names) - 1})
    figure.update_xaxes(
        title_text="λ", tickvals=told, ticktext=[names[n] for n in told], tickangle=0,
        range=[-0.5, len(names) - 0.5], row=1, col=3,
    )  # fmt: skip
    _finish(figure, until or found.options.steps, 1, at, colours.outline, columns=2)
    figure.update_layout(margin={"r": 16, "t": 40})
    said = ", ".join(
        f"λ {name}: {short(float(score))} and {short(float(penalty))}"
        for name, score, penalty in zip(
            names, found.scores_sn[shown], found.penalties_sn[shown], strict=True
        )
    )
    figure.update_layout(
        meta={"alt": f"Score and penalty after {counted(shown, 'step')} at {said}."}
    )
    return figure


def draw_errors(
    found: Inversions, *, at: int | None = None, until: int | None = None, dark: bool = False
) -> go.Figure:
    """Draw each layer's relative error against the step, on a logarithmic axis.

    Lines are the darker, the deeper the layer is. `at` and `until` as for `draw_ascent`.
    """
    import plotly.graph_objects as go

    figure = apply_theme(go.Figure(), dark, height=HEIGHT_PX * 2 // 3)
    kept, inks = _kept(found.step), shades(len(found.layers), dark)
    for number, layer in enumerate(found.layers):
        values = 100 * found.errors_sn[:, number]
        _line(figure, kept, values, layer, inks[number], 3, "solid")
    figure.update_yaxes(type="log", title_text="relative error, %", dtick=1)
    _finish(figure, until or found.options.steps, 1, at, theme(dark).outline)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "v", "x": 1.01, "xanchor": "left", "y": 1, "yanchor": "top"},
    )
    said = ", ".join(
        f"{layer} {100 * float(value):.3g}%"
        for layer, value in zip(found.layers, found.errors_sn[-1], strict=True)
    )
    figure.update_layout(
        meta={"alt": f"Relative error after {counted(found.step, 'step')}: {said}."}
    )
    return figure


def _terms(found: AscentImages, number: int, dark: bool) -> list[_Term]:
    """The terms of one image's objective, and the objective itself."""
    colours = theme(dark)
    terms = [
        _Term("score", found.scores_sn[:, number], colours.text, 2, "solid"),
        _Term("penalty", found.penalties_sn[:, number], colours.muted, 2, "dot"),
        _Term("objective", found.objectives_sn[:, number], colours.accent, 3, "solid"),
    ]
    if found.options.total_variation:
        smooth = found.variations_sn[:, number]
        terms.insert(2, _Term("variation", smooth, colours.muted, 2, "dash"))
    return terms


def _kept(step: int) -> npt.NDArray[np.int64]:
    """The steps that are drawn: all, or evenly spaced ones with the first and the last."""
    count = min(step + 1, _POINTS)
    return np.unique(np.linspace(0, step, count).round().astype(np.int64))


def shades(count: int, dark: bool) -> list[str]:
    """Colours along viridis from light to dark (from dark to light on a dark page)."""
    places = np.linspace(0.75, 0.0, count) if not dark else np.linspace(0.25, 1.0, count)
    stops = [str(colour) for _, colour in SEQUENTIAL_SCALE]
    return [stops[round(float(place) * (len(stops) - 1))] for place in places]


def _axis(letter: str, column: int) -> str:
    return f"{letter}{column if column > 1 else ''} domain"


def _line(
    figure: go.Figure,
    steps: npt.NDArray[np.int64],
    values: Values,
    name: str,
    colour: str,
    width: int,
    dash: str,
    *,
    row: int | None = None,
    column: int = 1,
) -> None:
    figure.add_scatter(
        x=steps,
        y=values[steps],
        name=name,
        mode="lines" if len(steps) > 1 else "markers",
        line={"color": colour, "width": width, "dash": dash},
        marker={"color": colour},
        hovertemplate=f"{name}, step %{{x}}: %{{y:.4~g}}<extra></extra>",
        **({} if row is None else {"row": row, "col": column}),
    )


def _names(figure: go.Figure, lines: Sequence[_Term], height_px: float) -> None:
    """Write each line's name at its end, lines that end together one above the other."""
    low = min(float(np.nanmin(each.values)) for each in lines)
    reach = max(max(float(np.nanmax(each.values)) for each in lines) - low, 1e-9)
    taken: list[float] = []
    for each in sorted(lines, key=lambda line: line.end):
        wanted_px = (each.end - low) / reach * height_px
        place_px = max([wanted_px, *(other + FONT_SIZE + 4 for other in taken)])
        taken.append(place_px)
        figure.add_annotation(
            text=each.name,
            x=1.0,
            y=each.end,
            xref="paper",
            yref="y",
            xanchor="left",
            xshift=4,
            yshift=place_px - wanted_px,
            showarrow=False,
            font={"size": FONT_SIZE, "color": each.colour},
        )


def _finish(
    figure: go.Figure, steps: int, rows: int, at: int | None, colour: str, *, columns: int = 1
) -> None:
    """The step axis, and a thin line at the step that is shown."""
    for column in range(1, columns + 1):
        place = {"row": rows, "col": column} if rows > 1 or columns > 1 else {}
        figure.update_xaxes(title_text="step", **place)
        for row in range(1, rows + 1):
            where = {"row": row, "col": column} if rows > 1 or columns > 1 else {}
            figure.update_xaxes(range=[-0.01 * steps, 1.01 * steps], nticks=5, **where)
            if at is not None:
                figure.add_vline(x=at, line={"color": colour, "width": 1, "dash": "dash"}, **where)
    figure.update_layout(showlegend=False, hovermode="closest", margin={"r": 84})
