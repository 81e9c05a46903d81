"""What a trained network says of a picture, and what happens inside it on the way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, cast

from vizcore.networks import offers
from vizcore.records import Pair
from vizcore.records.deconvnet import Projections
from vizcore.records.maps import (
    Contribution,
    DepthStrip,
    FeatureMaps,
    Prediction,
    Sorting,
    WorkedRule,
    WorkedValue,
)
from vizcore.records.patches import TopPatches
from vizcore.runtime import store
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import Progress, run_here
from vizcore.tasks.deconvnet import deconvnet_task
from vizcore.tasks.fetching import fetch_task
from vizcore.tasks.maps import (
    contribution_task,
    depth_strip_task,
    feature_maps_task,
    worked_value_task,
)
from vizcore.tasks.patches import top_patches_task
from vizcore.tasks.prediction import prediction_task
from vizcore.tasks.sight import AnyPicture, AnyWeights


def fetch(
    name: str, weights: str | None = None, *, report: Callable[[Progress], None] | None = None
) -> Path:
    """Bring pretrained weights to this machine, verified; nothing is fetched where they are here.

    Args:
        weights: their name; None takes the architecture's default.
        report: called with the bytes so far, and a note with the rate and the time left.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        BadChoice: these weights are not fetched from anywhere (bundled, random).
        FetchError: no connection, a wrong hash, no room; says what to do.
    """
    found = offers.weights(name, weights)
    for progress in cast("Generator[Progress]", fetch_task(found).work()):
        if report is not None:
            report(progress)
    there = None if found.file is None else store.verified(found.file)
    assert there is not None
    return there.path


def predict(
    name: str,
    image: AnyPicture,
    *,
    top: int = 5,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Prediction:
    """The `top` most probable classes of a picture (a path, bytes, or a uint8 RGB array).

    Args:
        weights: one of `vizcore.weights_of(name)` or its name; by default the first.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsError: the weights are not on this machine (says how to fetch them), or damaged.
        BadImage: not a picture.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> predict("zfnet_photos20", photo).classes[0]
        'coffee'
    """
    return run_here(prediction_task(name, image, top, weights=weights), choose(device))


def feature_maps(
    name: str,
    image: AnyPicture,
    layer: str,
    *,
    sorted_by: Sorting = "maximum",
    target: str | int | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> FeatureMaps:
    """What every channel of a layer computes for a picture.

    Args:
        sorted_by: "maximum", "mean", "sparsity" (Hoyer's), what a channel contributes to a class
            by "gradient" times activation or by "ablation", or "channel".
        target: the class, by name or number; None takes the most probable one.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives no maps; says which do.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> feature_maps("zfnet_photos20", photo, "conv1").maps_chw.shape
        (64, 32, 32)
    """
    return run_here(
        feature_maps_task(name, image, layer, sorted_by, target=target, weights=weights),
        choose(device),
    )


def contribution(
    name: str,
    image: AnyPicture,
    layer: str,
    target: str | int | None = None,
    *,
    ablate: bool = True,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Contribution:
    """What each channel of a layer contributes to the score of a class (None: the likeliest).

    Args:
        target: a class by name or number.
        ablate: measure it by setting each channel to zero, besides the gradient's estimate.

    Raises:
        UnknownLayer, UnknownClass: with the nearest names.
        NotApplicable: the layer gives no maps; says which do.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> found = contribution("zfnet_photos20", photo, "conv5")
        >>> found.target_class, found.gradient_c.shape, found.ablation_c.shape
        ('coffee', (128,), (128,))
    """
    task = contribution_task(name, image, layer, target, ablate=ablate, weights=weights)
    return run_here(task, choose(device))


def worked_value(
    name: str,
    image: AnyPicture,
    layer: str,
    channel: int,
    row: int,
    column: int,
    *,
    weights: AnyWeights = None,
    device: str | None = None,
) -> WorkedValue | WorkedRule:
    """How a layer comes to one value of a map: of a convolution the patch, the kernel, the
    products and the bias; of pooling, normalisation, activation and sum what they read and do.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer is none of these.
        BadChoice: a channel or place outside the map.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> value = worked_value("zfnet_photos20", photo, "conv1", channel=3, row=0, column=0)
        >>> value.patch_khw.shape, bool(abs(value.total - value.value) < 1e-4)
        ((3, 7, 7), True)
    """
    task = worked_value_task(name, image, layer, channel, row, column, weights=weights)
    return run_here(task, choose(device))


def depth_strip(
    name: str, image: AnyPicture, *, weights: AnyWeights = None, device: str | None = None
) -> DepthStrip:
    """One map for each layer, from the first to the last.

    Raises:
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> [each.layer.name for each in depth_strip("zfnet_photos20", photo).pictures][:3]
        ['conv1', 'relu1', 'pool1']
    """
    return run_here(depth_strip_task(name, image, weights=weights), choose(device))


def deconvnet(
    name: str,
    images: AnyPicture | Sequence[AnyPicture],
    layer: str,
    channel: int,
    places: Pair | Sequence[Pair | None] | None = None,
    *,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Projections:
    """What in a picture (or in each of several) excited a unit, projected back to the pixels.

    Args:
        places: row and column in the layer's map, for all pictures or for each; None takes the
            place where the channel is greatest.

    Raises:
        NotApplicable: the layer gives no maps, or an operation below it has no way down.
        BadChoice: no such channel or place.
        UnknownLayer: with the nearest names.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> deconvnet("zfnet_photos20", photo, "conv3", 17).projections_nchw.shape
        (1, 3, 64, 64)
    """
    task = deconvnet_task(name, images, layer, channel, places, weights=weights)
    return run_here(task, choose(device))


def top_patches(
    name: str,
    pictures: Any,
    layers: Sequence[str] | str | None = None,
    *,
    top: int = 9,
    weights: AnyWeights = None,
    device: str | None = None,
) -> TopPatches:
    """The places in a set of pictures that excite every channel of a network's layers most.

    What was found is kept in the cache folder: the same scan is not done twice, and one that was
    stopped goes on.

    Args:
        pictures: "photos20", "photographs" or "digits10", a folder, a zip archive, uint8 arrays,
            a data set that gives pictures by number, or the name of one of torchvision's that
            lies in the folder of data sets ("cifar10"; see `vizcore.data.library_sets`).
        layers: torch's dotted names; None takes every convolution that runs, "places" every
            place that gives maps (activations, poolings, sums and concatenations too).
        top: how many places of each channel, at most one a picture.

    Raises:
        BadImage: no pictures, or none that can be read.
        BadChoice: `top` outside 1 to 100, or no layers.
        UnknownLayer, NotApplicable: no layer of this name, or one without maps.
        UnknownArchitecture, UnknownWeights, WeightsError: as for `predict`.
    """
    return run_here(
        top_patches_task(name, pictures, layers, top=top, weights=weights), choose(device)
    )
