"""The widgets that set how class images are made: every option with its line of explanation."""

from __future__ import annotations

import streamlit as st

from vizcore.records.ascent_options import MOST_STEPS
from vizcore.ui.address import View
from vizcore.ui.class_image_options import (
    SMOOTHING,
    TRANSFORMATIONS,
    Option,
    usual_lambda,
)
from vizcore.zoo.weights import Weights

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
            for each in (*TRANSFORMATIONS, *SMOOTHING):
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


def _draw_number(view: View, option: Option) -> None:
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
