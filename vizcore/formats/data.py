"""A layer table for programs: JSON and CSV; flat rows of anything as CSV, arrays for NumPy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vizcore.formats.words import by
from vizcore.records import as_plain
from vizcore.records.layers import Conventions, LayerRow, LayerTable


def layer_dict(row: LayerRow, conventions: Conventions) -> dict[str, Any]:
    """A row as plain values; operations are under `macs` or `flops`, as the conventions say."""
    return {
        "index": row.index,
        "name": row.name,
        "kind": row.kind,
        "op": row.op,
        "in_shape": list(row.in_shape),
        "out_shape": list(row.out_shape),
        "kernel": as_plain(row.kernel),
        "stride": as_plain(row.stride),
        "padding": as_plain(row.padding),
        "dilation": as_plain(row.dilation),
        "groups": row.groups,
        "weights": row.weights,
        "biases": row.biases,
        "params": row.params,
        conventions.ops: row.macs,
        "activations": row.activations,
        "receptive_field": as_plain(row.receptive_field),
        "inputs": list(row.inputs),
        "repeat": row.repeat,
    }


def to_json(table: LayerTable, *, indent: int | None = 1) -> str:
    """The table as JSON: `key`, `input_shape`, `conventions`, `totals`, `not_counted`, `layers`."""
    totals = as_plain(table.totals)
    totals[table.conventions.ops] = totals.pop("macs")
    return json.dumps(
        {
            "key": table.key,
            "input_shape": list(table.input_shape),
            "conventions": as_plain(table.conventions),
            "totals": totals,
            "not_counted": list(table.not_counted),
            "layers": [layer_dict(row, table.conventions) for row in table.rows],
        },
        indent=indent,
    )


_CSV_COLUMNS = (
    "index", "name", "kind", "op", "in_shape", "out_shape", "kernel", "stride", "padding",
    "dilation", "groups", "weights", "biases", "params", "macs", "activations", "receptive_field",
    "field_stride", "field_exact", "field_whole", "inputs", "repeat",
)  # fmt: skip


def _csv_cell(value: Any) -> Any:
    if isinstance(value, list):
        return by(tuple(value))
    return "" if value is None else value


def to_csv(table: LayerTable) -> str:
    """The table as CSV: a header, one line a layer, and the totals in a last line named `total`."""
    conventions = table.conventions
    text = io.StringIO()
    lines = []
    for row in table.rows:
        cells = layer_dict(row, conventions)
        field = row.receptive_field
        cells["receptive_field"] = by(field.size) if field else ""
        cells["field_stride"] = by(field.stride) if field else ""
        cells["field_exact"] = str(field.exact).lower() if field else ""
        cells["field_whole"] = str(field.whole).lower() if field else ""
        cells["inputs"] = " ".join(str(index) for index in row.inputs)
        lines.append({name: _csv_cell(value) for name, value in cells.items()})
    names = [conventions.ops if name == "macs" else name for name in _CSV_COLUMNS]
    total = {
        "name": "total",
        "in_shape": by(table.input_shape),
        "weights": table.totals.weights,
        "biases": table.totals.biases,
        "params": table.totals.params,
        conventions.ops: table.totals.macs,
        "activations": table.totals.activations,
    }
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows([*lines, total])
    return text.getvalue()


def rows_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Flat rows of the same columns as CSV; None is an empty cell.

    Example:
        >>> rows_csv([{"name": "a", "value": 0.5}, {"name": "b", "value": None}])
        'name,value\\na,0.5\\nb,\\n'
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows([{name: _csv_cell(value) for name, value in row.items()} for row in rows])
    return text.getvalue()


def npy(values: npt.NDArray[np.generic]) -> bytes:
    """An array as the content of a NumPy file.

    Example:
        >>> np.load(io.BytesIO(npy(np.arange(3)))).tolist()
        [0, 1, 2]
    """
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return file.getvalue()
