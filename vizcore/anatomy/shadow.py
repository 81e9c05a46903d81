"""A copy of a network that shares nothing a trace could change: modules copied, tensors on meta."""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable
from vizcore.runtime.clone import uncompiled

#: Buffers up to this size stay real, because a forward pass may read their values.
_SMALL = 100_000
_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


def shadow_of(network: nn.Module) -> nn.Module:
    """Copy a network for a trace: eval mode, no weights, none of its owner's hooks.

    Hooks of `torch.nn.utils` (old-style weight and spectral norm) stay: they make weights.

    Raises:
        NotApplicable: the network is compiled TorchScript, which hides its layers.
    """
    if isinstance(network, torch.jit.ScriptModule):
        raise NotApplicable(
            f"{type(network).__name__} is compiled TorchScript, which hides its layers. "
            "Give the original nn.Module."
        )
    modules = [module for module in network.modules() if uncompiled(module) is module]
    # Not `Class.__new__(Class)`: torch.fx's makes a new class, without the graph's forward.
    copies: dict[int, Any] = {id(module): object.__new__(type(module)) for module in modules}
    copies |= {id(module): copies[id(uncompiled(module))] for module in network.modules()}
    tensors: dict[int, Any] = {}
    for module in modules:
        state = copies[id(module)].__dict__
        state.update({name: _other(value, copies, tensors)
                      for name, value in module.__dict__.items()})  # fmt: skip
        state["training"] = False
        state["_compiled_call_impl"] = None  # of `module.compile()`: it runs the original
        for name in _HOOKS:
            if name in state:
                state[name] = type(state[name])(
                    (key, hook)
                    for key, hook in state[name].items()
                    if type(hook).__module__.startswith("torch.nn.utils")
                )
    copy: nn.Module = copies[id(network)]
    return copy


def _other(value: Any, copies: dict[int, Any], tensors: dict[int, Any]) -> Any:
    if id(value) in copies:
        return copies[id(value)]
    if isinstance(value, Tensor):
        if id(value) not in tensors:
            tensors[id(value)] = (_tensor(value), value)
        return tensors[id(value)][0]
    if isinstance(value, MethodType) and id(value.__self__) in copies:
        return MethodType(value.__func__, copies[id(value.__self__)])
    if isinstance(value, dict):
        made = value.copy()
        for key, item in value.items():
            made[key] = _other(item, copies, tensors)
        return made
    if type(value) in (list, tuple, set):
        return type(value)(_other(item, copies, tensors) for item in value)
    return value


def _tensor(tensor: Tensor) -> Tensor:
    with torch.no_grad():
        if isinstance(tensor, nn.Parameter):
            return nn.Parameter(tensor.to("meta"), requires_grad=tensor.requires_grad)
        if tensor.is_floating_point() or tensor.numel() > _SMALL:
            return tensor.to("meta")
        return tensor.detach().clone()
