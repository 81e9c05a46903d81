"""Build a network without allocating a weight and without running an initialiser.

A `TorchFunctionMode` belongs to the thread that enters it: tensors that hold weights are made on
the meta device and every initialiser returns at once, in this thread only. Tensors a constructor
computes with (`torch.arange`, `torch.tensor`) stay real, because some constructors read them
back: RegNet calls `tolist()`, timm draws its stochastic depth rates from `torch.linspace`.

The mode alone is right, but slow: an initialiser asks a weight a dozen questions before it fills
it, and the mode hears each. So while some thread builds, the functions of `torch.nn.init` first
ask whose thread calls them, return at once in that one, and do their work in all others. When the
last builder is done, `torch.nn.init` is what it was.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

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
#: Functions that constructors apply to new weights, alone or with a number. Torch's meta kernels
#: of them are slow, and the first one loads half of torch's compiler.
_OF_WEIGHTS = (
    "add",
    "div",
    "exp",
    "log",
    "mul",
    "neg",
    "pow",
    "reciprocal",
    "rsqrt",
    "sigmoid",
    "sqrt",
    "sub",
    "tanh",
)

_Handler = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
_META = torch.device("meta")
_NoTorchFunction = torch._C.DisableTorchFunction


def _on_meta(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    kwargs["device"] = _META
    return func(*args, **kwargs)


def _untouched(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tensor = args[0] if args else kwargs["tensor"]
    return tensor if tensor.is_meta else func(*args, **kwargs)


def _shaped(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tensors = [arg for arg in args if isinstance(arg, torch.Tensor)]
    if len(tensors) == 1 and tensors[0].is_meta:
        return torch.empty(tensors[0].shape, dtype=tensors[0].dtype, device=_META)
    return func(*args, **kwargs)


def _handlers(owner: object, names: Iterable[str], handler: _Handler) -> dict[Any, _Handler]:
    return {getattr(owner, name): handler for name in names}


_HANDLERS: dict[Any, _Handler] = {
    **_handlers(torch, _FACTORIES, _on_meta),
    **_handlers(nn.init, _INITIALISERS, _untouched),
    **_handlers(torch.Tensor, _FILLS, _untouched),
    **_handlers(torch, _OF_WEIGHTS, _shaped),
    **_handlers(torch.Tensor, _OF_WEIGHTS, _shaped),
}


class _Here(threading.local):
    """How many weightless builds this thread is inside of."""

    depth = 0


_here = _Here()


def _quiet(initialise: Callable[..., Any]) -> Callable[..., Any]:
    """The same initialiser, returning meta tensors as they are in threads that build weightless."""

    @functools.wraps(initialise)
    def ask(*args: Any, **kwargs: Any) -> Any:
        if _here.depth:
            with _NoTorchFunction():
                tensor = args[0] if args else kwargs["tensor"]
                if tensor.is_meta:
                    return tensor
        return initialise(*args, **kwargs)

    return ask


def _unheard(question: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose questions to a tensor the mode does not hear."""

    @functools.wraps(question)
    def ask(tensor: torch.Tensor) -> Any:
        if _here.depth:
            with _NoTorchFunction():
                return question(tensor)
        return question(tensor)

    return ask


class _Stage:
    """Puts asking functions in the place of `torch.nn.init`'s while at least one thread builds."""

    _wrappers: ClassVar = {
        **dict.fromkeys(_INITIALISERS, _quiet),
        "_calculate_fan_in_and_fan_out": _unheard,
    }

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._builders = 0
        self._replaced: dict[str, tuple[Any, Any]] = {}

    def enter(self) -> None:
        with self._lock:
            self._builders += 1
            if self._builders == 1:
                for name, wrap in self._wrappers.items():
                    found = getattr(nn.init, name)
                    self._replaced[name] = (found, wrap(found))
                    setattr(nn.init, name, self._replaced[name][1])
        _here.depth += 1

    def leave(self) -> None:
        _here.depth -= 1
        with self._lock:
            self._builders -= 1
            if self._builders == 0:
                for name, (found, ours) in self._replaced.items():
                    if getattr(nn.init, name) is ours:
                        setattr(nn.init, name, found)


_stage = _Stage()


class WeightlessMode(TorchFunctionMode):
    """Inside this context, this thread's new weights are shapes only and are never filled.

    Example:
        >>> with WeightlessMode():
        ...     layer = nn.Linear(10**6, 10**6)
        >>> layer.weight.is_meta
        True
    """

    def __enter__(self) -> WeightlessMode:
        _stage.enter()
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        _stage.leave()

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


def settle(network: nn.Module) -> nn.Module:
    """Put a network in eval mode, and its few parameters made of real values on the meta device.

    Does what `network.eval()` does, in one walk and without a call per module.
    """
    state = network.__dict__
    if type(network).train is nn.Module.train:
        state["training"] = False
    else:
        network.eval()
    parameters = state["_parameters"]
    for name, parameter in parameters.items():
        if parameter is not None and not parameter.is_meta:
            parameters[name] = nn.Parameter(
                parameter.to(_META), requires_grad=parameter.requires_grad
            )
    for child in state["_modules"].values():
        if child is not None:
            settle(child)
    return network
