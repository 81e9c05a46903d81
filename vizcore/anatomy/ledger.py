"""The book a trace writes: one entry an operation, and where each tensor came from.

Tensors that flow through a traced network carry an `Origin` under the attribute `_origin`. A
tensor without one does not depend on the picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import Axes, batch_dim
from vizcore.anatomy.receptive import NOTHING, Field
from vizcore.records import Pair, Shape
from vizcore.records.layers import Kind

META = torch.device("meta")
#: The row of a tensor made from parameters alone, which wait for the row that uses them.
CONSTANT = -2

_NoTorchFunction = torch._C.DisableTorchFunction


class DoesNotFit(Exception):
    """An operation cannot take the shape it is given."""

    def __init__(self, name: str, shape: Shape, reason: str) -> None:
        super().__init__(reason)
        self.name = name
        self.shape = shape
        self.reason = reason


class Origin:
    """Where a tensor came from: the row that made it, its shape, axes and field.

    `params` are parameters that went into a constant and are not yet counted in a row.
    """

    __slots__ = ("axes", "field", "params", "row", "shape")

    def __init__(
        self,
        row: int,
        shape: Shape,
        axes: Axes,
        field: Field | None,
        params: tuple[Tensor, ...] = (),
    ) -> None:
        self.row = row
        self.shape = shape
        self.axes = axes
        self.field = field
        self.params = params


@dataclass(slots=True)
class Entry:
    """A row before it is frozen; fields as in `records.LayerRow`."""

    name: str
    kind: Kind
    op: str
    in_shape: Shape
    out_shape: Shape
    inputs: tuple[int, ...]
    field: Field | None
    in_batch_dim: int | None
    out_batch_dim: int | None
    weights: int = 0
    biases: int = 0
    repeat: int = 0
    macs: int = 0
    activations: int = 0
    kernel: Pair | None = None
    stride: Pair | None = None
    padding: Pair | None = None
    dilation: Pair | None = None
    groups: int | None = None


class Owned(NamedTuple):
    """A parameter with its module's dotted name and its own."""

    module: str
    name: str
    values: int
    is_bias: bool


class Ledger:
    """Entries in the order of execution, names made unique, parameters counted once.

    Attributes:
        scope: dotted name of the module that is running.
        uncounted: operations whose multiply-adds no rule knows.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.owned: dict[int, Owned] = {}
        self.start((0, 0))

    def start(self, picture: Pair) -> None:
        """Open an empty book for a picture of this height and width."""
        self.picture = picture
        self.entries: list[Entry] = []
        self.scope = ""
        self.failed: str | None = None
        self.uncounted: set[str] = set()
        self._uses: dict[int, int] = {}
        self._names: dict[str, int] = {}

    def own(self, name: str, module: nn.Module) -> None:
        """Note the parameters that a module holds directly."""
        for own_name, parameter in module._parameters.items():
            if parameter is not None and id(parameter) not in self.owned:
                is_bias = own_name == "bias" or own_name.endswith("_bias")
                self.owned[id(parameter)] = Owned(name, own_name, parameter.numel(), is_bias)

    def charge(self, entry: Entry, parameters: Iterable[Tensor | None]) -> None:
        """Count the parameters in an entry that uses them, unless an earlier one did."""
        for parameter in parameters:
            if parameter is None:
                continue
            key = id(parameter)
            uses = self._uses.get(key, 0)
            self._uses[key] = uses + 1
            if uses:
                entry.repeat = max(entry.repeat, uses)
                continue
            owned = self.owned.get(key)
            if owned is None:
                entry.weights += parameter.numel()
            elif owned.is_bias:
                entry.biases += owned.values
            else:
                entry.weights += owned.values

    def unused(self) -> list[Owned]:
        """The parameters no entry counted."""
        return [owned for key, owned in self.owned.items() if key not in self._uses]

    def op_name(self, op: str) -> str:
        """A unique dotted name for an operation of the module that is running."""
        name = f"{self.scope}.{op}" if self.scope else op
        seen = self._names.get(name, 0)
        self._names[name] = seen + 1
        return f"{name}_{seen}" if seen else name

    def enter(
        self,
        name: str,
        kind: Kind,
        op: str,
        sources: tuple[Origin, ...],
        shape: Shape,
        axes: Axes,
        field: Field | None,
        head: Origin | None = None,
    ) -> tuple[Entry, Origin]:
        """Write an entry; return it and the origin of its output.

        `head` is the source whose shape is the row's `in_shape`; by default the first.
        """
        if head is None and sources:
            head = sources[0]
        origin = Origin(len(self.entries), shape, axes, field)
        entry = Entry(
            name,
            kind,
            op,
            head.shape if head else shape,
            shape,
            tuple(source.row for source in sources if source.row != CONSTANT),
            field,
            batch_dim(head.axes) if head else None,
            batch_dim(axes),
        )
        self.entries.append(entry)
        for source in sources:
            if source.params:
                self.charge(entry, source.params)
        return entry, origin

    def tensor(self, origin: Origin, dtype: torch.dtype | None = None) -> Tensor:
        """A new tensor on the meta device with this origin."""
        with _NoTorchFunction():
            made = torch.empty(origin.shape, dtype=dtype or self.dtype, device=META)
        made._origin = origin  # type: ignore[attr-defined]
        return made

    def join(self, sources: Iterable[Origin], *, mixes: bool) -> Field | None:
        """The field of values made of several maps."""
        field: Field | None = NOTHING
        for source in sources:
            field = receptive.join(field, source.field, self.picture, mixes=mixes)
        return field


def origin_of(value: Any) -> Origin | None:
    """The origin of a tensor that depends on the picture or on parameters, else None."""
    if isinstance(value, Tensor):
        return value.__dict__.get("_origin")
    return None


def source_of(tensor: Tensor) -> Origin:
    """The origin of a tensor; one that depends on nothing yet gets an empty one."""
    origin: Origin | None = tensor.__dict__.get("_origin")
    if origin is None:
        with _NoTorchFunction():
            shape = tuple(tensor.shape)
        origin = Origin(CONSTANT, shape, (0,) * len(shape), NOTHING)
    return origin
