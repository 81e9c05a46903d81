"""What is said of layers that were left out: labels, drops with their intervals, the answer."""

from __future__ import annotations

from vizcore.figures.numbers import exact, percent, short
from vizcore.records.ablation import AblationStudy, Version, named


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


def between(ends: tuple[float, float]) -> str:
    """An interval of points.

    Example:
        >>> between((-1.26, 3.5))
        '−1.3 to 3.5'
    """
    return f"{signed(ends[0])} to {signed(ends[1])}"


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
        f"seed {drop.seed}: {signed(drop.points)} points (95% {between(drop.interval)}), "
        f"p {p_value(drop.p_value)}"
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
    ends = study.interval(version) or (points, points)
    if points < 0:
        ends = (-ends[1], -ends[0])
    if signed(size) == signed(0):
        return f"loses {signed(0)} points (95% {between(ends)})"
    if study.told_apart(version):
        return f"{verb} <b>{signed(size)} points</b> (95% {between(ends)})"
    return f"{verb} {signed(size)} points, which may be chance (95% {between(ends)})"


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
        f"the same {study.pictures} test patches. Lines: 95% intervals (Newcombe). Pale: not told "
        "apart from it at the 5% level "
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
