"""What each place on the depth axis of several networks holds: the bars of their comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

from vizcore.errors import BadChoice
from vizcore.figures.depth import Column, columns
from vizcore.figures.numbers import percent, short
from vizcore.records.alignment import NO_MAP, Alignment, DepthStep
from vizcore.records.layers import Kind, LayerTable

QUANTITIES = ("macs", "params", "activations")
DEPTHS = ("relative", "absolute", "stage")
#: Equal slices of the relative depth.
SLICES = 20


@dataclass(slots=True)
class Bar:
    """What one place on the depth axis holds, by kind of layer."""

    at: float
    where: str
    layers: list[str] = field(default_factory=list)
    by_kind: dict[Kind, float] = field(default_factory=dict)

    def add(self, table: LayerTable, step: DepthStep, column: Column, part: float = 1.0) -> None:
        """Add a part of a step."""
        self.layers.append(table.rows[step.layer].name)
        for row in table.rows[slice(*step.rows)]:
            if value := column.read(row):
                self.by_kind[row.kind] = self.by_kind.get(row.kind, 0.0) + value * part


def column_of(table: LayerTable, quantity: str) -> Column:
    """The column of a table that a quantity names.

    Raises:
        BadChoice: another quantity.
    """
    if quantity not in QUANTITIES:
        raise BadChoice.among("quantity", quantity, QUANTITIES)
    return next(column for column in columns(table) if column.name == quantity)


def bars_of(alignment: Alignment, place: int, quantity: str, depth: str) -> list[Bar]:
    """One network's bars; their sum is the network's total.

    Args:
        alignment: the networks.
        place: which of them.
        quantity: "macs", "params" or "activations".
        depth: "relative" (20 equal slices of the depth), "absolute" (one bar a weighted layer)
            or "stage".

    Raises:
        BadChoice: another quantity or depth.
    """
    table, steps = alignment.tables[place], alignment.steps[place]
    column = column_of(table, quantity)
    if depth == "relative":
        return _slices(table, steps, column)
    if depth == "absolute":
        bars = [Bar(i + 1, f"layer {i + 1} of {len(steps)}") for i in range(len(steps))]
        for bar, step in zip(bars, steps, strict=True):
            bar.add(table, step, column)
        return bars
    if depth == "stage":
        stages = alignment.stages
        bars = [Bar(at, stage_label(stage)) for at, stage in enumerate(stages)]
        for step in steps:
            bars[stages.index(step.stage)].add(table, step, column)
        return bars
    raise BadChoice.among("depth", depth, DEPTHS)


def _slices(table: LayerTable, steps: tuple[DepthStep, ...], column: Column) -> list[Bar]:
    """Equal slices of the depth; a layer that spans several gives each its part."""
    width = 100 / SLICES
    bars = [
        Bar((i + 0.5) * width, f"{i * width:.0f}% to {(i + 1) * width:.0f}% of the depth")
        for i in range(SLICES)
    ]
    for i, step in enumerate(steps):
        begin, end = i * SLICES / len(steps), (i + 1) * SLICES / len(steps)
        for slot in range(int(begin), min(SLICES, int(end) + 1)):
            inside = min(end, slot + 1) - max(begin, slot)
            if inside > 1e-9:
                bars[slot].add(table, step, column, inside / (end - begin))
    return bars


def stage_label(stage: int) -> str:
    """A stage on an axis.

    Example:
        >>> stage_label(0), stage_label(2), stage_label(NO_MAP)
        ('full size', '1/4', 'no map')
    """
    return "no map" if stage == NO_MAP else "full size" if stage == 0 else f"1/{2**stage}"


def half_at(alignment: Alignment, place: int, quantity: str) -> tuple[float, str]:
    """Where half of a network's total is reached: share of its weighted layers, and the layer."""
    table, steps = alignment.tables[place], alignment.steps[place]
    column = column_of(table, quantity)
    values = [sum(map(column.read, table.rows[slice(*step.rows)])) for step in steps]
    running = list(accumulate(values))
    i = next(i for i, so_far in enumerate(running) if 2 * so_far >= running[-1])
    return (i + 1) / len(steps), table.rows[steps[i].layer].name


def heading(alignment: Alignment, place: int, name: str, quantity: str) -> str:
    """What a network's panel shows, in one line."""
    table = alignment.tables[place]
    column = column_of(table, quantity)
    total = sum(map(column.read, table.rows))
    share, layer = half_at(alignment, place, quantity)
    return (
        f"<b>{name}</b>: {short(total)} {column.unit}, half of them by {layer}, "
        f"{percent(share)} of its weighted layers in"
    )
