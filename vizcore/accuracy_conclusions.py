"""What the 2017 study itself concludes, held against a machine's own measurements.

And how far the published numbers are from those of its bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizcore.records.accuracy import AXES, AccuracyPoint
from vizcore.records.bench import Measurement
from vizcore.reference.accuracy import StudyFinding, accuracy_vs_compute, study_findings

#: An estimate that misses by less than this share, in the median, is reliable.
RELIABLE = 0.2
#: Values within this share of each other are the same, as far as a finding goes.
SAME = 0.1
#: Fewer networks than this show nothing.
_FEWEST = 4


def farthest_reading(points: Sequence[AccuracyPoint]) -> tuple[AccuracyPoint, float, int]:
    """How far these accuracies are at most from the study's bars, as somebody read them off.

    Returns:
        the network that is farthest, the points in between, and how many were compared.

    Example:
        >>> from vizcore.accuracy import published_points
        >>> point, apart, compared = farthest_reading(published_points())
        >>> point.label, round(apart, 1), compared
        ('AlexNet', 2.1, 12)
    """
    read = {
        record.network: record.top1_acc_pct
        for record in accuracy_vs_compute()
        if record.record == "figure_reading_1" and record.top1_acc_pct is not None
    }
    gaps = {
        point: abs(point.top1_pct - read[point.label])
        for point in points
        if point.label in read and point.kind != "read off a figure"
    }
    farthest = max(gaps, key=lambda point: gaps[point])
    return farthest, gaps[farthest], len(gaps)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A finding of the study, and what one machine's measurements say of it.

    Attributes:
        finding: what the study concludes.
        holds: whether it holds on this machine; None where it cannot be told.
        proof: the numbers, in a sentence.
    """

    finding: StudyFinding
    holds: bool | None
    proof: str


def study_conclusions(
    points: Sequence[AccuracyPoint], measured: Sequence[Measurement | None]
) -> tuple[Conclusion, ...]:
    """The study's own findings, checked on one machine's measurements of its networks.

    Args:
        points: those of the 2017 study.
        measured: what a machine measured of each in one setup, or None.

    Example:
        >>> from vizcore.accuracy import published_points
        >>> found = published_points()
        >>> [each.holds for each in study_conclusions(found, [None] * len(found))]
        [None, None, None, None]
    """
    rows: dict[str, tuple[AccuracyPoint, Measurement]] = {}
    for point, measurement in zip(points, measured, strict=True):
        if measurement is not None and point.macs is not None:
            rows.setdefault(measurement.network, (point, measurement))  # one build, one measurement
    checks = {"estimate": _estimate, "hyperbola": _hyperbola, "power": _power, "energy": _energy}
    made = []
    for finding in study_findings():
        axis = AXES[finding.needs]
        known = [row for row in rows.values() if axis.value(*row) is not None]
        if len(known) < _FEWEST:
            proof = f"{axis.title.partition(',')[0]} was measured of {len(known)} of the networks."
            made.append(Conclusion(finding, None, proof))
        else:
            made.append(Conclusion(finding, *checks[finding.id](known)))
    return tuple(made)


Rows = Sequence[tuple[AccuracyPoint, Measurement]]


def _estimate(rows: Rows) -> tuple[bool, str]:
    """Time as operations at one rate: the rate that fits best in proportion."""
    rates = np.array([m.flops_per_s for _, m in rows])
    misses = np.abs(rates / np.exp(np.log(rates).mean()) - 1)
    slow = min(rows, key=lambda row: row[1].flops_per_s)
    quick = max(rows, key=lambda row: row[1].flops_per_s)
    middle = float(np.median(misses))
    return middle <= RELIABLE, (
        f"Operations at one rate miss the time of {len(rows)} networks by {middle:.0%} in the "
        f"median and {misses.max():.0%} at most; {quick[0].label} does "
        f"{quick[1].flops_per_s / slow[1].flops_per_s:.1f} times the operations a second that "
        f"{slow[0].label} does."
    )


def _hyperbola(rows: Rows) -> tuple[bool, str]:
    times = [m.latency_ms for _, m in rows]
    accuracies = [p.top1_pct for p, _ in rows]
    bent = _explained([1 / time for time in times], accuracies)
    straight = _explained(times, accuracies)
    return bent > straight, (
        f"Accuracy as a hyperbola of latency (a - b / t) explains {bent:.0%} of the differences "
        f"between {len(rows)} networks, as a straight line {straight:.0%}."
    )


def _power(rows: Rows) -> tuple[bool, str]:
    powers = [m.power_w or 0.0 for _, m in rows]
    least, most = min(powers), max(powers)
    return most <= (1 + SAME) * least, (
        f"{len(rows)} networks draw {least:.3g} to {most:.3g} W: {most / least - 1:.0%} apart."
    )


def _energy(rows: Rows) -> tuple[bool, str]:
    from scipy.stats import spearmanr

    energies = [m.energy_j or 0.0 for _, m in rows]
    accuracies = [p.top1_pct for p, _ in rows]
    rank = float(spearmanr(energies, accuracies).statistic) if np.ptp(energies) else 0.0
    return rank >= 0.5, (
        f"Of {len(rows)} networks, energy and accuracy rise together with a rank correlation of "
        f"{rank:.2f}."
    )


def _explained(across: Sequence[float], up: Sequence[float]) -> float:
    """The share of the variance that a straight line explains: Pearson's r, squared."""
    if np.ptp(across) == 0 or np.ptp(up) == 0:
        return 0.0
    return float(np.corrcoef(across, up)[0, 1] ** 2)
