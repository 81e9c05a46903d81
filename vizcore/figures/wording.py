"""Layers and shapes in the few words that fit into a box of a drawing."""

from __future__ import annotations

import re

from vizcore.records import Pair, Shape
from vizcore.records.layers import LayerRow

#: Operations whose own names are not what people call them; the others are spelled from theirs.
_SPOKEN = {
    "AdaptiveAvgPool2d": "average pool",
    "AdaptiveMaxPool2d": "max pool",
    "AvgPool2d": "average pool",
    "BatchNorm2d": "batch norm",
    "GroupNorm": "group norm",
    "LayerNorm": "layer norm",
    "LayerNorm2d": "layer norm",
    "LocalResponseNorm": "response norm",
    "MaxPool2d": "max pool",
    "MultiheadAttention": "attention",
    "NonDynamicallyQuantizableLinear": "linear",
    "adaptive_avg_pool2d": "average pool",
    "avg_pool2d": "average pool",
    "cat": "concatenate",
    "concat": "concatenate",
    "gelu": "GELU",
    "getitem": "select",
    "iadd": "add",
    "imul": "multiply",
    "matmul": "matrix product",
    "max_pool2d": "max pool",
    "mul": "multiply",
    "relu": "ReLU",
    "scaled_dot_product_attention": "attention",
    "silu": "SiLU",
}


def shape_text(shape: Shape, batch_dim: int | None = 0) -> str:
    """Write one picture's shape, without the dimension that grows with the batch.

    Example:
        >>> shape_text((1, 64, 112, 112)), shape_text((49, 49, 3), None)
        ('64 × 112 × 112', '49 × 49 × 3')
    """
    return " × ".join(str(size) for place, size in enumerate(shape) if place != batch_dim) or "1"


def pair_text(pair: Pair) -> str:
    """Write a height and width.

    Example:
        >>> pair_text((3, 3)), pair_text((1, 7))
        ('3×3', '1×7')
    """
    return f"{pair[0]}×{pair[1]}"


def op_text(op: str) -> str:
    """Write an operation's name the way people say it.

    Example:
        >>> op_text("MaxPool2d"), op_text("ReLU"), op_text("StochasticDepth")
        ('max pool', 'ReLU', 'stochastic depth')
    """
    if op in _SPOKEN:
        return _SPOKEN[op]
    if re.search(r"[a-z]", op) and not re.search(r"[A-Z]{2}", op):
        op = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", op).lower()
    return op.replace("_", " ")


def layer_label(row: LayerRow) -> str:
    """Write a layer as a lecture's drawing does: "conv 7×7, 64, /2".

    The number after the kernel is the channels (or features) that come out; /2 is the stride.
    """
    parts = [op_text(row.op)]
    if row.kind == "conv" and row.kernel:
        channels = row.out_shape[1]
        depthwise = row.groups not in (None, 1) and row.groups == row.in_shape[1]
        parts[0] = f"{'depthwise' if depthwise else 'conv'} {pair_text(row.kernel)}"
        parts.append(str(channels))
        if not depthwise and row.groups and row.groups > 1:
            parts.append(f"{row.groups} groups")
    elif row.kind == "linear":
        parts[0] = f"linear {row.out_shape[-1]}"
    elif row.kind == "pool" and row.op.lower().startswith("adaptive"):
        return f"{parts[0]} to {pair_text((row.out_shape[-2], row.out_shape[-1]))}"
    elif row.kind == "pool" and row.kernel:
        parts[0] += f" {pair_text(row.kernel)}"
    if row.kernel and row.stride and row.stride != (1, 1):
        stride = row.stride
        parts.append(f"/{stride[0]}" if stride[0] == stride[1] else f"/{pair_text(stride)}")
    return ", ".join(parts)
