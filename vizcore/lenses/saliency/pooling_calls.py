"""Poolings that are called as functions, as modules that compute the same."""

from __future__ import annotations

import torch
from torch import fx, nn
from torch.nn import functional as F

from vizcore.lenses.saliency.graphs import Values


def pool_of(node: fx.Node) -> nn.MaxPool2d:
    """The module of a call of max pooling."""
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    given = dict(zip(names, node.args[1:], strict=False))
    given |= {key: value for key, value in node.kwargs.items() if key in names}
    return nn.MaxPool2d(**given).eval()  # type: ignore[arg-type]


def average_of(node: fx.Node, values: Values) -> tuple[nn.Module, bool] | None:
    """The module of an average over places, and whether it keeps the axes."""
    if not has_numbers(node):
        return None
    if node.target is F.adaptive_avg_pool2d:
        size = node.args[1] if len(node.args) > 1 else node.kwargs["output_size"]
        return nn.AdaptiveAvgPool2d(size), True  # type: ignore[arg-type]
    if node.target is F.avg_pool2d:
        names = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
        given = dict(zip(names, node.args[1:], strict=False)) | dict(node.kwargs)
        given.pop("input", None)
        return nn.AvgPool2d(**given), True  # type: ignore[arg-type]
    if node.target in (torch.mean, "mean"):
        axes = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
        keeps = bool(node.kwargs.get("keepdim", node.args[2] if len(node.args) > 2 else False))
        shape = values.shapes.get(node.all_input_nodes[0], ())
        over = [int(str(axis)) % 4 for axis in axes] if isinstance(axes, (list, tuple)) else []
        if len(shape) == 4 and sorted(over) == [2, 3]:
            return nn.AdaptiveAvgPool2d(1), keeps
    return None


def has_numbers(node: fx.Node) -> bool:
    """Whether what an operation is called with besides the picture is known, not computed."""
    return len(node.all_input_nodes) == 1
