"""A network's weights and a picture, by name: what looks and what is looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vizcore.data.images import MAX_BYTES, Picture, decode
from vizcore.errors import BadChoice, BadImage, NotApplicable
from vizcore.networks.offers import preprocessing_of
from vizcore.networks.offers import weights as find_weights
from vizcore.networks.presence import require
from vizcore.zoo import get
from vizcore.zoo.weights import Weights

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
