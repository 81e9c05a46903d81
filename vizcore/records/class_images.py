"""Frozen results about pictures made by gradient ascent.

What may be chosen is in `vizcore.records.ascent_options`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from vizcore.records import Pair
from vizcore.records.ascent_options import AscentOptions, InversionOptions
from vizcore.records.maps import Prediction

#: As many frames of a run are kept, in no more memory than this.
MOST_FRAMES, FRAMES_BYTES = 61, 48 * 2**20


@dataclass(frozen=True, slots=True)
class Goal:
    """What one image is made for.

    Attributes:
        name: in words: a class's name, or "channel 17 of conv3".
        lambda_: weight of the image's squared norm in the objective.
        target: output number of a class, None for a unit.
        layer, channel: of a unit, None for a class.
        place: row and column of a single unit in its map, or "centre"; None is the mean over the
            whole map.
    """

    name: str
    lambda_: float
    target: int | None = None
    layer: str | None = None
    channel: int | None = None
    place: Pair | Literal["centre"] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """All images as they stood after some updates: uint8 pictures (n, height, width, 3)."""

    step: int
    pictures_nhwc: npt.NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AscentImages:
    """Images that gradient ascent made for classes or units, at the end or on the way.

    Row s of a curve is of the images after s updates, as the network was shown them (transformed
    at random, where that is chosen; the images of the end are shown as they are).

    Attributes:
        goals: what each of the n images is made for.
        options: how.
        step: updates made; on the way less than `options.steps`.
        images_nchw: float32, in the network's units: 0 is the mean training picture.
        mean, std: per channel, of values in 0..1, which make pictures of the images.
        scores_sn: float32 (step + 1, n), the unnormalised class score or the unit's activation.
        penalties_sn: lambda times the image's squared norm.
        variations_sn: the total variation times its weight; 0 where that is off.
        probabilities_sn: float32, softmax of the class over all classes; None for units.
        frames: pictures of the way, evenly spaced: at most `MOST_FRAMES` in `FRAMES_BYTES`.
        predictions: the most probable classes of each final image, as it is; empty on the way.
        notes: one for each image: why it did not move, or stopped; empty where all went well.
        colours_cc: float64 (channels, channels), the colour directions, where they are used.
    """

    goals: tuple[Goal, ...]
    options: AscentOptions
    step: int
    images_nchw: npt.NDArray[np.float32] = field(repr=False)
    mean: tuple[float, ...]
    std: tuple[float, ...]
    scores_sn: npt.NDArray[np.float32] = field(repr=False)
    penalties_sn: npt.NDArray[np.float32] = field(repr=False)
    variations_sn: npt.NDArray[np.float32] = field(repr=False)
    probabilities_sn: npt.NDArray[np.float32] | None = field(repr=False)
    frames: tuple[Frame, ...] = field(repr=False)
    predictions: tuple[Prediction, ...] = ()
    notes: tuple[str, ...] = ()
    colours_cc: npt.NDArray[np.float64] | None = None

    @property
    def objectives_sn(self) -> npt.NDArray[np.float32]:
        """What is made as large as it gets: the score less both penalties."""
        return self.scores_sn - self.penalties_sn - self.variations_sn

    @property
    def pictures_nhwc(self) -> npt.NDArray[np.uint8]:
        """The images as they stand, with the mean added back, values outside 0..255 clipped."""
        return as_pictures(self.images_nchw, self.mean, self.std)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of it as named arrays, for a .npz file: images, curves, frames, and what they are."""
        said = {
            "goals": [asdict(goal) for goal in self.goals],
            "options": asdict(self.options),
            "predictions": [asdict(each) for each in self.predictions],
            "notes": self.notes,
        }
        named = {
            "images_nchw": self.images_nchw,
            "mean": np.asarray(self.mean),
            "std": np.asarray(self.std),
            "lambdas_n": np.asarray([goal.lambda_ for goal in self.goals]),
            "scores_sn": self.scores_sn,
            "penalties_sn": self.penalties_sn,
            "variations_sn": self.variations_sn,
            "objectives_sn": self.objectives_sn,
            "probabilities_sn": self.probabilities_sn,
            "colours_cc": self.colours_cc,
            **_frame_arrays(self.frames),
            "about_json": np.asarray(json.dumps(said)),
        }
        return {name: values for name, values in named.items() if values is not None}


@dataclass(frozen=True, slots=True)
class Inversions:
    """For each of some layers an image with (nearly) the same activations as a photograph.

    Attributes:
        layers: torch's dotted names, one an image.
        options: how.
        step: updates made; on the way less than `options.steps`.
        photo_hwc: uint8, the photograph as the network looks at it.
        images_nchw, mean, std, frames, notes: as in `AscentImages`.
        errors_sn: float32 (step + 1, n), the relative error: the squared distance of the
            activations to the photograph's over the squared norm of the photograph's.
        bounds_sn, variations_sn: the two regularisers times their weights.
        photo_prediction: the most probable classes of the photograph; None on the way.
        predictions: those of each final image; empty on the way.
    """

    layers: tuple[str, ...]
    options: InversionOptions
    step: int
    photo_hwc: npt.NDArray[np.uint8] = field(repr=False)
    images_nchw: npt.NDArray[np.float32] = field(repr=False)
    mean: tuple[float, ...]
    std: tuple[float, ...]
    errors_sn: npt.NDArray[np.float32] = field(repr=False)
    bounds_sn: npt.NDArray[np.float32] = field(repr=False)
    variations_sn: npt.NDArray[np.float32] = field(repr=False)
    frames: tuple[Frame, ...] = field(repr=False)
    photo_prediction: Prediction | None = None
    predictions: tuple[Prediction, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def losses_sn(self) -> npt.NDArray[np.float32]:
        """What is made as small as it gets."""
        return self.errors_sn + self.bounds_sn + self.variations_sn

    @property
    def pictures_nhwc(self) -> npt.NDArray[np.uint8]:
        """The images as they stand, values outside 0..255 clipped."""
        return as_pictures(self.images_nchw, self.mean, self.std)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of it as named arrays, for a .npz file: images, curves, frames, and what they are."""
        said = {
            "layers": self.layers,
            "options": asdict(self.options),
            "predictions": [asdict(each) for each in self.predictions],
            "notes": self.notes,
        }
        return {
            "images_nchw": self.images_nchw,
            "mean": np.asarray(self.mean),
            "std": np.asarray(self.std),
            "photo_hwc": self.photo_hwc,
            "errors_sn": self.errors_sn,
            "bounds_sn": self.bounds_sn,
            "variations_sn": self.variations_sn,
            "losses_sn": self.losses_sn,
            **_frame_arrays(self.frames),
            "about_json": np.asarray(json.dumps(said)),
        }


def _frame_arrays(frames: tuple[Frame, ...]) -> dict[str, npt.NDArray[np.generic]]:
    if not frames:
        return {}
    return {
        "frame_steps_f": np.asarray([frame.step for frame in frames]),
        "frames_fnhwc": np.stack([frame.pictures_nhwc for frame in frames]),
    }


def as_pictures(
    images_nchw: npt.NDArray[np.float32], mean: tuple[float, ...], std: tuple[float, ...]
) -> npt.NDArray[np.uint8]:
    """A network's inputs as uint8 pictures (n, h, w, 3); grey ones get three equal channels.

    Example:
        >>> as_pictures(np.zeros((1, 3, 1, 1), np.float32), (0.0, 0.5, 1.0), (1.0, 1.0, 1.0))
        array([[[[  0, 128, 255]]]], dtype=uint8)
    """
    each = (slice(None), None, None)
    values = images_nchw * np.asarray(std, np.float32)[each]
    values += np.asarray(mean, np.float32)[each]
    values *= np.float32(255.0)
    np.rint(values, out=values)
    # Unlike `clip` these take what is no number for 0.
    np.fmin(np.fmax(values, 0, out=values), 255, out=values)
    pictures = np.ascontiguousarray(values.astype(np.uint8).transpose(0, 2, 3, 1))
    return pictures if pictures.shape[3] == 3 else pictures.repeat(3, axis=3)
