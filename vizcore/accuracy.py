"""Every network's accuracy beside its cost, from the registry, the reference files and the cards.

No point is written here: a network is on a plot because a file or the registry says so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from vizcore.errors import BadChoice
from vizcore.records.accuracy import AccuracyPoint, PointKind
from vizcore.reference.accuracy import AccuracyRecord, accuracy_vs_compute, timm_results
from vizcore.trained import fleet
from vizcore.zoo import architectures, get
from vizcore.zoo.catalogue import counts_of
from vizcore.zoo.pretrained import DATASET, pretrained_weights
from vizcore.zoo.pretrained_counts import counts_at
from vizcore.zoo.weights import Weights

_COUNTED = re.compile(r"architectures\.csv:(\w+)")


#: What torchvision says of the weights that have this in their name.
_SWAG = "from SWAG weights, which were learned on other pictures before ImageNet-1k"
#: Authors' own accuracy this near to a library's is that of the weights the library has ported.
_SAME_TRAINING = 0.5
#: The sets of networks whose accuracies share an axis.
SETS = ("study", "field", "fleet")


def accuracy_points(which: str = "study", find: str = "") -> tuple[AccuracyPoint, ...]:
    """Networks with their accuracy and their cost, each number with its source.

    Args:
        which: "study" (the networks of the 2017 comparison), "field" (every pretrained weight of
            the zoo, and what authors publish of their own), or "fleet" (the networks in the box,
            on Photos-20).
        find: keeps the networks that these words name; see `matching`.

    Raises:
        BadChoice: another set, or words that name no network of it.

    Example:
        >>> len(accuracy_points("fleet")), len(accuracy_points("study", find="vgg, inception"))
        (14, 5)
    """
    if which not in SETS:
        raise BadChoice.among("which", which, SETS)
    if which == "study":
        points = published_points()
    elif which == "field":
        points = field_points()
    else:
        points = tuple(point for point in fleet_points() if point.weights == "photos20")
    found = matching(points, find)
    if not found:
        families = sorted({point.family for point in points})
        raise BadChoice(
            f"No network here is named by '{find}'. The families are {', '.join(families)}.",
            received=find,
            suggestions=families,
        )
    return found


def matching(points: tuple[AccuracyPoint, ...], find: str) -> tuple[AccuracyPoint, ...]:
    """The points that words name: all words of one of the parts that commas divide.

    Words are looked for in the network's name, family and key, its weights' name, and where its
    accuracy comes from; what stands behind a minus may not be there. No words keep all points.

    Example:
        >>> [point.label for point in matching(published_points(), "vgg, inception v4")]
        ['VGG-16', 'VGG-19', 'Inception-v4']
        >>> [point.label for point in matching(published_points(), "inception -v3")]
        ['GoogLeNet', 'Inception-v4']
    """
    parts = [part.lower().split() for part in find.split(",") if part.strip()]

    def is_named(point: AccuracyPoint) -> bool:
        told = f"{point.label} {point.family} {point.key} {point.weights} {point.kind}".lower()
        return any(
            all(w[1:] not in told if w[0] == "-" and len(w) > 1 else w in told for w in words)
            for words in parts
        )

    return tuple(point for point in points if not parts or is_named(point))


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
    """Every pretrained weight of the zoo with its library's accuracy, in order of year.

    Costs are counted at the resolution the accuracy was measured at. Behind them, what authors
    publish of trainings that no library has ported, marked as published.

    Example:
        >>> sorted({point.kind for point in field_points()})
        ['published', 'timm', 'torchvision']
    """
    points = [
        point
        for entry in architectures()
        for weights in pretrained_weights(entry)
        if (point := _weights_point(weights)) is not None
    ]
    authors = {each.network for each in accuracy_vs_compute(True) if each.record == "authors"}
    for told in published_points(False):
        ported = (each for each in points if each.key == told.key)
        if told.label in authors and not any(
            abs(each.top1_pct - told.top1_pct) < _SAME_TRAINING for each in ported
        ):
            points.append(told)
    return tuple(points)


def _weights_point(weights: Weights) -> AccuracyPoint | None:
    """A point of what a library publishes of its weights; None where it publishes nothing."""
    entry = get(weights.architecture)
    measured = timm_results().get((weights.architecture, weights.name))
    top1_pct = 100 * weights.accuracy["top1"] if "top1" in weights.accuracy else None
    source = weights.source or f"{weights.origin}'s metadata"
    if top1_pct is None and measured is not None:
        top1_pct, source = measured.top1_acc_pct, f"{measured.source}, {measured.timm_name}"
    counts = counts_at(weights)
    if top1_pct is None or counts is None:
        return None
    how = weights.preprocessing
    return AccuracyPoint(
        label=f"{entry.name}, {weights.name}",
        key=entry.key,
        weights=weights.name,
        kind="timm" if weights.origin == "timm" else "torchvision",
        family=entry.family,
        year=entry.year,
        top1_pct=top1_pct,
        side_px=counts.side_px,
        params=counts.params,
        macs=counts.macs,
        activations=counts.activations,
        protocol=f"{DATASET}, one central crop of {how.crop_px} px, resized to {how.resize_px}",
        source=source,
        cost_source=f"counted from '{entry.key}' at {counts.side_px} px",
        note=_SWAG if "SWAG" in weights.name else "",
    )


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

    Points of one family are one recipe where their weights have the same name (or none). A family
    of several series (RegNetX and RegNetY, VGG with and without normalisation) has a line each;
    networks that are alone in their series have one together.

    Example:
        >>> found = published_points()
        >>> joined = [(found[a].label, found[b].label) for a, b in family_lines(found)]
        >>> ("GoogLeNet", "Inception-v3") in joined, ("VGG-16", "VGG-19") in joined
        (True, True)
    """
    groups: dict[tuple[str, str, str], list[int]] = {}
    for number, point in enumerate(points):
        if point.macs is not None:
            key = (point.family, point.weights, _series(point.label))
            groups.setdefault(key, []).append(number)
    joined: dict[tuple[str, str, str], list[int]] = {}
    for (family, weights, series), numbers in groups.items():
        key = (family, weights, series if len(numbers) > 1 else "")
        joined.setdefault(key, []).extend(numbers)
    lines = []
    for numbers in joined.values():
        numbers.sort(key=lambda number: points[number].macs or 0)
        lines += list(pairwise(numbers))
    return tuple(lines)


def _series(label: str) -> str:
    """What a network's name has in common with those of its series.

    Example:
        >>> _series("VGG-D + BatchNorm, IMAGENET1K_V1"), _series("MobileNet v3 Large 1.0/224")
        ('VGG + BatchNorm', 'MobileNet v3')
    """
    name = label.partition(",")[0]
    found = re.match(r"[^-/ ]+([- ][vV]\d)?", name)
    return (found[0] if found else name) + (" + " + name.partition(" + ")[2] if "+" in name else "")
