"""The register of rules, and what all rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import B
from vizcore.anatomy.ledger import CONSTANT, META, DoesNotFit, Ledger, Origin, origin_of
from vizcore.anatomy.receptive import NOTHING
from vizcore.records import Shape

Rule = Callable[..., Any]
#: torch's function -> its rule.
RULES: dict[Any, Rule] = {}

_RENAMED = {
    "__radd__": "add",
    "__iadd__": "add",
    "__rsub__": "sub",
    "__isub__": "sub",
    "__rmul__": "mul",
    "__imul__": "mul",
    "__div__": "div",
    "__rdiv__": "div",
    "__idiv__": "div",
    "__truediv__": "div",
    "__rtruediv__": "div",
    "__itruediv__": "div",
    "__rpow__": "pow",
    "__ipow__": "pow",
    "__matmul__": "matmul",
    "__rmatmul__": "matmul",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "moveaxis": "movedim",
}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for torch's functions, methods and `functional`s of these names."""

    def register(made: Rule) -> Rule:
        for name in names:
            for owner in (torch, Tensor, F, torch.special):
                func = getattr(owner, name, None)
                if func is not None:
                    RULES[func] = made
        return made

    return register


def op_of(func: Any) -> str:
    """The name of an operation: `add` for `torch.add`, `Tensor.add_` and `Tensor.__radd__`."""
    name: str = func.__name__
    return _RENAMED.get(name) or name.strip("_")


def writes_in_place(func: Any) -> bool:
    """Whether a function writes over its first argument: `add_`, `__iadd__`."""
    name: str = func.__name__
    if name.startswith("__"):
        return name.startswith("__i") and name in _RENAMED
    return name.endswith("_")


def is_parameter(value: Any) -> bool:
    """Whether a value is a network's parameter."""
    return type(value) is not Tensor and isinstance(value, nn.Parameter)


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
        if isinstance(value, Tensor):
            origin: Origin | None = value.__dict__.get("_origin")
            if origin is not None and origin.row != CONSTANT:
                found.append(origin)
        elif isinstance(value, (tuple, list)):
            found += tracked(value)
    return found


def is_constant(value: Any) -> bool:
    """Whether a tensor comes from no row and not from the picture."""
    origin = origin_of(value)
    return origin is None or origin.row == CONSTANT


def mark(tensor: Tensor, origin: Origin) -> None:
    """Note where a tensor came from."""
    tensor._origin = origin  # type: ignore[attr-defined]


def constant(
    func: Any,
    args: Iterable[Any],
    kwargs: dict[str, Any],
    shape: Shape | None = None,
    dtype: torch.dtype | None = None,
) -> Any:
    """Run a function of constants; its parameters wait for the row that uses them.

    Where the result's `shape` is known and its values are not, it is not even run: torch's meta
    kernels are slow, and the first of them loads half of torch's compiler.
    """
    args = tuple(args)
    everything = (*args, *kwargs.values())
    if shape is not None and any(isinstance(value, Tensor) and value.is_meta for value in args):
        result: Any = torch.empty(shape, dtype=dtype or _promoted(args), device=META)
    else:
        result = func(*args, **kwargs)
    params = pending(everything)
    if params:
        for tensor in result if isinstance(result, (tuple, list)) else (result,):
            if (
                isinstance(tensor, Tensor)
                and not is_parameter(tensor)
                and origin_of(tensor) is None
            ):
                sizes = tuple(tensor.shape)
                mark(tensor, Origin(CONSTANT, sizes, (0,) * len(sizes), NOTHING, params))
    return result


def _promoted(args: tuple[Any, ...]) -> torch.dtype:
    """The type of number that an elementwise function of these arguments returns."""
    numbers: list[Any] = [value for value in args if isinstance(value, (Tensor, int, float))]
    if len(numbers) > 1:
        return torch.result_type(numbers[0], numbers[1])
    dtype: torch.dtype = numbers[0].dtype
    return dtype


def named(ledger: Ledger, func: Any, weight: Any = None) -> str:
    """A row's name: the layer whose weight it uses, else the running module's and the op's."""
    owned = ledger.owned.get(id(weight)) if weight is not None else None
    if owned is not None and owned.name == "weight" and owned.module:
        return owned.module
    return ledger.op_name(op_of(func))


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    return str(error).strip().split("\n")[0].rstrip(".")


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
        raise DoesNotFit(ledger.scope, origins[0].shape, first_line(error)) from error
    parts = [
        part
        for part in (result if isinstance(result, (tuple, list)) else (result,))
        if isinstance(part, Tensor)
    ]
    if not parts:
        return result
    params = pending(everything)
    head = origins[0]
    shape = tuple(parts[0].shape)
    field = ledger.join(origins, mixes=True)
    if field is not None and not receptive.is_still(field):
        field = None
    axes = head.axes
    if shape != head.shape:
        batch = head.axes[0] & B if head.axes else 0
        axes = (batch, *(0,) * (len(shape) - 1)) if shape else ()
    op = op_of(func)
    entry, made = ledger.enter(ledger.op_name(op), "other", op, tuple(origins), shape, axes, field)
    entry.macs = macs
    entry.activations = sum(part.numel() for part in parts)
    ledger.charge(entry, params)
    if params and not macs:
        ledger.uncounted.add(op)
    for part in parts:
        part_shape = tuple(part.shape)
        part_axes = axes if len(part_shape) == len(axes) else (0,) * len(part_shape)
        mark(part, Origin(made.row, part_shape, part_axes, field))
    return result
