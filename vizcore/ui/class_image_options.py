"""How class images are made: every option with its line of explanation, and the two presets."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import streamlit as st

from vizcore.records_ascent_options import (
    BASES,
    MOST_STEPS,
    OPTIMISERS,
    STARTS,
    AscentOptions,
    InversionOptions,
    default_lambda,
)
from vizcore.ui.address import Choice, View, flag, number, one_of, whole, yes_no
from vizcore.zoo.weights import Weights

_PLAIN, _INVERSE = AscentOptions(), InversionOptions()
OPTIMISER_NAMES = {
    "gradient": "Gradient, as it is",
    "normalised": "Gradient over its root mean square",
    "adam": "Adam",
}
START_NAMES = {
    "mean": "Mean training picture",
    "noise": "Noise around the mean",
    "grey": "Mid-grey",
    "photo": "The photo in the sidebar",
}
BASIS_NAMES = {"pixels": "Pixels", "fourier": "Fourier coefficients"}


@dataclass(frozen=True, slots=True)
class _Option:
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


_TRANSFORMATIONS = (
    _Option("jitter", "jitter_px", "Jitter, pixels", "Shifts the image at random by up to this "
            "before each look, so that no pattern can hang on single pixels.", 0, 32),
    _Option("scaling", "scaling", "Scaling, share", "Makes it smaller or larger at random by up "
            "to this share before each look: 0.1 is a tenth.", 0.0, 0.5, 0.05),
    _Option("rotation", "rotation_deg", "Rotation, degrees", "Turns it at random by up to this "
            "before each look.", 0.0, 45.0, 1.0),
)  # fmt: skip
_SMOOTHING = (
    _Option("blur", "blur_px", "Blur, pixels", "Blurs the image now and then with a Gaussian of "
            "this deviation, which takes fine noise away.", 0.0, 5.0, 0.1),
    _Option("every", "blur_every", "Blur every ... steps", "How often it is blurred.", 1, 100),
    _Option("variation", "total_variation", "Total variation, weight", "Takes the squared "
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
    **{each.name: each.field for each in (*_TRANSFORMATIONS, *_SMOOTHING)},
}


def choices(view: str) -> list[Choice]:
    """The options in the address. No lambda, or no size of a step, means the usual one.

    Units' activations have scales of their own, and the step published for class scores would
    leave most images as they were: there a step is the gradient over its root mean square.
    """
    is_unit = view == "unit"
    numbers = [
        Choice(
            each.name,
            each.default,
            whole(int(each.low), int(each.high)) if each.is_whole else number(each.low, each.high),
            write=lambda value: f"{value:g}",
        )
        for each in (*_TRANSFORMATIONS, *_SMOOTHING)
    ]
    return [
        Choice("steps", _PLAIN.steps, whole(1, MOST_STEPS)),
        Choice("lambda", None, number(0.0, 1e6), write=lambda value: f"{value:g}"),
        Choice("size", None, number(1e-9, 1e9), write=lambda value: f"{value:g}"),
        Choice(
            "optimiser",
            "normalised" if is_unit else _PLAIN.optimiser,
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
    """What is chosen, as the lens takes it."""
    return AscentOptions(**{field: view[name] for name, field in FIELDS.items()})


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


def draw_options(view: View, weights: Weights, *, lambdas: bool) -> None:
    """All options of the ascent, off unless chosen.

    Args:
        lambdas: whether the view has lambdas of its own.
    """
    with st.popover("Options", icon=":material/tune:", width=124):
        first, second = st.columns(2, gap="medium")
        with first:
            st.number_input("Steps", 1, MOST_STEPS, step=50, **view.bind("steps"))
            if not lambdas:
                _draw_lambda(view, weights)
            about = "How a step is made from the gradient; the paper takes it as it is."
            _draw_choice(view, "optimiser", "Steps follow", OPTIMISER_NAMES, about)
            st.number_input(
                "Size of a step",
                1e-9,
                1e9,
                value=None,
                placeholder="the usual",
                format="%g",
                help="What the gradient is multiplied by. Too large, and the score jumps about.",
                **view.bind("size"),
            )
            about = "The image that the ascent begins with."
            _draw_choice(view, "start", "Start from", START_NAMES, about)
            st.number_input(
                "Seed",
                0,
                2**31 - 1,
                help="Of the noise and of all that is random: the same seed gives the same image.",
                **view.bind("seed"),
            )
            about = (
                "Fourier coefficients, each scaled by 1 over its frequency: coarse and fine parts "
                "move at one pace, and noise has no head start."
            )
            _draw_choice(view, "basis", "What is moved", BASIS_NAMES, about)
        with second:
            for each in (*_TRANSFORMATIONS, *_SMOOTHING):
                _draw_number(view, each)
            if weights.preprocessing.channels == 3:
                st.toggle(
                    "Decorrelated colours",
                    help="Colours are moved along the directions in which those of real pictures "
                    "vary, so that they come out less garish.",
                    **view.bind("decorrelated"),
                )


def draw_inversion_options(view: View) -> None:
    """All options of the inversion."""
    with st.popover("Options", icon=":material/tune:", width=124):
        st.number_input("Steps", 1, MOST_STEPS, step=50, **view.bind("inverse-steps"))
        st.number_input(
            "Bound, weight",
            0.0,
            1e6,
            format="%g",
            help="Of the mean of |value|⁶, which keeps values in bounds.",
            **view.bind("bound"),
        )
        st.number_input(
            "Smoothness, weight",
            0.0,
            1e6,
            format="%g",
            help="Of the squared differences of neighbouring pixels, the total variation.",
            **view.bind("smooth"),
        )
        st.number_input("Seed", 0, 2**31 - 1, help="Of the noise it starts from.",
                        **view.bind("seed"))  # fmt: skip


def _draw_lambda(view: View, weights: Weights) -> None:
    st.number_input(
        "λ, weight of the squared norm",
        0.0,
        1e6,
        value=None,
        placeholder=f"{usual_lambda(weights):g}",
        format="%g",
        step=usual_lambda(weights) / 2,
        help="How much a bright image costs: a large λ gives faint images with few strong parts, "
        "0 lets them grow without end.",
        **view.bind("lambda"),
    )


def _draw_choice(view: View, name: str, label: str, names: dict[str, str], about: str) -> None:
    st.selectbox(label, list(names), format_func=names.__getitem__, help=about, **view.bind(name))


def _draw_number(view: View, option: _Option) -> None:
    low, high, step = (
        (int(option.low), int(option.high), int(option.step))
        if option.is_whole
        else (float(option.low), float(option.high), float(option.step))
    )
    st.number_input(
        option.label,
        low,
        high,
        step=step,
        format="%d" if option.is_whole else "%g",
        help=option.help,
        **view.bind(option.name),
    )
