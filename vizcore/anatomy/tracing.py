"""One forward pass of shapes: a network in, its layer table out.

Every module's `forward` is replaced, on a copy, by a stand-in that keeps the ledger. The functions
that a module's own code calls are seen by a `TorchFunctionMode`, which belongs to the thread that
entered it, so that traces in several threads do not meet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import PICTURES, B
from vizcore.anatomy.ledger import Ledger, Origin, origin_of
from vizcore.anatomy.rules import RULES, unknown
from vizcore.anatomy.shadow import shadow_of
from vizcore.anatomy.sizes import explain_failure
from vizcore.anatomy.stand_ins import install, remove
from vizcore.anatomy.totals import NOT_COUNTED, check, recount, totals_of
from vizcore.errors import BadInputSize
from vizcore.records import ReceptiveField, Shape
from vizcore.records.layers import Conventions, LayerRow, LayerTable

#: Functions that ask a tensor something and return no tensor.
_QUESTIONS = frozenset(
    (
        "dim", "size", "numel", "stride", "is_contiguous", "is_floating_point", "is_complex",
        "element_size", "data_ptr", "storage_offset", "get_device", "nelement", "ndimension",
        "is_nonzero", "result_type", "is_tensor", "_assert", "__len__", "__repr__", "__bool__",
        "__hash__", "__format__",
    )
)  # fmt: skip


class _Watch(TorchFunctionMode):
    """Hands every torch function called in this thread to its rule."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        rule = RULES.get(func)
        if rule is not None:
            return rule(self.ledger, func, *args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name in ("__get__", "__set__"):
            return _property(self.ledger, func, args)
        if name in _QUESTIONS:
            return func(*args, **(kwargs or {}))
        return unknown(self.ledger, func, args, kwargs or {})


def _property(ledger: Ledger, func: Any, args: tuple[Any, ...]) -> Any:
    """Read a property of a tensor; those that are tensors are views: T, mT, H, data."""
    result = func(*args)
    if not isinstance(result, Tensor) or origin_of(result) is not None:
        return result
    origin = origin_of(args[0])
    if origin is None:
        return result
    shape = tuple(result.shape)
    made = origin
    if shape != origin.shape:
        turned = (*origin.axes[:-2], *origin.axes[:-3:-1])
        name = ledger.op_name("transpose")
        _, made = ledger.enter(name, "other", "transpose", (origin,), shape, turned, origin.field)
    result._origin = made  # type: ignore[attr-defined]
    return result


def _rows(ledger: Ledger) -> tuple[LayerRow, ...]:
    """Freeze the ledger's entries."""
    fields: dict[receptive.Field | None, ReceptiveField | None] = {}
    rows: list[LayerRow] = []
    for index, entry in enumerate(ledger.entries):
        field = entry.field
        if field not in fields:
            fields[field] = receptive.record(field, ledger.picture)
        rows.append(
            LayerRow(
                index,
                entry.name,
                entry.kind,
                entry.op,
                entry.in_shape,
                entry.out_shape,
                entry.kernel,
                entry.stride,
                entry.padding,
                entry.dilation,
                entry.groups,
                entry.weights,
                entry.biases,
                entry.macs,
                entry.activations,
                fields[field],
                entry.inputs,
                (),
                entry.repeat,
                (entry.in_batch_dim, entry.out_batch_dim),
            )
        )
    return tuple(rows)


class Tracer:
    """A network made ready to be traced, at one input shape after the other.

    Args:
        network: any module that takes one tensor.
        mine: the caller gives the network away; it is changed instead of copied.
    """

    def __init__(self, network: nn.Module, *, mine: bool = False) -> None:
        self.network = network if mine else shadow_of(network)
        self.name = type(self.network).__name__
        dtypes = (p.dtype for p in self.network.parameters() if p.is_floating_point())
        self.ledger = Ledger(next(dtypes, torch.float32))
        self._replaced = install(self.ledger, self.network)

    def run(self, shape: Shape) -> tuple[LayerRow, ...]:
        """Trace one forward pass of an input of this shape, batch first."""
        ledger = self.ledger
        if len(shape) == 4:
            picture = (shape[2], shape[3])
            image = Origin(-1, shape, PICTURES, receptive.of_picture(*picture))
        else:
            picture = (0, 0)
            image = Origin(-1, shape, (B, *(0,) * (len(shape) - 1)), None)
        ledger.start(picture)
        with torch.no_grad(), _Watch(ledger):
            self.network(ledger.tensor(image))
        return _rows(ledger)

    def close(self) -> None:
        """Let go of the network."""
        remove(self._replaced)
        self._replaced = []


def trace(
    network: nn.Module,
    input_shape: Shape,
    *,
    key: str | None = None,
    batch: int = 1,
    conventions: Conventions | None = None,
    mine: bool = False,
) -> LayerTable:
    """Count a network's layers without a weight: shapes, parameters, multiply-adds, fields.

    Args:
        network: any module that takes one tensor. It is copied and left as it is found.
        input_shape: of one picture, (channels, height, width).
        key: the table's name; the module's class name where none is given.
        batch: pictures per forward pass, where no conventions are given.
        conventions: how to count; biases, multiply-adds and float32 by default.
        mine: the caller gives the network away, so that it need not be copied.

    Raises:
        BadInputSize: the network cannot take this input; names the layer where it fails and
            suggests the smallest side that works.
        NotApplicable: the network's own code fails at every size, or hides its layers.
        BadChoice: a convention outside its allowed values.

    Example:
        >>> table = trace(nn.Conv2d(3, 8, 5), (3, 32, 32))
        >>> table.totals.macs, table.rows[0].out_shape
        (470400, (1, 8, 28, 28))
    """
    conventions = conventions or Conventions(batch=batch)
    check(conventions)
    shape = (conventions.batch, *input_shape)
    if any(not isinstance(size, int) or size < 1 for size in shape):
        raise BadInputSize(
            f"An input of shape {shape} is not possible: every size is a whole number from 1.",
            received=str(shape),
        )
    tracer = Tracer(network, mine=mine)
    name = key or tracer.name
    try:
        try:
            rows = tracer.run(shape)
        except Exception as error:
            raise explain_failure(name, tracer, shape, error) from error
    finally:
        tracer.close()
    counted = Conventions(batch=conventions.batch)
    totals = totals_of(rows, shape, counted)
    table = LayerTable(name, shape, counted, rows, totals, _not_counted(tracer.ledger))
    return recount(table, conventions)


def _not_counted(ledger: Ledger) -> tuple[str, ...]:
    sentences = list(NOT_COUNTED)
    unused = ledger.unused()
    if unused:
        layers = list(dict.fromkeys(owned.module or owned.name for owned in unused))
        named = ", ".join(layers[:4]) + (f" and {len(layers) - 4} more" if layers[4:] else "")
        count = sum(owned.values for owned in unused)
        sentences.append(
            f"{count:,} parameters of layers that this forward pass never runs are left out: "
            f"{named}."
        )
    if ledger.uncounted:
        sentences.append(
            "No rule counts the multiply-adds of: " + ", ".join(sorted(ledger.uncounted)) + "."
        )
    return tuple(sentences)
