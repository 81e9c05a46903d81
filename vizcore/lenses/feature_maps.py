"""Every channel of a layer for one picture, and which layers have such maps."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images, as_input, find_layer, forward, watched
from vizcore.lenses.layout import Layouts
from vizcore.lenses.prediction import one_picture
from vizcore.records import FeatureMaps, MapLayer, Sorting
from vizcore.runtime.clone import private_copy

#: The ways to sort channels.
SORTINGS: tuple[Sorting, ...] = get_args(Sorting)


def feature_maps(
    network: nn.Module, image_nchw: Images, layer: str, *, sorted_by: Sorting = "maximum"
) -> FeatureMaps:
    """What every channel of `layer` computes for one preprocessed picture (1, C, H, W).

    Sorting puts the largest first: `maximum` and `mean` of a map, or its `sparsity` after Hoyer
    ("Non-negative matrix factorization with sparseness constraints", 2004): 1 where a single
    value is not zero, 0 where all have the same size (and for a map of zeros). `channel` keeps
    the network's order. Of a module that runs several times the last run is taken.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives no maps, or does not run in evaluation mode.
        BadChoice: an unknown way to sort.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.Flatten())
        >>> _ = net[0].weight.data.copy_(torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1))
        >>> seen = feature_maps(net, np.ones((1, 1, 4, 4), np.float32), "0")
        >>> seen.order, seen.strength_c.tolist()
        ((1, 0), [1.0, 3.0])
    """
    if sorted_by not in SORTINGS:
        raise BadChoice.among("sorted_by", sorted_by, SORTINGS)
    find_layer(network, layer)
    found, maps = _look(network, image_nchw, layer)
    if maps is None:
        names = [each.name for each in found]
        raise NotApplicable(
            f"Layer '{layer}' gives no maps for this picture. {len(names)} layers do: "
            f"{', '.join(names[:12])}{' ...' if len(names) > 12 else ''}.",
            received=layer,
            suggestions=names,
        )
    maps_chw = maps.float().cpu().numpy()
    strength = _strength(maps_chw, sorted_by)
    largest_first = strength if sorted_by == "channel" else -strength
    order = np.argsort(largest_first, kind="stable")
    return FeatureMaps(layer, maps_chw, tuple(int(c) for c in order), sorted_by, strength)


def map_layers(network: nn.Module, image_nchw: Images) -> tuple[MapLayer, ...]:
    """The layers that give maps larger than one value for this picture, in the order they run.

    Containers are listed after what they contain (`leaf` is False); modules that are used
    several times are listed once, where they ran last.

    Raises:
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten())
        >>> found = map_layers(net, torch.ones(1, 3, 5, 5))
        >>> [(each.name, each.op, each.channels) for each in found]
        [('0', 'Conv2d', 4), ('1', 'ReLU', 4)]
    """
    found, _ = _look(network, image_nchw, None)
    return tuple(each for each in found if each.height * each.width > 1)


def _look(
    network: nn.Module, image_nchw: Images, wanted: str | None
) -> tuple[list[MapLayer], Tensor | None]:
    """Run the network once: every layer with maps, and the maps (C, H, W) of the wanted one."""
    copy = private_copy(network)
    layouts = Layouts()
    found: dict[str, MapLayer] = {}
    kept: dict[str, Tensor] = {}
    target = None if wanted is None else find_layer(copy, wanted)

    def see(name: str, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        if not isinstance(output, Tensor) or output.ndim != 4:
            return
        last = layouts.channels_last(module, inputs, output)
        maps = output.detach()[0]
        maps = maps.permute(2, 0, 1) if last else maps
        channels, height, width = maps.shape
        leaf = next(module.children(), None) is None
        found.pop(name, None)
        found[name] = MapLayer(name, type(module).__name__, channels, height, width, leaf)
        if module is target:
            kept["maps"] = maps.clone()

    images = as_input(copy, one_picture(image_nchw))
    names = [name for name, _ in copy.named_modules() if name]
    with watched(copy, names, see), torch.no_grad():
        forward(copy, images)
    return list(found.values()), kept.get("maps")


def _strength(maps_chw: npt.NDArray[np.float32], sorted_by: Sorting) -> npt.NDArray[np.float32]:
    """The value each channel is sorted by."""
    if sorted_by == "channel":
        return np.arange(len(maps_chw), dtype=np.float32)
    if sorted_by == "maximum":
        return maps_chw.max(axis=(1, 2))
    values = maps_chw.reshape(len(maps_chw), -1).astype(np.float64)
    if sorted_by == "mean":
        return values.mean(axis=1).astype(np.float32)
    sizes = np.abs(values)
    root = np.sqrt(values.shape[1])
    length = np.sqrt((sizes**2).sum(axis=1))
    evenness = np.divide(
        sizes.sum(axis=1), length, out=np.full(len(values), root), where=length > 0
    )
    return ((root - evenness) / max(root - 1.0, 1.0e-12)).clip(0, 1).astype(np.float32)
