"""Two layer tables, row by row: what was removed, added, changed, and what stayed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from vizcore.records.layers import LayerRow, LayerTable

Change = Literal["same", "changed", "removed", "added"]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a difference; `before` or `after` is None where the row is only in the other."""

    change: Change
    before: LayerRow | None
    after: LayerRow | None

    @property
    def row(self) -> LayerRow:
        """The row as it is now, or as it was where it was removed."""
        found = self.after or self.before
        assert found is not None
        return found


def difference(before: LayerTable, after: LayerTable) -> tuple[RowChange, ...]:
    """Align two tables by what their rows do, and say what became of each.

    Rows that do the same (operation, window, output channels) are one row: "changed" where their
    sizes or counts differ. Between two such rows, as many rows of one operation on either side are
    one layer each that was changed; the others were removed or added.

    Example:
        >>> from torch import nn
        >>> from vizcore.anatomy import trace
        >>> shape = (3, 8, 8)
        >>> a = trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), shape)
        >>> b = trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), shape)
        >>> [each.change for each in difference(a, b)]
        ['changed', 'changed']
    """
    old, new = before.rows, after.rows
    matcher = SequenceMatcher(None, [_does(row) for row in old], [_does(row) for row in new], False)
    found: list[RowChange] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            found += [_pair(a, b) for a, b in zip(old[i1:i2], new[j1:j2], strict=True)]
        else:
            found += _replaced(old[i1:i2], new[j1:j2])
    return tuple(found)


def changes_csv(changes: Sequence[RowChange]) -> str:
    """Write a difference as CSV: a line a row, the numbers of both sides."""
    counts = ("params", "macs", "activations")
    sides = ("before", "after")
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    heading = [f"{name}_{side}" for name in ("name", "output", *counts) for side in sides]
    write.writerow(["change", "operation", *heading])
    for each in changes:
        rows = (each.before, each.after)
        cells: list[object] = [row.name if row else "" for row in rows]
        cells += ["x".join(map(str, row.out_shape)) if row else "" for row in rows]
        cells += [getattr(row, name) if row else "" for name in counts for row in rows]
        write.writerow([each.change, each.row.op, *cells])
    return text.getvalue()


def _does(row: LayerRow) -> tuple[object, ...]:
    channels = row.out_shape[1] if row.kind in ("conv", "linear", "norm", "activation") else 0
    return row.op, row.kernel, row.stride, row.padding, row.dilation, row.groups, channels


def _numbers(row: LayerRow) -> tuple[object, ...]:
    return (
        *_does(row), row.in_shape, row.out_shape, row.params, row.macs, row.activations,
        row.receptive_field,
    )  # fmt: skip


def _pair(before: LayerRow, after: LayerRow) -> RowChange:
    same = _numbers(before) == _numbers(after)
    return RowChange("same" if same else "changed", before, after)


def _replaced(old: Sequence[LayerRow], new: Sequence[LayerRow]) -> list[RowChange]:
    if [row.op for row in old] == [row.op for row in new]:
        return [_pair(a, b) for a, b in zip(old, new, strict=True)]
    return [
        *(RowChange("removed", row, None) for row in old),
        *(RowChange("added", None, row) for row in new),
    ]
