"""What a network dreams of: images made for classes, channels and units, and from activations."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.errors import BadChoice
from vizcore.records.ascent_options import AscentOptions, InversionOptions
from vizcore.records.class_images import AscentImages, Inversions
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks.class_images import (
    Unit,
    activation_images_task,
    class_images_task,
    inversion_task,
    lambda_row_task,
)
from vizcore.tasks.sight import AnyPicture, AnyWeights


def class_images(
    name: str,
    targets: str | int | Sequence[str | int],
    lambda_: float | Sequence[float] | None = None,
    options: AscentOptions | None = None,
    *,
    photo: AnyPicture | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> AscentImages:
    """The image that makes each class's score, less lambda times its squared norm, largest.

    Simonyan, Vedaldi, Zisserman (2014), as published unless the options say otherwise.

    Args:
        targets: a class by name or number, or several, an image each.
        lambda_: weight of the squared norm, one for all; several make a row for one class.
        options: `vizcore.AscentOptions`, such as `AscentOptions(steps=500, jitter_px=4)`.
        photo: the start, where the options say so.

    Raises:
        UnknownClass: with the nearest names.
        BadChoice: a lambda or an option that cannot be.
        NotApplicable: the outputs are no class scores, or nothing is finite.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> options = AscentOptions(steps=2)
        >>> class_images("zfnet_photos20", ["cat", "coins"], options=options).pictures_nhwc.shape
        (2, 64, 64, 3)
    """
    chosen = [targets] if isinstance(targets, (str, int)) else list(targets)
    if lambda_ is None or isinstance(lambda_, (int, float)):
        task = class_images_task(name, chosen, lambda_, options, photo=photo, weights=weights)
    else:
        if len(chosen) != 1:
            raise BadChoice(f"A row of lambdas is for one class; {len(chosen)} came in.")
        task = lambda_row_task(name, chosen[0], lambda_, options, photo=photo, weights=weights)
    return run_here(task, choose(device))


def activation_images(
    name: str,
    units: Sequence[Unit],
    lambda_: float | None = None,
    options: AscentOptions | None = None,
    *,
    photo: AnyPicture | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> AscentImages:
    """The image that each of some channels (the mean of its map) or single units answers to most.

    Args:
        units: (layer, channel), or (layer, channel, (row, column)) for a single unit, or
            (layer, channel, "centre") for the one in the middle.
        lambda_, options, photo: as for `class_images`; a step is by default the gradient over its
            root mean square, because activations have scales of their own.

    Raises:
        UnknownLayer: with the nearest names.
        BadChoice: no such channel or place.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> unit, options = ("conv3", 17, "centre"), AscentOptions(steps=2)
        >>> activation_images("zfnet_photos20", [unit], options=options).images_nchw.shape
        (1, 3, 64, 64)
    """
    task = activation_images_task(name, units, lambda_, options, photo=photo, weights=weights)
    return run_here(task, choose(device))


def invert(
    name: str,
    image: AnyPicture,
    layers: str | Sequence[str],
    options: InversionOptions | None = None,
    *,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Inversions:
    """The image that gives a layer, or each of several, the same activations as a photograph.

    Mahendran and Vedaldi (2015); `vizcore.InversionOptions` says how.

    Raises:
        UnknownLayer, NotApplicable: no layer of this name, or one without values.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> found = invert("zfnet_photos20", photo, ["conv1", "conv5"], InversionOptions(steps=2))
        >>> found.errors_sn.shape
        (3, 2)
    """
    chosen = [layers] if isinstance(layers, str) else list(layers)
    return run_here(inversion_task(name, image, chosen, options, weights=weights), choose(device))
