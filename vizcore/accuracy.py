"""Every network's accuracy beside its cost, from the registry, the reference files and the cards.

No point is written here: a network is on a plot because a file or the registry says so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from vizcore.errors import BadChoice
from vizcore.records_accuracy import AccuracyPoint, PointKind
from vizcore.reference.accuracy import AccuracyRecord, accuracy_vs_compute
from vizcore.trained import fleet
from vizcore.zoo import architectures, get
from vizcore.zoo.catalogue import counts_of
from vizcore.zoo.pretrained import DATASET, pretrained_weights
from vizcore.zoo.pretrained_counts import counts_at

_COUNTED = re.compile(r"architectures\.csv:(\w+)")


#: The sets of networks whose accuracies share an axis.
SETS = ("study", "field", "fleet")


def accuracy_points(which: str = "study") -> tuple[AccuracyPoint, ...]:
    """Networks with their accuracy and their cost, each number with its source.

    Args:
        which: "study" (the networks of the 2017 comparison), "field" (every pretrained weight of
            the zoo), or "fleet" (the networks in the box, on Photos-20).

    Raises:
        BadChoice: another set.

    Example:
        >>> len(accuracy_points("fleet"))
        14
    """
    if which not in SETS:
        raise BadChoice.among("which", which, SETS)
    if which == "study":
        return published_points()
    if which == "field":
        return field_points()
    return tuple(point for point in fleet_points() if point.weights == "photos20")


@lru_cache(maxsize=2)
def published_points(canziani_only: bool = True) -> tuple[AccuracyPoint, ...]:
    """The comparison of Canziani, Paszke, Culurciello (2017), or all networks of the file.

    One point a network: the file's preferred record, and where it has no accuracy the reading of
    the study's figure, which is marked as such. Costs are recomputed from the network the file
    names; the file's own are what a test compares them with.

    Example:
        >>> point = published_points()[0]
        >>> point.label, point.top1_pct, point.params, point.macs
        ('AlexNet', 57.1, 60965224, 724406816)
    """
    points = []
    by_network: dict[str, list[AccuracyRecord]] = {}
    for record in accuracy_vs_compute():
        by_network.setdefault(record.network, []).append(record)
    for network, records in by_network.items():
        if canziani_only and not any(each.in_canziani_2017 for each in records):
            continue
        counted = next((each for each in records if each.preferred), records[0])
        known = [each for each in records if each.top1_acc_pct is not None]
        told = counted if counted.top1_acc_pct is not None else next(iter(known), None)
        if told is not None:
            points.append(_published(network, counted, told))
    return tuple(points)


def _published(network: str, counted: AccuracyRecord, told: AccuracyRecord) -> AccuracyPoint:
    match = _COUNTED.search(counted.compute_source)
    key = match[1] if match else None
    entry = get(key) if key else None
    counts = counts_of(key) if key else None
    sides = re.findall(r"\d+", counted.compute_input)
    is_read = told.record.startswith("figure_reading")
    kind: PointKind = "read off a figure" if is_read else "published"
    assert told.top1_acc_pct is not None
    return AccuracyPoint(
        label=network,
        key=entry.key if entry else None,
        weights="",
        kind=kind,
        family=entry.family if entry else network,
        year=entry.year if entry else None,
        top1_pct=told.top1_acc_pct,
        side_px=int(sides[-1]) if sides else None,
        params=counts.params if counts else None,
        macs=counts.macs if counts else None,
        activations=counts.activations if counts else None,
        protocol=told.top1_protocol,
        source=told.top1_source,
        cost_source=f"counted from '{key}'" if key else "unknown",
        confidence=told.confidence,
        note="; ".join(dict.fromkeys(filter(None, (counted.note, told.note)))),
    )


@lru_cache(maxsize=1)
def field_points() -> tuple[AccuracyPoint, ...]:
    """Every pretrained weight of the zoo whose accuracy its library publishes, in order of year.

    Costs are counted at the resolution the accuracy was measured at.
    """
    points = []
    for entry in architectures():
        for weights in pretrained_weights(entry):
            top1 = weights.accuracy.get("top1")
            counts = counts_at(weights)
            if top1 is None or counts is None:
                continue
            how = weights.preprocessing
            points.append(
                AccuracyPoint(
                    label=f"{entry.name}, {weights.name}",
                    key=entry.key,
                    weights=weights.name,
                    kind="timm" if weights.origin == "timm" else "torchvision",
                    family=entry.family,
                    year=entry.year,
                    top1_pct=100 * top1,
                    side_px=counts.side_px,
                    params=counts.params,
                    macs=counts.macs,
                    activations=counts.activations,
                    protocol=f"{DATASET}, one central crop of {how.crop_px} px, "
                    f"resized to {how.resize_px}",
                    source=weights.source or f"{weights.origin}'s metadata",
                    cost_source=f"counted from '{entry.key}' at {counts.side_px} px",
                )
            )
    return tuple(points)


@lru_cache(maxsize=1)
def fleet_points() -> tuple[AccuracyPoint, ...]:
    """The networks in the box, measured by us: test accuracy as the mean of all seeds."""
    points = []
    for network in fleet():
        counts = counts_of(network.key)
        entry = get(network.key)
        spread = network.spread_test
        points.append(
            AccuracyPoint(
                label=network.name,
                key=network.key,
                weights=network.weights,
                kind="measured here",
                family=entry.family,
                year=entry.year,
                top1_pct=100 * network.mean_test,
                side_px=entry.input_shape[1],
                params=network.params,
                macs=network.macs,
                activations=counts.activations if counts else None,
                protocol=f"{network.patches.get('test', '?')} test pictures of {network.data}",
                source=f"the card of {network.file}",
                cost_source=f"counted from '{network.key}'",
                spread_pct=None if spread is None else 100 * spread,
                seeds=len(network.test_runs),
            )
        )
    return tuple(points)


def family_lines(points: tuple[AccuracyPoint, ...]) -> tuple[tuple[int, int], ...]:
    """Pairs of points to join by a line: neighbours in cost within one family and one recipe.

    Points of one family are one recipe where their weights have the same name (or none).

    Example:
        >>> found = published_points()
        >>> [(found[a].label, found[b].label) for a, b in family_lines(found)][-1:]
        [('VGG-16', 'VGG-19')]
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for number, point in enumerate(points):
        if point.macs is not None:
            groups.setdefault((point.family, point.weights), []).append(number)
    lines = []
    for numbers in groups.values():
        numbers.sort(key=lambda number: points[number].macs or 0)
        lines += list(pairwise(numbers))
    return tuple(lines)
