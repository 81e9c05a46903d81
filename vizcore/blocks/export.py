"""A block study as text for a terminal, as CSV and as a document for `json`."""

from __future__ import annotations

import csv
import io
from typing import Any

from vizcore.figures.wording import layer_label
from vizcore.formats.words import by, field_text
from vizcore.records import as_plain
from vizcore.records.blocks import BlockStudy, BlockVariant
from vizcore.records.layers import LayerRow
from vizcore.records.lectures import LectureCheck

ROW_FIELDS = (
    "name",
    "kind",
    "op",
    "in_shape",
    "out_shape",
    "kernel",
    "stride",
    "padding",
    "dilation",
    "groups",
    "params",
    "macs",
    "activations",
    "receptive_field",
    "inputs",
    "arithmetic",
)


def _row_document(row: LayerRow) -> dict[str, Any]:
    return {field: as_plain(getattr(row, field)) for field in ROW_FIELDS}


def _variant_document(variant: BlockVariant) -> dict[str, Any]:
    totals = variant.table.totals
    return {
        "label": variant.label,
        "macs": totals.macs,
        "params": totals.params,
        "activations": totals.activations,
        "receptive_field": variant.receptive_field,
        "in_shape": list(variant.table.input_shape),
        "out_shape": list(variant.out_shape),
        "formula": variant.formula,
        "rows": [_row_document(row) for row in variant.table.rows],
    }


def _lecture_document(check: LectureCheck) -> dict[str, Any]:
    claim = check.claim
    return {
        "deck": claim.deck,
        "claim": claim.claim,
        "stated": claim.stated,
        "stated_value": claim.stated_value,
        "traced": list(check.traced),
        "verdict": claim.verdict,
        "proof": check.proof,
        "note": claim.note,
    }


def to_document(study: BlockStudy) -> dict[str, Any]:
    """Return the study as dictionaries: one key a variant, then "lecture", "knobs" and the rest.

    A variant has "macs", "params", "activations", ... and "rows"; "lecture" is keyed by claim.
    """
    return {
        "name": study.name,
        "title": study.title,
        "question": study.question,
        "answer": study.answer,
        "knobs": {knob.name: knob.value for knob in study.knobs},
        **{variant.name: _variant_document(variant) for variant in study.variants},
        "quantity": study.quantity,
        "compared": list(study.compared),
        "ratio": study.ratio,
        "formula": list(study.formula),
        "lecture": {check.claim.id: _lecture_document(check) for check in study.lecture},
        "notes": list(study.notes),
        "sources": list(study.sources),
    }


def to_csv(study: BlockStudy) -> str:
    """Return every row of every variant as CSV, each variant's totals in a row named `total`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        (
            *("variant", "name", "operation", "output", "receptive_field"),
            *("weights", "multiply_adds", "activations"),
        )
    )
    for variant in study.variants:
        words = dict(variant.labels)
        for row in variant.table.rows:
            label = words.get(row.name) or layer_label(row)
            shape, field = by(row.out_shape[1:]), field_text(row.receptive_field)
            counts = (row.params, row.macs, row.activations)
            writer.writerow((variant.name, row.name, label, shape, field, *counts))
        totals = variant.table.totals
        counts = (totals.params, totals.macs, totals.activations)
        writer.writerow((variant.name, "total", "", by(variant.out_shape[1:]), "", *counts))
    return text.getvalue()


def _align(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns two blanks apart: the first left, numbers right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _variant_text(variant: BlockVariant) -> list[str]:
    words = dict(variant.labels)
    heading = ("name", "operation", "output", "weights", "multiply-adds", "values")
    rows = [
        (
            row.name,
            words.get(row.name) or layer_label(row),
            "x".join(map(str, row.out_shape[1:])),
            f"{row.params:,}",
            f"{row.macs:,}",
            f"{row.activations:,}",
        )
        for row in variant.table.rows
    ]
    totals = variant.table.totals
    last = (
        "total",
        "",
        "x".join(map(str, variant.out_shape[1:])),
        f"{totals.params:,}",
        f"{totals.macs:,}",
        f"{totals.activations:,}",
    )
    lines = _align([heading, *rows, last])
    return [variant.label, variant.formula, *(f"  {line}" for line in lines)]


def _lecture_text(check: LectureCheck) -> str:
    claim = check.claim
    traced = ", ".join(f"{value:,.4g}" if value % 1 else f"{value:,.0f}" for value in check.traced)
    return (
        f"  {claim.claim}: stated {claim.stated}; traced {traced} ({claim.verdict}, "
        f"{claim.deck}). {check.proof}".rstrip()
    )


def to_text(study: BlockStudy) -> str:
    """Return the study for a terminal: the answer, a table a variant, what lectures print."""
    knobs = ", ".join(f"{knob.name}={knob.value}" for knob in study.knobs)
    parts = [f"{study.title}: {study.question}", study.answer, "", f"knobs: {knobs}", ""]
    for variant in study.variants:
        parts += [*_variant_text(variant), ""]
    parts += ["In words:", *(f"  {line}" for line in (*study.formula, *study.notes)), ""]
    if study.lecture:
        parts += ["In lectures:", *(_lecture_text(check) for check in study.lecture), ""]
    parts += ["Sources:", *(f"  {source}" for source in study.sources)]
    return "\n".join(parts)
