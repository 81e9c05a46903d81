"""What may be chosen for making pictures by gradient ascent, and for inverting activations."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from vizcore.errors import BadChoice

#: What the ascent begins with: the mean training picture (zero, for the network), noise around
#: it, grey of half brightness, or a photograph.
Start = Literal["mean", "noise", "grey", "photo"]
STARTS: tuple[Start, ...] = get_args(Start)

#: How a step follows the gradient: as it is, divided by its own root mean square, or by Adam.
Optimiser = Literal["gradient", "normalised", "adam"]
OPTIMISERS: tuple[Optimiser, ...] = get_args(Optimiser)
#: The usual ones: as published for class scores; units' activations have scales of their own, and
#: a step that suits one leaves most others' images as they were.
CLASS_OPTIMISER: Optimiser = "gradient"
UNIT_OPTIMISER: Optimiser = "normalised"

#: What the ascent moves: the pixels, or their Fourier coefficients scaled by 1 / frequency.
Basis = Literal["pixels", "fourier"]
BASES: tuple[Basis, ...] = get_args(Basis)

#: As many images are made in one go, and as many steps.
MOST_IMAGES, MOST_STEPS = 64, 5000


@dataclass(frozen=True, slots=True)
class AscentOptions:
    """How images are made; the defaults are the published method, all else is off.

    Attributes:
        steps: updates of the image.
        step_size: None takes one for the optimiser; see `vizcore.lenses.class_images.ascent`.
        optimiser: "gradient" (as published), "normalised" or "adam"; None takes "gradient" for
            classes, and "normalised" where images for channels or units are among them.
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
    optimiser: Optimiser | None = None
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
            value = getattr(self, name)
            if value not in allowed and not (name == "optimiser" and value is None):
                raise BadChoice.among(name, value, allowed)
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
        how = replace(self, optimiser=None) if self.optimiser == CLASS_OPTIMISER else self
        return how == AscentOptions(steps=self.steps, step_size=self.step_size)


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
