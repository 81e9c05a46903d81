"""Where a block's boxes and arrows go: from the traced rows to positions, nothing drawn yet.

Across, positions count lanes (one branch is one lane wide, lane 0 in the middle); down, they are
pixels. ReLUs are written into the box they belong to, above or below, and views vanish.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from vizcore.figures.numbers import exact, short
from vizcore.figures.wording import layer_label, op_text
from vizcore.records import BlockVariant, Kind, LayerRow

INPUT = -1
LINE_PX, JOIN_PX, GAP_PX = 21, 38, 34
#: Widths in lanes: of an operation, and of the one-line boxes where branches begin and end.
BOX_LANES, WIDE_LANES = 0.92, 1.84
MARGIN_LANES = 0.03
Point = tuple[float, float]


@dataclass(slots=True)
class Box:
    """One operation: its text, its colour's kind, and its place (centre across, top down)."""

    key: int
    kind: Kind | None
    lines: list[str]
    macs: int
    hover: str
    inputs: list[int] = field(default_factory=list)
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


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes in the order of execution (the input first), arrows as polylines, and the extent."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Point, ...], ...]
    left: float
    right: float
    height: float


def size_text(shape: tuple[int, ...]) -> str:
    """Write one picture's shape without blanks, to fit a box.

    Example:
        >>> size_text((1, 192, 28, 28))
        '192×28×28'
    """
    return "×".join(f"{side:,}" for side in shape[1:])


def _hover(row: LayerRow, label: str) -> str:
    shapes = f"{size_text(row.in_shape)} → {size_text(row.out_shape)}"
    costs = f"{exact(row.macs)} multiply-adds<br>{exact(row.params)} weights"
    return f"<b>{row.name}</b>: {label}<br>{shapes}<br>{costs}<br>{exact(row.activations)} values"


def _boxes(variant: BlockVariant) -> dict[int, Box]:
    """Fold activations and views into their neighbours; every other row is a box."""
    rows = {row.index: row for row in variant.table.rows}
    readers: dict[int, int] = defaultdict(int)
    for row in rows.values():
        for source in row.inputs:
            readers[source] += 1
    words = dict(variant.labels)
    shape = variant.table.input_shape
    boxes = {INPUT: Box(INPUT, None, ["<b>input</b>", size_text(shape)], 0, "The block's input")}
    stands_for = {INPUT: INPUT}
    before: dict[int, list[str]] = {}
    for index, row in rows.items():
        sources = [stands_for[source] for source in row.inputs]
        source = sources[0]
        if len(sources) == 1 and (row.activations == 0 or row.kind == "activation"):
            stands_for[index] = source
            if row.kind == "activation" and readers[row.inputs[0]] == 1 and source != INPUT:
                boxes[source].lines.append(op_text(row.op))
            elif row.kind == "activation":
                before[index] = [op_text(row.op)]
            continue
        label = words.get(row.name) or layer_label(row)
        lines = [*before.pop(row.inputs[0], []), f"<b>{label}</b>", size_text(row.out_shape)]
        if row.macs:
            lines.append(f"{short(row.macs)} MAC" + ("" if row.macs == 1 else "s"))
        boxes[index] = Box(index, row.kind, lines, row.macs, _hover(row, label), sources)
        stands_for[index] = index
    last = boxes[stands_for[variant.table.rows[-1].index]]
    last.lines = [
        size_text(variant.out_shape) if line == size_text(rows[last.key].out_shape) else line
        for line in last.lines
    ]
    for box in boxes.values():
        if box.is_join or box.key == INPUT:
            box.lines, box.height, box.width = [", ".join(box.lines)], JOIN_PX, WIDE_LANES
        else:
            box.height = LINE_PX * len(box.lines) + (22 if box.macs else 14)
    return boxes


def _place(boxes: dict[int, Box]) -> None:
    """Give every box its rank and lane: branches side by side, joins back in the middle."""
    branches: dict[int, list[int]] = defaultdict(list)
    fork: dict[int, int] = {INPUT: INPUT}
    for key, box in boxes.items():
        if key == INPUT:
            continue
        box.rank = 1 + max(boxes[source].rank for source in box.inputs)
        if not box.is_join:
            branches[box.inputs[0]].append(key)
    for key, box in boxes.items():
        if key == INPUT:
            continue
        source = box.inputs[0]
        if box.is_join:
            # The common ancestor: the earliest place all inputs come from, walking up forks.
            box.x = boxes[min(fork[one] for one in box.inputs)].x
            fork[key] = key
            continue
        beside = branches[source]
        box.x = boxes[source].x + beside.index(key) - (len(beside) - 1) / 2
        fork[key] = source if len(beside) > 1 else fork[source]
    tops: dict[int, float] = {}
    down = 0.0
    for rank in range(max(box.rank for box in boxes.values()) + 1):
        tops[rank] = down
        down += GAP_PX + max(box.height for box in boxes.values() if box.rank == rank)
    for box in boxes.values():
        box.top = tops[box.rank]


def _arrow(boxes: dict[int, Box], start: Box, end: Box) -> tuple[Point, ...]:
    """Route an arrow: straight down, along a bus, or around the boxes it skips."""
    above = end.top - GAP_PX / 2
    below = start.bottom + GAP_PX / 2
    skipped = [
        box
        for box in boxes.values()
        if start.rank < box.rank < end.rank and abs(box.x - start.x) < BOX_LANES
    ]
    if skipped:
        side = max(box.x + box.width / 2 for box in skipped) + 0.12
        return (
            (start.x, start.bottom),
            (start.x, below),
            (side, below),
            (side, above),
            (end.x, above),
            (end.x, end.top),
        )
    if start.x == end.x:
        return ((start.x, start.bottom), (end.x, end.top))
    turn = above if end.is_join else below
    return (
        (start.x, start.bottom),
        (start.x, turn),
        (end.x, turn),
        (end.x, end.top),
    )


def lay_out(variant: BlockVariant) -> Layout:
    """Place a variant's boxes and route its arrows."""
    boxes = _boxes(variant)
    _place(boxes)
    arrows = [_arrow(boxes, boxes[source], box) for box in boxes.values() for source in box.inputs]
    across = [x for arrow in arrows for x, _ in arrow]
    across += [box.x + sign * box.width / 2 for box in boxes.values() for sign in (-1, 1)]
    return Layout(
        boxes=tuple(boxes.values()),
        arrows=tuple(arrows),
        left=min(across) - MARGIN_LANES,
        right=max(across) + MARGIN_LANES,
        height=max(box.bottom for box in boxes.values()),
    )
