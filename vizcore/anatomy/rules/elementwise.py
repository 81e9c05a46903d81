"""Functions that work on each value alone, of one tensor or of several that broadcast."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from vizcore.anatomy.axes import align
from vizcore.anatomy.closed_forms import same_shape
from vizcore.anatomy.ledger import CONSTANT, DoesNotFit, Ledger, origin_of, source_of
from vizcore.anatomy.rules.base import (
    Rule,
    constant,
    is_constant,
    is_parameter,
    mark,
    named,
    op_of,
    rule,
    tracked,
    writes_in_place,
)
from vizcore.records.layers import Kind

_ACTIVATIONS = (
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid",
    "logsigmoid", "log_sigmoid", "tanh", "hardtanh", "hardsigmoid", "hardswish", "softplus",
    "softsign", "threshold", "rrelu",
)  # fmt: skip
_PLAIN = (
    "abs", "neg", "exp", "expm1", "log", "log1p", "log2", "sqrt", "rsqrt", "square", "reciprocal",
    "sin", "cos", "erf", "clamp", "clamp_min", "clamp_max", "clip", "round", "floor", "ceil",
    "sign", "clone",
)  # fmt: skip
_BINARY = (
    "add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "pow", "maximum",
    "minimum", "fmod",
)  # fmt: skip
_OPERATORS = (
    "__radd__", "__iadd__", "__rsub__", "__isub__", "__rmul__", "__imul__", "__div__", "__rdiv__",
    "__idiv__", "__truediv__", "__rtruediv__", "__itruediv__", "__pow__", "__rpow__", "__ipow__",
)  # fmt: skip
_COMPARISONS = (
    "eq", "ne", "lt", "le", "gt", "ge", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
    "logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isinf", "isfinite",
)  # fmt: skip


def _with_underscore(names: tuple[str, ...]) -> tuple[str, ...]:
    return (*names, *(f"{name}_" for name in names))


def _of_one(kind: Kind) -> Rule:
    def apply(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if is_constant(input):
            shape = None if writes_in_place(func) else source_of(input).shape
            return constant(func, (input, *args), kwargs, shape)
        op = op_of(func)
        in_place = writes_in_place(func) or bool(kwargs.get("inplace", False))
        return same_shape(ledger, ledger.op_name(op), kind, op, input, in_place=in_place)

    return apply


rule(*_with_underscore(_ACTIVATIONS))(_of_one("activation"))
rule(*_with_underscore(_PLAIN))(_of_one("other"))


@rule("prelu")
def _prelu(ledger: Ledger, func: Any, input: Tensor, weight: Tensor) -> Tensor:
    name = named(ledger, func, weight)
    return same_shape(ledger, name, "activation", "prelu", input, params=(weight,))


@rule("softmax", "log_softmax")
def _softmax(ledger: Ledger, func: Any, input: Tensor, dim: int, *_: Any, **__: Any) -> Any:
    if is_constant(input):
        return constant(func, (input, dim), {}, source_of(input).shape)
    op = op_of(func)
    return same_shape(ledger, ledger.op_name(op), "activation", op, input, over=(dim,))


@rule(
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout",
    "contiguous", "detach", "requires_grad_", "to", "float", "half", "double", "bfloat16", "type",
    "type_as", "cuda", "cpu", "alias",
)  # fmt: skip
def _same_values(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    origin = origin_of(input)
    if origin is None:
        return constant(func, (input, *args), kwargs)
    if func.__name__ == "contiguous" and not input.is_contiguous():
        return ledger.tensor(origin, input.dtype)
    return input


@rule(
    *_with_underscore(_BINARY), *_OPERATORS, *_COMPARISONS, "lerp", "addcmul", "where",
    "masked_fill", "masked_fill_",
)  # fmt: skip
def of_several(ledger: Ledger, func: Any, *args: Any, **kwargs: Any) -> Any:
    """Enter an elementwise function of tensors that broadcast; two maps make it a join."""
    tensors = [value for value in args if isinstance(value, Tensor)]
    if kwargs:
        tensors += [value for value in kwargs.values() if isinstance(value, Tensor)]
    origins = tracked(tensors)
    if not origins and writes_in_place(func):
        return constant(func, args, kwargs)
    sources = [source_of(tensor) for tensor in tensors]
    if len(sources) == 1:
        shape, axes = sources[0].shape, sources[0].axes
    else:
        try:
            shape, axes = align([s.shape for s in sources], [s.axes for s in sources])
        except ValueError as error:
            raise DoesNotFit(ledger.scope, sources[0].shape, str(error)) from error
    op = op_of(func)
    dtype = torch.bool if func.__name__ in _COMPARISONS else None
    if not origins:
        return constant(func, args, kwargs, shape, dtype)
    several = any(origin is not origins[0] for origin in origins)
    entry, made = ledger.enter(
        ledger.op_name(op),
        "join" if several else "other",
        op,
        tuple(s for s in sources if s.row != CONSTANT or s.params),
        shape,
        axes,
        ledger.join(origins, mixes=True),
        head=origins[0],
    )
    ledger.charge(entry, [tensor for tensor in tensors if is_parameter(tensor)])
    target = args[0] if args else None
    if isinstance(target, Tensor) and writes_in_place(func) and sources[0].shape == shape:
        mark(target, made)
        return target
    entry.activations = prod(shape)
    return ledger.tensor(made, dtype)
