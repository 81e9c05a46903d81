"""How class images are made: every option, its name in the address, its line of explanation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from vizcore.records.ascent_options import (
    BASES,
    CLASS_OPTIMISER,
    MOST_STEPS,
    OPTIMISERS,
    STARTS,
    UNIT_OPTIMISER,
    AscentOptions,
    InversionOptions,
    default_lambda,
)
from vizcore.ui.address import Choice, View, flag, number, one_of, whole, yes_no
from vizcore.zoo.weights import Weights

_PLAIN, _INVERSE = AscentOptions(), InversionOptions()


@dataclass(frozen=True, slots=True)
class Option:
    """One option that a number sets: its field, its name here and in the address, its range."""

    name: str
    field: str
    label: str
    help: str
    low: float
    high: float
    step: float = 1

    @property
    def default(self) -> Any:
        return getattr(_PLAIN, self.field)

    @property
    def is_whole(self) -> bool:
        return isinstance(self.default, int)


TRANSFORMATIONS = (
    Option("jitter", "jitter_px", "Jitter, pixels", "Shifts the image at random by up to this "
            "before each look, so that no pattern can hang on single pixels.", 0, 32),
    Option("scaling", "scaling", "Scaling, share", "Makes it smaller or larger at random by up "
            "to this share before each look: 0.1 is a tenth.", 0.0, 0.5, 0.05),
    Option("rotation", "rotation_deg", "Rotation, degrees", "Turns it at random by up to this "
            "before each look.", 0.0, 45.0, 1.0),
)  # fmt: skip
SMOOTHING = (
    Option("blur", "blur_px", "Blur, pixels", "Blurs the image now and then with a Gaussian of "
            "this deviation, which takes fine noise away.", 0.0, 5.0, 0.1),
    Option("every", "blur_every", "Blur every ... steps", "How often it is blurred.", 1, 100),
    Option("variation", "total_variation", "Total variation, weight", "Takes the squared "
            "differences of neighbouring pixels from the objective, times this.", 0.0, 1e6, 0.001),
)  # fmt: skip


#: Names in the address, and the fields of the options.
FIELDS = {
    "steps": "steps",
    "size": "step_size",
    "optimiser": "optimiser",
    "start": "start",
    "seed": "seed",
    "basis": "basis",
    "decorrelated": "decorrelated",
    **{each.name: each.field for each in (*TRANSFORMATIONS, *SMOOTHING)},
}


def choices(view: str) -> list[Choice]:
    """The options in the address. No lambda, or no size of a step, means the usual one."""
    is_unit = view == "unit"
    numbers = [
        Choice(
            each.name,
            each.default,
            whole(int(each.low), int(each.high)) if each.is_whole else number(each.low, each.high),
            write=lambda value: f"{value:g}",
        )
        for each in (*TRANSFORMATIONS, *SMOOTHING)
    ]
    return [
        Choice("steps", _PLAIN.steps, whole(1, MOST_STEPS)),
        Choice("lambda", None, number(0.0, 1e6), write=lambda value: f"{value:g}"),
        Choice("size", None, number(1e-9, 1e9), write=lambda value: f"{value:g}"),
        Choice(
            "optimiser",
            UNIT_OPTIMISER if is_unit else CLASS_OPTIMISER,
            one_of(*OPTIMISERS),
            of="unit" if is_unit else "",
        ),
        Choice("start", _PLAIN.start, one_of(*STARTS)),
        Choice("seed", _PLAIN.seed, whole(0, 2**31 - 1)),
        *numbers,
        Choice("basis", _PLAIN.basis, one_of(*BASES)),
        Choice("decorrelated", _PLAIN.decorrelated, yes_no, write=flag),
        Choice("inverse-steps", _INVERSE.steps, whole(1, MOST_STEPS)),
        Choice("bound", _INVERSE.alpha_weight, number(0, 1e6), write=lambda value: f"{value:g}"),
        Choice("smooth", _INVERSE.beta_weight, number(0, 1e6), write=lambda value: f"{value:g}"),
    ]


def ascent_options(view: View) -> AscentOptions:
    """What is chosen, as the lens takes it; the usual optimiser is left to it."""
    chosen = {field: view[name] for name, field in FIELDS.items()}
    if view["optimiser"] == view.choices["optimiser"].default:
        chosen["optimiser"] = None
    return AscentOptions(**chosen)


def inversion_options(view: View) -> InversionOptions:
    """The same for inversion."""
    return InversionOptions(
        steps=view["inverse-steps"],
        alpha_weight=view["bound"],
        beta_weight=view["smooth"],
        seed=view["seed"],
    )


def usual_lambda(weights: Weights) -> float:
    """The default for the network's size of picture."""
    how = weights.preprocessing
    return default_lambda(how.channels * how.crop_px**2)


def written(options: AscentOptions | InversionOptions) -> str:
    """The call that makes the same options: only what is not the default.

    Example:
        >>> written(AscentOptions(jitter_px=4)), written(InversionOptions())
        ('vc.AscentOptions(jitter_px=4)', '')
    """
    usual = type(options)()
    given = [
        f"{each.name}={getattr(options, each.name)!r}"
        for each in fields(options)
        if getattr(options, each.name) != getattr(usual, each.name)
    ]
    return f"vc.{type(options).__name__}({', '.join(given)})" if given else ""
