"""Frozen results about pictures made by gradient ascent, and what may be chosen for making them."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from vizcore.errors import BadChoice
from vizcore.records import Pair, Prediction

#: What the ascent begins with: the mean training picture (zero, for the network), noise around
#: it, grey of half brightness, or a photograph.
Start = Literal["mean", "noise", "grey", "photo"]
STARTS: tuple[Start, ...] = get_args(Start)

#: How a step follows the gradient: as it is, divided by its own root mean square, or by Adam.
Optimiser = Literal["gradient", "normalised", "adam"]
OPTIMISERS: tuple[Optimiser, ...] = get_args(Optimiser)

#: What the ascent moves: the pixels, or their Fourier coefficients scaled by 1 / frequency.
Basis = Literal["pixels", "fourier"]
BASES: tuple[Basis, ...] = get_args(Basis)

#: As many images are made in one go, and as many steps.
MOST_IMAGES, MOST_STEPS = 64, 5000
#: As many frames of a run are kept, in no more memory than this.
MOST_FRAMES, FRAMES_BYTES = 61, 48 * 2**20


@dataclass(frozen=True, slots=True)
class AscentOptions:
    """How images are made; the defaults are the published method, all else is off.

    Attributes:
        steps: updates of the image.
        step_size: None takes one for the optimiser; see `vizcore.lenses.class_images.ascent`.
        optimiser: "gradient" (as published), "normalised" or "adam".
        start: "mean" (as published), "noise", "grey" or "photo".
        seed: of the noise and of the transformations.
        jitter_px: the image is shifted at random by up to this before the network sees it.
        scaling: it is made smaller or larger at random by up to this share, 0.1 for a tenth.
        rotation_deg: it is turned at random by up to this, either way.
        blur_px: standard deviation of a Gaussian that blurs the image every `blur_every` steps.
        total_variation: weight of the sum of squared differences of neighbouring pixels (right
            and below), in the network's units.
        basis: "pixels" (as published) or "fourier".
        decorrelated: colours are moved along the directions in which those of the bundled
            training pictures vary, each in proportion to how much.

    Raises:
        BadChoice: a value outside its range; says which are allowed.

    Example:
        >>> AscentOptions(jitter_px=4).is_published, AscentOptions(steps=10).is_published
        (False, True)
    """

    steps: int = 200
    step_size: float | None = None
    optimiser: Optimiser = "gradient"
    start: Start = "mean"
    seed: int = 0
    jitter_px: int = 0
    scaling: float = 0.0
    rotation_deg: float = 0.0
    blur_px: float = 0.0
    blur_every: int = 4
    total_variation: float = 0.0
    basis: Basis = "pixels"
    decorrelated: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (("optimiser", OPTIMISERS), ("start", STARTS), ("basis", BASES)):
            if getattr(self, name) not in allowed:
                raise BadChoice.among(name, getattr(self, name), allowed)
        for name, least, most in _WHOLE:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise BadChoice.among(name, value, [f"whole numbers from {least} to {most:,}"])
        for name, lowest, highest in _REAL:
            check_number(name, getattr(self, name), lowest, highest)
        if self.step_size is not None:
            check_number("step_size", self.step_size, 1e-9, 1e9)

    @property
    def is_published(self) -> bool:
        """Whether this is the method as published, but for how many steps and how large."""
        return self == AscentOptions(steps=self.steps, step_size=self.step_size)


_WHOLE = (("steps", 1, MOST_STEPS), ("seed", 0, 2**31 - 1), ("jitter_px", 0, 64),
          ("blur_every", 1, 100))  # fmt: skip
_REAL = (("scaling", 0.0, 0.5), ("rotation_deg", 0.0, 45.0), ("blur_px", 0.0, 5.0),
         ("total_variation", 0.0, 1e6))  # fmt: skip


def default_lambda(values: int) -> float:
    """The weight of the squared norm of an image of so many values, where none is given.

    Found by trial on the bundled networks; in proportion to 1 / values, so that the same contrast
    costs the same at every size.

    Example:
        >>> default_lambda(3 * 64 * 64)
        0.000977
    """
    return float(f"{12 / values:.3g}")


def check_number(name: str, value: float, least: float, most: float) -> None:
    """Refuse what is no number in a range.

    Raises:
        BadChoice: it is not; says what is allowed.
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not least <= value <= most:
        raise BadChoice.among(name, value, [f"{least:g} to {most:g}"])


#: The published method, and the later means against noise together: the image is shown shifted,
#: scaled and turned, and moved in the Fourier basis along the common directions of colour.
PUBLISHED = AscentOptions()
MODERN = AscentOptions(
    optimiser="adam",
    jitter_px=4,
    scaling=0.1,
    rotation_deg=5.0,
    basis="fourier",
    decorrelated=True,
)


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
class InversionOptions:
    """How the image is sought that gives a layer the same activations as a photograph.

    Attributes:
        steps: updates of the image.
        step_size: of Adam, in the network's units.
        alpha, alpha_weight: of the mean of |value| ** alpha, which keeps values in bounds.
        beta, beta_weight: of the mean over pixels of (squared difference to the right + squared
            difference below) ** (beta / 2), the total variation.
        seed: of the noise that it starts from.

    Raises:
        BadChoice: a value outside its range; says which are allowed.
    """

    steps: int = 300
    step_size: float = 0.05
    alpha: float = 6.0
    alpha_weight: float = 1e-3
    beta: float = 2.0
    beta_weight: float = 1e-2
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (("steps", 1, MOST_STEPS), ("seed", 0, 2**31 - 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise BadChoice.among(name, value, [f"whole numbers from {least} to {most:,}"])
        for name, lowest, highest in (
            ("step_size", 1e-6, 10.0),
            ("alpha", 1.0, 10.0),
            ("alpha_weight", 0.0, 1e6),
            ("beta", 1.0, 4.0),
            ("beta_weight", 0.0, 1e6),
        ):
            check_number(name, getattr(self, name), lowest, highest)


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
