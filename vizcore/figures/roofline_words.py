"""What the roofline says in a line: what bounds networks, and what explains their latency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vizcore.figures.measured import ms
from vizcore.records.roofline import Roofline


def bound_words(found: Roofline) -> str:
    """What bounds a network on a machine, in a sentence.

    Example:
        >>> from vizcore.records.bench import Ceiling
        >>> from vizcore.records.roofline import LayerBound
        >>> layers = (LayerBound("conv", "conv", 10, 10, 1.0, 3.0),)
        >>> bound_words(Roofline("net", Ceiling("fp32", 1e9, 8, 1e9, 8), layers, 6.0))
        'net: memory bounds it (100% of its least time, 3 ms); it takes 2 times that'
    """
    share = found.memory_share if found.bound == "memory" else 1 - found.memory_share
    said = (
        f"{found.network}: {found.bound} bounds it ({share:.0%} of its least time, "
        f"{ms(found.least_ms)})"
    )
    if found.latency_ms is None:
        return said
    return f"{said}; it takes {found.latency_ms / found.least_ms:.3g} times that"


def roofline_finding(rooflines: Sequence[Roofline]) -> str:
    """How many networks memory bounds, in a line."""
    by_memory = [each for each in rooflines if each.bound == "memory"]
    if not by_memory:
        return f"Arithmetic bounds all {len(rooflines)} networks"
    if len(by_memory) == len(rooflines):
        return f"Memory bounds all {len(rooflines)} networks"
    return f"Memory bounds {len(by_memory)} of {len(rooflines)} networks, arithmetic the others"


def explained(values: Sequence[float], latencies: Sequence[float]) -> float:
    """The share of the variance of log latency that a straight line over log values explains.

    Example:
        >>> explained([1, 10, 100], [2, 20, 200])
        1.0
    """
    if len(values) < 3 or len(set(values)) < 2:
        return float("nan")
    found = np.corrcoef(np.log(values), np.log(latencies))[0, 1] ** 2
    return float(round(found, 12))


def why_finding(rooflines: Sequence[Roofline]) -> str:
    """How well multiply-adds and the roofline's least time explain latency, in a line."""
    shown = [each for each in rooflines if each.latency_ms]
    times = [each.latency_ms or 0 for each in shown]
    work = explained([each.flops for each in shown], times)
    least = explained([each.least_ms for each in shown], times)
    return (
        f"Operations explain {work:.0%} of the differences in latency; with the bytes that are "
        f"moved, {least:.0%}"
    )


def pace_finding(rooflines: Sequence[Roofline]) -> str:
    """Whose operation takes longest and whose the shortest time, in a line; "" below two."""
    shown = sorted((e for e in rooflines if e.latency_ms and e.flops), key=_pace)
    if len(shown) < 2:
        return ""
    quick, slow = shown[0], shown[-1]
    return (
        f"an operation of {slow.network} takes {_pace(slow) / _pace(quick):.3g} times as long as "
        f"one of {quick.network}"
    )


def _pace(each: Roofline) -> float:
    return (each.latency_ms or 0.0) / each.flops


def why_words(rooflines: Sequence[Roofline]) -> str:
    """Why the network that takes longest for an operation takes longer than the quickest.

    The ratio of the two has two factors: how much longer an operation takes at both ceilings,
    where bytes have to be moved for it, and how much further one is from its ceilings. "" below
    two networks.
    """
    shown = [each for each in rooflines if each.latency_ms and each.flops]
    if len(shown) < 2:
        return ""

    slow, quick = max(shown, key=_pace), min(shown, key=_pace)
    ratio = _pace(slow) / _pace(quick)
    at_ceilings = slow.least_ms / slow.flops / (quick.least_ms / quick.flops)
    return (
        f"for one operation {slow.network} takes {ratio:.3g} times as long as {quick.network}: "
        f"{at_ceilings:.3g} times at both ceilings, as memory bounds {slow.memory_share:.0%} of "
        f"its least time and {quick.memory_share:.0%} of the other's, and "
        f"{ratio / at_ceilings:.3g} times because it reaches {slow.reached or 0:.0%} of what the "
        f"ceilings allow, the other "
        f"{quick.reached or 0:.0%}"
    )
