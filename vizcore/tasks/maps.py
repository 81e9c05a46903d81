"""What each channel of a layer is worth, one of its values worked out, and the way through all
layers: tasks for an engine or for `run_here`, as those of `vizcore.tasks`.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

from vizcore.networks.classes import class_number
from vizcore.networks.loading import source_of
from vizcore.records.maps import (
    Contribution,
    DepthStrip,
    FeatureMaps,
    MapLayer,
    Sorting,
    WorkedRule,
    WorkedValue,
)
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import AnyPicture, AnyWeights, Sight, require_classes, sight

if TYPE_CHECKING:
    from torch import nn


def map_layers_task(
    name: str, image: AnyPicture, *, weights: AnyWeights = None
) -> Task[tuple[MapLayer, ...]]:
    """The layers that have maps for a picture, in the order they run."""
    seen = sight(name, image, weights)
    work = partial(_map_layers, seen=seen)
    return Task(work, "Layers with maps", source_of(seen.weights), seen.key("map layers"))


def feature_maps_task(
    name: str,
    image: AnyPicture,
    layer: str,
    sorted_by: Sorting = "maximum",
    *,
    target: str | int | None = None,
    weights: AnyWeights = None,
) -> Task[FeatureMaps]:
    """Every channel of a layer for a picture; see `vizcore.lenses.feature_maps`.

    Args:
        target: a class by name or number, for sorting by what the channels contribute to it;
            None takes the most probable one.
    """
    seen = sight(name, image, weights)
    if sorted_by in ("gradient", "ablation"):
        require_classes(seen.weights)
    number = None if target is None else class_number(target, seen.weights.classes)
    work = partial(_feature_maps, seen=seen, layer=layer, sorted_by=sorted_by, target=number)
    key = seen.key("feature maps", layer, sorted_by, number)
    return Task(work, f"Feature maps of {layer}", source_of(seen.weights), key)


def contribution_task(
    name: str,
    image: AnyPicture,
    layer: str,
    target: str | int | None = None,
    *,
    ablate: bool = True,
    weights: AnyWeights = None,
) -> Task[Contribution]:
    """What each channel of a layer contributes to a class; see `vizcore.lenses.contribution`.

    Args:
        target: a class by name or number; None takes the most probable one.
        ablate: measure it by setting each channel to zero too, which takes a while.

    Raises:
        UnknownClass: with the nearest names.
        NotApplicable: the outputs are no class scores.
    """
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    number = None if target is None else class_number(target, seen.weights.classes)
    work = partial(_contribution, seen=seen, layer=layer, target=number, ablate=ablate)
    what = "without each channel" if ablate else "by gradient"
    key = seen.key("contribution", layer, number, ablate)
    return Task(work, f"Contributions of {layer}, {what}", source_of(seen.weights), key)


def worked_value_task(
    name: str,
    image: AnyPicture,
    layer: str,
    channel: int,
    row: int,
    column: int,
    *,
    weights: AnyWeights = None,
) -> Task[WorkedValue | WorkedRule]:
    """How a layer comes to one value of a map; see `vizcore.lenses.worked` and `worked_rules`."""
    seen = sight(name, image, weights)
    place = (channel, row, column)
    work = partial(_worked_value, seen=seen, layer=layer, place=place)
    key = seen.key("worked value", layer, *place)
    return Task(work, f"One value of {layer}", source_of(seen.weights), key)


def depth_strip_task(
    name: str, image: AnyPicture, *, weights: AnyWeights = None
) -> Task[DepthStrip]:
    """One map for each layer from the first to the last; see `vizcore.lenses.depth_strip`."""
    seen = sight(name, image, weights)
    work = partial(_depth_strip, seen=seen)
    return Task(work, "The way through the layers", source_of(seen.weights), seen.key("strip"))


def _contribution(
    network: nn.Module, *, seen: Sight, layer: str, target: int | None, ablate: bool
) -> Generator[Progress, None, Contribution]:
    from vizcore.lenses.contribution import contribution

    return contribution(
        network,
        seen.input_nchw(),
        layer,
        target=target,
        classes=seen.weights.classes,
        ablate=ablate,
    )


def _worked_value(
    network: nn.Module, *, seen: Sight, layer: str, place: tuple[int, int, int]
) -> WorkedValue | WorkedRule:
    from vizcore.lenses.worked_rules import worked

    return worked(network, seen.input_nchw(), layer, *place)


def _depth_strip(network: nn.Module, *, seen: Sight) -> DepthStrip:
    from vizcore.lenses.depth_strip import depth_strip

    return depth_strip(network, seen.input_nchw())


def _map_layers(network: nn.Module, *, seen: Sight) -> tuple[MapLayer, ...]:
    from vizcore.lenses.places import places

    return places(network, seen.input_nchw())


def _feature_maps(
    network: nn.Module, *, seen: Sight, layer: str, sorted_by: Sorting, target: int | None
) -> FeatureMaps:
    from vizcore.lenses.feature_maps import feature_maps

    return feature_maps(network, seen.input_nchw(), layer, sorted_by=sorted_by, target=target)
