"""The tables of the Building blocks page: every operation, and what lectures print."""

from __future__ import annotations

import re
from html import escape

from vizcore.figures.block_boxes import size_text
from vizcore.figures.block_lecture import printed_text
from vizcore.figures.numbers import exact
from vizcore.figures.wording import layer_label
from vizcore.records.blocks import BlockStudy, BlockVariant
from vizcore.records.layers import LayerRow
from vizcore.records.lectures import LectureCheck

VERDICTS = {
    "holds": "✓ holds",
    "rounds": "≈ rounds",
    "slip": "✗ slip",
    "ambiguous": "? ambiguous",
    "not-checked": "not checked",
}


def _field(row: LayerRow) -> str:
    field = row.receptive_field
    if field is None:
        return "–"
    bound = "" if field.exact else "at most "
    return "whole input" if field.whole else f"{bound}{field.size[0]}×{field.size[1]}"


def _cells(cells: tuple[str, ...], tag: str = "td") -> str:
    """One row's cells: the first two are words, the others numbers."""
    return "".join(
        f"<{tag}>{cell}</{tag}>" if place < 2 else f'<{tag} class="n">{cell}</{tag}>'
        for place, cell in enumerate(cells)
    )


def rows_html(study: BlockStudy) -> str:
    """Every operation of every variant as rows of one table, with the sums."""
    heading = ("Operation", "Module", "Output", "Receptive field, px", "Weights", "Multiply-adds")
    parts = [f"<thead><tr>{_cells(heading, 'th')}</tr></thead>"]
    for variant in study.variants:
        parts += ["<tbody>", *_variant_rows(variant, len(heading)), "</tbody>"]
    return f'<table class="cs-table cs-block-rows">{"".join(parts)}</table>'


def _variant_rows(variant: BlockVariant, columns: int) -> list[str]:
    words, totals, side = dict(variant.labels), variant.table.totals, variant.receptive_field
    lines = [
        f'<tr><th colspan="{columns}" scope="rowgroup" style="padding-top: 1.2rem">'
        f"{escape(variant.label)}: {escape(variant.formula)}</th></tr>"
    ]
    for row in variant.table.rows:
        if row.activations:
            label = escape(words.get(row.name) or layer_label(row))
            name = f"<code>{escape(row.name)}</code>"
            counts = (exact(row.params), exact(row.macs))
            cells = (label, name, size_text(row.out_shape), _field(row), *counts)
            lines.append(f"<tr>{_cells(cells)}</tr>")
    seen = f"{side}×{side}" if side else _field(variant.table.rows[-1])
    sums = ("Sum", "", size_text(variant.out_shape), seen, exact(totals.params), exact(totals.macs))
    return [*lines, f'<tr class="sum">{_cells(sums)}</tr>']


def times_signs(text: str) -> str:
    """A claim's words with the sign of the page's own numbers.

    Example:
        >>> times_signs("30x30 image, 5 filters")
        '30×30 image, 5 filters'
    """
    return re.sub(r"(?<=\d)x(?=\d)", "×", text)


def traced_text(check: LectureCheck) -> str:
    """Our value or values, as exact as they are."""
    return ", ".join(
        exact(int(value)) if value == int(value) else f"{value:.3g}" for value in check.traced
    )


def lecture_html(study: BlockStudy) -> str:
    """What lectures print, beside ours, with the verdict and the reason."""
    lines = []
    for check in study.lecture:
        claim = check.claim
        reason = check.proof or claim.note.split("also: ")[0].strip()
        cells = (
            f"<td>{escape(times_signs(claim.claim))}</td>",
            f'<td class="n">{escape(printed_text(claim))}</td>',
            f'<td class="n">{traced_text(check)}</td>',
            f'<td style="white-space: nowrap">{VERDICTS[claim.verdict]}</td>',
            f"<td>{escape(times_signs(reason))}</td>",
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    heading = (
        '<th>The number</th><th class="n">Printed</th><th class="n">Traced</th>'
        "<th>Verdict</th><th>Why</th>"
    )
    return f'<table class="cs-table"><tr>{heading}</tr>{"".join(lines)}</table>'
