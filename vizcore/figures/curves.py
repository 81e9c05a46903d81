"""Learning curves by epoch: accuracy in training and validation, loss, learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizcore.errors import NotApplicable
from vizcore.figures.palette import FONT_SIZE, apply_theme, theme
from vizcore.formats.words import counted
from vizcore.records.fleet import Epoch

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 520
#: A curve has settled when it stays above its end less this share: one point of accuracy.
_NEAR = 0.01
#: Points of accuracy between which two names need no shift.
_APART = 9.0


def finding(curve: Sequence[Epoch]) -> str:
    """When the validation accuracy was nearly reached, and where it ended.

    Example:
        >>> finding([Epoch(1, 0.1, 2.0, None, 0.5), Epoch(2, 0.1, 1.0, None, 0.9)])
        'Validation accuracy ends at 90.0%; from epoch 2 of 2 it is within a point of that or above'
    """
    last = curve[-1]
    settled = len(curve)
    while settled > 1 and curve[settled - 2].validation >= last.validation - _NEAR - 1e-9:
        settled -= 1
    return (
        f"Validation accuracy ends at {100 * last.validation:.1f}%; from epoch "
        f"{curve[settled - 1].epoch} of {last.epoch} it is within a point of that or above"
    )


def draw_curves(curve: Sequence[Epoch], *, dark: bool = False) -> go.Figure:
    """Draw the accuracies above, the loss below them, the learning rate thin at the foot.

    Raises:
        NotApplicable: the card holds no curve.
    """
    from plotly.subplots import make_subplots

    if not curve:
        raise NotApplicable("The card holds no learning curve.")
    colours = theme(dark)
    epochs = [row.epoch for row in curve]
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.58, 0.27, 0.15], vertical_spacing=0.05
    )
    apply_theme(figure, dark, title=finding(curve), height=HEIGHT_PX)
    lines = [
        (1, "validation", [100 * row.validation for row in curve], colours.accent, 3, "solid"),
        (2, "loss", [row.loss for row in curve], colours.text, 2, "solid"),
        (3, "learning rate", [row.learning_rate for row in curve], colours.muted, 1, "solid"),
    ]
    if all(row.training is not None for row in curve):
        training = [100 * (row.training or 0.0) for row in curve]
        lines.insert(1, (1, "training", training, colours.text, 2, "dot"))
    for row, name, values, colour, width, dash in lines:
        unit = "%" if row == 1 else ""
        figure.add_scatter(
            x=epochs,
            y=values,
            name=name,
            mode="lines" if len(curve) > 1 else "markers",
            line={"width": width, "color": colour, "dash": dash},
            hovertemplate=f"{name} %{{y:.3~g}}{unit}<extra></extra>",
            row=row,
            col=1,
        )
    ends = [(name, values[-1], colour) for row, name, values, colour, *_ in lines if row == 1]
    near = max(value for _, value, _ in ends) - min(value for _, value, _ in ends) < _APART
    for place, (name, value, colour) in enumerate(sorted(ends, key=lambda end: -end[1])):
        figure.add_annotation(
            text=name,
            x=epochs[-1],
            y=value,
            xanchor="left",
            xshift=6,
            yshift=(10 if place == 0 else -10) if near and len(ends) > 1 else 0,
            showarrow=False,
            font={"size": FONT_SIZE, "color": colour},
            row=1,
            col=1,
        )
    figure.update_layout(
        showlegend=False,
        hovermode="x",
        margin={"r": 96},
        meta={"alt": f"Learning curves over {counted(len(curve), 'epoch')}. {finding(curve)}."},
    )
    figure.update_yaxes(title_text="accuracy, %", nticks=6, row=1, col=1)
    figure.update_yaxes(title_text="loss", nticks=4, rangemode="tozero", row=2, col=1)
    figure.update_yaxes(title_text="rate", nticks=3, rangemode="tozero", row=3, col=1)
    figure.update_xaxes(range=[min(epochs) - 0.5, max(epochs) + 0.5], nticks=12)
    figure.update_xaxes(title_text="epoch", row=3, col=1)
    return figure
