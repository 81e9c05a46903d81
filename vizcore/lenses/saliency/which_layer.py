"""Which layers a method can look at: modules that give maps and run once in a pass."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable
from vizcore.lenses.capture import Images, as_input, find_layer, forward
from vizcore.lenses.places import Found, watched_places
from vizcore.lenses.prediction import one_picture
from vizcore.records_maps import MapLayer
from vizcore.runtime.clone import private_copy


class Looked(NamedTuple):
    """A layer that can be looked at, and whether it keeps its channels last."""

    listed: MapLayer
    channels_last: bool


def layers_to_look_at(network: nn.Module, image_nchw: Images) -> tuple[MapLayer, ...]:
    """The modules that give maps and run once for a picture (1, C, H, W), in the order they run.

    Raises:
        BadInputSize: the network cannot take this shape.

    Example:
        >>> relu = nn.ReLU()
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1), relu, nn.Conv2d(2, 2, 1), relu, nn.Flatten())
        >>> [each.name for each in layers_to_look_at(net, torch.ones(1, 1, 2, 2))]
        ['0', '2']
    """
    copy = private_copy(network)
    image = as_input(copy, one_picture(image_nchw))
    with torch.no_grad():
        forward(copy, image)
    return tuple(each.listed for each in looked_at(copy, image).values())


def looked_at(network: nn.Module, image: Tensor) -> dict[str, Looked]:
    """The same of a private copy, by name."""
    found: list[Looked] = []
    modules = dict(network.named_modules(remove_duplicate=False))
    runs: Counter[nn.Module] = Counter()

    def ran(module: nn.Module, *_: object) -> None:
        runs[module] += 1

    def see(place: Found) -> None:
        if place.name in modules and place.maps_nchw.shape[2:].numel() > 1:
            found.append(Looked(place.listed(), place.last))

    handles = [module.register_forward_hook(ran) for module in set(modules.values())]
    try:
        with torch.no_grad(), watched_places(network, see):
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    return {each.listed.name: each for each in found if runs[modules[each.listed.name]] == 1}


def chosen_layer(
    network: nn.Module, image: Tensor, layer: str | None, also_in: nn.Module | None = None
) -> tuple[str, nn.Module, bool]:
    """The name and the module of a layer, and whether its channels are last; None: the last layer.

    Args:
        also_in: a rewritten network in which the module must run too.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: it gives no maps, or does not run exactly once; names the nearest.
    """
    found = looked_at(network, image)
    if also_in is not None:
        still = _ran_once(also_in, image)
        found = {name: each for name, each in found.items() if find_layer(network, name) in still}
    if not found:
        raise NotApplicable("No layer of this network gives maps that this method can look at.")
    name = layer or list(found)[-1]
    module = find_layer(network, name)
    if name not in found:
        order = [each for each, _ in network.named_modules(remove_duplicate=False)]
        at = order.index(name)
        near = sorted(found, key=lambda each: abs(order.index(each) - at))[:3]
        raise NotApplicable(
            f"Layer '{name}' cannot be looked at: it gives no maps for this picture, or does not "
            f"run exactly once{' as a module of its own' if also_in is not None else ''}. "
            f"The nearest that can: {', '.join(near)}.",
            received=name,
            suggestions=near,
        )
    return name, module, found[name].channels_last


def _ran_once(network: nn.Module, image: Tensor) -> set[nn.Module]:
    runs: Counter[nn.Module] = Counter()
    handles = [
        module.register_forward_hook(lambda module, *_: runs.update([module]))
        for module in network.modules()
    ]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    return {module for module, times in runs.items() if times == 1}
