"""Closed forms that layers and functions share: linear, over all of some axes, shape unchanged."""

from __future__ import annotations

from math import prod

from torch import Tensor

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import Axes, H, W, mixing
from vizcore.anatomy.ledger import DoesNotFit, Ledger, Origin, source_of
from vizcore.anatomy.receptive import NOTHING, Field
from vizcore.records.layers import Kind


def linear(
    ledger: Ledger,
    name: str,
    op: str,
    origin: Origin,
    weight_shape: tuple[int, ...],
    params: tuple[Tensor | None, ...],
) -> Tensor:
    """Enter a fully connected layer over the last dimension."""
    outputs, inputs = weight_shape
    shape = origin.shape
    if shape[-1] != inputs:
        raise DoesNotFit(name, shape, f"it needs {inputs} values in its last dimension")
    out_shape = (*shape[:-1], outputs)
    field = mixed_over(ledger, origin, (-1,), mixes_channels=True)
    axes: Axes = (*origin.axes[:-1], 0)
    entry, made = ledger.enter(name, "linear", op, (origin,), out_shape, axes, field)
    values = prod(out_shape)
    entry.macs = values * inputs
    entry.activations = values
    ledger.charge(entry, params)
    return ledger.tensor(made)


def mixed_over(
    ledger: Ledger, origin: Origin, dims: tuple[int, ...], *, mixes_channels: bool = False
) -> Field | None:
    """The field after values along `dims` were mixed."""
    field = origin.field
    if field is NOTHING:
        return field
    full, partial = mixing(origin.axes, dims)
    if partial:
        return field if field is not None and receptive.is_still(field) else None
    if full:
        field = receptive.mixed(field, bool(full & H), bool(full & W), ledger.picture)
    if mixes_channels and field is not None and not field.uniform:
        field = field._replace(uniform=True)
    return field


def same_shape(
    ledger: Ledger,
    name: str,
    kind: Kind,
    op: str,
    input: Tensor,
    *,
    params: tuple[Tensor | None, ...] = (),
    over: tuple[int, ...] = (),
    in_place: bool = False,
) -> Tensor:
    """Enter an operation whose output has its input's shape; `over` are the dimensions it mixes."""
    origin = source_of(input)
    field = mixed_over(ledger, origin, over) if over else origin.field
    entry, made = ledger.enter(name, kind, op, (origin,), origin.shape, origin.axes, field)
    if params:
        ledger.charge(entry, params)
    if in_place:
        input._origin = made  # type: ignore[attr-defined]
        return input
    entry.activations = prod(origin.shape)
    return ledger.tensor(made)
