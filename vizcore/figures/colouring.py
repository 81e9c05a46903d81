"""How rows of a table, and groups of rows, are coloured by one of its columns.

Quantities differ by orders of magnitude inside one network, so their colours are steps of about
half a decade, named in the legend, and not a continuous scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vizcore.errors import BadChoice
from vizcore.figures.depth import columns
from vizcore.figures.numbers import short
from vizcore.figures.palette import KIND_COLOURS, KIND_NAMES, ink_on, sequential
from vizcore.records import ReceptiveField
from vizcore.records.layers import KINDS, LayerRow, LayerTable

#: What a graph can be coloured by.
COLOUR_COLUMNS = ("kind", "activations", "params", "macs", "receptive_field")

#: Sums are coloured by their share of the network's total: under 0.1 %, from 0.1 % on, ...
_SHARES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
#: Receptive fields are coloured by their height in input pixels: under 8, from 8 on, ...
_SIDES = (8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Paint:
    """One entry of the graph's legend: a fill, the ink that is readable on it, and its meaning."""

    fill: str
    ink: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a column is read, summed, written and coloured.

    Attributes:
        unit: what its numbers count.
        paints: the legend.
        value, text: the number of some rows together, and the same in short.
        paint: the place in `paints` of some rows together; None leaves them unfilled.
    """

    unit: str
    paints: tuple[Paint, ...]
    value: Callable[[Sequence[LayerRow]], int | None]
    text: Callable[[Sequence[LayerRow]], str]
    paint: Callable[[Sequence[LayerRow]], int | None]


def scheme_of(table: LayerTable, column: str) -> Scheme:
    """How a table's rows are coloured by a column of `COLOUR_COLUMNS`.

    Raises:
        BadChoice: for any other column.
    """
    if column not in COLOUR_COLUMNS:
        raise BadChoice.among("column", column, COLOUR_COLUMNS)
    if column == "receptive_field":
        return _field_scheme(max(table.input_shape[2:], default=0))
    counted = {each.name: each for each in columns(table)}
    read = counted["params" if column == "kind" else column].read
    unit = counted["params" if column == "kind" else column].unit

    def value(rows: Sequence[LayerRow]) -> int:
        return sum(map(read, rows))

    def text(rows: Sequence[LayerRow]) -> str:
        return short(value(rows)) if value(rows) else ""

    if column == "kind":
        present = [kind for kind in KINDS if any(row.kind == kind for row in table.rows)]
        paints = tuple(
            Paint(KIND_COLOURS[kind], ink_on(KIND_COLOURS[kind]), KIND_NAMES[kind])
            for kind in present
        )
        return Scheme(unit, paints, value, text, lambda rows: present.index(rows[0].kind))
    total = value(table.rows) or 1

    def by_share(rows: Sequence[LayerRow]) -> int | None:
        return _step(value(rows) / total, _SHARES) if value(rows) else None

    ends = [f"{100 * share:g}%" for share in _SHARES]
    ranges = [f"{low} to {high}" for low, high in pairwise(ends)]
    meanings = [f"under {ends[0]}", *ranges, f"over {ends[-1]}"]
    unit = f"{unit}, share of the network's {short(total)}"
    return Scheme(unit, _scale(meanings), value, text, by_share)


def _field_scheme(picture_px: int) -> Scheme:
    """Receptive fields: a group has that of its last row, the whole picture is its own colour."""

    def last(rows: Sequence[LayerRow]) -> ReceptiveField | None:
        return next((r.receptive_field for r in reversed(rows) if r.receptive_field), None)

    def value(rows: Sequence[LayerRow]) -> int | None:
        field = last(rows)
        return None if field is None else picture_px if field.whole else max(field.size)

    def text(rows: Sequence[LayerRow]) -> str:
        field = last(rows)
        if field is None:
            return ""
        size = f"{max(field.size)} px"
        return "whole" if field.whole else size if field.exact else f"≤ {size}"

    def paint(rows: Sequence[LayerRow]) -> int | None:
        field = last(rows)
        if field is None:
            return None
        return len(_SIDES) + 1 if field.whole else _step(max(field.size), _SIDES)

    ranges = [f"{low} to {high - 1}" for low, high in pairwise(_SIDES)]
    paints = _scale([f"under {_SIDES[0]}", *ranges, f"{_SIDES[-1]} and more", "whole picture"])
    return Scheme("receptive field in input pixels", paints, value, text, paint)


def _step(amount: float, limits: Sequence[float]) -> int:
    return int(np.searchsorted(limits, amount, side="right"))


def _scale(meanings: Sequence[str]) -> tuple[Paint, ...]:
    colours = [
        "#{:02x}{:02x}{:02x}".format(*rgb) for rgb in sequential(np.linspace(0, 1, len(meanings)))
    ]
    return tuple(Paint(c, ink_on(c), m) for c, m in zip(colours, meanings, strict=True))
