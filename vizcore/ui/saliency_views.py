"""Parts of the Saliency room: what can be chosen, and the row of controls above the maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from vizcore.errors import (
    ConvScopeError,
    NotApplicable,
    UnknownClass,
    UnknownLayer,
    UnknownName,
)
from vizcore.lenses.saliency.methods import METHODS, method_of
from vizcore.networks.classes import class_number
from vizcore.records.maps import Prediction
from vizcore.records.saliency import MethodOption, SaliencyMethod, Value
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, View, any_text, one_of, whole
from vizcore.zoo.weights import Weights

PAGE = "saliency"
TITLES = {each.key: each.title for each in METHODS}
SHOWN = {"over": "Over the photo", "map": "Alone"}
SIGNS = {"signed": "With its sign", "absolute": "Magnitude"}
SCALES = {"map": "Each map", "row": "Each method"}
MOST_METHODS, MOST_CLASSES = 12, 6
#: Names of methods in addresses from before there were several.
_FORMER = {"gradient x input": "input_x_gradient"}


def parse_methods(text: str) -> list[str]:
    """Keys of methods with commas between.

    Raises:
        ValueError: none, too many, or an unknown one.
    """
    keys = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            keys.append(method_of(_FORMER.get(part, part)).key)
        except ConvScopeError as error:
            nearest = ", ".join(error.suggestions[:5]) or ", ".join(TITLES)
            raise ValueError(f"'{part}' is unknown. The nearest names are {nearest}.") from None
    keys = list(dict.fromkeys(keys))
    if not 1 <= len(keys) <= MOST_METHODS:
        raise ValueError(f"Allowed: 1 to {MOST_METHODS} methods, with commas; here {len(keys)}.")
    return keys


def parse_classes(text: str) -> list[str]:
    """Names of classes with semicolons between; an empty one is the most probable class.

    Raises:
        ValueError: too many.

    Example:
        >>> parse_classes("cat;;cat"), parse_classes("")
        (['cat', ''], [''])
    """
    names = list(dict.fromkeys(any_text(part.strip()) for part in text.split(";")))
    if len(names) > MOST_CLASSES:
        raise ValueError(f"Allowed: at most {MOST_CLASSES} classes; here {len(names)}.")
    return names


def parse_options(text: str) -> dict[str, Value]:
    """Options of methods: "smoothgrad.samples:5,lime.superpixels:30".

    Raises:
        ValueError: an unknown method or option, or a value that it cannot have.
    """
    given: dict[str, Value] = {}
    for part in filter(None, text.split(",")):
        name, _, written = part.partition(":")
        method, _, option = name.partition(".")
        try:
            found = method_of(method).option(option)
            value: Value = written
            if not found.choices:
                value = type(found.default)(written)
            given[name] = found.check(value)
        except (ConvScopeError, ValueError) as error:
            raise ValueError(f"'{part}' is not a method's option: {error}") from None
    return given


def write_options(given: dict[str, Value]) -> str:
    """The same as text for the address."""
    return ",".join(f"{name}:{value}" for name, value in given.items())


CHOICES = [
    Choice("class", [""], parse_classes, write=";".join),
    Choice("minus", "", any_text),
    Choice("method", ["gradient"], parse_methods, write=",".join),
    Choice("layer", "", any_text),
    Choice("seed", 0, whole(0, 2**31 - 1)),
    Choice("set", {}, parse_options, write=write_options),
    Choice("show", "over", one_of(*SHOWN)),
    Choice("sign", "signed", one_of(*SIGNS)),
    Choice("scale", "map", one_of(*SCALES)),
    Choice("strength", 85, whole(0, 100)),
    Choice("clip", 99, whole(50, 100)),
]


def chosen_methods(view: View) -> list[SaliencyMethod]:
    """The chosen methods, in the table's order."""
    return [each for each in METHODS if each.key in view["method"]]


def options_of(view: View, method: SaliencyMethod) -> dict[str, Value]:
    """What is set for a method; the rest is at its default."""
    given = view["set"]
    keys = {each.key: f"{method.key}.{each.key}" for each in method.options}
    return {key: given[name] for key, name in keys.items() if name in given}


def chosen_classes(view: View, weights: Weights, said: Prediction) -> list[tuple[str, int]]:
    """The chosen classes: name and output number, each once. The most probable one is named.

    Raises:
        UnknownClass: with the nearest names.
    """
    found: dict[int, str] = {}
    for name in view["class"] or [""]:
        number = class_number(name, weights.classes) if name else said.indices[0]
        found[number] = weights.classes[number]
    return [(name, number) for number, name in found.items()]


def subtracted(view: View, weights: Weights) -> int | None:
    """The number of the class whose score is subtracted.

    Raises:
        UnknownClass: with the nearest names.
    """
    return class_number(view["minus"], weights.classes) if view["minus"] else None


def draw_classes(view: View, weights: Weights, *, narrow: bool) -> None:
    """Which classes the maps are of, and which is subtracted."""
    names = ["", *weights.classes]
    st.multiselect(
        "Class",
        [*names, *(name for name in view["class"] if name not in names)],
        format_func=lambda name: views.plain(name) if name else "The most probable",
        max_selections=MOST_CLASSES,
        placeholder="The most probable",
        width=245 if narrow else 360,
        **view.bind("class"),
    )
    others = [*names, view["minus"]] if view["minus"] not in names else names
    st.selectbox(
        "Minus",
        others,
        format_func=lambda name: views.plain(name) if name else "Nothing",
        width=130,
        help="The map of the difference of two class scores: why the one rather than the other.",
        disabled=not any(each.of_class for each in chosen_methods(view)),
        **view.bind("minus"),
    )


def draw_look(view: View, *, several: bool) -> None:
    """How the maps are drawn."""
    with st.popover("Look", icon=":material/palette:"):
        for name, label, words, help_text in (
            ("show", "Maps", SHOWN, None),
            (
                "sign",
                "Values",
                SIGNS,
                "With its sign: red raises the score, blue lowers it, for methods that tell. "
                "Magnitude: how much, either way.",
            ),
            (
                "scale",
                "Scale",
                SCALES,
                "Each map uses all colours for itself; or the maps of one method share a scale, "
                "so that classes can be compared.",
            ),
        ):
            if several or name == "sign":
                st.segmented_control(
                    label,
                    list(words),
                    format_func=words.__getitem__,
                    help=help_text,
                    required=True,
                    **view.bind(name),
                )
        st.slider("Overlay, %", 0, 100, width=220, **view.bind("strength"))
        st.slider(
            "Full colour from percentile",
            50,
            100,
            width=220,
            help="Values above this percentile of the magnitudes all get the last colour.",
            **view.bind("clip"),
        )


def draw_options(view: View, methods: Sequence[SaliencyMethod]) -> None:
    """The numbers and words that the chosen methods can be given, each with its line."""
    if not any(each.options or each.random for each in methods):
        return
    with st.popover("Options", icon=":material/tune:"):
        if any(each.random for each in methods):
            st.number_input(
                "Seed",
                0,
                2**31 - 1,
                help="Decides what is drawn at random: "
                + ", ".join(each.title for each in methods if each.random)
                + ".",
                **view.bind("seed"),
            )
        for method in methods:
            if method.options:
                st.markdown(f"**{method.title}**, {method.passes}")
            for option in method.options:
                _draw_option(view, f"{method.key}.{option.key}", option)


def _draw_option(view: View, name: str, option: MethodOption) -> None:
    key = f"saliency.option.{name}"
    st.session_state[key] = view["set"].get(name, option.default)

    def take() -> None:
        kept = {**view["set"], name: st.session_state[key]}
        view["set"] = {each: value for each, value in kept.items() if not _is_default(each, value)}

    label = f"{option.title}: {option.help}" if option.help else option.title
    if option.choices:
        st.selectbox(label, option.choices, key=key, on_change=take)
    else:
        kind: Any = type(option.default)
        low, high = kind(option.low), kind(option.high)
        style = {"step": 1} if kind is int else {"format": "%g"}
        st.number_input(label, low, high, key=key, on_change=take, **style)


def _is_default(name: str, value: Value) -> bool:
    method, _, option = name.partition(".")
    return value == method_of(method).option(option).default


def draw_other_layers(view: View, map_name: str, error: ConvScopeError) -> None:
    """In place of a layer that a map could not be made of: the nearest ones that serve."""
    if not view["layer"] or not isinstance(error, (UnknownLayer, NotApplicable)):
        return

    def use(name: str) -> None:
        view["layer"] = name

    with st.container(horizontal=True):
        for name in error.suggestions[:5]:
            key = f"layer-{map_name}-{name}"
            st.button(f"Use {name}", key=key, on_click=use, args=(name,))


def draw_unknown_class(view: View, error: UnknownClass | UnknownName) -> None:
    """Say that a class does not exist, and offer the nearest ones in its place."""
    wrong = error.received

    def use(name: str) -> None:
        view["class"] = list(dict.fromkeys(name if n == wrong else n for n in view["class"]))
        if view["minus"] == wrong:
            view["minus"] = name

    with st.container(border=True, key="refusal-saliency-class"):
        st.markdown(f":material/error: **{views.plain(str(error))}**")
        with st.container(horizontal=True):
            for name in error.suggestions[:5]:
                st.button(f"Use {name}", key=f"class-{name}", on_click=use, args=(name,))
