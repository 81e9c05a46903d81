"""Class activation maps: of networks whose scores are linear in the means of the last maps.

Zhou, Khosla, Lapedriza, Oliva and Torralba, "Learning Deep Features for Discriminative
Localization" (CVPR 2016). Whether a network is one is found from its values, not from its names:
the input of the last linear layer must be the means of some maps, or the scores themselves be.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vizcore.lenses.places import Found, watched_places


class ClassMap(NamedTuple):
    """A class's map (1, 1, h, w), the layer it is made of, and what is added to its mean."""

    values: Tensor
    layer: str
    bias: float


def class_maps(
    network: nn.Module, image: Tensor, target: int, against: int | None = None
) -> ClassMap | None:
    """The map whose mean, with a bias, is the score of a class; None where there is none."""
    maps: list[tuple[str, Tensor]] = []
    linear: list[tuple[nn.Linear, Tensor, Tensor]] = []

    def see(place: Found) -> None:
        if place.maps_nchw.shape[2:].numel() > 1:
            maps.append((place.name, place.maps_nchw.detach().clone()))
            del maps[:-4]

    def linear_ran(module: nn.Linear, inputs: tuple[Any, ...], output: Tensor) -> None:
        linear[:] = [(module, inputs[0].detach(), output.detach())]

    handles = [
        module.register_forward_hook(linear_ran)
        for module in network.modules()
        if isinstance(module, nn.Linear)
    ]
    try:
        with torch.no_grad(), watched_places(network, see):
            scores = network(image)
    finally:
        for handle in handles:
            handle.remove()
    for name, found in reversed(maps):
        means = found.mean((2, 3))
        if means.shape == scores.shape and torch.allclose(means, scores, rtol=1e-3, atol=1e-5):
            values = found[:, target] - (0 if against is None else found[:, against])
            return ClassMap(values.unsqueeze(1), name, 0.0)
        if not linear:
            continue
        module, given, gave = linear[0]
        same = gave.shape == scores.shape and torch.equal(gave, scores)
        pooled = given.ndim == 2 and means.shape == given.shape
        if same and pooled and torch.allclose(means, given, rtol=1e-3, atol=1e-5):
            weight, bias = module.weight[target], _bias(module, target)
            if against is not None:
                weight, bias = weight - module.weight[against], bias - _bias(module, against)
            return ClassMap(torch.einsum("c,nchw->nhw", weight, found).unsqueeze(1), name, bias)
    return None


def _bias(module: nn.Linear, number: int) -> float:
    return 0.0 if module.bias is None else float(module.bias[number])
