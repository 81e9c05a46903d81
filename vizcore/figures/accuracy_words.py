"""What is said of networks on a plot of accuracy against cost: names, the finding, the hover."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.figures.numbers import exact, short, short_bytes
from vizcore.records.accuracy import AccuracyPoint, Axis
from vizcore.records.bench import Measurement

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
        >>> from vizcore.records.accuracy import AccuracyPoint
        >>> short_label(AccuracyPoint("VGG-D (VGG-16), IMAGENET1K_V1", "vgg_d", "IMAGENET1K_V1",
        ...     "torchvision", "VGG", 2014, 71.6, 224, 1, 1, 1, "", "", ""))
        'VGG-D'
    """
    name = point.label.partition(" (")[0].removesuffix(", small")
    for long, brief in _SHORTER:
        name = name.replace(long, brief)
    name = name.removesuffix(f", {point.weights}") if point.weights else name
    if point.weights.endswith("in1k"):
        name = name.partition(", ")[0] + (" adversarial" if "_adv_" in point.weights else "")
    elif point.weights not in ("", "IMAGENET1K_V1", "photos20", "digits10"):
        brief = point.weights.removeprefix("IMAGENET1K_").replace("SWAG_E2E", "SWAG")
        if "SWAG" in brief:
            brief = brief.removesuffix("_V1").replace("LINEAR", "linear")
        name = f"{name} {brief.replace('_', ' ')}"
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


def at_price(axis: Axis, value: float) -> str:
    """What a value costs, behind it in a sentence.

    Example:
        >>> from vizcore.records.accuracy import AXES
        >>> at_price(AXES["latency"], 3.2), at_price(AXES["year"], 2014)
        ('with 3.2 ms', 'in 2014')
    """
    return f"{'in' if axis.key == 'year' else 'with'} {said_of(axis, value)}"


def axis_name(axis: Axis) -> str:
    """An axis's title without its unit.

    Example:
        >>> from vizcore.records.accuracy import AXES
        >>> axis_name(AXES["latency"])
        'Latency of a pass'
    """
    return axis.title.partition(",")[0]


#: What a value of an axis is in a sentence: its factor, and the words behind it.
_SAID = {
    "gops": (1e9, " operations"),
    "macs": (1e9, " multiply-adds"),
    "params": (1e6, " parameters"),
    "rate": (1e9, " operations/s"),
    "activations": (1e6, " of activations"),
    "memory": (1e6, ""),
}
_BYTES = ("activations", "memory")
_UNITS = {
    "top1": "%",
    "density": " points per million parameters",
    "latency": " ms",
    "throughput": " pictures/s",
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
    "memory": " MB",
    "density": " points/M",
}


def plain_unit(axis: Axis) -> tuple[str, float]:
    """An axis's title for ticks that say their own powers of ten, and the factor of its unit.

    Example:
        >>> from vizcore.records.accuracy import AXES
        >>> plain_unit(AXES["params"]), plain_unit(AXES["latency"])
        (('Parameters', 1000000.0), ('Latency of a pass, ms', 1.0))
    """
    factor = _SAID.get(axis.key, (1.0, ""))[0]
    title = axis.title.replace(", 10⁹ operations", ", operations") if factor > 1 else axis.title
    if factor > 1:
        title = title.replace(", 10⁹", "").replace(", 10⁶", "").replace(", MB", ", bytes")
    return title, factor


def scale_unit(axis: Axis) -> str:
    """What stands behind a round number of an axis in the legend of areas."""
    return _SCALE_UNITS.get(axis.key, _UNITS.get(axis.key, ""))


def said_of(axis: Axis, value: float) -> str:
    """A value of an axis with its unit.

    Example:
        >>> from vizcore.records.accuracy import AXES
        >>> said_of(AXES["top1"], 80.2), said_of(AXES["gops"], 24.508), said_of(AXES["year"], 2014)
        ('80.2%', '24.5G operations', '2014')
    """
    if axis.key in _SAID:
        factor, words = _SAID[axis.key]
        if axis.key in _BYTES:
            return f"{short_bytes(round(value * factor))}{words}"
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
        if axis is not None and (axis.measured or axis.key in ("activations", "density")):
            value = axis.value(point, measured)
            told = "unknown" if value is None else said_of(axis, value)
            lines.append(f"{axis_name(axis)}: {told}")
    if measured is not None and any(axis is not None and axis.measured for axis in axes):
        apart = f"rounds apart by {measured.spread:.0%}"
        lines.append(f"measured {measured.date}, {measured.setup.words}, {apart}")
    lines.append(_wrapped(f"source: {point.source}"))
    if point.confidence not in ("", "high"):
        lines.append(_wrapped(f"confidence: {point.confidence}"))
    if point.note:
        lines.append(_wrapped(point.note))
    return "<br>".join(lines)


def _wrapped(text: str, width: int = 70) -> str:
    import html
    import textwrap

    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return "<br>".join(html.escape(line) for line in lines)
