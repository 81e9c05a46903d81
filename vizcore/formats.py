"""A layer table as text: for a terminal, a notebook, a paper, a spreadsheet or another program.

Every form says its totals and its conventions. Numbers are exact everywhere but in prose.
"""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from vizcore.records import ReceptiveField, Shape, as_plain
from vizcore.records_layers import Conventions, LayerRow, LayerTable, Totals


class Column(NamedTuple):
    """One column: its heading, its cell of a row, its cell of the totals, and its side."""

    heading: str
    cell: Callable[[LayerRow], str]
    total: Callable[[Totals], str]
    right: bool = True


def by(sizes: Shape | None, sign: str = "x") -> str:
    """Sizes as people write them: `3x224x224`; nothing for None.

    Example:
        >>> by((3, 224, 224), "×")
        '3×224×224'
    """
    return "" if sizes is None else sign.join(str(size) for size in sizes)


def square(sizes: Shape | None) -> str:
    """One number for equal sides: `3` for (3, 3), `1x7` for (1, 7)."""
    if sizes is None:
        return ""
    return str(sizes[0]) if len(set(sizes)) == 1 else by(sizes)


def field_text(field: ReceptiveField | None) -> str:
    """A receptive field in a cell: `212`, `≤ 75`, or `whole`.

    Example:
        >>> field_text(ReceptiveField((7, 7), (2, 2), (-3, -3), exact=False))
        '≤ 7'
    """
    if field is None:
        return ""
    if field.whole:
        return "whole"
    return ("" if field.exact else "≤ ") + square(field.size)


def ops_name(conventions: Conventions) -> str:
    """What the column of operations holds."""
    return "FLOPs" if conventions.ops == "flops" else "MACs"


def params_name(conventions: Conventions) -> str:
    """What the column of parameters holds."""
    return "parameters" if conventions.bias else "weights"


def conventions_text(conventions: Conventions) -> str:
    """The conventions in one line.

    Example:
        >>> conventions_text(Conventions())
        'batch 1, float32, multiply-adds (MACs), biases counted, forward memory'
    """
    ops = "FLOPs (2 per multiply-add)" if conventions.ops == "flops" else "multiply-adds (MACs)"
    biases = "biases counted" if conventions.bias else "biases not counted"
    return (
        f"batch {conventions.batch}, {conventions.dtype}, {ops}, {biases}, "
        f"{conventions.memory} memory"
    )


def totals_text(table: LayerTable) -> tuple[str, ...]:
    """The totals in words, one line each."""
    totals, conventions = table.totals, table.conventions
    memory = "one forward pass" if conventions.memory == "forward" else "one training step"
    return (
        f"{params_name(conventions)}: {totals.params:,} ({megabytes(totals.param_bytes)})",
        f"{ops_name(conventions)}: {totals.macs:,}",
        f"activations: {totals.activations:,} values ({megabytes(totals.activation_bytes)}), "
        f"and {totals.input_values:,} of the input",
        f"memory of {memory}: {megabytes(totals.memory_bytes)}",
    )


def megabytes(count: int) -> str:
    """Bytes in megabytes of a million.

    Example:
        >>> megabytes(60_950_432)
        '61.0 MB'
    """
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _columns(conventions: Conventions) -> tuple[Column, ...]:
    return (
        Column("#", lambda row: str(row.index), lambda totals: ""),
        Column("layer", lambda row: row.name, lambda totals: "total", right=False),
        Column("operation", lambda row: row.op, lambda totals: "", right=False),
        Column("output", lambda row: by(row.out_shape), lambda totals: ""),
        Column("kernel", lambda row: square(row.kernel), lambda totals: ""),
        Column("stride", lambda row: square(row.stride), lambda totals: ""),
        Column(
            params_name(conventions),
            lambda row: f"{row.params:,}",
            lambda totals: f"{totals.params:,}",
        ),
        Column(
            ops_name(conventions), lambda row: f"{row.macs:,}", lambda totals: f"{totals.macs:,}"
        ),
        Column(
            "activations",
            lambda row: f"{row.activations:,}",
            lambda totals: f"{totals.activations:,}",
        ),
        Column("field", lambda row: field_text(row.receptive_field), lambda totals: ""),
    )


def _heading(table: LayerTable) -> str:
    return f"{table.key}, input {by(table.input_shape)}: {conventions_text(table.conventions)}"


def _cells(table: LayerTable, columns: Iterable[Column]) -> list[list[str]]:
    columns = tuple(columns)
    body = [[column.cell(row) for column in columns] for row in table.rows]
    return [*body, [column.total(table.totals) for column in columns]]


def table_text(table: LayerTable) -> str:
    """The table for a terminal: aligned columns, totals, and what is not counted."""
    columns = _columns(table.conventions)
    grid = [[column.heading for column in columns], *_cells(table, columns)]
    widths = [max(len(line[i]) for line in grid) for i in range(len(columns))]

    def line(cells: list[str]) -> str:
        placed = (
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(cells, widths, columns, strict=True)
        )
        return "  ".join(placed).rstrip()

    rule = "─" * (sum(widths) + 2 * len(widths) - 2)
    lines = [_heading(table), rule, line(grid[0]), rule]
    lines += [line(cells) for cells in grid[1:-1]]
    lines += [rule, line(grid[-1]), rule, *totals_text(table)]
    lines += [f"Not counted: {sentence}" for sentence in table.not_counted]
    return "\n".join(lines)


def table_html(table: LayerTable) -> str:
    """The table for a notebook: one `<table>`, scrolling in a box of its own."""
    columns = _columns(table.conventions)
    cells = _cells(table, columns)

    def line(texts: list[str], tag: str = "td") -> str:
        parts = (
            f'<{tag} style="text-align:{"right" if column.right else "left"}">'
            f"{html.escape(text)}</{tag}>"
            for text, column in zip(texts, columns, strict=True)
        )
        return f"<tr>{''.join(parts)}</tr>"

    head = line([column.heading for column in columns], "th")
    body = "".join(line(texts) for texts in cells[:-1])
    notes = "<br>".join(html.escape(text) for text in totals_text(table))
    return (
        '<div style="max-height:32em;overflow:auto"><table>'
        f"<caption>{html.escape(_heading(table))}</caption>"
        f"<thead>{head}</thead><tbody>{body}</tbody>"
        f"<tfoot>{line(cells[-1], 'th')}</tfoot></table></div><p>{notes}</p>"
    )


def to_markdown(table: LayerTable) -> str:
    """The table in GitHub's Markdown."""
    columns = _columns(table.conventions)

    def line(texts: list[str]) -> str:
        return "| " + " | ".join(text.replace("|", r"\|") for text in texts) + " |"

    cells = _cells(table, columns)
    cells[-1] = [f"**{text}**" if text else "" for text in cells[-1]]
    lines = [
        _heading(table),
        "",
        line([column.heading for column in columns]),
        "|" + "|".join("---:" if column.right else "---" for column in columns) + "|",
        *(line(texts) for texts in cells),
        "",
        *(f"- {text}" for text in totals_text(table)),
    ]
    return "\n".join(lines) + "\n"


_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "$": r"\$",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "≤": r"$\leq$",
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


def to_latex(table: LayerTable) -> str:
    """The table as a LaTeX `longtable` with `booktabs` rules."""
    columns = _columns(table.conventions)

    def line(texts: list[str]) -> str:
        return " & ".join(_latex(text) for text in texts) + r" \\"

    cells = _cells(table, columns)
    layout = "".join("r" if column.right else "l" for column in columns)
    lines = [
        r"% needs \usepackage{booktabs,longtable}",
        rf"\begin{{longtable}}{{{layout}}}",
        rf"\caption{{{_latex(_heading(table))}}}\\",
        r"\toprule",
        line([column.heading for column in columns]),
        r"\midrule",
        r"\endhead",
        *(line(texts) for texts in cells[:-1]),
        r"\midrule",
        line(cells[-1]),
        r"\bottomrule",
        r"\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


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
