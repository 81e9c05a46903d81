"""What an architecture costs at the resolution its pretrained weights were measured at.

Counted for one picture, like the catalogue, whose numbers are used where the resolution is the
architecture's own. `python -m vizcore models --refresh` computes the file of the others again; a
test compares every row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from vizcore.reference.tables import read_table
from vizcore.zoo.catalogue import counts_of
from vizcore.zoo.pretrained import pretrained_weights
from vizcore.zoo.registry import get
from vizcore.zoo.weights import Weights

TABLE = "pretrained_counts"


@dataclass(frozen=True, slots=True)
class CountsAt:
    """Totals of one architecture for one picture of a side in pixels.

    Attributes:
        key: of the architecture.
        side_px: of the square picture.
        params, macs, activations: as in a layer table with the usual conventions.
    """

    key: str
    side_px: int
    params: int
    macs: int
    activations: int


def counts_at(weights: Weights) -> CountsAt | None:
    """The counts at the resolution that the weights' accuracy was measured at; None if unknown.

    Example:
        >>> found = counts_at(pretrained_weights(get("efficientnet_b2"))[0])
        >>> found.side_px
        288
    """
    key, side = weights.architecture, weights.preprocessing.crop_px
    if not is_counted_elsewhere(weights):
        own = counts_of(key)
        return CountsAt(key, side, own.params, own.macs, own.activations) if own else None
    return _table().get((key, side))


def is_counted_elsewhere(weights: Weights) -> bool:
    """Whether the catalogue's counts, at the architecture's own size, are not those of the weights.

    So it is at another resolution, and for a head that the architecture's own build has not.
    """
    own = get(weights.architecture).input_shape
    return weights.preprocessing.crop_px != own[1] or bool(weights.options)


def counted_elsewhere(architectures: Iterable[str]) -> Iterator[Weights]:
    """The weights of these architectures that need counts of their own, one a resolution."""
    for key in architectures:
        seen = set()
        for weights in pretrained_weights(get(key)):
            side = weights.preprocessing.crop_px
            if is_counted_elsewhere(weights) and side not in seen:
                seen.add(side)
                yield weights


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, int], CountsAt]:
    found = {}
    for row in read_table(TABLE):
        numbers = {name: int(value) for name, value in row.items() if name != "key"}
        found[row["key"], numbers["side_px"]] = CountsAt(row["key"], **numbers)
    return found


def write_counts(rows: Iterable[CountsAt]) -> None:
    """Write the file anew."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(CountsAt))
    writer.writerows(astuple(row) for row in rows)
    path = Path(str(files("vizcore.reference").joinpath(f"{TABLE}.csv")))
    path.write_text(text.getvalue(), encoding="utf-8")
    _table.cache_clear()
