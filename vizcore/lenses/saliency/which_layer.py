"""Which layers a method can look at: every place that gives maps, once it is a module of its own.

A module that runs once is one already. Another place (a module's second run, an addition, a call
of `F.relu`) becomes one in the network's graph, where torch.fx can follow the network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, fx, nn

from vizcore.errors import NotApplicable
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.places import Found, explain_absence, watched_places
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.saliency.graphs import Untraceable, followed, values_of
from vizcore.lenses.saliency.place_nodes import (
    joined_beside,
    named_nodes,
    nodes_that_give,
    put_behind,
    values_at_places,
)
from vizcore.lenses.saliency.rounding import ROUNDING
from vizcore.records.maps import MapLayer
from vizcore.runtime.clone import private_copy


class Looked(NamedTuple):
    """A place that gives maps: whether it keeps its channels last, and is a module that runs once.

    `listed` is the place as it is listed.
    """

    listed: MapLayer
    channels_last: bool
    is_module: bool


class AtLayer(NamedTuple):
    """A layer to look at, as a module that runs once in a network.

    Attributes:
        name: of the place.
        network: the one that was given, or its graph where the layer was no such module.
        module: gives what the place gives, and nothing else.
        channels_last: whether its channels are the last axis.
        change: what was changed, in words; empty where nothing was.
        difference: the largest between the scores before and after, where something was changed.
    """

    name: str
    network: nn.Module
    module: nn.Module
    channels_last: bool
    change: str = ""
    difference: float = 0.0


def layers_to_look_at(network: nn.Module, image_nchw: Images) -> tuple[MapLayer, ...]:
    """The places that methods can look at for a picture (1, C, H, W), in the order they come.

    Raises:
        BadInputSize: the network cannot take this shape.

    Example:
        >>> relu = nn.ReLU()
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1), relu, nn.Conv2d(2, 2, 1), relu, nn.Flatten())
        >>> [each.name for each in layers_to_look_at(net, torch.ones(1, 1, 2, 2))]
        ['0', '1', '2', '1_1']
    """
    copy = private_copy(network)
    image = as_input(copy, one_picture(image_nchw))
    with torch.no_grad():
        forward(copy, image)
    found = looked_at(copy, image)
    apart = [name for name, each in found.items() if not each.is_module]
    try:
        others = _nodes(copy, image, apart)[1] if apart else {}
    except Untraceable:
        others = {}
    return tuple(each.listed for name, each in found.items() if each.is_module or name in others)


def looked_at(network: nn.Module, image: Tensor) -> dict[str, Looked]:
    """Every place of a private copy that gives maps larger than one value, by name."""
    found: list[Looked] = []
    modules = dict(network.named_modules(remove_duplicate=False))

    def see(place: Found) -> None:
        if place.maps_nchw.shape[2:].numel() > 1:
            found.append(Looked(place.listed(), place.last, place.name in modules))

    runs: Counter[nn.Module] = Counter()
    handles = [
        module.register_forward_hook(lambda module, *_: runs.update([module]))
        for module in set(modules.values())
    ]
    try:
        with torch.no_grad(), watched_places(network, see):
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    return {
        each.listed.name: each._replace(
            is_module=each.is_module and runs[modules[each.listed.name]] == 1
        )
        for each in found
    }


def at_layer(network: nn.Module, image: Tensor, layer: str | None) -> AtLayer:
    """A layer of a private copy; None: the last module that gives maps.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: it gives no maps, or torch.fx cannot make a module of it; says why.
    """
    name, looked = _settled(network, image, layer)
    if looked.is_module:
        module = network.get_submodule(name)
        return AtLayer(name, network, module, looked.channels_last)
    try:
        graph, nodes = _nodes(network, image, [name])
    except Untraceable as error:
        raise _no_module(network, image, name, f"{error}") from error
    if name not in nodes:
        why = "torch.fx takes what is around it as one operation"
        raise _no_module(network, image, name, why)
    module = put_behind(graph, nodes[name])
    graph.eval()
    with torch.no_grad():
        before, after = network(image), graph(image)
    difference = float((before - after).abs().max())
    if not difference <= ROUNDING * max(1.0, float(before.abs().max())):
        raise _no_module(network, image, name, f"with one the scores differ by {difference:.2g}")
    return AtLayer(name, graph, module, looked.channels_last, f"'{name}' made a module", difference)


def at_rewritten_layer(
    network: nn.Module,
    image: Tensor,
    layer: str | None,
    rewritten: nn.Module,
    nodes: Mapping[str, fx.Node],
) -> AtLayer:
    """The same in a network that was rewritten; `nodes` are those of its graph, by place.

    Raises:
        UnknownLayer, NotApplicable: as `at_layer`.
    """
    name, looked = _settled(network, image, layer)
    given = values_at_places(network, image, [name])
    assert isinstance(rewritten, fx.GraphModule)
    node = nodes_that_give(rewritten, image, nodes, given).get(name)
    if node is None:
        why = "the rewritten network has no operation that gives what it gives"
        raise _no_module(network, image, name, why)
    if node.op == "call_module":
        module = rewritten.get_submodule(str(node.target))
        if sum(_module_of(rewritten, each) is module for each in rewritten.graph.nodes) == 1:
            return AtLayer(name, rewritten, module, looked.channels_last)
    module = put_behind(rewritten, node)
    return AtLayer(name, rewritten, module, looked.channels_last, f"'{name}' made a module")


def ways_beside(network: nn.Module, image: Tensor, layer: str) -> str:
    """Where ways from the picture to the scores that do not pass a layer come in.

    Empty where every way passes it, and where torch.fx cannot tell.

    Example:
        >>> class Skip(nn.Sequential):
        ...     def forward(self, x):
        ...         return super().forward(x) + x
        >>> net = nn.Sequential(Skip(nn.Conv2d(3, 3, 1)), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        >>> [ways_beside(net, torch.ones(1, 3, 5, 5), name) for name in ("0.0", "0")]
        ['0.add', '']
    """
    try:
        graph, passed = followed(network)
    except Untraceable:
        return ""
    values = values_of(graph, image)
    named = named_nodes(network, passed, values)
    given = values_at_places(network, image, [layer])
    node = nodes_that_give(graph, image, named, given).get(layer)
    join = None if node is None else joined_beside(graph, node, values.of_picture)
    if join is None:
        return ""
    return next((name for name, each in named.items() if each is join), str(join.name))


def _settled(network: nn.Module, image: Tensor, layer: str | None) -> tuple[str, Looked]:
    found = looked_at(network, image)
    if not found:
        raise NotApplicable("No layer of this network gives maps that this method can look at.")
    modules = [name for name, each in found.items() if each.is_module]
    name = layer or (modules or list(found))[-1]
    if name not in found:
        raise explain_absence(network, image, name)
    return name, found[name]


def _no_module(network: nn.Module, image: Tensor, name: str, why: str) -> NotApplicable:
    places = looked_at(network, image)
    order = list(places)
    modules = [each for each in order if places[each].is_module and each != name]
    near = sorted(modules, key=lambda each: abs(order.index(each) - order.index(name)))
    nearest = f" The nearest that can: {', '.join(near[:3])}." if near else ""
    return NotApplicable(
        f"Layer '{name}' cannot be looked at by itself: it is no module that runs once, and "
        f"{why}.{nearest}",
        received=name,
        suggestions=near[:3],
    )


def _nodes(
    network: nn.Module, image: Tensor, names: list[str]
) -> tuple[fx.GraphModule, dict[str, fx.Node]]:
    """The graph of a network, and its nodes that give just what these places give."""
    graph, passed = followed(network)
    named = named_nodes(network, passed, values_of(graph, image))
    given = values_at_places(network, image, names)
    return graph, nodes_that_give(graph, image, named, given)


def _module_of(graph: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    return graph.get_submodule(str(node.target)) if node.op == "call_module" else None
