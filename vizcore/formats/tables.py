"""A layer table for people: in a terminal, a notebook, Markdown or a paper."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import NamedTuple

from vizcore.formats.words import (
    by,
    conventions_text,
    field_text,
    ops_name,
    params_name,
    square,
    totals_text,
)
from vizcore.records.layers import Conventions, LayerRow, LayerTable, Totals


class Column(NamedTuple):
    """One column: its heading, its cell of a row, its cell of the totals, and its side."""

    heading: str
    cell: Callable[[LayerRow], str]
    total: Callable[[Totals], str]
    right: bool = True


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
