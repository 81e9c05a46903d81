"""What is said of a photograph that is moved: amounts, layers, the finding in one sentence."""

from __future__ import annotations

import html

import numpy as np

from vizcore.figures.numbers import percent
from vizcore.records.invariance import Distance, Invariance


def amount(found: Invariance, value: float) -> str:
    """An amount with its unit, as people write it.

    Example:
        >>> from types import SimpleNamespace
        >>> amount(SimpleNamespace(unit="px", kind="translation"), -17.0)
        '−17 px'
        >>> amount(SimpleNamespace(unit="×", kind="scale"), 1.8125)
        '1.81×'
    """
    sign = "+" if value > 0 and found.kind in ("translation", "sideways") else ""
    number = f"{sign}{value:.3g}".replace("-", "−")
    return f"{number} {found.unit}" if found.unit == "px" else f"{number}{found.unit}"


def held(found: Invariance) -> str:
    """How far the answer holds, in words.

    Whether it changes beyond the last amount that was looked at is not known, and not said.
    """
    said, kept = found.said, found.held
    if kept is None:
        return f"the answer is not {said} at the nearest amount already"
    low, high = min(found.amounts), max(found.amounts)
    if kept == (low, high):
        return (
            f"the answer stays {said} over the whole range, from {amount(found, low)} to "
            f"{amount(found, high)}"
        )
    return f"the answer stays {said} from {amount(found, kept[0])} to {amount(found, kept[1])}"


def moved(found: Invariance, layer: int) -> float:
    """The median over the views of how far a layer moved, of those views that are changed."""
    distances = found.shifts.distances_ln[layer]
    changed = [
        d for d, a in zip(distances, found.amounts, strict=True) if a != found.neutral and d == d
    ]
    return float(np.median(changed)) if changed else float("nan")


def finding(found: Invariance, first: int, last: int) -> str:
    """The answer of the page, as HTML: how far the answer holds, and what moved on the way."""
    said, layers = html.escape(held(found)), found.shifts.layers
    shares: list[str] = []
    for place in dict.fromkeys((first, last)):
        share = moved(found, place)
        name = f"<code>{html.escape(layers[place].name)}</code>"
        if share == share:
            length = " of their length" if not shares else ""
            shares.append(f"{name} by more than <b>{percent(share)}</b>{length}")
    text = f"{said[:1].upper()}{said[1:]}"
    if not shares:
        return f"{text}."
    return f"{text}; half of the changed views move the features of {', of '.join(shares)}."


def caption(found: Invariance, distance: Distance = "relative") -> str:
    """What the distances are, and what the views show beyond the photograph's edge."""
    how = (
        "Distance: length of the difference between the features of the changed and the original "
        "picture"
    )
    if distance == "relative":
        how += ", divided by the length of the original's."
    else:
        how += " (Euclidean); each plot has its own scale."
    most = float(found.beyond_n.max())
    if most > 0:
        goes_on = "its outermost pixels go on" if found.beyond == "edge" else "it is mirrored"
        none = sum(share == 0 for share in found.beyond_n)
        edge = (
            f" Beyond the photograph's edge {goes_on}: up to {percent(most)} of a view, and none "
            f"in {none} of {len(found.amounts)}."
        )
    elif found.beyond == "inside":
        edge = (
            " The network looks at the middle of the photograph, enlarged so far that no view "
            "reaches its edge."
        )
    else:
        edge = ""
    return how + edge
