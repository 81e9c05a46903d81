"""Totals of a table, and the same table counted by other conventions.

Memory: `forward` is what one forward pass writes, every value once, as lecturers count it: the
input batch and all activations. `training` adds what a step of plain gradient descent holds: a
gradient for every activation, the parameters, and a gradient for every parameter. The optimiser's
own state and the workspace of fast convolution kernels are in neither.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from vizcore.errors import BadChoice
from vizcore.records import Shape
from vizcore.records.layers import DTYPE_BYTES, Conventions, LayerRow, LayerTable, Totals

NOT_COUNTED = (
    "Only convolutions, fully connected layers and matrix products count multiply-adds; "
    "normalisation, activation, pooling and addition do not, and neither do biases.",
    "Views, in-place operations and layers that hand on their input write no new values, so they "
    "count no activations.",
    "Running statistics of batch normalisation are not parameters; the memory of an optimiser and "
    "of a convolution's workspace is left out.",
)


def totals_of(rows: tuple[LayerRow, ...], input_shape: Shape, conventions: Conventions) -> Totals:
    """Add up the columns of rows that are counted by `conventions`."""
    weights = biases = macs = activations = 0
    for row in rows:
        weights += row.weights
        biases += row.biases
        macs += row.macs
        activations += row.activations
    params = weights + biases
    width = DTYPE_BYTES[conventions.dtype]
    input_values = prod(input_shape)
    values = input_values + activations
    if conventions.memory == "training":
        values += activations + 2 * params
    return Totals(
        params=params,
        weights=weights,
        biases=biases,
        macs=macs,
        activations=activations,
        activation_bytes=activations * width,
        param_bytes=params * width,
        memory_bytes=values * width,
        input_values=input_values,
    )


def check(conventions: Conventions) -> None:
    """Raise BadChoice for a convention outside its allowed values."""
    if conventions.dtype not in DTYPE_BYTES:
        raise BadChoice.among("dtype", conventions.dtype, DTYPE_BYTES)
    if conventions.ops not in ("macs", "flops"):
        raise BadChoice.among("ops", conventions.ops, ("macs", "flops"))
    if conventions.memory not in ("forward", "training"):
        raise BadChoice.among("memory", conventions.memory, ("forward", "training"))
    if not isinstance(conventions.batch, int) or conventions.batch < 1:
        raise BadChoice(
            f"batch cannot be {conventions.batch!r}. Allowed: whole numbers from 1.",
            received=str(conventions.batch),
            suggestions=("1",),
        )


def _scaled(shape: Shape, dim: int | None, old: int, new: int) -> Shape:
    if dim is None:
        return shape
    return (*shape[:dim], shape[dim] // old * new, *shape[dim + 1 :])


def recount(table: LayerTable, conventions: Conventions) -> LayerTable:
    """Count a table again by other conventions, without the network.

    Biases that are not counted leave the rows too, FLOPs replace multiply-adds in the rows too,
    so that the totals stay the sums of the columns.

    Raises:
        BadChoice: a convention outside its allowed values.
    """
    old = table.conventions
    if conventions == old:
        return table
    check(conventions)
    per_op = (2 if conventions.ops == "flops" else 1, 2 if old.ops == "flops" else 1)
    rows = tuple(_recounted(row, old, conventions, per_op) for row in table.rows)
    shape = (conventions.batch, *table.input_shape[1:])
    return replace(
        table,
        input_shape=shape,
        conventions=conventions,
        rows=rows,
        totals=totals_of(rows, shape, conventions),
    )


def _recounted(
    row: LayerRow, old: Conventions, new: Conventions, per_op: tuple[int, int]
) -> LayerRow:
    biases = row.biases + row.left_out_biases
    in_dim, out_dim = row.batch_dims
    macs = row.macs * per_op[0] // per_op[1]
    activations = row.activations
    in_shape, out_shape = row.in_shape, row.out_shape
    if new.batch != old.batch:
        in_shape = _scaled(in_shape, in_dim, old.batch, new.batch)
        out_shape = _scaled(out_shape, out_dim, old.batch, new.batch)
        if out_dim is not None:
            macs = macs // old.batch * new.batch
            activations = activations // old.batch * new.batch
    return replace(
        row,
        in_shape=in_shape,
        out_shape=out_shape,
        macs=macs,
        activations=activations,
        biases=biases if new.bias else 0,
        left_out_biases=0 if new.bias else biases,
    )
