"""Which operations there are for the rules of backpropagation: activations, pooling, and the rest.

A name in words for each, and how an activation is made into a module that Captum knows.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: One-to-one activations as functions, by what torch.fx calls them.
ACTIVATION_CALLS: dict[Any, tuple[str, Callable[..., Tensor]]] = {
    called: (name, function)
    for name, function, calls in (
        ("ReLU", F.relu, (F.relu, torch.relu, F.relu_, torch.relu_, "relu", "relu_")),
        ("ReLU6", F.relu6, (F.relu6,)),
        ("hard tanh", F.hardtanh, (F.hardtanh, F.hardtanh_)),
        ("leaky ReLU", F.leaky_relu, (F.leaky_relu, F.leaky_relu_)),
        ("ELU", F.elu, (F.elu, F.elu_)),
        ("SELU", F.selu, (F.selu, torch.selu)),
        ("CELU", F.celu, (F.celu, torch.celu)),
        ("GELU", F.gelu, (F.gelu,)),
        ("SiLU", F.silu, (F.silu,)),
        ("Mish", F.mish, (F.mish,)),
        ("hard swish", F.hardswish, (F.hardswish,)),
        ("hard sigmoid", F.hardsigmoid, (F.hardsigmoid,)),
        ("softplus", F.softplus, (F.softplus,)),
        ("softsign", F.softsign, (F.softsign,)),
        ("sigmoid", torch.sigmoid, (torch.sigmoid, F.sigmoid, "sigmoid", "sigmoid_")),
        ("tanh", torch.tanh, (torch.tanh, F.tanh, "tanh", "tanh_")),
    )
    for called in calls
}
#: The same as modules of torch.
ACTIVATION_MODULES: dict[type[nn.Module], str] = {
    nn.ReLU: "ReLU",
    nn.ReLU6: "ReLU6",
    nn.Hardtanh: "hard tanh",
    nn.LeakyReLU: "leaky ReLU",
    nn.PReLU: "PReLU",
    nn.ELU: "ELU",
    nn.SELU: "SELU",
    nn.CELU: "CELU",
    nn.GELU: "GELU",
    nn.SiLU: "SiLU",
    nn.Mish: "Mish",
    nn.Hardswish: "hard swish",
    nn.Hardsigmoid: "hard sigmoid",
    nn.Softplus: "softplus",
    nn.Softsign: "softsign",
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
}
#: Rectifiers: the rule of guided backpropagation and of the deconvnet is about these.
RECTIFIERS = frozenset({"ReLU", "ReLU6"})
#: Used as gates between 0 and 1 beside the way of the signal: left to the gradient.
GATES = frozenset({"sigmoid", "hard sigmoid"})

ADDITIONS = (operator.add, operator.iadd, torch.add, "add", "add_", "__add__", "__iadd__")
PRODUCTS = (operator.mul, operator.imul, torch.mul, "mul", "mul_", operator.matmul, torch.matmul,
            torch.bmm, "matmul", "bmm", torch.einsum, operator.truediv, torch.div, "div", "div_",
            F.scaled_dot_product_attention)  # fmt: skip
#: Move values about without changing them.
MOVES = (torch.flatten, "flatten", "view", "reshape", torch.reshape, "contiguous", "clone",
         torch.cat, torch.concat, operator.getitem, getattr, "chunk", torch.chunk, "split",
         torch.split, "permute", torch.permute, "transpose", torch.transpose, "unsqueeze",
         torch.unsqueeze, "squeeze", torch.squeeze, "size", F.pad, "unbind", torch.unbind,
         torch.stack, "to", "float", "unflatten", torch.unflatten, F.pixel_shuffle, F.dropout,
         F.dropout2d)  # fmt: skip
#: Linear in the picture: the gradient is the rule.
LINEAR = (*MOVES, *ADDITIONS, operator.sub, operator.isub, torch.sub, "sub", "sub_", operator.neg,
          torch.neg, "neg", torch.mean, "mean", torch.sum, "sum", F.conv2d, torch.conv2d, F.linear,
          F.batch_norm, F.avg_pool2d, F.adaptive_avg_pool2d, F.interpolate, "expand", "expand_as",
          "repeat", torch.roll, "roll")  # fmt: skip
#: Functions that only move values or do nothing in evaluation mode, by name: libraries wrap them
#: for torch.fx.
MOVES_BY_NAME = frozenset({"patch_merging_pad"})
IDLE_CALLS = frozenset({"stochastic_depth", "drop_path", "drop_block_2d", "dropout"})
#: Do nothing in evaluation mode.
IDLE = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
#: Put a constant around the maps.
PADS = (nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d)
#: Captum's LRP has a rule for these.
LRP_LAYERS = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d,
              nn.AdaptiveAvgPool2d)  # fmt: skip
#: Depend on the picture in another way than one value on one: Captum's DeepLIFT has no rule.
NO_RULE = (nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm, nn.MultiheadAttention,
           nn.AdaptiveMaxPool2d, nn.InstanceNorm2d)  # fmt: skip


def as_relu(operation: Callable[[Tensor], Tensor]) -> nn.ReLU:
    """A one-to-one activation as a module of the type that Captum's rules look for.

    It computes what the operation computes. To Captum it is a place where the rule for
    activations holds.

    Example:
        >>> as_relu(F.relu6)(torch.tensor([-1.0, 7.0])).tolist()
        [0.0, 6.0]
    """
    module = nn.ReLU()
    module.forward = operation  # type: ignore[assignment]
    return module.eval()


def as_function(operation: Callable[[Tensor], Tensor]) -> nn.Module:
    """A one-to-one activation as a module that no rule of Captum's looks for.

    Example:
        >>> type(as_function(F.relu)).__name__, as_function(F.relu)(torch.tensor([-1.0])).item()
        ('Module', 0.0)
    """
    module = nn.Module()
    module.forward = operation
    return module.eval()


def activation_of_call(target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The name and the operation of an activation that is called as a function, or None.

    The operation keeps what it was called with besides its input, "inplace" left out.
    """
    found = ACTIVATION_CALLS.get(target if _is_hashable(target) else None)
    if found is None:
        return None
    name, function = found
    rest = {key: value for key, value in kwargs.items() if key not in ("inplace", "input")}
    if not args[1:] and not rest:
        return name, function
    plain = [value for value in args[1:] if not isinstance(value, bool)]
    return name, partial(_with_rest, function=function, args=tuple(plain), kwargs=rest)


def in_words(target: Any) -> str:
    """What an operation is called in a message."""
    if isinstance(target, str):
        return target.strip("_")
    if target is F.max_pool2d:
        return "max pooling called as a function"
    if isinstance(target, type):
        return target.__name__
    return str(getattr(target, "__name__", target)).strip("_")


def _with_rest(
    value: Tensor, *, function: Callable[..., Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Tensor:
    return function(value, *args, **kwargs)


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
