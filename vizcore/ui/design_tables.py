"""The tables of the Design page: the totals before and after, and the layers row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from vizcore.anatomy.difference import RowChange
from vizcore.figures.depth import columns
from vizcore.figures.numbers import exact, percent, short, short_bytes
from vizcore.records.layers import DTYPE_BYTES, LayerRow, LayerTable
from vizcore.ui.tables import field_text, shape_text, window_text

MARKS = {"same": "", "changed": "≠ changed", "removed": "− removed", "added": "+ added"}
ROWS = {"layers": "Layers", "all": "Every operation", "changed": "Only what changed"}
_IMPLIED = ("Dropout", "Flatten", "Identity")


def change_text(before: int, after: int) -> str:
    """A change as people say it.

    Example:
        >>> change_text(200, 50), change_text(50, 120), change_text(7, 7), change_text(50, 56)
        ('75% fewer', '2.40 times as many', 'the same', '12% more')
    """
    if before == after:
        return "the same"
    if not before:
        return f"{short(after)} more"
    ratio = after / before
    if ratio >= 2:
        return f"{short(ratio)} times as many"
    return f"{percent(abs(1 - ratio))} {'fewer' if ratio < 1 else 'more'}"


@dataclass(frozen=True, slots=True)
class Total:
    """One line of the totals: what it is, before and after, as counts."""

    label: str
    before: int
    after: int
    unit: str = ""

    def shown(self, value: int) -> str:
        """A value with its exact number on hover."""
        text = short_bytes(value) if self.unit == "bytes" else short(value)
        return f'<span title="{exact(value)} {self.unit}">{text}</span>'


def totals(before: LayerTable, after: LayerTable) -> list[Total]:
    """The totals of two tables, in their conventions."""
    old, new = before.totals, after.totals
    work = "FLOPs" if after.conventions.ops == "flops" else "Multiply-adds"
    training = after.conventions.memory == "training"
    return [
        Total("Parameters", old.params, new.params),
        Total(work, old.macs, new.macs),
        Total("Activation values", old.activations, new.activations),
        Total(
            "Memory to train" if training else "Memory, forward",
            old.memory_bytes,
            new.memory_bytes,
            "bytes",
        ),
        Total("Weighted layers", weighted(before), weighted(after)),
    ]


def weighted(table: LayerTable) -> int:
    """How many convolutions and fully connected layers a network has."""
    return sum(row.kind in ("conv", "linear") for row in table)


def last_field(table: LayerTable) -> str:
    """The receptive field of the last map whose values do not all see the whole picture."""
    rows = [row for row in table if row.receptive_field and not row.receptive_field.whole]
    if not rows or rows[-1].receptive_field is None:
        return "–"
    height, width = rows[-1].receptive_field.size
    return f"{height}×{width}"


def totals_html(before: LayerTable, after: LayerTable) -> str:
    """The totals as a table: the original, and where they differ this network and the change."""
    differs = before.rows != after.rows
    lines = []
    for total in totals(before, after):
        change = change_text(total.before, total.after)
        if total.unit == "bytes":
            change = change.replace("fewer", "less").replace("as many", "as much")
        lines.append((total.label, total.shown(total.before), total.shown(total.after), change))
    old, new = last_field(before), last_field(after)
    lines.append(("Receptive field, px", old, new, "the same" if old == new else ""))
    if not differs:
        head = '<td></td><th class="n">Original</th>'
        body = [f'<td>{label}</td><td class="n">{was}</td>' for label, was, _, _ in lines]
    else:
        head = '<td></td><th class="n">Original</th><th class="n">Yours</th><th>Change</th>'
        body = [
            f'<td>{label}</td><td class="n">{was}</td><td class="n"><b>{now}</b></td>'
            f"<td>{change}</td>"
            for label, was, now, change in lines
        ]
    rows = "".join(f"<tr>{row}</tr>" for row in (head, *body))
    return f'<table class="cs-table cs-design-totals">{rows}</table>'


def chosen(changes: Sequence[RowChange], rows: str) -> list[RowChange]:
    """The rows to show: without ReLUs and dropout, all, or only those that differ."""
    if rows == "all":
        return list(changes)
    plain = [
        each for each in changes if each.row.kind != "activation" and each.row.op not in _IMPLIED
    ]
    return plain if rows == "layers" else [each for each in plain if each.change != "same"]


def rows_html(
    changes: Sequence[RowChange],
    before: LayerTable,
    after: LayerTable,
    words: tuple[dict[str, str], dict[str, str]],
) -> str:
    """The layers as a table; where a number changed, the old one stands before the new one.

    Args:
        words: the notation of each module, by its name, before and after.
    """
    memory, params, work = columns(after)
    width = DTYPE_BYTES[after.conventions.dtype]
    differs = any(each.change != "same" for each in changes)
    readers: list[Callable[[LayerRow], str]] = [
        lambda row: shape_text(row.out_shape[1:]),
        lambda row: _count(memory.read(row)),
        lambda row: short_bytes(row.activations * width),
        lambda row: _count(params.read(row)),
        lambda row: _count(work.read(row)),
        field_text,
    ]
    work_name = "FLOPs" if after.conventions.ops == "flops" else "Multiply-adds"
    titles = ["Output", "Values", "Memory", "Parameters", work_name, "Receptive field"]
    head = ("<td></td>" if differs else "") + "<th>Layer</th><th>Operation</th>"
    head += "".join(f'<th class="n">{title}</th>' for title in titles)
    lines = [f"<tr>{head}</tr>"]
    for each in changes:
        cells = f'<td class="mark">{MARKS[each.change]}</td>' if differs else ""
        cells += _name(each, words) + "".join(
            f'<td class="n">{_both(each, read)}</td>' for read in readers
        )
        lines.append(f'<tr class="{each.change}">{cells}</tr>')
    lines.append(_sums(before, after, differs))
    rows = "".join(lines)
    return f'<div class="cs-wide"><table class="cs-table cs-design-rows">{rows}</table></div>'


def _count(value: int) -> str:
    return f'<span title="{exact(value)}">{short(value)}</span>'


def _name(each: RowChange, words: tuple[dict[str, str], dict[str, str]]) -> str:
    row = each.row
    name = escape(row.name)
    if each.before and each.after and each.before.name != each.after.name:
        name = f"{name} <s>{escape(each.before.name)}</s>"
    operation = words[each.after is not None].get(row.name, "")
    text = f"<code>{escape(operation)}</code>" if operation else escape(_operation(row))
    return f"<td><code>{name}</code></td><td>{text}</td>"


def _operation(row: LayerRow) -> str:
    window = window_text(row)
    return f"{row.op} {window}" if window else row.op


def _both(each: RowChange, read: Callable[[LayerRow], str]) -> str:
    now = read(each.row)
    if each.before and each.after and read(each.before) != now:
        return f"<s>{read(each.before)}</s> <b>{now}</b>"
    return now


def _sums(before: LayerTable, after: LayerTable, differs: bool) -> str:
    old, new = before.totals, after.totals
    cells = ["<td></td>"] * (3 if differs else 2) + ["<td></td>"]
    cells[1 if differs else 0] = "<td>All rows</td>"
    pairs = [
        (_count(old.activations), _count(new.activations)),
        (short_bytes(old.activation_bytes), short_bytes(new.activation_bytes)),
        (_count(old.params), _count(new.params)),
        (_count(old.macs), _count(new.macs)),
    ]
    for was, now in pairs:
        cells.append(f'<td class="n">{now if was == now else f"<s>{was}</s> {now}"}</td>')
    return f'<tr class="sum">{"".join(cells)}<td></td></tr>'
