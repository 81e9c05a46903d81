"""The csv files beside this module, read as rows of text. Values are parsed by each loader."""

from __future__ import annotations

import csv
from importlib.resources import files


def read_table(name: str) -> tuple[dict[str, str], ...]:
    """Read `vizcore/reference/<name>.csv` into one dictionary a row, values stripped.

    Example:
        >>> read_table("lecture_decks")[0]["deck"]
        'ccu-10'
    """
    text = files("vizcore.reference").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(keepends=True))
    return tuple({key: value.strip() for key, value in row.items()} for row in rows)


def float_or_none(text: str) -> float | None:
    """Parse a cell that may be empty.

    Example:
        >>> float_or_none(""), float_or_none("6.66")
        (None, 6.66)
    """
    return float(text) if text else None
