"""The totals of every registered architecture, read from a file: no network is built.

`python -m vizcore models --refresh` computes the file again; a test compares every row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from vizcore.reference.tables import read_table


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals of one architecture, for one picture of its own input size.

    Attributes:
        key: of the architecture.
        params, macs, activations: as in a layer table with the usual conventions.
        rows: of the layer table; `layers` of them have weights in convolutions or linear layers.
    """

    key: str
    params: int
    macs: int
    activations: int
    rows: int
    layers: int


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Counts]:
    """Return the counts of every registered architecture by key.

    Example:
        >>> catalogue()["vgg_d"].params
        138357544
    """
    found = {}
    for row in read_table("catalogue"):
        numbers = {name: int(value) for name, value in row.items() if name != "key"}
        found[row["key"]] = Counts(row["key"], **numbers)
    return found


def counts_of(key: str) -> Counts | None:
    """Return the counts of an architecture, or None for one that is not registered (timm's)."""
    return catalogue().get(key)


def write_catalogue(rows: Iterable[Counts]) -> None:
    """Write the file anew."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Counts))
    writer.writerows(astuple(row) for row in rows)
    path = Path(str(files("vizcore.reference").joinpath("catalogue.csv")))
    path.write_text(text.getvalue(), encoding="utf-8")
    catalogue.cache_clear()
