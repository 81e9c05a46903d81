"""Which layers can go: parameters saved beside accuracy lost, ours beside published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizcore.figures.ablation_words import alt, drop_label, drop_words, label, signed
from vizcore.figures.numbers import exact
from vizcore.figures.palette import FONT_SIZE, SECOND_PATTERN, apply_theme, theme
from vizcore.records.ablation import AblationStudy, Published

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 500
ERRORS = ("top1", "top5")
ERROR_NAMES = {"top1": "top-1", "top5": "top-5"}


def draw_ablation(study: AblationStudy, error: str = "top1", *, dark: bool = False) -> go.Figure:
    """Draw for each version the share of parameters saved, and the points of accuracy lost.

    The network's own bars are solid, those of the 2012 network hatched, the lecture's open. A drop
    that its test pictures do not tell apart from none is pale; a line is its 95% interval.

    Args:
        error: which error of Zeiler and Fergus (2014), "top1" or "top5".
    """
    from plotly.subplots import make_subplots

    house = theme(dark)
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.05,
        column_widths=[0.42, 0.58],
        subplot_titles=["<b>Parameters saved</b>, % of all", "<b>Accuracy lost</b>, points"],
    )
    rows = [label(version.removed) for version in study.versions]
    pairs = list(zip(study.versions, study.published, strict=True))
    hatched = {
        "color": house.paper,
        "line": {"color": house.accent, "width": 1.5},
        "pattern": {"shape": SECOND_PATTERN, "fgcolor": house.accent, "size": 6},
    }
    open_bar = {"color": house.paper, "line": {"color": house.muted, "width": 1.5}}

    def bars(column: int, name: str, values: list[float | None], **options: object) -> None:
        said = [signed(value) if value is not None else "not measured yet" for value in values]
        figure.add_bar(
            y=rows,
            x=values,
            orientation="h",
            name=name,
            offsetgroup=name,
            legendgroup=name,
            textposition="outside",
            textfont={"size": FONT_SIZE, "color": house.text},
            cliponaxis=False,
            row=1,
            col=column,
            **{"text": said, "showlegend": column == 2, **options},
        )

    lecture = "AlexNet, a lecture"
    paper = f"AlexNet, Zeiler and Fergus 2014, {ERROR_NAMES[error]}"
    saved = [100 * study.saved(version) / study.whole.params for version in study.versions]
    bars(
        1,
        study.name,
        [*saved],
        text=[f"{value:.1f}%" for value in saved],
        marker={"color": house.accent},
        customdata=[
            f"{exact(study.saved(version))} of {exact(study.whole.params)}"
            for version in study.versions
        ],
        hovertemplate="<b>%{y}</b><br>%{customdata} parameters<extra>" + study.name + "</extra>",
    )
    others = [100 * each.share_one_tower for each in study.published]
    bars(
        1,
        paper,
        [*others],
        text=[f"{value:.1f}%" for value in others],
        marker=hatched,
        customdata=[
            f"{exact(each.saved_one_tower)} on one tower, {exact(each.saved_two_towers)} on two"
            for each in study.published
        ],
        hovertemplate="<b>%{y}</b><br>%{customdata}<extra>AlexNet, counted here</extra>",
    )
    points = [study.points(version) for version in study.versions]
    bars(
        2,
        study.name,
        points,
        text=[""] * len(points),
        error_x=_whiskers(study, house.text),
        marker={
            "color": house.accent,
            "opacity": [1.0 if study.told_apart(version) else 0.4 for version in study.versions],
        },
        customdata=[drop_words(study, version) for version in study.versions],
        hovertemplate="<b>%{y}</b><br>%{customdata}<extra>" + study.name + "</extra>",
    )
    # The numbers stand at the right ends of the intervals: text of bars that are not seen.
    ends = [study.interval(version) for version in study.versions]
    bars(
        2,
        study.name,
        [max(0.0, end[1]) if end else 0.0 for end in ends],
        text=[drop_label(study, version) for version in study.versions],
        marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}},
        hoverinfo="skip",
        showlegend=False,
    )
    for name, values, marker in (
        (paper, [_published(each, error) for _, each in pairs], hatched),
        (lecture, [each.lecture_points for _, each in pairs], open_bar),
    ):
        bars(
            2,
            name,
            [*values],
            marker=marker,
            hovertemplate="<b>%{y}</b><br>%{x:.1f} points<extra>" + name + "</extra>",
        )
    apply_theme(figure, dark, height=HEIGHT_PX)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=8)
    figure.update_xaxes(nticks=6, zeroline=True)
    figure.update_xaxes(range=[0, 1.25 * max(*saved, *others)], row=1, col=1)
    lows, highs = zip(
        *(
            (min(group), max(group))
            for group in [
                [each for end in ends if end is not None for each in end] or [0.0],
                [_published(each, error) for _, each in pairs],
                [each.lecture_points for _, each in pairs],
            ]
        ),
        strict=True,
    )
    reach = max(highs) - min(0.0, *lows)
    figure.update_xaxes(
        range=[min(0.0, *lows) - 0.12 * reach, max(highs) + 0.16 * reach], row=1, col=2
    )
    figure.update_annotations(font={"size": FONT_SIZE, "color": house.text}, yshift=2)
    figure.update_layout(
        bargap=0.24,
        bargroupgap=0.1,
        margin={"t": 78, "b": 36},
        legend={"y": 1.1, "traceorder": "normal"},
        meta={"alt": alt(study)},
    )
    return figure


def _whiskers(study: AblationStudy, colour: str) -> dict[str, object]:
    """The intervals of the drops, as plotly's bars take them."""
    pairs = [(study.points(version), study.interval(version)) for version in study.versions]
    return {
        "type": "data",
        "symmetric": False,
        "array": [end[1] - at if end and at is not None else 0.0 for at, end in pairs],
        "arrayminus": [at - end[0] if end and at is not None else 0.0 for at, end in pairs],
        "color": colour,
        "thickness": 1.5,
        "width": 5,
    }


def _published(each: Published, error: str) -> float:
    return each.top1_points if error == "top1" else each.top5_points
