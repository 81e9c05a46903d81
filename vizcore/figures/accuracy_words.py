"""What is said of networks on a plot of accuracy against cost: names, the finding, the hover."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vizcore.figures.numbers import exact, percent, short, times
from vizcore.records_accuracy import AccuracyPoint, Axis
from vizcore.records_bench import Measurement

#: What a name can do without beside a circle.
_SHORTER = (
    (" 1.0/224", ""),
    ("Residual with squeeze-and-excitation", "Squeeze-and-excitation"),
    (", naive modules", ", naive"),
    (", 1x1 reductions", ", reduced"),
    (", 14 layers", "-14"),
    (", 50 layers", "-50"),
    (", 8 groups", ""),
)


def short_label(point: AccuracyPoint) -> str:
    """A name that fits beside a circle: without what stands in brackets, and the usual weights'.

    Example:
        >>> from vizcore.records_accuracy import AccuracyPoint
        >>> short_label(AccuracyPoint("VGG-D (VGG-16), IMAGENET1K_V1", "vgg_d", "IMAGENET1K_V1",
        ...     "torchvision", "VGG", 2014, 71.6, 224, 1, 1, 1, "", "", ""))
        'VGG-D'
    """
    name = point.label.partition(" (")[0].removesuffix(", small")
    for long, brief in _SHORTER:
        name = name.replace(long, brief)
    name = name.removesuffix(f", {point.weights}") if point.weights else name
    if point.weights.endswith("in1k"):
        name = name.partition(", ")[0]
    elif point.weights and not point.weights.endswith(("V1", "photos20", "digits10")):
        name = f"{name} {point.weights.removeprefix('IMAGENET1K_').replace('_', ' ')}"
    return name


def digits(value: float | None) -> str:
    """A value with the digits it deserves.

    Example:
        >>> digits(71.592), digits(0.3), digits(143.667), digits(2014), digits(None)
        ('71.6', '0.3', '144', '2014', 'unknown')
    """
    if value is None:
        return "unknown"
    if value == int(value) and abs(value) < 10_000:
        return str(int(value))
    return f"{value:.3g}" if abs(value) < 1000 else short(value)


#: Within this many points of the best, accuracy is nearly the best.
NEAR_POINTS = 5.0
Pair = tuple[float, float]


def finding(points: Sequence[AccuracyPoint], values: Sequence[Pair], x: Axis, y: Axis) -> str:
    """What the plot shows in a line: who is best, at what price, and what nearly as good costs.

    Example:
        >>> from vizcore.records_accuracy import AXES, AccuracyPoint
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
        f"{said_of(y, values[cheap][1])} with {said_of(x, values[cheap][0])}"
    )


def _explained(values: Sequence[Pair]) -> float:
    """The share of the variance that a straight line explains: Pearson's r, squared."""
    across, up = np.array(values, dtype=np.float64).T
    if np.ptp(across) == 0 or np.ptp(up) == 0:
        return 0.0
    return float(np.corrcoef(across, up)[0, 1] ** 2)


def axis_name(axis: Axis) -> str:
    """An axis's title without its unit.

    Example:
        >>> from vizcore.records_accuracy import AXES
        >>> axis_name(AXES["latency"])
        'Latency of a pass'
    """
    return axis.title.partition(",")[0]


def ranking_finding(points: Sequence[AccuracyPoint], values: Sequence[float], axis: Axis) -> str:
    """The first and the last in one quantity, in a line; the values are in order, best first.

    Example:
        >>> from vizcore.records_accuracy import AXES, AccuracyPoint
        >>> one, two = (
        ...     AccuracyPoint(name, None, "", "published", "", 2012, 80, 224, 1, 1, 1, "", "", "")
        ...     for name in "AB"
        ... )
        >>> ranking_finding([one, two], [9.0, 3.0], AXES["density"])
        'A: 9 points per million parameters, 3.0 times that of B (3)'
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
        return f"{first}; {last} has {high / low:.1f} times that ({said_of(axis, values[-1])})"
    return f"{first}, {high / low:.1f} times that of {last} ({digits(values[-1])})"


def wrapped_title(text: str, letters: int = 88) -> str:
    """A finding that is too long for one line, on two.

    Example:
        >>> wrapped_title("one two", 4)
        'one<br>two'
    """
    import textwrap

    return "<br>".join(textwrap.wrap(text, letters))


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


#: What a value of an axis is in a sentence: its factor, and the words behind it.
_SAID = {
    "gops": (1e9, " operations"),
    "macs": (1e9, " multiply-adds"),
    "params": (1e6, " parameters"),
    "rate": (1e9, " operations/s"),
}
_UNITS = {
    "top1": "%",
    "activations": " MB of activations",
    "density": " points per million parameters",
    "latency": " ms",
    "throughput": " pictures/s",
    "memory": " MB",
    "energy": " J",
    "power": " W",
}


#: The same, shorter, beside the circles that give the scale.
_SCALE_UNITS = {
    "gops": "G operations",
    "macs": "G multiply-adds",
    "params": "M parameters",
    "rate": "G operations/s",
    "activations": " MB",
    "density": " points/M",
}


def plain_unit(axis: Axis) -> tuple[str, float]:
    """An axis's title for ticks that say their own powers of ten, and the factor of its unit.

    Example:
        >>> from vizcore.records_accuracy import AXES
        >>> plain_unit(AXES["params"]), plain_unit(AXES["latency"])
        (('Parameters', 1000000.0), ('Latency of a pass, ms', 1.0))
    """
    factor = _SAID.get(axis.key, (1.0, ""))[0]
    title = axis.title.replace(", 10⁹ operations", ", operations") if factor > 1 else axis.title
    return title.replace(", 10⁹", "").replace(", 10⁶", "") if factor > 1 else title, factor


def scale_unit(axis: Axis) -> str:
    """What stands behind a round number of an axis in the legend of areas."""
    return _SCALE_UNITS.get(axis.key, _UNITS.get(axis.key, ""))


def said_of(axis: Axis, value: float) -> str:
    """A value of an axis with its unit.

    Example:
        >>> from vizcore.records_accuracy import AXES
        >>> said_of(AXES["top1"], 80.2), said_of(AXES["gops"], 24.508), said_of(AXES["year"], 2014)
        ('80.2%', '24.5G operations', '2014')
    """
    if axis.key in _SAID:
        factor, words = _SAID[axis.key]
        return f"{short(value * factor)}{words}"
    return f"{digits(value)}{_UNITS.get(axis.key, '')}"


def hover(point: AccuracyPoint, measured: Measurement | None, axes: Sequence[Axis | None]) -> str:
    """What is told of a network when a person points at it, as HTML: every number's source."""
    side = f" at {point.side_px} px" if point.side_px else ""
    lines = [f"<b>{point.label}</b>" + (f" ({point.year})" if point.year else "")]
    seeds = f", mean of {point.seeds} seeds" if point.seeds > 1 else ""
    deviation = f" (± {point.spread_pct:.1f})" if point.spread_pct is not None else ""
    lines.append(f"{point.top1_pct:.2f}%{deviation} top-1, {point.kind}{seeds}")
    lines.append(_wrapped(point.protocol))
    if point.macs is not None and point.params is not None:
        lines.append(f"{exact(point.macs)} multiply-adds, {exact(point.params)} parameters{side}")
    for axis in axes:
        if axis is not None and axis.measured:
            value = axis.value(point, measured)
            lines.append(f"{axis.title}: {digits(value)}")
    if measured is not None:
        lines.append(f"measured {measured.date}, {measured.setup.words}, ± {measured.spread:.0%}")
    lines.append(_wrapped(f"source: {point.source}"))
    if point.confidence not in ("", "high"):
        lines.append(_wrapped(f"confidence: {point.confidence}"))
    if point.note:
        lines.append(_wrapped(point.note))
    return "<br>".join(lines)


def _wrapped(text: str, width: int = 70) -> str:
    import html
    import textwrap

    return "<br>".join(html.escape(line) for line in textwrap.wrap(text, width))


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
