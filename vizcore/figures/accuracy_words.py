"""What is said of networks on a plot of accuracy against cost: names, the finding, the hover."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.figures.numbers import exact, short
from vizcore.records_accuracy import AccuracyPoint, Axis
from vizcore.records_bench import Measurement


def short_label(point: AccuracyPoint) -> str:
    """A name that fits beside a circle: without what stands in brackets, and the usual weights'.

    Example:
        >>> from vizcore.records_accuracy import AccuracyPoint
        >>> short_label(AccuracyPoint("VGG-D (VGG-16), IMAGENET1K_V1", "vgg_d", "IMAGENET1K_V1",
        ...     "torchvision", "VGG", 2014, 71.6, 224, 1, 1, 1, "", "", ""))
        'VGG-D'
    """
    name = point.label.partition(" (")[0].removesuffix(", small")
    name = name.removesuffix(f", {point.weights}") if point.weights else name
    if point.weights and not point.weights.endswith(("V1", "photos20", "digits10")):
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


def finding(
    points: Sequence[AccuracyPoint], values: Sequence[tuple[float, float]], x: Axis, y: Axis
) -> str:
    """What the plot shows in a line: who is best along it, and at what price."""

    def good(axis: Axis, place: int) -> int:
        worth = [-pair[place] if axis.less_is_better else pair[place] for pair in values]
        return max(range(len(values)), key=worth.__getitem__)

    best, cheap = good(y, 1), good(x, 0)
    said = f"{short_label(points[best])}: {said_of(y, values[best][1])}"
    if best == cheap or x.key == "year":
        return f"{said} with {said_of(x, values[best][0])}"
    return (
        f"{said} with {said_of(x, values[best][0])}; {short_label(points[cheap])}: "
        f"{said_of(y, values[cheap][1])} with {said_of(x, values[cheap][0])}"
    )


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
