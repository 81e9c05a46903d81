"""Build a network without allocating a weight and without running an initialiser.

A `TorchFunctionMode` belongs to the thread that enters it: tensors that hold weights are made on
the meta device and every initialiser returns at once, in this thread only. Tensors a constructor
computes with (`torch.arange`, `torch.tensor`) stay real, because some constructors read them
back: RegNet calls `tolist()`, timm draws its stochastic depth rates from `torch.linspace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_FACTORIES = ("empty", "zeros", "ones", "full", "rand", "randn", "empty_strided")
_INITIALISERS = (
    "uniform_",
    "normal_",
    "trunc_normal_",
    "constant_",
    "ones_",
    "zeros_",
    "eye_",
    "dirac_",
    "xavier_uniform_",
    "xavier_normal_",
    "kaiming_uniform_",
    "kaiming_normal_",
    "orthogonal_",
    "sparse_",
)
_FILLS = (
    "uniform_",
    "normal_",
    "bernoulli_",
    "fill_",
    "zero_",
    "copy_",
    "mul_",
    "add_",
    "div_",
    "sub_",
    "clamp_",
    "erfinv_",
)

_Handler = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]


def _on_meta(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    kwargs["device"] = "meta"
    return func(*args, **kwargs)


def _untouched(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tensor = args[0] if args else kwargs["tensor"]
    return tensor if tensor.is_meta else func(*args, **kwargs)


def _handlers(owner: object, names: Iterable[str], handler: _Handler) -> dict[Any, _Handler]:
    return {getattr(owner, name): handler for name in names}


_HANDLERS: dict[Any, _Handler] = {
    **_handlers(torch, _FACTORIES, _on_meta),
    **_handlers(nn.init, _INITIALISERS, _untouched),
    **_handlers(torch.Tensor, _FILLS, _untouched),
}


class WeightlessMode(TorchFunctionMode):
    """Inside this context, this thread's new weights are shapes only and are never filled.

    Example:
        >>> with WeightlessMode():
        ...     layer = nn.Linear(10**6, 10**6)
        >>> layer.weight.is_meta
        True
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        handler = _HANDLERS.get(func)
        if handler is None:
            return func(*args, **kwargs) if kwargs else func(*args)
        return handler(func, args, kwargs or {})


def to_meta(network: nn.Module) -> nn.Module:
    """Replace the few small parameters that a constructor made from real values."""
    for module in network.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and not parameter.is_meta:
                module._parameters[name] = nn.Parameter(
                    parameter.to("meta"), requires_grad=parameter.requires_grad
                )
    return network
