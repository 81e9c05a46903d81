"""Rules for layers called as functions: linear and normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from vizcore.anatomy.closed_forms import linear, same_shape
from vizcore.anatomy.ledger import DoesNotFit, Ledger, source_of
from vizcore.anatomy.rules.base import constant, is_constant, named, op_of, pending, rule


@rule("linear")
def _linear(
    ledger: Ledger, func: Any, input: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    shape = source_of(weight).shape
    params = pending((weight, bias))
    name = named(ledger, func, weight)
    return linear(ledger, name, op_of(func), source_of(input), shape, params)


@rule("batch_norm")
def _batch_norm(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    *args: Any,
    **kwargs: Any,
) -> Any:
    if is_constant(input):
        rest = (running_mean, running_var, weight, bias, training, *args)
        return constant(func, (input, *rest), kwargs)
    over = tuple(range(2, len(source_of(input).shape))) if training else ()
    name = named(ledger, func, weight)
    params = pending((weight, bias))
    return same_shape(ledger, name, "norm", op_of(func), input, params=params, over=over)


@rule("layer_norm", "rms_norm")
def _layer_norm(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    if is_constant(input):
        return constant(func, (input, normalized_shape, weight, bias, *args), kwargs)
    shape = source_of(input).shape
    wanted = tuple(normalized_shape)
    if shape[-len(wanted) :] != wanted:
        raise DoesNotFit(ledger.scope, shape, f"it normalises over {wanted}")
    name = named(ledger, func, weight)
    params = pending((weight, bias))
    over = tuple(range(-len(wanted), 0))
    return same_shape(ledger, name, "norm", op_of(func), input, params=params, over=over)


@rule("group_norm", "instance_norm")
def _group_norm(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    if is_constant(input):
        return constant(func, (input, *args), kwargs)
    params = pending((*args, *kwargs.values()))
    over = tuple(range(2, len(source_of(input).shape)))
    name = named(ledger, func, params[0] if params else None)
    return same_shape(ledger, name, "norm", op_of(func), input, params=params, over=over)


@rule("local_response_norm")
def _response_norm(ledger: Ledger, func: Any, input: Tensor, *_: Any, **__: Any) -> Any:
    return same_shape(ledger, named(ledger, func), "norm", op_of(func), input)


@rule("normalize")
def _normalize(
    ledger: Ledger, func: Any, input: Tensor, p: float = 2.0, dim: int = 1, *_: Any, **__: Any
) -> Any:
    if is_constant(input):
        return constant(func, (input, p, dim), {})
    return same_shape(ledger, named(ledger, func), "norm", op_of(func), input, over=(dim,))
