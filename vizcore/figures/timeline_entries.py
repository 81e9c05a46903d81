"""What the timeline shows of an architecture, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10

from vizcore.figures.numbers import exact, short


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One architecture on the timeline.

    Attributes:
        key, name, family, year: as in the zoo.
        params, macs: of the build, for one picture; None where nobody counted them.
        top1_err_pct: its published ImageNet top-1 error; None where there is none.
        protocol: crops and pictures behind the error.
    """

    key: str
    name: str
    family: str
    year: int
    params: int | None
    macs: int | None
    top1_err_pct: float | None
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What the height of a circle can show."""

    label: str
    axis: str
    log: bool
    read: Callable[[TimelineEntry], float | None]


QUANTITIES: dict[str, Quantity] = {
    "params": Quantity("Parameters", "parameters", True, lambda each: each.params),
    "macs": Quantity("Multiply-adds", "multiply-adds", True, lambda each: each.macs),
    "error": Quantity("Top-1 error", "top-1 error", False, lambda each: each.top1_err_pct),
}


def brief(name: str) -> str:
    """A name without what stands in brackets.

    Example:
        >>> brief("ResNet-50 (torchvision, v1.5)")
        'ResNet-50'
    """
    return name.partition(" (")[0]


def finding(
    entries: Sequence[TimelineEntry], quantity: str = "params", selected: str | None = None
) -> str:
    """What the chart shows, about the selected architecture where it has a published error.

    Example:
        >>> old = TimelineEntry("a", "A", "F", 2014, 138, 15, 28.4)
        >>> new = TimelineEntry("b", "B", "G", 2019, 5, 1, 22.3)
        >>> finding([old, new], "params", "a")
        '1 of 2 networks has fewer parameters than A and a lower published error'
    """
    read = QUANTITIES[quantity].read
    rated = [(each, value) for each in entries if (value := read(each)) is not None]
    if not rated:
        return ""
    chosen = next((pair for pair in rated if pair[0].key == selected), None)
    if chosen is None or chosen[0].top1_err_pct is None:
        low, high = min(rated, key=lambda pair: pair[1]), max(rated, key=lambda pair: pair[1])
        unit = "%" if quantity == "error" else ""
        ends = [f"{short(value)}{unit} ({brief(each.name)})" for each, value in (low, high)]
        return f"{QUANTITIES[quantity].label}: from {ends[0]} to {ends[1]}"
    me, mine = chosen
    compared = [pair for pair in rated if pair[0].top1_err_pct is not None]
    better = [
        value
        for each, value in compared
        if each.top1_err_pct < me.top1_err_pct  # type: ignore[operator]
    ]
    if quantity == "error":
        return (
            f"{_how_many(len(better))} of {len(compared)} networks published a lower top-1 error "
            f"than {brief(me.name)}, {me.top1_err_pct:.1f}%"
        )
    fewer = sum(value < mine for value in better)
    return (
        f"{_how_many(fewer)} of {len(compared)} networks {'has' if fewer < 2 else 'have'} fewer "
        f"{QUANTITIES[quantity].axis} than {brief(me.name)} and a lower published error"
    )


def _how_many(count: int) -> str:
    return str(count) if count else "None"


def diameter_px(macs: int | None) -> float:
    """The width of a circle: it grows with the fourth root of the multiply-adds.

    Example:
        >>> [round(diameter_px(macs)) for macs in (10**8, 10**9, 10**10, 10**11)]
        [7, 12, 22, 39]
    """
    return 8.0 if macs is None else max(5.0, 12.2 * (macs / 1e9) ** 0.25)


def scaled(quantity: Quantity, entry: TimelineEntry) -> float:
    """The entry's height on its axis: the value, or its logarithm; 0 where nobody knows it."""
    value = quantity.read(entry) or 0
    return log10(value) if quantity.log and value > 0 else float(value)


def hover_text(entry: TimelineEntry) -> str:
    """The exact numbers, line by line."""
    lines = [f"<b>{entry.name}</b>", f"{entry.family}, {entry.year}"]
    if entry.params is not None:
        lines.append(f"{exact(entry.params)} parameters")
    if entry.macs is not None:
        lines.append(f"{exact(entry.macs)} multiply-adds")
    if entry.top1_err_pct is not None:
        lines.append(f"{entry.top1_err_pct:g}% top-1 error")
        lines.append(f"<i>{entry.protocol}</i>")
    return "<br>".join(lines)
