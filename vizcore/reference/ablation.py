"""What others measured when they left layers out of the 2012 network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vizcore.errors import BadChoice
from vizcore.reference.tables import read_table


@dataclass(frozen=True, slots=True)
class PublishedErrors:
    """One row of Table 3 of Zeiler and Fergus (2014): errors on ImageNet's validation pictures.

    Attributes:
        removed: numbers of the layers left out; empty for the whole network.
        top1_pct, top5_pct: validation errors in percent.
    """

    removed: tuple[int, ...]
    top1_pct: float
    top5_pct: float
    source: str


@lru_cache(maxsize=1)
def published_errors() -> dict[tuple[int, ...], PublishedErrors]:
    """Return the table by the layers that were left out.

    Example:
        >>> published_errors()[7,].top1_pct
        40.0
    """
    rows = [
        PublishedErrors(
            tuple(map(int, row["removed"].split())),
            float(row["val_top1_error_pct"]),
            float(row["val_top5_error_pct"]),
            row["source"],
        )
        for row in read_table("ablation")
    ]
    return {row.removed: row for row in rows}


def published_drop(removed: tuple[int, ...]) -> tuple[float, float]:
    """Return by how many points (top-1, top-5) the error rose without these layers.

    Raises:
        BadChoice: the table has no such row.

    Example:
        >>> published_drop((3, 4))
        (4.9, 4.0)
    """
    table = published_errors()
    if removed not in table:
        raise BadChoice.among("removed", removed, [row for row in table if row])
    whole, without = table[()], table[removed]
    return (
        round(without.top1_pct - whole.top1_pct, 1),
        round(without.top5_pct - whole.top5_pct, 1),
    )
