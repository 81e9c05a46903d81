"""The tables of the Compare page: totals, sums by stage, and the layers beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from vizcore.anatomy.alignment import map_size
from vizcore.figures.compare_bars import column_of, stage_label
from vizcore.figures.compare_fields import words
from vizcore.figures.numbers import exact, percent, short, short_bytes
from vizcore.figures.wording import layer_label
from vizcore.formats.words import by
from vizcore.records.alignment import Alignment, DepthStep
from vizcore.records.layers import LayerTable

if TYPE_CHECKING:
    import pandas as pd


def ratio_text(value: float, to: float) -> str:
    """How many times as much: two digits, three from 100 on.

    Example:
        >>> ratio_text(15_470_264_320, 4_089_184_256), ratio_text(1, 4), ratio_text(340, 1)
        ('3.8', '0.25', '340')
        >>> ratio_text(2_829_238_912, 325_680), ratio_text(138_357_544, 3_504_872)
        ('8,690', '39')
    """
    ratio = value / to if to else float("inf")
    if ratio == float("inf"):
        return "∞"
    if ratio >= 99.5:
        return f"{float(f'{ratio:.3g}'):,.0f}"
    if ratio >= 9.95:
        return f"{ratio:.0f}"  # rounded once: 39.48 is 39, not 39.5 and then 40
    return f"{ratio:.1f}" if ratio >= 0.995 else f"{ratio:.2g}"


def lightest(alignment: Alignment) -> int:
    """The place of the network with the fewest multiply-adds: what the others are measured in."""
    return min(range(len(alignment.tables)), key=lambda place: alignment.tables[place].totals.macs)


def _number(text: str, hover: str, times: str = "") -> str:
    small = f' <small style="opacity: 0.72">{times} ×</small>' if times else ""
    return f'<td class="n" title="{hover}" style="white-space: nowrap">{text}{small}</td>'


def totals_html(alignment: Alignment, names: Sequence[str]) -> str:
    """One row a network; beside each number, how many times the lightest network's it is."""
    base = lightest(alignment)
    least = alignment.tables[base].totals
    lines = []
    for place, (table, steps, name) in enumerate(
        zip(alignment.tables, alignment.steps, names, strict=True)
    ):
        totals = table.totals
        counts = "".join(
            _number(
                short(value),
                f"{exact(value)} {unit}",
                "" if place == base else ratio_text(value, to),
            )
            for value, to, unit in (
                (totals.macs, least.macs, "multiply-adds"),
                (totals.params, least.params, "parameters"),
                (totals.activations, least.activations, "values"),
            )
        )
        lines.append(
            f"<tr><td><b>{escape(name)}</b></td>"
            f'<td style="white-space: nowrap">{by(table.input_shape[1:], "×")}</td>'
            f'<td class="n">{len(steps)}</td>{counts}'
            f"{_number(short_bytes(totals.memory_bytes), f'{exact(totals.memory_bytes)} bytes')}"
            f"<td>{_field_words(alignment, place)}</td></tr>"
        )
    heading = (
        '<th>Network</th><th>Picture</th><th class="n">Weighted layers</th>'
        '<th class="n">Multiply-adds</th><th class="n">Parameters</th>'
        '<th class="n">Activation values</th><th class="n">Memory, float32</th>'
        "<th>Largest receptive field</th>"
    )
    return f'<table class="cs-table"><tr>{heading}</tr>{"".join(lines)}</table>'


def _field_words(alignment: Alignment, place: int) -> str:
    """The largest receptive field before one value sees the whole picture."""
    before = alignment.before_whole(place)
    whole = alignment.steps[place][-1].whole
    if before is None:
        return "the whole picture at once"
    return words(before) + (", then whole" if whole else "")


def stages_html(alignment: Alignment, names: Sequence[str], quantity: str) -> str:
    """One row a stage; for each network its map, its weighted layers and its quantity there."""
    unit = column_of(alignment.tables[0], quantity).unit.capitalize()
    first = "".join(
        f'<th colspan="3" scope="colgroup" style="{_RULE}">{escape(name)}</th>' for name in names
    )
    second = (
        f'<th style="{_RULE}">Map</th><th class="n">Layers</th><th class="n">{unit}</th>'
    ) * len(names)
    lines = [
        f'<tr><td style="white-space: nowrap">{stage_label(stage)}</td>'
        + "".join(_stage_cells(alignment, place, stage, quantity) for place in range(len(names)))
        + "</tr>"
        for stage in alignment.stages
    ]
    return (
        '<div style="overflow-x: auto"><table class="cs-table">'
        f'<tr><th rowspan="2">Stage</th>{first}</tr><tr>{second}</tr>{"".join(lines)}</table></div>'
    )


_RULE = "padding-left: 0.9rem"


def _stage_cells(alignment: Alignment, place: int, stage: int, quantity: str) -> str:
    table = alignment.tables[place]
    column = column_of(table, quantity)
    steps = [step for step in alignment.steps[place] if step.stage == stage]
    if not steps:
        return f'<td style="{_RULE}">–</td>' + '<td class="n"></td>' * 2
    value = sum(column.read(row) for step in steps for row in table.rows[slice(*step.rows)])
    total = sum(map(column.read, table.rows)) or 1
    share = f' <small style="opacity: 0.72">{percent(value / total)}</small>'
    return (
        f'<td style="{_RULE}; white-space: nowrap">{_map_text(table, steps[-1])}</td>'
        f'<td class="n">{len(steps)}</td>{_number(short(value) + share, exact(value))}'
    )


def _map_text(table: LayerTable, step: DepthStep) -> str:
    size = map_size(table.rows[step.layer])
    return by(size, "×") if size else "–"


def frame_of(alignment: Alignment, names: Sequence[str], quantity: str) -> pd.DataFrame:
    """The layers beside each other: for each network what the layer is, its quantity, what it sees.

    The quantity is the whole step's: the weighted layer and what follows it until the next.
    """
    import pandas as pd

    frame = pd.DataFrame(
        {
            "stage": [stage_label(line.stage) for line in alignment.lines],
            "place": [line.place for line in alignment.lines],
        }
    )
    for place, (table, name) in enumerate(zip(alignment.tables, names, strict=True)):
        column = column_of(table, quantity)
        steps = [line.steps[place] for line in alignment.lines]
        frame[name] = [layer_label(table.rows[s.layer]) if s else "" for s in steps]
        frame[f"{name}: {column.unit}"] = pd.array(
            [sum(map(column.read, table.rows[slice(*s.rows)])) if s else None for s in steps],
            dtype="Int64",
        )
        frame[f"{name}: sees"] = [words(s) if s else "" for s in steps]
    return frame
