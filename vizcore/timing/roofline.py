"""What bounds a network on a machine: arithmetic or memory, layer by layer.

Williams, Waterman, Patterson, "Roofline" (Communications of the ACM 52, 2009). Every layer has to
do its operations and to move its inputs, weights and outputs; a machine that reached both its
measured ceilings would need the longer of the two times. The sum over all layers is the shortest
time a program can take that runs one layer after the other, as torch does without compiling.
"""

from __future__ import annotations

from vizcore.records.bench import VALUE_BYTES, Ceiling
from vizcore.records.layers import LayerRow, LayerTable
from vizcore.records.roofline import LayerBound, Roofline


def roofline(table: LayerTable, ceiling: Ceiling, latency_ms: float | None = None) -> Roofline:
    """Bound every row of a layer table by a machine's ceilings.

    The table's batch is the batch; values have the bytes of the ceiling's number format.

    Args:
        table: of the network, in multiply-adds.
        latency_ms: what a pass was measured to take, if it was.

    Example:
        >>> from vizcore.anatomy import trace
        >>> from torch import nn
        >>> table = trace(nn.Sequential(nn.Conv2d(3, 8, 1, bias=False)), (3, 10, 10))
        >>> found = roofline(table, Ceiling("fp32", 1e9, 8, 1e9, 8))
        >>> found.layers[0].flops, found.layers[0].bytes, found.layers[0].bound
        (4800, 4496, 'arithmetic')
    """
    size = VALUE_BYTES[ceiling.dtype]
    per_op = 2 if table.conventions.ops == "macs" else 1
    layers = []
    for row in table:
        flops = row.macs * per_op
        moved = _values_moved(table, row) * size
        if not flops and not moved:
            continue
        layers.append(
            LayerBound(
                name=row.name,
                kind=row.kind,
                flops=flops,
                bytes=moved,
                arithmetic_ms=flops / ceiling.flops_per_s * 1e3,
                memory_ms=moved / ceiling.bytes_per_s * 1e3,
            )
        )
    return Roofline(table.key, ceiling, tuple(layers), latency_ms)


def _values_moved(table: LayerTable, row: LayerRow) -> int:
    """Values a row reads and writes: what it is fed, its parameters, its output."""
    if not row.activations:  # a view
        return 0
    read = 0
    for index in row.inputs:
        shape = table.input_shape if index < 0 else table.rows[index].out_shape
        count = 1
        for side in shape:
            count *= side
        read += count
    return read + row.params + row.left_out_biases + row.activations
