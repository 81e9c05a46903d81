"""The way down through torch's record of a forward pass, with the deconvnet's rule at each ReLU.

See `vizcore.lenses.deconvnet`. What the paper gives no way down for is refused.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable

#: An operation of the forward pass, in torch's record of it.
_Node = torch.autograd.graph.Node

#: Linear in the signal, once the switches are recorded: the way down is the transpose.
_LINEAR = re.compile(
    "AccumulateGrad|Add|Addmm|Alias|AsStrided|AdaptiveAvgPool2D|AdaptiveMaxPool2D|AvgPool2D|Bmm|"
    "Cat|Clone|ConstantPadNd|Convolution|CudnnConvolution|Div|Expand|Flip|Index|IndexSelect|"
    "LeftOut|MaxPool2D|MaxPool2DWithIndices|Mean|MiopenConvolution|MkldnnConvolution|Mm|"
    "MpsConvolution|Mul|Narrow|Neg|Permute|PixelShuffle|PixelUnshuffle|ReflectionPad2D|"
    "ReplicationPad2D|Reshape|ReshapeAlias|Roll|Select|Slice|SlowConv2D|Split|SplitWithSizes|"
    "Squeeze|Stack|Sub|Sum|T|ThnnConv2D|ToCopy|Transpose|Unbind|UnsafeView|Unsqueeze|"
    "UpsampleBilinear2D|UpsampleNearest2D|View"
)
_BATCH_NORM = frozenset({"NativeBatchNorm", "CudnnBatchNorm", "MiopenBatchNorm"})
#: Linear only where no more than one factor comes from the picture (the divisor never does).
_PRODUCTS = frozenset({"Mul", "Mm", "Bmm", "Addmm", "Div", "Convolution"})

_CALLED = {
    "Elu": "an ELU",
    "Gelu": "a GELU",
    "Hardsigmoid": "a hard sigmoid",
    "Hardswish": "a hard swish",
    "Hardtanh": "a hard tanh",
    "LeakyRelu": "a leaky ReLU",
    "NativeGroupNorm": "a group normalisation, which depends on the picture",
    "NativeLayerNorm": "a layer normalisation, which depends on the picture",
    "PreluKernel": "a PReLU",
    "Sigmoid": "a sigmoid",
    "Silu": "a SiLU (swish)",
    "Softmax": "a softmax (attention)",
    "Tanh": "a tanh",
}
#: What is said of an operation that was met.
SAID = {
    "BatchNorm": "Batch normalisation has fixed numbers here; its factor is taken as part of the "
    "filter.",
    "AvgPool": "Average pooling has no switches: the signal is spread evenly over each window.",
    "Add": "At a sum (residual connection) the whole signal goes down both ways.",
    "ReLU6": "ReLU6 is taken as a ReLU: the rule looks at the signal, not at the forward value.",
    "LeftOut": "Local response normalisation is left out on the way down, as in the paper.",
}


def change_the_relu_rule(
    maps: Tensor, images: Tensor, layer: str, met: set[str]
) -> list[torch.utils.hooks.RemovableHandle]:
    """Rectify the signal itself at each ReLU between the picture and the maps.

    Raises:
        NotApplicable: an operation on the way is neither linear nor a ReLU.
    """
    picture = torch.autograd.graph.get_gradient_edge(images).node
    order = _from_bottom(maps.grad_fn)
    from_picture = {picture}
    hooked = []
    for node in order:
        fed = [below in from_picture for below, _ in node.next_functions]
        if not any(fed):
            continue
        from_picture.add(node)
        kind = re.sub(r"(Backward\d*|Backward)$", "", node.name().rsplit("::", 1)[-1]).strip("_")
        if kind == "Relu" or (kind == "Hardtanh" and node._saved_min_val == 0):  # type: ignore[attr-defined]
            met.update(["ReLU6"] if kind == "Hardtanh" else [])
            hooked.append(node.register_hook(_rectified))
        elif kind in _BATCH_NORM and not node._saved_training:  # type: ignore[attr-defined]
            met.add("BatchNorm")
        elif kind in _PRODUCTS and (sum(fed) > 1 or (kind == "Div" and not fed[0])):
            raise _no_way_down(layer, "a product of two maps (a gate, or attention)")
        elif _LINEAR.fullmatch(kind):
            two_ways = kind == "Add" and sum(fed) > 1
            met.update(["Add"] if two_ways else [])
            met.update(["AvgPool"] if "AvgPool" in kind or kind == "Mean" else [])
            met.update(["LeftOut"] if kind == "LeftOut" else [])
        else:
            raise _no_way_down(layer, _CALLED.get(kind, f"the operation '{kind}'"))
    if maps.grad_fn not in from_picture:
        raise NotApplicable(f"Layer '{layer}' does not depend on the picture.")
    return hooked


def _from_bottom(top: _Node | None) -> list[_Node]:
    """Every operation below `top`, each after those it reads from."""
    order: list[_Node] = []
    seen: set[_Node] = set()
    stack: list[tuple[_Node | None, bool]] = [(top, False)]
    while stack:
        node, is_done = stack.pop()
        if node is None or (not is_done and node in seen):
            continue
        if is_done:
            order.append(node)
            continue
        seen.add(node)
        stack.append((node, True))
        stack += [(below, False) for below, _ in node.next_functions]
    return order


def _rectified(signal_in: tuple[Any, ...], signal_out: tuple[Any, ...]) -> tuple[Any, ...]:
    """The deconvnet's rule in place of the gradient's: the positive part of what came down."""
    return (signal_out[0].clamp(min=0), *signal_in[1:])


class _LeftOut(torch.autograd.Function):
    """An operation of the way up that the way down passes by."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, operation: Any) -> Tensor:
        result: Tensor = operation(value)
        return result

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> tuple[Tensor, None]:
        return signal, None


def leave_out_normalisation(network: nn.Module) -> None:
    """Let the way down pass by local response normalisation; the network's own copy is changed."""
    for module in network.modules():
        if isinstance(module, nn.LocalResponseNorm):
            module.forward = partial(_leave_out, module.forward)  # type: ignore[method-assign]


def _leave_out(operation: Any, value: Tensor) -> Tensor:
    result: Tensor = _LeftOut.apply(value, operation)
    return result


def _no_way_down(layer: str, what: str) -> NotApplicable:
    return NotApplicable(
        f"Between the picture and '{layer}' there is {what}: the deconvnet of Zeiler and Fergus is "
        "for networks of convolutions, pooling and ReLUs, and gives no way down through it.",
        received=layer,
    )
