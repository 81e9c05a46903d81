"""Which part of a picture decided, as tasks for an engine or for `run_here`."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from vizcore.lenses.saliency.methods import method_of, settled
from vizcore.networks.classes import class_number
from vizcore.networks.loading import source_of
from vizcore.records.maps import MapLayer
from vizcore.records.saliency import NetworkFits, SaliencyMap, Value
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import AnyPicture, AnyWeights, Sight, require_classes, sight

if TYPE_CHECKING:
    from torch import nn


def saliency_task(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    method: str = "gradient",
    *,
    against: str | int | None = None,
    layer: str | None = None,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    weights: AnyWeights = None,
) -> Task[SaliencyMap]:
    """Which pixels move a class score; see `vizcore.lenses.saliency`.

    Args:
        target: a class by name or number; None takes the most probable one.
        method: a key of `vizcore.lenses.saliency.METHODS`.
        against: a second class, whose score is subtracted.
        layer: for the methods that look at one.
        seed: decides what is drawn, where the method draws.
        options: of the method.

    Raises:
        UnknownClass: with the nearest names.
        BadChoice: an unknown method, option or value.
    """
    chosen = method_of(method)
    given = settled(chosen, options)
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    classes = seen.weights.classes
    number = None if target is None else class_number(target, classes)
    other = None if against is None else class_number(against, classes)
    layer = layer if "layer" in chosen.needs else None
    work = partial(
        _saliency,
        seen=seen,
        target=number,
        against=other,
        method=method,
        layer=layer,
        seed=seed,
        options=given,
    )
    label = chosen.title if number is None else f"{chosen.title} of {classes[number]}"
    if other is not None:
        label += f" against {classes[other]}"
    drawn = seed if chosen.random else 0
    key = seen.key("saliency", number, other, method, layer, drawn, *sorted(given.items()))
    return Task(work, label, source_of(seen.weights), key)


def _saliency(
    network: nn.Module,
    *,
    seen: Sight,
    target: int | None,
    against: int | None,
    method: str,
    layer: str | None,
    seed: int,
    options: Mapping[str, Value],
) -> Generator[Progress, None, SaliencyMap]:
    from vizcore.lenses.saliency import saliency

    return saliency(
        network,
        seen.input_nchw(),
        image_hwc=seen.view_hwc(),
        target=target,
        against=against,
        classes=seen.weights.classes,
        method=method,
        layer=layer,
        seed=seed,
        options=options,
    )


def saliency_methods_task(
    name: str, image: AnyPicture, *, weights: AnyWeights = None
) -> Task[NetworkFits]:
    """Which methods are honest on a network, tried on a picture; see `vizcore.lenses.saliency`."""
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    work = partial(_methods, seen=seen)
    key = seen.key("saliency methods")
    return Task(work, "Which methods apply", source_of(seen.weights), key)


def saliency_layers_task(
    name: str, image: AnyPicture, *, weights: AnyWeights = None
) -> Task[tuple[MapLayer, ...]]:
    """The layers that a saliency method can look at, in the order they run."""
    seen = sight(name, image, weights)
    work = partial(_layers, seen=seen)
    key = seen.key("saliency layers")
    return Task(work, "Layers to look at", source_of(seen.weights), key)


def _methods(network: nn.Module, *, seen: Sight) -> Generator[Progress, None, NetworkFits]:
    from vizcore.lenses.saliency import applicabilities

    fits = yield from applicabilities(network, seen.input_nchw())
    return NetworkFits(seen.weights.architecture, fits)


def _layers(network: nn.Module, *, seen: Sight) -> tuple[MapLayer, ...]:
    from vizcore.lenses.saliency import layers_to_look_at

    return layers_to_look_at(network, seen.input_nchw())
