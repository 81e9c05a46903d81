"""Several networks side by side: which layer of one stands beside which layer of another.

The rule. The depth of a network is the order of its weighted layers (convolutions, fully
connected layers and attention, shortcuts' projections included); what has no weights, and every
normalisation, belongs to the weighted layer before it. A layer's stage is how often the picture
has been halved at its output, rounded: 227 / 55 = 4.13 counts as twice. Stages never go back: a
layer that runs before another of an earlier stage (a gate, a branch of a reduction) counts with
that one. Layers stand beside each other when they have the same stage and the same place in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import log2, sqrt

from vizcore.errors import NotApplicable
from vizcore.records import Shape
from vizcore.records.alignment import NO_MAP, AlignedLine, Alignment, DepthStep
from vizcore.records.layers import LayerRow, LayerTable

_WEIGHTED = ("conv", "linear", "attention")


def align(tables: Sequence[LayerTable]) -> Alignment:
    """Put networks side by side, by stage and by the order of their weighted layers.

    Raises:
        NotApplicable: the tables count in different conventions, or one has no weighted layer.
    """
    if len({table.conventions for table in tables}) > 1:
        raise NotApplicable(
            "Tables of different conventions cannot be compared. Allowed: tables of the same "
            "batch, number type, operations, biases and memory."
        )
    steps = tuple(depth_steps(table) for table in tables)
    return Alignment(tuple(tables), steps, tuple(_lines(steps)))


def depth_steps(table: LayerTable) -> tuple[DepthStep, ...]:
    """Cut a table into weighted layers, each with what follows it until the next.

    Raises:
        NotApplicable: there is no weighted layer.
    """
    layers = [row for row in table if row.kind in _WEIGHTED and (row.weights or row.repeat)]
    if not layers:
        raise NotApplicable(f"{table.key} has no convolution and no fully connected layer.")
    # What comes before the first weighted layer belongs to it.
    spans = list(pairwise([0, *(row.index for row in layers[1:]), len(table)]))
    steps = []
    largest, exact, whole = 0, True, False
    for row, stage, rows in zip(layers, _stages(table, layers, spans), spans, strict=True):
        seen = row.receptive_field
        whole = whole or (seen is not None and seen.whole)
        if seen is not None and not whole and max(seen.size) > largest:
            largest, exact = max(seen.size), seen.exact
        field = largest if largest and (whole or seen is not None) else None
        steps.append(DepthStep(row.index, rows, stage, field, exact, whole))
    return tuple(steps)


def map_size(row: LayerRow) -> tuple[int, int] | None:
    """Height and width of a row's output; None for a vector, tokens, or a single position."""
    shape: Shape = row.out_shape
    if len(shape) != 4:
        return None
    # A fully connected layer on a map has its channels last: (N, H, W, C).
    height, width = shape[1:3] if row.kind == "linear" else shape[2:4]
    return (height, width) if height * width > 1 else None


def _stages(
    table: LayerTable, layers: Sequence[LayerRow], spans: Sequence[tuple[int, int]]
) -> list[int]:
    """Each weighted layer's stage, never greater than that of a later layer."""
    height, width = table.input_shape[-2:]
    raw = []
    latest: tuple[int, int] | None = None
    for layer, span in zip(layers, spans, strict=True):
        size = map_size(layer)
        if size is None and _gates(table.rows[slice(*span)], latest):
            size = latest
        latest = size or latest
        halvings = log2(sqrt(height * width / (size[0] * size[1]))) if size else NO_MAP
        raw.append(max(0, round(halvings)))
    return list(accumulate(reversed(raw), min))[::-1]


def _gates(rows: Sequence[LayerRow], latest: tuple[int, int] | None) -> bool:
    """Whether what comes out of these rows is joined with the map that came before them."""
    return any(row.kind == "join" and row.out_shape[2:] == latest for row in rows)


def _lines(steps: tuple[tuple[DepthStep, ...], ...]) -> Iterator[AlignedLine]:
    for stage in sorted({step.stage for network in steps for step in network}):
        columns = [[step for step in network if step.stage == stage] for network in steps]
        for place in range(max(map(len, columns))):
            beside = (column[place] if place < len(column) else None for column in columns)
            yield AlignedLine(stage, place + 1, tuple(beside))
