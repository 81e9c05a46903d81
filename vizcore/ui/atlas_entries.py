"""What the Atlas shows of the zoo, as plain data: rows, searches, orders, files to download."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vizcore import zoo
from vizcore.errors import ConvScopeError, UnknownArchitecture
from vizcore.figures.timeline_entries import TimelineEntry
from vizcore.reference import ChallengeWinner, challenge_winners
from vizcore.zoo.catalogue import counts_of

if TYPE_CHECKING:
    import pandas as pd

#: Stands for every family, in the filter and in the address.
ALL = "all"
_IMAGENET = "ImageNet-1k val"
_IMAGENET_CLASSES = 1000

#: The architecture in the zoo that shows each entry of the challenge best: the first one it has.
_WINNERS: dict[tuple[int, int], tuple[str, ...]] = {
    (2012, 1): ("alexnet_2012", "alexnet_torchvision"),
    (2014, 1): ("googlenet_2014", "googlenet_torchvision"),
    (2014, 2): ("vgg_e",),
    (2015, 1): ("resnet152",),
    (2016, 1): ("inception_resnet_v2",),
    (2017, 1): ("senet154",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One architecture in the list; None where a number is not known."""

    key: str
    name: str
    family: str
    year: int | None
    depth: int | None
    params: int | None
    macs: int | None
    top1_err_pct: float | None
    top5_err_pct: float | None
    dataset: str
    protocol: str
    source: str


SORTS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "year": ("Year", lambda row: row.year),
    "name": ("Name", lambda row: row.name.lower()),
    "depth": ("Depth", lambda row: row.depth),
    "params": ("Parameters", lambda row: row.params),
    "macs": ("Multiply-adds", lambda row: row.macs),
    "error": ("Top-1 error", lambda row: row.top1_err_pct),
}


def protocol(architecture: zoo.Architecture) -> str:
    """How the published error was measured, and whether more than ImageNet was learnt from."""
    published = architecture.published
    if published is None:
        return ""
    more = "; weights pre-trained on other pictures (SWAG)" if "SWAG" in published.source else ""
    return published.protocol + more


@lru_cache(maxsize=512)
def row(key: str) -> Row:
    """An architecture as a row of the list."""
    each = zoo.get(key)
    counts = counts_of(each.key)
    published = each.published
    return Row(
        key=each.key,
        name=each.name,
        family=each.family,
        year=each.year,
        depth=each.depth,
        params=counts.params if counts else None,
        macs=counts.macs if counts else None,
        top1_err_pct=published.top1 if published else None,
        top5_err_pct=published.top5 if published else None,
        dataset=published.dataset if published else "",
        protocol=protocol(each),
        source=each.source,
    )


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Every registered architecture, oldest first."""
    return tuple(row(each.key) for each in zoo.architectures())


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """The families by name."""
    return tuple(sorted({each.family for each in rows()}, key=str.lower))


@lru_cache(maxsize=1)
def timeline_entries() -> tuple[TimelineEntry, ...]:
    """The architectures with a year, for the timeline; errors only where ImageNet was classified.

    Small relatives with few classes are left out: beside the others they would pass for the
    networks they are named after.

    Example:
        >>> next(e.top1_err_pct for e in timeline_entries() if e.key == "vgg_d")
        28.408
    """
    return tuple(
        TimelineEntry(
            each.key,
            each.name,
            each.family,
            each.year,
            each.params,
            each.macs,
            each.top1_err_pct if each.dataset == _IMAGENET else None,
            each.protocol,
        )
        for each in rows()
        if each.year is not None and zoo.get(each.key).num_classes == _IMAGENET_CLASSES
    )


def search(text: str, family: str = ALL, sort: str = "year") -> tuple[Row, ...]:
    """The rows whose name, key, alias, family or year hold every word, in order.

    Rows without the value that sorts come last.

    Example:
        >>> [row.key for row in search("2014 16", "VGG")]
        ['vgg_d', 'vgg_d_bn']
    """
    by_key = {each.key: each for each in rows()}
    found = [by_key[each.key] for each in zoo.find(text)]
    value = SORTS[sort][1]
    return tuple(
        sorted(
            (each for each in found if family in (ALL, each.family)),
            key=lambda each: (value(each) is None, value(each) or 0),
        )
    )


def nearest(text: str) -> tuple[str, ...]:
    """Keys whose names are nearest to a search that found nothing."""
    try:
        return (zoo.get(text).key,)
    except UnknownArchitecture as error:
        keys = dict.fromkeys(zoo.get(name).key for name in error.suggestions)
        return tuple(keys)[:4]
    except ConvScopeError:
        return ()


@lru_cache(maxsize=1)
def challenge() -> tuple[tuple[ChallengeWinner, ...], tuple[str | None, ...]]:
    """The challenge's entries, and the key in the zoo that shows each, or None."""
    known = {each.key for each in rows()}
    entries = challenge_winners()
    keys = (_WINNERS.get((entry.year, entry.rank), ()) for entry in entries)
    return entries, tuple(next((key for key in some if key in known), None) for some in keys)


def frame_of(some: Sequence[Row]) -> pd.DataFrame:
    """The list as a data frame, parameters in millions and multiply-adds in thousand millions."""
    import pandas as pd

    def scaled(value: int | None, unit: float) -> float | None:
        return None if value is None else value / unit

    return pd.DataFrame(
        {
            "name": [each.name for each in some],
            "year": [each.year for each in some],
            "family": [each.family for each in some],
            "depth": [each.depth for each in some],
            "params": [scaled(each.params, 1e6) for each in some],
            "macs": [scaled(each.macs, 1e9) for each in some],
            "top1": [each.top1_err_pct for each in some],
            "top5": [each.top5_err_pct for each in some],
            "protocol": [
                f"{each.dataset}, {each.protocol}" if each.dataset else "" for each in some
            ],
            "source": [each.source for each in some],
            "key": [each.key for each in some],
        }
    ).astype({"year": "Int64", "depth": "Int64"})


def to_csv(some: Iterable[Row]) -> str:
    """The list as CSV with exact numbers."""
    text = io.StringIO()
    made = [asdict(each) for each in some]
    writer = csv.DictWriter(text, list(Row.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)
    return text.getvalue()


def to_json(some: Iterable[Row]) -> str:
    """The list as JSON with exact numbers."""
    return json.dumps([asdict(each) for each in some], indent=1, ensure_ascii=False)
