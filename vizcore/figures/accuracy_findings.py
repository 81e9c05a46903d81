"""What a plot of accuracy against cost shows, in a line: its title, and its alternative text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vizcore.figures.accuracy_words import at_price, axis_name, digits, said_of, short_label
from vizcore.figures.numbers import percent, times
from vizcore.records.accuracy import AccuracyPoint, Axis

#: Within this many points of the best, accuracy is nearly the best.
NEAR_POINTS = 5.0
Pair = tuple[float, float]


def finding(points: Sequence[AccuracyPoint], values: Sequence[Pair], x: Axis, y: Axis) -> str:
    """What the plot shows in a line: who is best, at what price, and what nearly as good costs.

    Example:
        >>> from vizcore.records.accuracy import AXES, AccuracyPoint
        >>> one, two = (
        ...     AccuracyPoint(name, None, "", "published", "", 2012, 80, 224, 1, 1, 1, "", "", "")
        ...     for name in "AB"
        ... )
        >>> finding([one, two], [(9, 80), (3, 77)], AXES["gops"], AXES["top1"])
        'A: 80% with 9.00G operations; B is 3.0 points behind at 33% of that'
    """

    def good(place: int) -> int:
        axes = (x, y) if place == 0 else (y, x)
        places = (place, 1 - place)  # the other quantity decides between equals

        def worth(number: int) -> tuple[float, ...]:
            return tuple(
                -values[number][each] if axis.less_is_better else values[number][each]
                for axis, each in zip(axes, places, strict=True)
            )

        return max(range(len(values)), key=worth)

    best, cheap = good(1), good(0)
    said = f"{short_label(points[best])}: {said_of(y, values[best][1])}"
    if best == cheap or x.key in ("year", y.key):
        return f"{said} with {said_of(x, values[best][0])}"
    if x.less_is_better and y.less_is_better and y.key != "year" and len(values) > 3:
        explained = _explained(values)
        return (
            f"{axis_name(y)} by {_lowered(axis_name(x))}: a straight line explains "
            f"{percent(explained)}"
        )
    said = f"{said} with {said_of(x, values[best][0])}"
    if y.key == "top1":
        near = [n for n, pair in enumerate(values) if pair[1] >= values[best][1] - NEAR_POINTS]
        sign = 1 if x.less_is_better else -1
        least = min(near, key=lambda n: (sign * values[n][0], -values[n][1]))
        if least != best and values[best][0] > 0:
            share = values[least][0] / values[best][0]
            much = percent(share) + " of" if x.less_is_better else f"{times(share)}"
            behind = values[best][1] - values[least][1]
            return (
                f"{said}; {short_label(points[least])} is {behind:.1f} points behind at {much} that"
            )
    return (
        f"{said}; {short_label(points[cheap])}: "
        f"{said_of(y, values[cheap][1])} {at_price(x, values[cheap][0])}"
    )


def _explained(values: Sequence[Pair]) -> float:
    """The share of the variance that a straight line explains: Pearson's r, squared."""
    across, up = np.array(values, dtype=np.float64).T
    if np.ptp(across) == 0 or np.ptp(up) == 0:
        return 0.0
    return float(np.corrcoef(across, up)[0, 1] ** 2)


def ranking_finding(points: Sequence[AccuracyPoint], values: Sequence[float], axis: Axis) -> str:
    """The first and the last in one quantity, in a line; the values are in order, best first.

    Example:
        >>> from vizcore.records.accuracy import AXES, AccuracyPoint
        >>> one, two = (
        ...     AccuracyPoint(name, None, "", "published", "", 2012, 80, 224, 1, 1, 1, "", "", "")
        ...     for name in "AB"
        ... )
        >>> ranking_finding([one, two], [9.0, 3.0], AXES["density"])
        'A: 9 points per million parameters, 3 times that of B (3)'
    """
    first = f"{short_label(points[0])}: {said_of(axis, values[0])}"
    if len(values) == 1:
        return first
    last = short_label(points[-1])
    low, high = sorted((values[0], values[-1]))
    if axis.key == "top1":
        return f"{first}, {high - low:.1f} points more than {last} ({said_of(axis, values[-1])})"
    if axis.key == "year" or low <= 0:
        return f"{first}; {last}: {said_of(axis, values[-1])}"
    if axis.less_is_better:
        return f"{first}; {last} has {digits(high / low)} times that ({said_of(axis, values[-1])})"
    return f"{first}, {digits(high / low)} times that of {last} ({digits(values[-1])})"


def wrapped_title(text: str, letters: int = 88) -> str:
    """A finding that is too long for one line, on two: broken between its parts where it has some.

    Example:
        >>> wrapped_title("one two", 4), wrapped_title("one two; three", 8)
        ('one<br>two', 'one two;<br>three')
    """
    import textwrap

    if len(text) <= letters:
        return text
    first, semicolon, rest = text.partition("; ")
    if semicolon and max(len(first), len(rest)) < letters:
        return f"{first};<br>{rest}"
    return "<br>".join(textwrap.wrap(text, letters))


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def alternative(
    points: Sequence[AccuracyPoint], values: Sequence[tuple[float, float]], x: Axis, y: Axis
) -> str:
    """The plot in words, for who cannot see it."""
    order = sorted(range(len(points)), key=lambda n: -values[n][1])[:12]
    listed = "; ".join(
        f"{short_label(points[n])} {digits(values[n][1])} at {digits(values[n][0])}" for n in order
    )
    return (
        f"{y.title} against {x.title} of {len(points)} networks. "
        f"{finding(points, values, x, y)}. Highest: {listed}."
    )
