"""One forward pass of shapes: a network in, its layer table out.

Every module's `forward` is replaced, on a copy, by one that keeps the ledger: torch's own layers
by their closed form, all others by their own code with their name noted. What that code calls is
seen by a `TorchFunctionMode`, which belongs to the thread that entered it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import PICTURES, B
from vizcore.anatomy.functions import RULES, tracked, unknown
from vizcore.anatomy.ledger import DoesNotFit, Entry, Ledger, Origin, origin_of
from vizcore.anatomy.modules import closed_form
from vizcore.anatomy.shadow import shadow_of
from vizcore.anatomy.sizes import explain_misfit
from vizcore.anatomy.totals import NOT_COUNTED, recount, totals_of
from vizcore.errors import BadInputSize
from vizcore.records import Conventions, LayerRow, LayerTable, Shape

#: Modules that only pass their input through their children.
_TRANSPARENT = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
#: Kinds of operation of which a layer without children may have one and still be one row.
_SUBSTANTIAL = ("conv", "linear", "pool", "norm", "attention", "join")


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
            return rule(self.ledger, func, *args, **kwargs) if kwargs else rule(
                self.ledger, func, *args
            )  # fmt: skip
        return _other(self.ledger, func, args, kwargs or {})


def _other(ledger: Ledger, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    name = getattr(func, "__name__", "")
    if name in ("__get__", "__set__"):
        return _property(ledger, func, args)
    if name in _QUESTIONS:
        return func(*args, **kwargs)
    return unknown(ledger, func, args, kwargs)


_QUESTIONS = frozenset(
    "dim size numel stride is_contiguous is_floating_point is_complex element_size __len__ "
    "data_ptr storage_offset get_device nelement ndimension _assert __repr__ __bool__ __hash__ "
    "is_tensor is_nonzero result_type __format__".split()
)


def _property(ledger: Ledger, func: Any, args: tuple[Any, ...]) -> Any:
    result = func(*args)
    if not isinstance(result, Tensor) or origin_of(result) is not None or not args:
        return result
    origin = origin_of(args[0])
    if origin is None:
        return result
    shape = tuple(result.shape)
    if shape == origin.shape:
        result._origin = origin  # type: ignore[attr-defined]
        return result
    # T, mT and H turn the last two dimensions around, or all of them.
    swapped = (*origin.axes[:-2], *origin.axes[:-3:-1])
    op = "transpose"
    _, made = ledger.enter(
        ledger.op_name(op), "other", op, (origin,), shape, swapped, origin.field
    )  # fmt: skip
    result._origin = made  # type: ignore[attr-defined]
    return result


def _scoped(ledger: Ledger, name: str, module: nn.Module) -> Callable[..., Any]:
    inner = module.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        outer = ledger.scope
        ledger.scope = name
        try:
            return inner(*args, **kwargs)
        except Exception:
            if ledger.failed is None:
                ledger.failed = name
            raise
        finally:
            ledger.scope = outer

    return forward


def _single(ledger: Ledger, name: str, module: nn.Module) -> Callable[..., Any]:
    """Run a layer of unknown type that has no children; one row where its work is one thing."""
    inner = _scoped(ledger, name, module)
    op = type(module).__name__

    def forward(*args: Any, **kwargs: Any) -> Any:
        start = len(ledger.entries)
        before = tracked((*args, *kwargs.values()))
        result = inner(*args, **kwargs)
        entries = ledger.entries[start:]
        origin = origin_of(result)
        if not isinstance(result, Tensor) or not before:
            return result
        if origin is None or origin.row < start:
            return _opaque(ledger, name, op, module, before, result, origin)
        if (
            sum(entry.kind in _SUBSTANTIAL for entry in entries) <= 1
            and origin.row == start + len(entries) - 1
        ):
            _merge(ledger, name, op, start, origin)
        return result

    return forward


def _opaque(
    ledger: Ledger,
    name: str,
    op: str,
    module: nn.Module,
    before: list[Origin],
    result: Tensor,
    origin: Origin | None,
) -> Tensor:
    """Enter a layer that handed on its input, or hid what it did from torch's functions."""
    source = origin or before[0]
    shape = tuple(source.shape)
    with torch._C.DisableTorchFunction():
        real = tuple(result.shape)
    axes, field = source.axes, source.field
    if origin is None:
        axes = axes if real == shape else ((axes[0] & B,) + (0,) * (len(real) - 1) if real else ())
        field = None
    entry, made = ledger.enter(name, "other", op, (source,), real, axes, field)
    if origin is None:
        entry.activations = result.numel()
        ledger.uncounted.add(op)
    ledger.charge(entry, module._parameters.values())
    result._origin = made  # type: ignore[attr-defined]
    return result


def _merge(ledger: Ledger, name: str, op: str, start: int, origin: Origin) -> None:
    """Make one entry of all since `start`."""
    entries = ledger.entries[start:]
    main = next((entry for entry in entries if entry.kind in _SUBSTANTIAL), None)
    if main is None:
        main = next((entry for entry in entries if entry.kind != "other"), entries[-1])
    first, last = entries[0], entries[-1]
    outside = dict.fromkeys(i for entry in entries for i in entry.inputs if i < start)
    merged = Entry(
        name,
        main.kind,
        op,
        first.in_shape,
        last.out_shape,
        tuple(outside),
        last.field,
        first.in_batch_dim,
        last.out_batch_dim,
        sum(entry.weights for entry in entries),
        sum(entry.biases for entry in entries),
        max(entry.repeat for entry in entries),
        sum(entry.macs for entry in entries),
        sum(entry.activations for entry in entries),
        main.kernel,
        main.stride,
        main.padding,
        main.dilation,
        main.groups,
    )
    ledger.entries[start:] = [merged]
    origin.row = start


def _install(ledger: Ledger, name: str, module: nn.Module, seen: set[int]) -> None:
    """Replace `forward` of a module and of all below it; parameters get their owner."""
    seen.add(id(module))
    state = module.__dict__
    children = state["_modules"]
    if state["_parameters"]:
        ledger.own(name, module)
    known = None if "forward" in state else closed_form(ledger, name, module)
    if known is not None:
        state["forward"] = known
        if children:
            for child_name, child in children.items():
                ledger.own(f"{name}.{child_name}", child)
        return
    if not children and name:
        state["forward"] = _single(ledger, name, module)
    elif type(module) not in _TRANSPARENT or "forward" in state:
        state["forward"] = _scoped(ledger, name, module)
    prefix = f"{name}." if name else ""
    for child_name, child in children.items():
        if child is not None and id(child) not in seen:
            _install(ledger, prefix + child_name, child, seen)


def _rows(ledger: Ledger) -> tuple[LayerRow, ...]:
    fields: dict[receptive.Field | None, Any] = {}
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
        self.name = type(network).__name__
        self.network = network if mine else shadow_of(network)
        dtype = next((p.dtype for p in self.network.parameters() if p.is_floating_point()), None)
        self.dtype = dtype or torch.float32
        self.ledger = Ledger(self.dtype)
        _install(self.ledger, "", self.network, set())

    def run(self, shape: Shape) -> tuple[LayerRow, ...]:
        """Trace one forward pass of an input of this shape, batch first."""
        picture = (shape[-2], shape[-1]) if len(shape) == 4 else (0, 0)
        ledger = self.ledger
        ledger.start(picture)
        axes = PICTURES if len(shape) == 4 else (B, *(0,) * (len(shape) - 1))
        field = receptive.of_picture(*picture) if len(shape) == 4 else None
        image = ledger.tensor(Origin(-1, shape, axes, field))
        with torch.no_grad(), _Watch(ledger):
            self.network(image)
        return _rows(ledger)


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
        batch: pictures per forward pass; `conventions` overrides it.
        conventions: how to count; all biases, multiply-adds and float32 by default.
        mine: the caller gives the network away, so that it need not be copied.

    Raises:
        BadInputSize: the network cannot take this input; names the layer where it fails and
            suggests the smallest side that works.

    Example:
        >>> table = trace(nn.Conv2d(3, 8, 5), (3, 32, 32))
        >>> table.totals.macs, table.rows[0].out_shape
        (470400, (1, 8, 28, 28))
    """
    if conventions is None:
        conventions = Conventions(batch=batch)
    shape = (conventions.batch, *input_shape)
    if any(not isinstance(n, int) or n < 1 for n in shape):
        raise BadInputSize(
            f"An input of shape {shape} is not possible: every size is a whole number from 1.",
            received=str(shape),
        )
    tracer = Tracer(network, mine=mine)
    name = key or tracer.name
    try:
        rows = tracer.run(shape)
    except (DoesNotFit, RuntimeError, ValueError, AssertionError, IndexError, TypeError) as error:
        raise explain_misfit(name, tracer, shape, error) from error
    counted = Conventions(batch=conventions.batch)
    table = LayerTable(
        name, shape, counted, rows, totals_of(rows, shape, counted), _not_counted(tracer.ledger)
    )
    return table if conventions == counted else recount(table, conventions)


def _not_counted(ledger: Ledger) -> tuple[str, ...]:
    sentences = list(NOT_COUNTED)
    unused = ledger.unused()
    if unused:
        layers = list(dict.fromkeys(owned.module or owned.name for owned in unused))
        named = ", ".join(layers[:4]) + (f" and {len(layers) - 4} more" if layers[4:] else "")
        sentences.append(
            f"{sum(owned.count for owned in unused):,} parameters of layers that this forward "
            f"pass never runs are left out: {named}."
        )
    if ledger.uncounted:
        sentences.append(
            "No rule counts the multiply-adds of: " + ", ".join(sorted(ledger.uncounted)) + "."
        )
    return tuple(sentences)
