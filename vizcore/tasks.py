"""Looking at a picture with a trained network, as tasks for an engine or for `run_here`.

Each function names a network and a picture and gives a `Task` whose key holds the network, the
hash of its weights, the hash of the picture and the parameters: equal tasks are computed once.
Torch is imported when the work begins, not when the task is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from vizcore.data.images import MAX_BYTES, Picture, decode
from vizcore.errors import BadChoice, BadImage, NotApplicable
from vizcore.networks.classes import class_number
from vizcore.networks.loading import source_of
from vizcore.networks.offers import preprocessing_of
from vizcore.networks.offers import weights as find_weights
from vizcore.networks.presence import require
from vizcore.records_maps import FeatureMaps, MapLayer, Prediction, Sorting
from vizcore.runtime.jobs import Progress, Task
from vizcore.runtime.store import RemoteFile
from vizcore.zoo import get
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn

#: Weights by name (None: the architecture's default), or a record, such as a session's own.
AnyWeights = str | Weights | None

#: A picture: decoded, a file's bytes or path, or a uint8 RGB array (height, width, 3).
AnyPicture = Picture | bytes | str | Path | npt.NDArray[np.uint8]


def as_picture(image: AnyPicture) -> Picture:
    """Decode a picture, wherever it comes from.

    Raises:
        BadImage: no file, no picture, or no uint8 array (height, width, 3).

    Example:
        >>> as_picture(np.zeros((2, 3, 3), np.uint8)).rgb_hwc.shape
        (2, 3, 3)
    """
    if isinstance(image, Picture):
        return image
    if isinstance(image, np.ndarray):
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise BadImage(
                f"An array of {image.dtype} {image.shape} came in; "
                "allowed is uint8 (height, width, 3)."
            )
        pixels = np.ascontiguousarray(image)
        content = repr(pixels.shape).encode() + pixels.tobytes()
        return Picture(pixels, hashlib.sha256(content).hexdigest())
    if isinstance(image, bytes):
        return decode(image)
    try:
        with Path(image).open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # one more than allowed: decode refuses it
    except (OSError, ValueError) as error:  # a name with a zero in it is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise BadImage(
            f"The picture '{image}' cannot be read: {reason}.", received=str(image)
        ) from error
    return decode(content)


def prediction_task(
    name: str, image: AnyPicture, top: int = 5, *, weights: AnyWeights = None
) -> Task[Prediction]:
    """The `top` most probable classes of a picture.

    Raises:
        UnknownArchitecture, UnknownWeights, BadImage: there is nothing to look with, or at.
        WeightsNotHere: pretrained weights that have to be fetched first.
        NotApplicable: the outputs are no class scores.
    """
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    work = partial(_predict, seen=seen, top=top)
    return Task(work, "Prediction", source_of(seen.weights), seen.key("prediction", top))


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


def warm_task(name: str, *, weights: AnyWeights = None) -> Task[Prediction]:
    """A first prediction, of a grey picture: loads all that a real one needs."""
    return prediction_task(name, np.full((64, 64, 3), 128, np.uint8), weights=weights)


def fetch_task(weights: Weights) -> Task[None]:
    """Bring pretrained weights to this machine; two people who ask share one transfer.

    Runs in a lane of the server's own, so it holds up no device and no other server's files.
    `Progress` counts bytes, and its note says how many, how fast, and how long the rest takes.
    Cancelling keeps what has come.

    Raises:
        BadChoice: these weights are not fetched from anywhere.
        FetchError: (when it runs) why not, and what to do.
    """
    if weights.file is None:
        raise BadChoice(
            f"The weights {weights.name} of '{weights.architecture}' are not fetched: they are "
            f"{'drawn at random' if weights.is_random else weights.origin}.",
            received=weights.name,
        )
    from vizcore.runtime.mirror import address_of

    return Task(
        partial(_fetch, weights.file),
        f"Fetching {weights.architecture} {weights.name}",
        key=("fetch", weights.file.name),
        lane=f"network {urlsplit(address_of(weights.file)).netloc}",
    )


def _fetch(file: RemoteFile) -> Generator[Progress, None, None]:
    from vizcore.runtime.fetch import fetch

    yield from fetch(file)


@dataclass(frozen=True, slots=True)
class Sight:
    """A network's weights and a picture. The input is made by the work, not while a page waits."""

    weights: Weights
    picture: Picture

    def key(self, what: str, *parameters: Hashable) -> tuple[Hashable, ...]:
        return (
            what,
            self.weights.architecture,
            self.weights.identity,
            self.picture.sha256,
            *parameters,
        )

    def view_hwc(self) -> npt.NDArray[np.uint8]:
        return preprocessing_of(self.weights).view(self.picture.rgb_hwc)

    def input_nchw(self) -> npt.NDArray[np.float32]:
        return preprocessing_of(self.weights).apply(self.picture.rgb_hwc)


def sight(name: str, image: AnyPicture, weights: AnyWeights) -> Sight:
    """Join what looks and what is looked at.

    Raises:
        BadChoice: a record of another architecture's weights.
    """
    return Sight(chosen_weights(name, weights), as_picture(image))


def chosen_weights(name: str, weights: AnyWeights) -> Weights:
    """The weights meant for an architecture, on this machine.

    Raises:
        BadChoice: a record of another architecture's weights.
    """
    if isinstance(weights, Weights):
        key = get(name).key
        if weights.architecture != key:
            raise BadChoice(
                f"weights cannot be those of '{weights.architecture}' for the network '{key}'.",
                received=weights.architecture,
                suggestions=(key,),
            )
        found = weights
    else:
        found = find_weights(name, weights)
    require(found)
    return found


def require_classes(weights: Weights) -> None:
    """Refuse weights whose outputs are no class scores.

    Raises:
        NotApplicable: they are not.
    """
    if not weights.classes:
        outputs = get(weights.architecture).num_classes
        raise NotApplicable(
            f"The {outputs} outputs of '{weights.architecture}' are no class scores with the "
            f"weights {weights.name}, so none is the most probable. Look at its feature maps.",
            received=weights.architecture,
        )


def _predict(network: nn.Module, *, seen: Sight, top: int) -> Prediction:
    from vizcore.lenses.prediction import predict

    return predict(network, seen.input_nchw(), classes=seen.weights.classes, top=top)


def _map_layers(network: nn.Module, *, seen: Sight) -> tuple[MapLayer, ...]:
    from vizcore.lenses.places import places

    return places(network, seen.input_nchw())


def _feature_maps(
    network: nn.Module, *, seen: Sight, layer: str, sorted_by: Sorting, target: int | None
) -> FeatureMaps:
    from vizcore.lenses.feature_maps import feature_maps

    return feature_maps(network, seen.input_nchw(), layer, sorted_by=sorted_by, target=target)
