"""A block's operations as boxes with words in them: from the traced rows, no place yet.

ReLUs are written into the box they belong to, before or after, and views vanish. Of a long chain
of layers alike, the first and the last become boxes, and one box stands for those between.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from vizcore.figures.numbers import exact, short
from vizcore.figures.wording import layer_label, op_text
from vizcore.formats.words import counted
from vizcore.records.blocks import BlockVariant
from vizcore.records.layers import Kind, LayerRow

INPUT = -1
LINE_PX, JOIN_PX = 21, 38
#: Widths in lanes: of a branch's boxes, and of those that have the width to themselves.
BOX_LANES, WIDE_LANES = 0.92, 1.84
#: Letters that fit into a line of a box: with four branches, with two, alone.
BOX_LETTERS, PAIR_LETTERS, WIDE_LETTERS = 13, 18, 26


@dataclass(slots=True)
class Box:
    """One operation: its text, its colour's kind, and its place (centre across, top down).

    `before` and `after` are the activations in front of it and behind it; `folds` the rows that a
    box without a kind stands for.
    """

    key: int
    kind: Kind | None
    label: str
    size: str
    macs: int
    hover: str
    inputs: list[int] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    folds: tuple[int, ...] = ()
    lines: list[str] = field(default_factory=list)
    rank: int = 0
    x: float = 0.0
    top: float = 0.0
    height: float = 0.0
    width: float = BOX_LANES

    @property
    def bottom(self) -> float:
        """The lower edge, pixels from the top."""
        return self.top + self.height

    @property
    def is_join(self) -> bool:
        """Whether several branches end here."""
        return len(self.inputs) > 1

    @property
    def has_meter(self) -> bool:
        """Whether its costs are drawn: those of one operation."""
        return bool(self.macs) and self.kind is not None and not self.is_join


def size_text(shape: tuple[int, ...]) -> str:
    """Write one picture's shape without blanks, to fit a box.

    Example:
        >>> size_text((1, 192, 28, 28))
        '192×28×28'
    """
    return "×".join(map(str, shape[1:]))


def _hover(row: LayerRow, label: str) -> str:
    shapes = f"{size_text(row.in_shape)} → {size_text(row.out_shape)}"
    costs = f"{exact(row.macs)} multiply-adds<br>{exact(row.params)} weights"
    return f"<b>{row.name}</b>: {label}<br>{shapes}<br>{costs}<br>{exact(row.activations)} values"


def boxes_of(variant: BlockVariant, folded: Mapping[int, int]) -> dict[int, Box]:
    """Fold activations and views into their neighbours; every other row is a box.

    `folded` gives, for rows between the first and the last of a chain, the last row between.
    """
    rows = {row.index: row for row in variant.table.rows}
    readers: dict[int, int] = defaultdict(int)
    for row in rows.values():
        for source in row.inputs:
            readers[source] += 1
    words = dict(variant.labels)
    size = size_text(variant.table.input_shape)
    boxes = {INPUT: Box(INPUT, None, "input", size, 0, "The block's input")}
    stands_for = {INPUT: INPUT, **folded}
    before: dict[int, list[str]] = {}
    for index, row in rows.items():
        if index in folded:
            if index == folded[index]:
                boxes[index] = _fold([rows[one] for one in folded], stands_for)
            continue
        sources = [stands_for[source] for source in row.inputs]
        source = sources[0]
        if len(sources) == 1 and (row.activations == 0 or row.kind == "activation"):
            stands_for[index] = source
            if row.kind == "activation" and readers[row.inputs[0]] == 1 and source != INPUT:
                boxes[source].after.append(op_text(row.op))
            elif row.kind == "activation":
                before[index] = [op_text(row.op)]
            continue
        label = words.get(row.name) or layer_label(row)
        hover = _hover(row, label)
        size = size_text(row.out_shape)
        boxes[index] = Box(index, row.kind, label, size, row.macs, hover, sources)
        boxes[index].before = before.pop(row.inputs[0], [])
        stands_for[index] = index
    boxes[stands_for[variant.table.rows[-1].index]].size = size_text(variant.out_shape)
    return boxes


def _fold(between: list[LayerRow], stands_for: Mapping[int, int]) -> Box:
    """One box for the layers between the first and the last of a chain."""
    first, last = between[0], between[-1]
    count = len({_unit(row) for row in between})
    label = counted(count, "more layer")
    macs, params = sum(row.macs for row in between), sum(row.params for row in between)
    hover = f"<b>{label}</b> of the same form<br>{exact(macs)} multiply-adds"
    return Box(
        key=last.index,
        kind=None,
        label=label,
        size=size_text(last.out_shape),
        macs=macs,
        hover=f"{hover}<br>{exact(params)} weights",
        inputs=[stands_for[first.inputs[0]]],
        folds=tuple(row.index for row in between),
    )


def _unit(row: LayerRow) -> int | None:
    """The number in a row's name: 2 of `layer2.cat`, `conv2` and `relu2`; None without one."""
    found = re.match(r"[a-z_]+(\d+)(?:\.|$)", row.name)
    return int(found[1]) if found else None


def between(variant: BlockVariant) -> dict[int, int]:
    """The rows between the first and the last layer of a chain, and the last of these rows."""
    units = {row.index: _unit(row) for row in variant.table.rows}
    last = max((unit for unit in units.values() if unit is not None), default=0)
    between = [index for index, unit in units.items() if unit is not None and 1 < unit < last]
    return dict.fromkeys(between, between[-1]) if between else {}


def is_chain(boxes: Mapping[int, Box]) -> bool:
    """Whether nothing stands beside anything."""
    return len({box.x for box in boxes.values()}) == 1


def write(boxes: dict[int, Box]) -> None:
    """Put the words into lines, and give every box its size."""
    chain = is_chain(boxes)
    letters = PAIR_LETTERS if len({box.x for box in boxes.values()}) <= 3 else BOX_LETTERS
    for box in boxes.values():
        costs = f"{short(box.macs)} MAC" + ("" if box.macs == 1 else "s") if box.macs else ""
        if box.is_join or box.key == INPUT:
            box.lines = [", ".join([f"<b>{box.label}</b>", box.size, *box.after])]
            box.height, box.width = JOIN_PX, WIDE_LANES
            continue
        label = box.label
        if chain:
            box.width = WIDE_LANES
            words = [*box.before, f"<b>{label}</b>", *box.after]
            fits = len(", ".join(words)) - 7 <= WIDE_LETTERS
            box.lines = [", ".join(words)] if fits else words
            box.lines.append(", ".join(filter(None, (box.size, costs))))
        else:
            if len(label) > letters:
                label = ",<br>".join(label.rsplit(", ", 1))
            box.lines = [*box.before, f"<b>{label}</b>", box.size, *filter(None, [costs])]
            box.lines += box.after
        count = sum(line.count("<br>") + 1 for line in box.lines)
        box.height = LINE_PX * count + (22 if box.has_meter else 14)
