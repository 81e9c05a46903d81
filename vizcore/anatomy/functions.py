"""Rules for torch's functions: the shape, the counts and the field of what they return.

A rule takes the ledger, the function and its arguments. Reshapes run torch's own (cheap) code and
only follow the axes; elementwise functions copy the shape; the rest is in closed form. A function
without a rule runs torch's meta kernel, and torch's own flop formulas count it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.anatomy import receptive
from vizcore.anatomy.attention import attended
from vizcore.anatomy.axes import SPACE, Axes, B, H, W, align, reshaped, space_of
from vizcore.anatomy.ledger import (
    CONSTANT,
    DoesNotFit,
    Ledger,
    Origin,
    origin_of,
    source_of,
)
from vizcore.anatomy.modules import linear, mixed_over, same_shape
from vizcore.anatomy.receptive import NOTHING, Field
from vizcore.anatomy.windows import convolve, convolve_transposed, pool, pool_to_size, spread
from vizcore.records import Kind

Rule = Callable[..., Any]
RULES: dict[Any, Rule] = {}


def _find(name: str) -> Iterable[Any]:
    for owner in (torch, Tensor, F, torch.special):
        found = getattr(owner, name, None)
        if found is not None:
            yield found


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for torch's functions and methods of these names."""

    def register(made: Rule) -> Rule:
        for name in names:
            for func in _find(name):
                RULES[func] = made
        return made

    return register


def op_of(func: Any) -> str:
    """The name of an operation: `add` for `Tensor.add_`, `Tensor.__radd__` and `torch.add`."""
    name: str = func.__name__
    stripped = name.strip("_")
    if name.startswith("__") and stripped[0] in "ri" and stripped[1:] in _ARITHMETIC:
        stripped = stripped[1:]
    return {"truediv": "div", "iadd": "add", "swapaxes": "transpose"}.get(stripped, stripped)


_ARITHMETIC = ("add", "sub", "mul", "div", "truediv", "pow", "floordiv", "mod", "matmul")


def is_parameter(value: Any) -> bool:
    return isinstance(value, nn.Parameter)


def pending(values: Iterable[Any]) -> tuple[Tensor, ...]:
    """The parameters among some arguments, or that went into constants among them."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, (tuple, list)):
            found += pending(value)
        elif isinstance(value, Tensor):
            if is_parameter(value):
                found.append(value)
            else:
                origin = origin_of(value)
                if origin is not None and origin.params:
                    found += origin.params
    return tuple(found)


def tracked(values: Iterable[Any]) -> list[Origin]:
    """The origins of the tensors among some arguments that come from a row or the picture."""
    found: list[Origin] = []
    for value in values:
        if isinstance(value, (tuple, list)):
            found += tracked(value)
        else:
            origin = origin_of(value)
            if origin is not None and origin.row != CONSTANT:
                found.append(origin)
    return found


def constant(func: Any, args: Any, kwargs: Any) -> Any:
    """Run a function of constants for real; its parameters wait for the row that uses them."""
    result = func(*args, **kwargs)
    params = pending((*args, *kwargs.values()))
    if params and not is_parameter(result):
        for tensor in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(tensor, Tensor) and tensor.__dict__.get("_origin") is None:
                shape = tuple(tensor.shape)
                tensor._origin = Origin(  # type: ignore[attr-defined]
                    CONSTANT, shape, (0,) * len(shape), NOTHING, params
                )
    return result


def named(ledger: Ledger, func: Any, weight: Any = None) -> str:
    """The row's name: the layer whose weight it uses, else the running module's and the op's."""
    owned = ledger.owned.get(id(weight)) if weight is not None else None
    if owned is not None and owned.name == "weight" and owned.module:
        return owned.module
    return ledger.op_name(op_of(func))


# Elementwise functions of one tensor.

_ACTIVATIONS = (
    "relu relu6 leaky_relu elu selu celu gelu silu mish sigmoid logsigmoid tanh hardtanh "
    "hardsigmoid hardswish softplus softsign threshold rrelu log_sigmoid"
).split()
_PLAIN = (
    "abs neg exp expm1 log log1p log2 sqrt rsqrt square reciprocal sin cos erf clamp clamp_min "
    "clamp_max clip round floor ceil sign clone"
).split()


def _unary(kind: Kind) -> Rule:
    def apply(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
        origin = origin_of(input)
        if origin is None or origin.row == CONSTANT:
            return constant(func, (input, *args), kwargs)
        in_place = func.__name__.endswith("_") or bool(kwargs.get("inplace", False))
        name = ledger.op_name(op_of(func))
        return same_shape(ledger, name, kind, op_of(func), input, in_place=in_place)

    return apply


rule(*_ACTIVATIONS, *(f"{name}_" for name in _ACTIVATIONS))(_unary("activation"))
rule(*_PLAIN, *(f"{name}_" for name in _PLAIN))(_unary("other"))


@rule("prelu")
def _prelu(ledger: Ledger, func: Any, input: Tensor, weight: Tensor) -> Tensor:
    name = named(ledger, func, weight)
    return same_shape(ledger, name, "activation", "prelu", input, params=(weight,))


@rule("softmax", "log_softmax")
def _softmax(ledger: Ledger, func: Any, input: Tensor, dim: int, *_: Any, **__: Any) -> Any:
    if origin_of(input) is None:
        return func(input, dim)
    name = ledger.op_name(op_of(func))
    return same_shape(ledger, name, "activation", op_of(func), input, over=(dim,))


@rule("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout",
      "contiguous", "detach", "requires_grad_", "to", "float", "half", "double", "bfloat16",
      "type", "type_as", "cuda", "cpu", "alias")  # fmt: skip
def _same_values(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    origin = origin_of(input)
    if origin is None:
        return constant(func, (input, *args), kwargs)
    if func.__name__ == "contiguous" and not input.is_contiguous():
        return ledger.tensor(origin)
    return input


# Elementwise functions of several tensors.

_BINARY = "add sub subtract mul multiply div divide true_divide pow maximum minimum fmod".split()
_REFLECTED = "__radd__ __rsub__ __rmul__ __rdiv__ __rtruediv__ __rpow__ __iadd__ __imul__".split()


@rule(*_BINARY, *(f"{name}_" for name in _BINARY), *_REFLECTED, "lerp", "addcmul", "where",
      "masked_fill", "masked_fill_", "__pow__", "__truediv__", "__isub__", "__itruediv__",
      "__div__", "__idiv__", "__ipow__")  # fmt: skip
def _elementwise(ledger: Ledger, func: Any, *args: Any, **kwargs: Any) -> Any:
    everything = (*args, *kwargs.values())
    tensors = [value for value in everything if isinstance(value, Tensor)]
    origins = tracked(tensors)
    if not origins:
        return constant(func, args, kwargs)
    sources = [source_of(tensor) for tensor in tensors]
    try:
        shape, axes = align([s.shape for s in sources], [s.axes for s in sources])
    except ValueError as error:
        raise DoesNotFit(ledger.scope, sources[0].shape, str(error)) from error
    params = [tensor for tensor in tensors if is_parameter(tensor)]
    several = len({id(origin) for origin in origins}) > 1
    op = op_of(func)
    mixes = func.__name__ != "where"
    entry, made = ledger.enter(
        ledger.op_name(op),
        "join" if several else "other",
        op,
        tuple(s for s in sources if s.row != CONSTANT or s.params),
        shape,
        axes,
        ledger.join(origins, mixes=mixes),
        first=origins[0].shape,
    )
    ledger.charge(entry, params)
    target = args[0] if args else None
    in_place = func.__name__.endswith("_") and (
        not func.__name__.startswith("__") or func.__name__.startswith("__i")
    )
    if in_place and isinstance(target, Tensor) and source_of(target).shape == shape:
        target._origin = made  # type: ignore[attr-defined]
        return target
    entry.activations = prod(shape)
    return ledger.tensor(made)


# Layers called as functions.


@rule("conv1d", "conv2d", "conv3d")
def _conv(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    shape = source_of(weight).shape
    rank = len(shape) - 2
    pad = padding if isinstance(padding, str) else spread(padding, rank)
    return convolve(
        ledger,
        named(ledger, func, weight),
        op_of(func),
        source_of(input),
        shape,
        spread(stride, rank),
        pad,
        spread(dilation, rank),
        groups,
        pending((weight, bias)),
    )


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _conv_transposed(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    shape = source_of(weight).shape
    rank = len(shape) - 2
    return convolve_transposed(
        ledger,
        named(ledger, func, weight),
        op_of(func),
        source_of(input),
        shape,
        spread(stride, rank),
        spread(padding, rank),
        spread(output_padding, rank),
        spread(dilation, rank),
        groups,
        pending((weight, bias)),
    )


@rule("linear")
def _linear(
    ledger: Ledger, func: Any, input: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    return linear(
        ledger,
        named(ledger, func, weight),
        op_of(func),
        source_of(input),
        source_of(weight).shape,
        pending((weight, bias)),
    )


@rule("batch_norm")
def _batch_norm(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    *args: Any,
    **kwargs: Any,
) -> Any:
    if origin_of(input) is None or is_parameter(input) or source_of(input).row == CONSTANT:
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
    weight: Any = None,
    bias: Any = None,
    eps: float | None = None,
) -> Any:
    if origin_of(input) is None:
        return constant(func, (input, normalized_shape, weight), {})
    shape = source_of(input).shape
    if shape[-len(normalized_shape) :] != tuple(normalized_shape):
        raise DoesNotFit(ledger.scope, shape, f"it normalises over {tuple(normalized_shape)}")
    over = tuple(range(-len(normalized_shape), 0))
    name = named(ledger, func, weight)
    params = pending((weight, bias))
    return same_shape(ledger, name, "norm", op_of(func), input, params=params, over=over)


@rule("group_norm", "instance_norm")
def _group_norm(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
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
    if origin_of(input) is None:
        return constant(func, (input, p, dim), {})
    return same_shape(ledger, named(ledger, func), "norm", op_of(func), input, over=(dim,))


@rule("max_pool1d", "max_pool2d", "max_pool3d")
def _max_pool(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    rank = int(func.__name__[-2])
    kernel = spread(kernel_size, rank)
    step = kernel if stride is None or stride == [] else spread(stride, rank)
    origin = source_of(input)
    name = ledger.op_name(op_of(func))
    pads, holes = spread(padding, rank), spread(dilation, rank)
    return pool(ledger, name, op_of(func), origin, kernel, step, pads, holes, ceil_mode)


@rule("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _avg_pool(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    *_: Any,
    **__: Any,
) -> Any:
    rank = int(func.__name__[-2])
    kernel = spread(kernel_size, rank)
    step = kernel if stride is None or stride == [] else spread(stride, rank)
    origin = source_of(input)
    name = ledger.op_name(op_of(func))
    holes = (1,) * rank
    return pool(
        ledger, name, op_of(func), origin, kernel, step, spread(padding, rank), holes, ceil_mode
    )


@rule("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
      "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")  # fmt: skip
def _adaptive_pool(
    ledger: Ledger, func: Any, input: Tensor, output_size: Any, *_: Any, **__: Any
) -> Any:
    rank = int(func.__name__[-2])
    single = output_size is None or isinstance(output_size, int)
    sides = (output_size,) * rank if single else tuple(output_size)
    name = ledger.op_name(op_of(func))
    return pool_to_size(ledger, name, op_of(func), source_of(input), sides)


@rule("interpolate", "upsample")
def _interpolate(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    *_: Any,
    **__: Any,
) -> Any:
    origin = source_of(input)
    rank = len(origin.shape) - 2
    sides = origin.shape[2:]
    if size is not None:
        out = spread(size, rank)
    else:
        factors = [scale_factor] * rank if isinstance(scale_factor, (int, float)) else scale_factor
        out = tuple(int(side * factor) for side, factor in zip(sides, factors, strict=True))
    field = origin.field
    if field is not None and field is not NOTHING and (field.h.stride or field.w.stride):
        by = [n // side if n % side == 0 else 0 for n, side in zip(out, sides, strict=True)]
        if rank == 2 and origin.axes[2:] == (H, W) and all(by):
            reach = {"nearest": 0, "nearest-exact": 0, "bilinear": 1}.get(mode, 2)
            h = receptive.enlarge(field.h, by[0], reach, out[0])
            w = receptive.enlarge(field.w, by[1], reach, out[1])
            field = Field(h, w, field.exact and by == [1, 1], field.uniform)
        else:
            field = None
    shape = (*origin.shape[:2], *out)
    name = ledger.op_name("interpolate")
    entry, made = ledger.enter(name, "other", "interpolate", (origin,), shape, origin.axes, field)
    entry.activations = prod(shape)
    return ledger.tensor(made)


@rule("pad")
def _pad(
    ledger: Ledger, func: Any, input: Tensor, pad: Sequence[int], mode: str = "constant", *_: Any,
    **__: Any,
) -> Any:  # fmt: skip
    origin = origin_of(input)
    if origin is None:
        return constant(func, (input, list(pad)), {})
    if not any(pad):
        return input
    shape = list(origin.shape)
    field = origin.field
    for i in range(len(pad) // 2):
        low, high = pad[2 * i], pad[2 * i + 1]
        dim = len(shape) - 1 - i
        shape[dim] += low + high
        bits = origin.axes[dim] & SPACE
        if not bits or field is None or field is NOTHING:
            continue
        if bits == SPACE:
            field = None if field.h.stride or field.w.stride else field
            continue
        side = "h" if bits == H else "w"
        span = getattr(field, side)
        moved = span._replace(offset=span.offset - low * span.stride, count=shape[dim])
        field = field._replace(**{side: moved, "exact": field.exact and mode == "constant"})
    name = ledger.op_name("pad")
    entry, made = ledger.enter(
        name, "other", "pad", (origin,), tuple(shape), origin.axes, field
    )  # fmt: skip
    entry.activations = prod(shape)
    return ledger.tensor(made)


# Products of two tensors.


@rule("matmul", "bmm", "mm", "__matmul__", "__rmatmul__")
def _matmul(ledger: Ledger, func: Any, input: Tensor, other: Tensor) -> Any:
    sources = [source_of(input), source_of(other)]
    if not tracked((input, other)):
        return constant(func, (input, other), {})
    a, b = (s.shape for s in sources)
    if len(a) < 2 or len(b) < 2:
        return unknown(ledger, func, (input, other), {})
    if a[-1] != b[-2]:
        raise DoesNotFit(ledger.scope, a, f"it cannot be multiplied with {b}")
    lead, lead_axes = align(
        [a[:-2], b[:-2]], [sources[0].axes[:-2], sources[1].axes[:-2]]
    )  # fmt: skip
    shape = (*lead, a[-2], b[-1])
    axes = (*lead_axes, sources[0].axes[-2], sources[1].axes[-1])
    parts = [
        mixed_over(ledger, sources[0], (-1,), mixes_channels=True),
        mixed_over(ledger, sources[1], (-2,), mixes_channels=True),
    ]
    crossing = sources[0].axes[-2] & sources[1].axes[-1] & SPACE
    if crossing and any(part is None or part.h.stride or part.w.stride for part in parts):
        field = None
    else:
        field = receptive.join(parts[0], parts[1], ledger.picture, mixes=True)
    params = [t for t in (input, other) if is_parameter(t)]
    kind: Kind = "linear" if params or any(s.params for s in sources) else "attention"
    entry, made = ledger.enter(
        ledger.op_name("matmul"),
        kind,
        "matmul",
        tuple(s for s in sources if s.row != CONSTANT or s.params),
        shape,
        axes,
        field,
    )
    ledger.charge(entry, params)
    entry.macs = prod(shape) * a[-1]
    entry.activations = prod(shape)
    return ledger.tensor(made)


@rule("scaled_dot_product_attention")
def _attention(
    ledger: Ledger, func: Any, query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any
) -> Any:
    q, k, v = (source_of(t) for t in (query, key, value))
    shape = (*q.shape[:-1], v.shape[-1])
    field = attended(ledger, v, len(v.shape) - 2)
    unique = tuple({id(s): s for s in (q, k, v)}.values())
    op = "scaled_dot_product_attention"
    entry, made = ledger.enter(
        ledger.op_name(op), "attention", op, unique, shape, q.axes, field
    )  # fmt: skip
    entry.macs = prod(q.shape[:-1]) * k.shape[-2] * (q.shape[-1] + v.shape[-1])
    entry.activations = prod(shape)
    return ledger.tensor(made)


# Reductions.


@rule("mean", "sum", "amax", "amin", "max", "min", "std", "var", "norm", "logsumexp", "prod")
def _reduce(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    origin = origin_of(input)
    if origin is None or origin.row == CONSTANT:
        return constant(func, (input, *args), kwargs)
    if args and isinstance(args[0], Tensor):
        return _elementwise(ledger, func, input, *args, **kwargs)
    with torch._C.DisableTorchFunction():
        result = func(input, *args, **kwargs)
    values = result if isinstance(result, Tensor) else result[0]
    dims = kwargs.get("dim", args[0] if args and not isinstance(args[0], bool) else None)
    rank = len(origin.shape)
    if op_of(func) == "norm" and "dim" not in kwargs:
        dims = args[1] if len(args) > 1 else None
    over = tuple(range(rank)) if dims is None else spread(dims, 1)
    over = tuple(dim % rank for dim in over)
    kept = values.dim() == rank
    axes = tuple(
        0 if dim in over else axis
        for dim, axis in enumerate(origin.axes)
        if kept or dim not in over
    )
    field = mixed_over(ledger, origin, over, mixes_channels=True)
    spatial = any(origin.axes[dim] & SPACE for dim in over)
    kind: Kind = "pool" if spatial else "other"
    shape = tuple(values.shape)
    op = op_of(func)
    entry, made = ledger.enter(ledger.op_name(op), kind, op, (origin,), shape, axes, field)
    entry.activations = prod(shape)
    if isinstance(result, Tensor):
        return ledger.tensor(made, values.dtype)
    for part in result:
        part._origin = made
    return result


# Several maps laid side by side.


@rule("cat", "concat", "concatenate", "stack", "hstack")
def _cat(ledger: Ledger, func: Any, tensors: Sequence[Tensor], dim: int = 0, **kwargs: Any) -> Any:
    dim = kwargs.get("axis", dim)
    origins = tracked(tensors)
    if not origins:
        return constant(func, (tensors, dim), {})
    sources = [source_of(tensor) for tensor in tensors]
    op = op_of(func)
    if op == "stack":
        rank = len(sources[0].shape) + 1
        dim %= rank
        base = sources[0].shape
        shape = (*base[:dim], len(tensors), *base[dim:])
        axes = (*origins[0].axes[:dim], 0, *origins[0].axes[dim:])
    else:
        dim = dim % len(sources[0].shape) if op != "hstack" else 1
        for source in sources[1:]:
            same = [i == dim or n == m for i, (n, m) in enumerate(zip(source.shape,
                    sources[0].shape, strict=False))]  # fmt: skip
            if not all(same) or len(source.shape) != len(sources[0].shape):
                reason = f"{sources[0].shape} and {source.shape} cannot be concatenated"
                raise DoesNotFit(ledger.scope, source.shape, reason)
        total = sum(source.shape[dim] for source in sources)
        shape = (*sources[0].shape[:dim], total, *sources[0].shape[dim + 1 :])
        axes = align([o.shape for o in origins], [o.axes for o in origins])[1] if False else tuple(
            _or(column) for column in zip(*(o.axes for o in origins), strict=True)
        )  # fmt: skip
    field = ledger.join(origins, mixes=False)
    if op != "stack" and axes[dim] & SPACE and len(origins) > 1:
        moving = field is None or field.h.stride or field.w.stride
        field = None if moving else field
    several = len({id(origin) for origin in origins}) > 1
    params = [tensor for tensor in tensors if is_parameter(tensor)]
    entry, made = ledger.enter(
        ledger.op_name(op),
        "join" if several else "other",
        op,
        tuple(s for s in sources if s.row != CONSTANT or s.params),
        shape,
        axes,
        field,
        first=origins[0].shape,
    )
    ledger.charge(entry, params)
    entry.activations = prod(shape)
    return ledger.tensor(made)


def _or(bits: Iterable[int]) -> int:
    result = 0
    for bit in bits:
        result |= bit
    return result


# Views: the same values under another shape.


def _view(
    ledger: Ledger,
    func: Any,
    input: Tensor,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    axes_of: Callable[[Origin, tuple[int, ...]], Axes],
    field_of: Callable[[Origin], Field | None] = lambda origin: origin.field,
) -> Any:
    origin = origin_of(input)
    if origin is None or origin.row == CONSTANT:
        return constant(func, (input, *args), kwargs)
    try:
        result = func(input, *args, **kwargs)
    except (RuntimeError, IndexError) as error:
        raise DoesNotFit(ledger.scope, origin.shape, _first_line(error)) from error
    parts = result if isinstance(result, (tuple, list)) else (result,)
    shape = tuple(parts[0].shape)
    op = op_of(func)
    axes = axes_of(origin, shape)
    field = field_of(origin)
    _, made = ledger.enter(ledger.op_name(op), "other", op, (origin,), shape, axes, field)
    for part in parts:
        part_shape = tuple(part.shape)
        same = part_shape == shape
        part._origin = made if same else Origin(made.row, part_shape, axes, field)
    return result


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]


def _sides(origin: Origin) -> tuple[int, int]:
    return (origin.field.h.count, origin.field.w.count) if origin.field else (0, 0)


@rule("view", "reshape", "flatten", "unflatten", "view_as", "reshape_as")
def _reshape(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        return reshaped(origin.shape, origin.axes, shape, _sides(origin))

    return _view(ledger, func, input, args, kwargs, axes_of)


@rule("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "adjoint")
def _permute(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        order = func(torch.empty(range_shape(len(shape)), device="meta"), *args, **kwargs).shape
        return tuple(origin.axes[size - 1] for size in order)

    return _view(ledger, func, input, args, kwargs, axes_of)


def range_shape(rank: int) -> tuple[int, ...]:
    """A shape whose sizes say which dimension they are: (1, 2, ..., rank)."""
    return tuple(range(1, rank + 1))


@rule("squeeze", "unsqueeze", "expand", "expand_as", "repeat")
def _stretch(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        op = op_of(func)
        if op == "unsqueeze":
            dim = (args[0] if args else kwargs["dim"]) % len(shape)
            return (*origin.axes[:dim], 0, *origin.axes[dim:])
        if op == "squeeze":
            dim = args[0] if args else kwargs.get("dim")
            if dim is None:
                return tuple(a for a, n in zip(origin.axes, origin.shape, strict=True) if n != 1)
            gone = {d % len(origin.shape) for d in spread(dim, 1)}
            gone = {d for d in gone if origin.shape[d] == 1}
            return tuple(a for d, a in enumerate(origin.axes) if d not in gone)
        return (0,) * (len(shape) - len(origin.axes)) + origin.axes

    return _view(ledger, func, input, args, kwargs, axes_of)


@rule("chunk", "split", "tensor_split", "unbind", "narrow", "select", "unsafe_chunk")
def _part(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    op = op_of(func)
    default = {"chunk": 1, "split": 1, "tensor_split": 1, "unsafe_chunk": 1}.get(op, 0)
    dim = kwargs.get("dim", args[default] if len(args) > default else 0)

    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        where = dim % len(origin.shape)
        if op in ("unbind", "select"):
            return (*origin.axes[:where], *origin.axes[where + 1 :])
        return origin.axes

    def field_of(origin: Origin) -> Field | None:
        return _of_part(origin, origin.axes[dim])

    return _view(ledger, func, input, args, kwargs, axes_of, field_of)


def _of_part(origin: Origin, axis: int) -> Field | None:
    """The field of some of the values along a dimension."""
    field = origin.field
    if field is None or field is NOTHING:
        return field
    if axis & SPACE:
        return None if field.h.stride or field.w.stride else field
    return field if field.uniform else field._replace(exact=False)


@rule("__getitem__")
def _index(ledger: Ledger, func: Any, input: Tensor, index: Any) -> Any:
    origin = origin_of(input)
    if origin is None or origin.row == CONSTANT:
        return constant(func, (input, index), {})
    keys = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(key, (Tensor, list)) for key in keys):
        return unknown(ledger, func, (input, index), {})
    if Ellipsis in keys:
        spot = keys.index(Ellipsis)
        missing = len(origin.shape) - sum(key is not None for key in keys) + 1
        keys[spot : spot + 1] = [slice(None)] * missing
    axes: list[int] = []
    field = origin.field
    dim = 0
    for key in keys:
        if key is None:
            axes.append(0)
            continue
        axis = origin.axes[dim]
        size = origin.shape[dim]
        if isinstance(key, slice):
            axes.append(axis)
        if key != slice(None):
            field = _sliced(origin, field, axis, key, size)
        dim += 1
    axes += origin.axes[dim:]

    def axes_of(origin: Origin, shape: tuple[int, ...]) -> Axes:
        return tuple(axes)

    return _view(ledger, func, input, (index,), {}, axes_of, lambda origin: field)


def _sliced(origin: Origin, field: Field | None, axis: int, key: Any, size: int) -> Field | None:
    bits = axis & SPACE
    if field is None or field is NOTHING or not (field.h.stride or field.w.stride):
        return field
    if not bits:
        return field if field.uniform or axis & B else field._replace(exact=False)
    if bits == SPACE or not isinstance(key, slice):
        return None
    places = range(*key.indices(size))
    side = "h" if bits == H else "w"
    span = getattr(field, side)
    moved = span._replace(
        offset=span.offset + places.start * span.stride,
        stride=span.stride * places.step,
        count=len(places),
    )
    return field._replace(**{side: moved})


@rule("roll", "flip")
def _roll(ledger: Ledger, func: Any, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    origin = origin_of(input)
    if origin is None:
        return constant(func, (input, *args), kwargs)
    field = origin.field
    if field is not None and (field.h.stride or field.w.stride):
        field = None
    op = op_of(func)
    entry, made = ledger.enter(
        ledger.op_name(op), "other", op, (origin,), origin.shape, origin.axes, field
    )  # fmt: skip
    entry.activations = prod(origin.shape)
    return ledger.tensor(made)


@rule("new_zeros", "new_ones", "new_full", "new_empty", "new_tensor", "zeros_like", "ones_like",
      "full_like", "empty_like", "rand_like", "randn_like")  # fmt: skip
def _fresh(ledger: Ledger, func: Any, *args: Any, **kwargs: Any) -> Any:
    return func(*args, **kwargs)


@rule("__setitem__")
def _set_part(ledger: Ledger, func: Any, input: Tensor, index: Any, value: Any) -> None:
    with torch._C.DisableTorchFunction():
        func(input, index, value)
    origins = tracked((input, value))
    if origins:
        target = source_of(input)
        field = ledger.join(origins, mixes=False)
        moving = field is None or field.h.stride or field.w.stride
        axes = tuple(a | b for a, b in zip(target.axes, target.axes, strict=True))
        entry, made = ledger.enter(
            ledger.op_name("setitem"),
            "join",
            "setitem",
            tuple(origins),
            target.shape,
            axes,
            None if moving else field,
        )
        input._origin = made  # type: ignore[attr-defined]


# Everything else.


def unknown(ledger: Ledger, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run torch's own meta kernel; count what torch's flop formulas know of it."""
    everything = (*args, *kwargs.values())
    origins = tracked(everything)
    if not origins:
        return constant(func, args, kwargs)
    from vizcore.anatomy.kernels import run_counted

    try:
        result, macs = run_counted(func, args, kwargs)
    except (RuntimeError, ValueError, IndexError) as error:
        raise DoesNotFit(ledger.scope, origins[0].shape, _first_line(error)) from error
    parts = [
        part
        for part in (result if isinstance(result, (tuple, list)) else (result,))
        if isinstance(part, Tensor)
    ]
    if not parts:
        return result
    op = op_of(func)
    params = pending(everything)
    shape = tuple(parts[0].shape)
    field = ledger.join(origins, mixes=True)
    if field is not None and field is not NOTHING and not receptive.is_whole(field, ledger.picture):
        field = None
    same = shape == origins[0].shape
    batch = origins[0].axes[0] & B if origins[0].axes and shape else 0
    axes = origins[0].axes if same else ((batch,) + (0,) * (len(shape) - 1) if shape else ())
    kind: Kind = "other"
    entry, made = ledger.enter(
        ledger.op_name(op), kind, op, tuple(origins), shape, axes, field
    )  # fmt: skip
    entry.macs = macs
    entry.activations = sum(part.numel() for part in parts)
    ledger.charge(entry, params)
    if params and not macs:
        ledger.uncounted.add(op)
    for part in parts:
        part_shape = tuple(part.shape)
        part_axes = axes if len(part_shape) == len(axes) else (0,) * len(part_shape)
        part._origin = Origin(made.row, part_shape, part_axes, field)  # type: ignore[attr-defined]
    return result
