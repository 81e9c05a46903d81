"""From the notation to a module of torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vizcore.zoo.meta import WeightlessMode, settle
from vizcore.zoo.notation.parser import parse
from vizcore.zoo.notation.shapes import Plan, Step, plan
from vizcore.zoo.notation.syntax import Block, Conv, Dense, Dropout, Network, Plain, Pool


class Design(nn.Sequential):
    """A network written in the notation; `input_shape` is the picture it was written for."""

    def __init__(self, made: Plan) -> None:
        super().__init__()
        self.input_shape = made.input_shape
        _fill(self, made.steps)


class Residual(nn.Module):
    """Two branches added, and a ReLU after the sum where the notation implies one."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        body, shortcut = step.branches
        self.body = _fill(nn.Sequential(), body)
        self.shortcut = _fill(nn.Sequential(), shortcut)
        self.relu = nn.ReLU(inplace=True) if step.relu else None
        # What a convolution or its normalisation gives is read by nobody else, nor by their
        # gradients: the sum may take its place, as torchvision's residual networks do.
        last = body[-1].layer
        self.in_place = isinstance(last, Conv) or last == Plain("bn")

    def forward(self, x: Tensor) -> Tensor:
        total, shortcut = self.body(x), self.shortcut(x)
        if self.in_place:
            total += shortcut
        else:
            total = total + shortcut
        return total if self.relu is None else self.relu(total)


class Inception(nn.Module):
    """Branches side by side, their channels concatenated."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.branches = nn.ModuleList(_fill(nn.Sequential(), steps) for steps in step.branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def design(notation: str | Network, *, weights: bool = True) -> nn.Module:
    """Build the network that a notation describes, in eval mode.

    Args:
        notation: text such as `conv3-64 maxpool fc-10` (`vizcore.zoo.notation` explains all of
            it), or what `parse` made of it.
        weights: random weights; False builds shapes only (enough to count, nothing allocated).

    Raises:
        BadNotation: the text cannot be read, or the network cannot be built: with the place.

    Example:
        >>> network = design("input 3x32x32 conv3-16 bn maxpool gap fc-10")
        >>> sum(p.numel() for p in network.parameters())
        650
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    network = parse(notation) if isinstance(notation, str) else notation
    made = plan(network)
    if weights:
        return Design(made).eval()
    with WeightlessMode():
        shapes = Design(made)
    return settle(shapes)


def _fill(sequence: nn.Sequential, steps: tuple[Step, ...]) -> nn.Sequential:
    for step in steps:
        sequence.add_module(step.name, _module(step))
    return sequence


def _module(step: Step) -> nn.Module:
    layer, channels = step.layer, step.in_shape[0]
    if isinstance(layer, Conv):
        return nn.Conv2d(
            channels,
            layer.channels,
            layer.kernel,
            layer.stride,
            layer.pad,
            layer.dilation,
            layer.groups,
            layer.bias,
        )
    if isinstance(layer, Dense):
        return nn.Linear(channels, layer.features, layer.bias)
    if isinstance(layer, Pool):
        kind = nn.MaxPool2d if layer.mode == "max" else nn.AvgPool2d
        return kind(layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil)
    if isinstance(layer, Dropout):
        return nn.Dropout(layer.rate)
    if isinstance(layer, Block):
        return Residual(step) if layer.join == "res" else Inception(step)
    if isinstance(layer, Plain):
        return _plain(layer, step)
    return nn.Flatten()


def _plain(layer: Plain, step: Step) -> nn.Module:
    flat = len(step.in_shape) == 1
    if layer.word == "bn":
        return (nn.BatchNorm1d if flat else nn.BatchNorm2d)(step.in_shape[0])
    if layer.word == "lrn":  # the 2012 paper's 1e-4 an element; torch divides alpha by the size
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    if layer.word == "softmax":
        return nn.Softmax(dim=1)
    return {
        "gap": nn.AdaptiveAvgPool2d(1) if not flat else nn.Identity(),
        "relu": nn.ReLU(inplace=step.relu),
        "tanh": nn.Tanh(),
        "sigmoid": nn.Sigmoid(),
        "id": nn.Identity(),
    }[layer.word]
