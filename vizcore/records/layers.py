"""Frozen results about a network's layers: the layer table, its rows, totals and conventions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vizcore.records import Pair, ReceptiveField, Shape

#: The kinds a layer can be of. Their colours are in `vizcore.figures.palette`.
Kind = Literal["conv", "pool", "linear", "norm", "activation", "join", "attention", "other"]
KINDS: tuple[Kind, ...] = (
    "conv",
    "pool",
    "linear",
    "norm",
    "activation",
    "join",
    "attention",
    "other",
)

#: Bytes of one value.
DTYPE_BYTES: dict[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int8": 1}


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a table counts. Every total on every page says which conventions it used.

    Attributes:
        bias: whether biases are counted among the parameters.
        ops: "macs" (multiply-adds) or "flops" (two per multiply-add, nothing else).
        batch: pictures per forward pass.
        dtype: a key of `DTYPE_BYTES`; sets the bytes of a value.
        memory: "forward" counts every layer's output once; "training" adds what the backward
            pass keeps and the gradients of activations and parameters.
    """

    bias: bool = True
    ops: Literal["macs", "flops"] = "macs"
    batch: int = 1
    dtype: str = "float32"
    memory: Literal["forward", "training"] = "forward"


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One operation of one forward pass.

    Attributes:
        index: position in the order of execution, from 0.
        name: torch's dotted module name; an operation that is no module (an addition, a
            concatenation, a functional call) has its parent's name and the operation's:
            `layer1.0.add`.
        kind: one of `KINDS`.
        op: the operation itself: `Conv2d`, `BatchNorm2d`, `ReLU`, `add`, `cat`, ...
        in_shape, out_shape: torch shapes, batch first. `in_shape` is the first input's.
        kernel, stride, padding, dilation: in pixels, (height, width); None where they mean
            nothing.
        groups: of a convolution, else None.
        weights, biases: parameters used here (counted at first use, 0 at a repeated use).
        macs: multiply-adds of the whole batch.
        activations: values in the output (0 where the output is a view of the input).
        receptive_field: None where it means nothing (after tokens are mixed).
        inputs: the indices of the rows whose outputs this row reads, -1 for the picture.
        arithmetic: the counts in words, one line each:
            "output size: (227 - 11)/4 + 1 = 55".
        repeat: how many times the parameters were already used before (0 at first use).
        batch_dims: which dimension of in_shape and of out_shape grows with the batch; None where
            the row does not depend on the pictures.
        left_out_biases: biases used here that the table's conventions do not count.
    """

    index: int
    name: str
    kind: Kind
    op: str
    in_shape: Shape
    out_shape: Shape
    kernel: Pair | None
    stride: Pair | None
    padding: Pair | None
    dilation: Pair | None
    groups: int | None
    weights: int
    biases: int
    macs: int
    activations: int
    receptive_field: ReceptiveField | None
    inputs: tuple[int, ...]
    arithmetic: tuple[str, ...] = ()
    repeat: int = 0
    batch_dims: tuple[int | None, int | None] = (0, 0)
    left_out_biases: int = 0

    @property
    def params(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of the columns of a `LayerTable`, in the table's conventions.

    Attributes:
        params: weights, and biases where the conventions count them.
        macs: multiply-adds (or FLOPs, where the conventions say so) of the whole batch.
        activations: values of all outputs.
        activation_bytes, param_bytes: the same in bytes of the conventions' dtype.
        memory_bytes: what the conventions' `memory` needs in all.
        input_values: values of the input batch, counted in no row.
    """

    params: int
    weights: int
    biases: int
    macs: int
    activations: int
    activation_bytes: int
    param_bytes: int
    memory_bytes: int
    input_values: int


@dataclass(frozen=True, slots=True)
class LayerTable:
    """A network's layers in the order of execution, with totals equal to the column sums.

    `rows` are counted for the conventions' batch. `counts` of rows and totals never disagree:
    a test adds them up.

    Attributes:
        key: the architecture's key, or the class name of a module given from outside.
        input_shape: batch first.
        not_counted: what the counts leave out, one sentence each.
    """

    key: str
    input_shape: Shape
    conventions: Conventions
    rows: tuple[LayerRow, ...]
    totals: Totals
    not_counted: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[LayerRow]:
        return iter(self.rows)

    def __str__(self) -> str:
        from vizcore.formats.tables import table_text

        return table_text(self)

    def _repr_html_(self) -> str:
        from vizcore.formats.tables import table_html

        return table_html(self)
