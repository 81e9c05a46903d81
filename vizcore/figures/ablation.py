"""Which layers can go: parameters saved beside accuracy lost, ours beside published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizcore.figures.numbers import exact, percent, short
from vizcore.figures.palette import FONT_SIZE, SECOND_PATTERN, apply_theme, theme
from vizcore.records_ablation import AblationStudy, Published, Version, named

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 500
ERRORS = ("top1", "top5")
ERROR_NAMES = {"top1": "top-1", "top5": "top-5"}


def draw_ablation(study: AblationStudy, error: str = "top1", *, dark: bool = False) -> go.Figure:
    """Draw for each version the share of parameters saved, and the points of accuracy lost.

    The network's own bars are solid, those of the 2012 network hatched, the lecture's open. A drop
    that its test pictures do not tell apart from none is pale.

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
            legendgroup=name,
            showlegend=column == 2,
            textposition="outside",
            textfont={"size": FONT_SIZE, "color": house.text},
            cliponaxis=False,
            row=1,
            col=column,
            **{"text": said, **options},
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
        text=[drop_label(study, version) for version in study.versions],
        marker={
            "color": house.accent,
            "opacity": [1.0 if study.told_apart(version) else 0.4 for version in study.versions],
        },
        customdata=[drop_words(study, version) for version in study.versions],
        hovertemplate="<b>%{y}</b><br>%{customdata}<extra>" + study.name + "</extra>",
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
                [each for each in points if each is not None] or [0.0],
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


def label(removed: tuple[int, ...]) -> str:
    """Layers left out, for an axis.

    Example:
        >>> label((3, 4))
        'without 3, 4'
    """
    return f"without {', '.join(map(str, removed))}"


def drop_label(study: AblationStudy, version: Version) -> str:
    """What stands beside a bar: the points lost, and their range where there are several seeds."""
    points = study.points(version)
    if points is None:
        return "not measured yet"
    drops = [drop.points for drop in study.drops(version)]
    between = f" ({signed(min(drops))} to {signed(max(drops))})" if len(drops) > 1 else ""
    return f"{signed(points)}{between}"


def signed(points: float) -> str:
    """Points with one digit and a real minus.

    Example:
        >>> signed(-0.5), signed(-0.01)
        ('−0.5', '0.0')
    """
    return f"{points + 0.0:.1f}".replace("-0.0", "0.0").replace("-", "−")


def p_value(value: float) -> str:
    """A p-value in a table.

    Example:
        >>> p_value(0.0314), p_value(2.2e-6)
        ('0.031', '< 0.001')
    """
    return f"{value:.2g}" if value >= 0.001 else "< 0.001"


def drop_words(study: AblationStudy, version: Version) -> str:
    """A drop by its seeds, each with the exact test that there is none."""
    drops = study.drops(version)
    if not drops:
        return "not measured yet"
    return "<br>".join(
        f"seed {drop.seed}: {signed(drop.points)} points, p {p_value(drop.p_value)}"
        for drop in drops
    )


def answer(study: AblationStudy) -> str:
    """One sentence: what two of the versions save and cost, and what AlexNet lost."""
    said: list[str] = []
    for version in (study.versions[1], study.versions[-1]):
        share = percent(study.saved(version) / study.whole.params)
        points = study.points(version)
        if points is None:
            cost = "its accuracy is not measured yet"
        else:
            cost = _cost(study, version, points)
        of = " of its parameters" if not said else ""
        saves = f'<b title="{exact(study.saved(version))}">{share}</b>{of}'
        said.append(f"without {named(version.removed)} saves {saves} and {cost}")
    lost = signed(study.published[-1].top1_points)
    on = f" on {study.pictures} test patches" if study.versions[-1].runs else ""
    return f"<b>{study.name}</b> {said[0]}; {said[1]}{on}. So reduced, AlexNet lost {lost}."


def _cost(study: AblationStudy, version: Version, points: float) -> str:
    """What became of the accuracy: lost or gained, and whether that could be chance."""
    verb, size = ("gains", -points) if points < 0 else ("loses", points)
    if study.told_apart(version):
        return f"{verb} <b>{signed(size)} points</b>"
    return f"{verb} {signed(size)} points, not told from none"


def caption(study: AblationStudy) -> str:
    """What the bars are, and how much the test pictures can tell."""
    run = study.whole.runs[0]
    low, high = run.interval
    seeds = {len(study.drops(version)) for version in study.versions}
    how = f"{min(seeds)} to {max(seeds)}" if len(seeds) > 1 else str(max(seeds))
    if not max(seeds):
        return (
            "Its versions are not retrained yet, so what they lose is not known. The whole "
            f"network names {100 * run.test:.1f}% of {study.pictures} test patches rightly."
        )
    return (
        f"Each version retrained from new weights by the whole network's recipe, {how} "
        f"seed{'' if how == '1' else 's'}, and held against the whole network of the same seed on "
        f"the same {study.pictures} test patches. Pale: not told apart from it at the 5% level "
        f"over all {len(study.versions)} versions (McNemar's exact test, Bonferroni). The whole "
        f"network, {short(study.whole.params)} parameters, names {100 * run.test:.1f}% rightly, "
        f"95% interval {100 * low:.1f} to {100 * high:.1f}%."
    )


def alt(study: AblationStudy) -> str:
    """The finding in one sentence."""
    told = [
        f"without {named(version.removed)} {percent(study.saved(version) / study.whole.params)} "
        f"of the parameters saved, {drop_label(study, version)} points lost"
        for version in study.versions
    ]
    return f"{study.name}: {'; '.join(told)}."


def _published(each: Published, error: str) -> float:
    return each.top1_points if error == "top1" else each.top5_points
