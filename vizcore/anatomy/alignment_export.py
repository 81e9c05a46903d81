"""Networks side by side as CSV and as documents for `json`: totals, and the aligned layers."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from vizcore.formats.words import by
from vizcore.records.alignment import NO_MAP, Alignment, DepthStep
from vizcore.records.layers import LayerTable


def stage_text(stage: int) -> str:
    """A stage in words: what part of the picture's height and width the maps have.

    Example:
        >>> stage_text(0), stage_text(3), stage_text(NO_MAP)
        ('full size', '1/8', 'no map')
    """
    return "no map" if stage == NO_MAP else "full size" if stage == 0 else f"1/{2**stage}"


def totals(alignment: Alignment) -> list[dict[str, Any]]:
    """Each network's totals, one dictionary a network."""
    rows = []
    for place, table in enumerate(alignment.tables):
        steps = alignment.steps[place]
        last = alignment.before_whole(place)
        rows.append(
            {
                "architecture": table.key,
                "input": by(table.input_shape[1:]),
                "weighted_layers": len(steps),
                "parameters": table.totals.params,
                "multiply_adds": table.totals.macs,
                "activations": table.totals.activations,
                "memory_bytes": table.totals.memory_bytes,
                "largest_receptive_field": last and last.field,
                "receptive_field_exact": last and last.exact,
                "sees_whole_picture": steps[-1].whole,
            }
        )
    return rows


def layers(alignment: Alignment) -> list[dict[str, Any]]:
    """Every layer of every network, those that stand beside each other with one stage and place.

    The counts are of the whole step: the weighted layer and what follows it until the next.
    """
    return [
        {"stage": stage_text(line.stage), "place": line.place, **_layer(table, step)}
        for line in alignment.lines
        for table, step in zip(alignment.tables, line.steps, strict=True)
        if step is not None
    ]


def _layer(table: LayerTable, step: DepthStep) -> dict[str, Any]:
    row, rows = table.rows[step.layer], table.rows[slice(*step.rows)]
    return {
        "architecture": table.key,
        "layer": row.name,
        "operation": row.op,
        "output": by(row.out_shape[1:]),
        "parameters": sum(each.params for each in rows),
        "multiply_adds": sum(each.macs for each in rows),
        "activations": sum(each.activations for each in rows),
        "largest_receptive_field": step.field,
        "receptive_field_exact": step.exact,
        "sees_whole_picture": step.whole,
    }


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Return rows of equal columns as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def to_json(rows: list[dict[str, Any]]) -> str:
    """Return rows as a JSON list."""
    return json.dumps(rows, indent=2)
