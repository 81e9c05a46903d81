"""Images made for classes and units, and from activations: tasks for an engine or `run_here`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from vizcore.data.colours import colour_directions
from vizcore.data.images import Picture
from vizcore.errors import BadChoice
from vizcore.networks.classes import class_number
from vizcore.networks.loading import source_of
from vizcore.records import Pair
from vizcore.records.ascent_options import (
    AscentOptions,
    InversionOptions,
    check_number,
    default_lambda,
)
from vizcore.records.class_images import AscentImages, Goal, Inversions
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import (
    AnyPicture,
    AnyWeights,
    Sight,
    as_picture,
    chosen_weights,
    require_classes,
    sight,
)
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn

#: A unit to make an image for: layer and channel, or also a place in its map.
Unit = tuple[str, int] | tuple[str, int, Pair | Literal["centre"] | None]
#: Lambda is a weight from 0 to this.
MOST_LAMBDA = 1e6


def class_images_task(
    name: str,
    targets: Sequence[str | int],
    lambda_: float | None = None,
    options: AscentOptions | None = None,
    *,
    photo: AnyPicture | None = None,
    weights: AnyWeights = None,
) -> Task[AscentImages]:
    """The image that a network answers to most with each class; `vizcore.lenses.class_images`.

    Args:
        targets: classes by name or number, an image each.
        lambda_: weight of the squared norm; None takes `default_lambda` of the records.
        photo: the start, where the options say so.

    Raises:
        UnknownClass: with the nearest names.
        NotApplicable: the outputs are no class scores.
        BadChoice: no class, or a lambda or start that cannot be.
        UnknownArchitecture, UnknownWeights, WeightsNotHere, BadImage: nothing to look with, or at.
    """
    found = chosen_weights(name, weights)
    require_classes(found)
    numbers = [class_number(each, found.classes) for each in targets]
    weight = _lambda(lambda_, found)
    goals = tuple(Goal(found.classes[number], weight, number) for number in numbers)
    few = ", ".join(goal.name for goal in goals[:3]) + (", ..." if len(goals) > 3 else "")
    return _task(f"Class images of {few}", found, goals, options, photo)


def lambda_row_task(
    name: str,
    target: str | int,
    lambdas: Sequence[float],
    options: AscentOptions | None = None,
    *,
    photo: AnyPicture | None = None,
    weights: AnyWeights = None,
) -> Task[AscentImages]:
    """The image of one class for each of several lambdas, in one batch.

    Raises:
        UnknownClass, NotApplicable, BadChoice and the rest: as for `class_images_task`.
    """
    found = chosen_weights(name, weights)
    require_classes(found)
    number = class_number(target, found.classes)
    goals = tuple(Goal(found.classes[number], _lambda(each, found), number) for each in lambdas)
    return _task(f"Lambdas for {found.classes[number]}", found, goals, options, photo)


def activation_images_task(
    name: str,
    units: Sequence[Unit],
    lambda_: float | None = None,
    options: AscentOptions | None = None,
    *,
    photo: AnyPicture | None = None,
    weights: AnyWeights = None,
) -> Task[AscentImages]:
    """The image that each of some channels (their mean) or single units answers to most.

    Args:
        units: (layer, channel) for the mean of the channel's map, (layer, channel, (row, column))
            or (layer, channel, "centre") for a single unit.

    Raises:
        UnknownLayer: (when it runs) with the nearest names.
        BadChoice: (when it runs) no such channel or place.
        UnknownArchitecture, UnknownWeights, WeightsNotHere, BadImage: nothing to look with, or at.
    """
    found = chosen_weights(name, weights)
    weight = _lambda(lambda_, found)
    goals = []
    for layer, channel, *rest in units:
        place = rest[0] if rest else None
        goals.append(Goal(_called(layer, channel, place), weight, None, layer, channel, place))
    if not goals:
        raise BadChoice("No unit was chosen; allowed is one, or some.")
    few = goals[0].name if len(goals) == 1 else f"{len(goals)} units"
    return _task(f"Images for {few}", found, tuple(goals), options, photo)


def inversion_task(
    name: str,
    image: AnyPicture,
    layers: Sequence[str],
    options: InversionOptions | None = None,
    *,
    weights: AnyWeights = None,
) -> Task[Inversions]:
    """The image that gives each layer the same activations as a photograph.

    Raises:
        UnknownLayer, NotApplicable: (when it runs) no layer of this name, or one without values.
        BadChoice: no layer, or too many.
        UnknownArchitecture, UnknownWeights, WeightsNotHere, BadImage: nothing to look with, or at.
    """
    seen = sight(name, image, weights)
    if not layers:
        raise BadChoice("No layer was chosen; allowed is one, or some.")
    options = options or InversionOptions()
    work = partial(_invert, seen=seen, layers=tuple(layers), options=options)
    what = layers[0] if len(layers) == 1 else f"{len(layers)} layers"
    key = seen.key("inversion", tuple(layers), options)
    return Task(work, f"Inversion of {what}", source_of(seen.weights), key)


def _called(layer: str, channel: int, place: Pair | Literal["centre"] | None) -> str:
    whole = f"channel {channel} of {layer}"
    if place is None:
        return whole
    if place == "centre":
        return f"{whole}, centre"
    return f"{whole}, row {place[0]}, column {place[1]}"


def _lambda(given: float | None, weights: Weights) -> float:
    if given is None:
        how = weights.preprocessing
        return default_lambda(how.channels * how.crop_px**2)
    check_number("lambda", given, 0.0, MOST_LAMBDA)
    return float(given)


def _task(
    label: str,
    weights: Weights,
    goals: tuple[Goal, ...],
    options: AscentOptions | None,
    photo: AnyPicture | None,
) -> Task[AscentImages]:
    if not goals:
        raise BadChoice("Nothing was chosen to make an image for; allowed is one, or some.")
    options = options or AscentOptions()
    start = None
    if options.start == "photo":
        if photo is None:
            raise BadChoice("The start is 'photo', and no photograph came in.")
        start = as_picture(photo)
    key = (
        "ascent",
        weights.architecture,
        weights.identity,
        None if start is None else start.sha256,
        goals,
        options,
    )
    work = partial(_ascend, weights=weights, goals=goals, options=options, photo=start)
    return Task(work, label, source_of(weights), key)


def _ascend(
    network: nn.Module,
    *,
    weights: Weights,
    goals: tuple[Goal, ...],
    options: AscentOptions,
    photo: Picture | None,
) -> Generator[Progress, None, AscentImages]:
    from vizcore.lenses.class_images import ascend

    how = weights.preprocessing
    wants_colours = options.decorrelated and how.channels == 3
    return ascend(
        network,
        goals,
        (how.channels, how.crop_px, how.crop_px),
        mean=how.mean,
        std=how.std,
        options=options,
        photo_nchw=None if photo is None else how.apply(photo.rgb_hwc),
        classes=weights.classes,
        colours_cc=colour_directions(how.std) if wants_colours else None,
    )


def _invert(
    network: nn.Module, *, seen: Sight, layers: tuple[str, ...], options: InversionOptions
) -> Generator[Progress, None, Inversions]:
    from vizcore.lenses.class_images import invert

    return invert(
        network,
        seen.input_nchw(),
        layers,
        photo_hwc=seen.view_hwc(),
        mean=seen.weights.preprocessing.mean,
        std=seen.weights.preprocessing.std,
        options=options,
        classes=seen.weights.classes,
    )
