"""What lectures read off the plot of accuracy against operations, held against the numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vizcore.records.accuracy import AccuracyPoint
from vizcore.records.lectures import LectureClaim
from vizcore.reference.lectures import lecture_claim


@dataclass(frozen=True, slots=True)
class Reading:
    """A caption of the plot, and what the plotted numbers say of it.

    Attributes:
        claim: what the lecture prints.
        holds: whether the numbers bear it out, in all that it says.
        proof: the numbers, in a sentence.
        shown: labels of the networks it is about, to be pointed out.
    """

    claim: LectureClaim
    holds: bool
    proof: str
    shown: tuple[str, ...]


def lecture_readings(points: Sequence[AccuracyPoint]) -> tuple[Reading, ...]:
    """The lectures' captions, checked on these points (those of the 2017 study).

    Example:
        >>> from vizcore.accuracy import published_points
        >>> [reading.holds for reading in lecture_readings(published_points())]
        [True, False, True, False, True]
    """
    known = [point for point in points if point.macs is not None and point.params is not None]
    made = (_vgg, _googlenet, _alexnet, _resnet, _diminishing)
    return tuple(read(known) for read in made)


def _vgg(points: Sequence[AccuracyPoint]) -> Reading:
    most_work, most_memory = _most(points, _gops), _most(points, _millions)
    most_maps = _most(points, _activations)
    of_vgg = _most([point for point in points if point.family == "VGG"], _activations)
    holds = most_work.family == most_memory.family == "VGG"
    return Reading(
        lecture_claim("complexity_vgg"),
        holds,
        f"{_two(most_work, most_memory, 'needs the most operations', 'has the most parameters')}, "
        f"{_gops(most_work):.1f}G and {_millions(most_memory):.0f}M. Of memory for activations "
        f"{most_maps.label} takes the most, {_activations(most_maps) / 1e6:.1f}M values against "
        f"{of_vgg.label}'s {_activations(of_vgg) / 1e6:.1f}M.",
        tuple(point.label for point in points if point.family == "VGG"),
    )


def _googlenet(points: Sequence[AccuracyPoint]) -> Reading:
    googlenet = _named(points, "GoogLeNet")
    dense, quick = _most(points, _per_parameter), _most(points, _per_operation)
    return Reading(
        lecture_claim("complexity_googlenet"),
        googlenet is dense and googlenet is quick,
        f"For its parameters {dense.label} is first, {_per_parameter(dense):.1f} points a million; "
        f"for its operations {quick.label} is, {_per_operation(quick):.1f} points a billion, "
        f"against GoogLeNet's {_per_operation(googlenet):.1f}.",
        tuple(dict.fromkeys((googlenet.label, dense.label, quick.label))),
    )


def _alexnet(points: Sequence[AccuracyPoint]) -> Reading:
    alexnet = _named(points, "AlexNet")
    least = _gops(alexnet) == min(map(_gops, points))
    fewer = [point for point in points if _millions(point) < _millions(alexnet)]
    lowest = alexnet.top1_pct == min(point.top1_pct for point in points)
    return Reading(
        lecture_claim("complexity_alexnet"),
        least and lowest and len(fewer) > len(points) / 2,
        f"{_gops(alexnet):.2f}G operations, {'the fewest' if least else 'not the fewest'}; "
        f"{_millions(alexnet):.0f}M parameters, more than {len(fewer)} of the other "
        f"{len(points) - 1}; {alexnet.top1_pct:.1f}%, "
        f"{'the lowest accuracy' if lowest else 'not the lowest accuracy'}.",
        (alexnet.label,),
    )


def _resnet(points: Sequence[AccuracyPoint]) -> Reading:
    residual = [point for point in points if point.family == "ResNet"]
    best, own = _most(points, _top1), _most(residual, _top1)
    return Reading(
        lecture_claim("complexity_resnet"),
        best is own,
        f"The best residual network, {own.label}, reaches {own.top1_pct:.1f}%; {best.label} "
        f"reaches {best.top1_pct:.1f}%. Their operations span {min(map(_gops, residual)):.1f}G to "
        f"{max(map(_gops, residual)):.1f}G.",
        tuple(dict.fromkeys((own.label, best.label))),
    )


def _diminishing(points: Sequence[AccuracyPoint]) -> Reading:
    residual = sorted((point for point in points if point.family == "ResNet"), key=_gops)
    gains = [other.top1_pct - one.top1_pct for one, other in pairwise(residual)]
    steps = ", ".join(
        f"{gain:.2f} to {other.label.removeprefix('ResNet-')}"
        for gain, other in zip(gains, residual[1:], strict=True)
    )
    return Reading(
        lecture_claim("complexity_diminishing"),
        all(more > less for more, less in pairwise(gains)),
        f"Points of accuracy gained from {residual[0].label} on, step by step: {steps}.",
        tuple(point.label for point in residual),
    )


def _two(one: AccuracyPoint, other: AccuracyPoint, first: str, second: str) -> str:
    """What is said of two networks, or twice of one."""
    if one is other:
        return f"{one.label} {first} and {second}"
    return f"{one.label} {first} and {other.label} {second}"


def _named(points: Sequence[AccuracyPoint], label: str) -> AccuracyPoint:
    return next(point for point in points if point.label == label)


def _most(
    points: Sequence[AccuracyPoint], value: Callable[[AccuracyPoint], float]
) -> AccuracyPoint:
    return max(points, key=value)


def _top1(point: AccuracyPoint) -> float:
    return point.top1_pct


def _gops(point: AccuracyPoint) -> float:
    return point.gops or 0.0


def _millions(point: AccuracyPoint) -> float:
    return (point.params or 0) / 1e6


def _activations(point: AccuracyPoint) -> float:
    return point.activations or 0.0


def _per_parameter(point: AccuracyPoint) -> float:
    return point.density or 0.0


def _per_operation(point: AccuracyPoint) -> float:
    return point.top1_pct / _gops(point)
