"""Where a block's boxes and arrows go: positions only, nothing drawn yet.

Across, positions count lanes (one branch is one lane wide, lane 0 in the middle); down, they are
pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from vizcore.figures.block_boxes import BOX_LANES, INPUT, Box, between, boxes_of, is_chain, write
from vizcore.records.blocks import BlockVariant

GAP_PX = 30
MARGIN_LANES, ASIDE_LANES = 0.03, 0.12
#: A chain is never fewer lanes wide, so that its boxes do not grow into bars.
LEAST_LANES = 2.6
#: A chain of layers alike that would be taller is folded.
MOST_PX = 760
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes in the order of execution (the input first), arrows as polylines, and the extent."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Point, ...], ...]
    left: float
    right: float
    height: float


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


def _stack(boxes: dict[int, Box]) -> None:
    """Put the ranks one below the other."""
    tops: dict[int, float] = {}
    down = 0.0
    for rank in range(max(box.rank for box in boxes.values()) + 1):
        tops[rank] = down
        down += GAP_PX + max(box.height for box in boxes.values() if box.rank == rank)
    for box in boxes.values():
        box.top = tops[box.rank]


def _skipped(boxes: dict[int, Box], start: Box, end: Box) -> list[Box]:
    """The boxes in the way of a straight arrow."""
    return [
        box
        for box in boxes.values()
        if start.rank < box.rank < end.rank and abs(box.x - start.x) < BOX_LANES
    ]


def _arrows(boxes: dict[int, Box]) -> list[tuple[Point, ...]]:
    """Every arrow; one that goes round others that go round something keeps further off."""
    pairs = [(boxes[source], box) for box in boxes.values() for source in box.inputs]
    arrows, around = [], list[tuple[int, int, int]]()
    for start, end in sorted(pairs, key=lambda pair: pair[1].rank - pair[0].rank):
        skipped, level = _skipped(boxes, start, end), 0
        if skipped:
            beside = [deep for top, low, deep in around if top < end.rank and start.rank < low]
            level = 1 + max(beside, default=0)
            around.append((start.rank, end.rank, level))
        arrows.append(_arrow(start, end, skipped, level))
    return arrows


def _arrow(start: Box, end: Box, skipped: list[Box], level: int) -> tuple[Point, ...]:
    """Route an arrow: straight down, along a bus, or around the boxes it skips."""
    above = end.top - GAP_PX / 2
    below = start.bottom + GAP_PX / 2
    if skipped:
        side = max(box.x + box.width / 2 for box in skipped) + ASIDE_LANES * level
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


def _placed(variant: BlockVariant, folded: Mapping[int, int]) -> dict[int, Box]:
    boxes = boxes_of(variant, folded)
    _place(boxes)
    write(boxes)
    _stack(boxes)
    return boxes


def lay_out(variant: BlockVariant) -> Layout:
    """Place a variant's boxes and route its arrows."""
    boxes = _placed(variant, {})
    if max(box.bottom for box in boxes.values()) > MOST_PX:
        boxes = _placed(variant, between(variant))
    arrows = _arrows(boxes)
    across = [x for arrow in arrows for x, _ in arrow]
    across += [box.x + sign * box.width / 2 for box in boxes.values() for sign in (-1, 1)]
    left, right = min(across) - MARGIN_LANES, max(across) + MARGIN_LANES
    more = max(0.0, LEAST_LANES - (right - left)) / 2 if is_chain(boxes) else 0.0
    return Layout(
        boxes=tuple(boxes.values()),
        arrows=tuple(arrows),
        left=left - more,
        right=right + more,
        height=max(box.bottom for box in boxes.values()),
    )
