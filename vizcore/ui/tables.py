"""Layer tables on the screen: the data frame, its columns, and the line of totals."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore.figures.depth import columns
from vizcore.figures.numbers import exact, short, short_bytes
from vizcore.figures.palette import KIND_COLOURS, KIND_NAMES, badge
from vizcore.formats.forms import FORMS
from vizcore.records import Pair, Shape
from vizcore.records.layers import DTYPE_BYTES, KINDS, LayerRow, LayerTable
from vizcore.ui.room import Download

if TYPE_CHECKING:
    import pandas as pd


def shape_text(shape: Shape) -> str:
    """A shape as people write it.

    Example:
        >>> shape_text((1, 64, 112, 112))
        '1 × 64 × 112 × 112'
    """
    return " × ".join(map(str, shape))


def _pair(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"


def window_text(row: LayerRow) -> str:
    """Kernel, stride, padding, dilation and groups in short: "3×3, stride 2, pad 1, 32 groups"."""
    if row.kernel is None:
        return ""
    parts = [f"{row.kernel[0]}×{row.kernel[1]}"]
    if row.stride not in (None, (1, 1)):
        parts.append(f"stride {_pair(row.stride)}")
    if row.padding not in (None, (0, 0)):
        parts.append(f"pad {_pair(row.padding)}")
    if row.dilation not in (None, (1, 1)):
        parts.append(f"dilation {_pair(row.dilation)}")
    if row.groups not in (None, 1):
        parts.append(f"{row.groups} groups")
    return ", ".join(parts)


def field_text(row: LayerRow) -> str:
    """The receptive field in short: "11×11, step 4"; "at most" marks an upper bound."""
    field = row.receptive_field
    if field is None:
        return "–"
    if field.whole:
        return "whole picture"
    size = f"{field.size[0]}×{field.size[1]}, step {_pair(field.stride)}"
    return size if field.exact else f"at most {size}"


def table_files(stem: str, table: LayerTable) -> tuple[Download, ...]:
    """A layer table as four files: for a spreadsheet, a page, a paper, another program."""
    kinds = (
        ("CSV", "csv", "csv", "text/csv"),
        ("Markdown", "markdown", "md", "text/markdown"),
        ("LaTeX", "latex", "tex", "text/x-tex"),
        ("JSON", "json", "json", "application/json"),
    )
    return tuple(
        Download(f"Table, {name}", f"{stem}.{ending}", mime, partial(FORMS[form], table))
        for name, form, ending, mime in kinds
    )


def frame_of(table: LayerTable) -> pd.DataFrame:
    """The rows of a layer table as a data frame, in the table's conventions."""
    import pandas as pd

    memory, params, work = columns(table)
    width = DTYPE_BYTES[table.conventions.dtype]
    return pd.DataFrame(
        {
            "layer": [row.name for row in table],
            "kind": [[KIND_NAMES[row.kind]] for row in table],
            "window": [window_text(row) for row in table],
            "output": [shape_text(row.out_shape) for row in table],
            "activations": [memory.read(row) for row in table],
            "parameters": [params.read(row) for row in table],
            "work": [work.read(row) for row in table],
            "receptive field": [field_text(row) for row in table],
            "operation": [row.op for row in table],
            "input": [shape_text(row.in_shape) for row in table],
            "bytes": [short_bytes(row.activations * width) for row in table],
            "weights": [row.weights for row in table],
            "biases": [row.biases for row in table],
        }
    )


def column_config(table: LayerTable) -> dict[str, Any]:
    """How the data frame's columns look: coloured kinds, bars behind the three quantities."""
    config = st.column_config

    def bars(label: str, values: list[int], help: str) -> Any:
        return config.ProgressColumn(
            label, help=help, format="localized", min_value=0, max_value=max([*values, 1])
        )

    memory, params, work = columns(table)
    return {
        "layer": config.TextColumn("Layer", pinned=True, width=150, help="torch's dotted name"),
        "kind": config.MultiselectColumn(
            "Kind",
            options=[KIND_NAMES[kind] for kind in KINDS],
            color=[badge(KIND_COLOURS[kind]) for kind in KINDS],
        ),
        "operation": "Operation",
        "window": config.TextColumn(
            "Kernel", width=130, help="kernel, stride, padding, dilation, groups"
        ),
        "input": config.TextColumn("Input", help="batch × channels × height × width"),
        "output": config.TextColumn("Output", help="batch × channels × height × width"),
        "activations": bars(
            "Activations",
            [memory.read(row) for row in table],
            "Values in the output. 0 where the output is only another view of the input.",
        ),
        "bytes": config.TextColumn("Memory", help=f"of the output, as {table.conventions.dtype}"),
        "parameters": bars(
            "Parameters",
            [params.read(row) for row in table],
            "Weights and biases" if table.conventions.bias else "Weights only, without biases",
        ),
        "weights": config.NumberColumn("Weights", format="localized"),
        "biases": config.NumberColumn("Biases", format="localized"),
        "work": bars(
            "FLOPs" if table.conventions.ops == "flops" else "Multiply-adds",
            [work.read(row) for row in table],
            "Convolutions, fully connected layers and attention; the whole batch",
        ),
        "receptive field": config.TextColumn(
            "Receptive field",
            help="The square of input pixels one value can see, and how far it moves from one "
            "value to the next. 'At most' marks an upper bound.",
        ),
    }


def totals_line(table: LayerTable) -> str:
    """The totals in one line of HTML, exact numbers on hover."""
    totals, conventions = table.totals, table.conventions
    work = "FLOPs" if conventions.ops == "flops" else "multiply-adds"

    def figure(value: int, what: str) -> str:
        return f'<b title="{exact(value)}">{short(value)}</b> {what}'

    return " · ".join(
        [
            figure(totals.params, "parameters" if conventions.bias else "weights, no biases"),
            figure(totals.macs, work),
            figure(totals.activations, "activation values"),
            f'<b title="{exact(totals.memory_bytes)} bytes">{short_bytes(totals.memory_bytes)}</b> '
            + ("to train" if conventions.memory == "training" else "for one forward pass"),
        ]
    )
