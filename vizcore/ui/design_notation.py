"""The text of a network on the Design page: written, refused where it is wrong, named in rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.errors import BadNotation
from vizcore.ui.address import View
from vizcore.ui.room import Room
from vizcore.zoo import notation
from vizcore.zoo.notation.syntax import Conv, Dense

if TYPE_CHECKING:
    from vizcore.zoo.notation import Step


def set_network(view: View, text: str) -> None:
    view["net"] = text


def draw_notation(view: View) -> None:
    """The text of the network."""
    st.text_area(
        "The network, in the notation of slides",
        height=232,
        help="conv3-64: 3×3, 64 channels, ReLU. conv7-64/2: stride 2. p0, g2: padding, groups. "
        "[...] x2 repeats. Below, “The notation” has all of it.",
        **view.bind("net"),
    )


def refuse(here: Room, error: BadNotation) -> None:
    """Say what is wrong with the text, point at it, and offer what could stand there."""
    text = here.view["net"]
    with st.container(border=True, key=f"refusal-{here.name}"):
        st.markdown(f":material/error: **{plain_markdown(str(error))}**")
        st.code(pointed(text, error), language=None)
        with st.container(horizontal=True):
            for value in error.suggestions[:3]:
                st.button(
                    f"Write {value}",
                    key=f"refusal-design-{value}",
                    on_click=set_network,
                    args=(here.view, text[: error.start] + value + text[error.end :]),
                )


def pointed(text: str, error: BadNotation, reach: int = 22) -> str:
    """The line of the error, near the error, and under it what is meant.

    Example:
        >>> from vizcore.errors import BadNotation
        >>> at = BadNotation("no layer", line=1, column=10, start=9, end=13)
        >>> print(pointed("conv3-64 pole fc-10", at))
        conv3-64 pole fc-10
                 ^^^^
    """
    line = (text.split("\n")[error.line - 1 :] or [""])[0]
    begin = error.column - 1
    width = max(1, min(error.end - error.start, len(line) - begin, reach))
    cut = max(0, begin - reach)
    shown = ("…" if cut else "") + line[cut : begin + width + reach]
    if begin + width + reach < len(line):
        shown += "…"
    return f"{shown}\n{' ' * (begin - cut + bool(cut))}{'^' * width}"


def plain_markdown(text: str) -> str:
    """A sentence with notation in it as Markdown that shows every letter.

    Example:
        >>> plain_markdown("expected ']' and x*y")
        "expected '\\\\]' and x\\\\*y"
    """
    return "".join(f"\\{letter}" if letter in "\\`*_[]~$<>|" else letter for letter in text)


def layer_words(steps: tuple[Step, ...], prefix: str = "") -> dict[str, str]:
    """The notation of each module, by torch's dotted name."""
    found: dict[str, str] = {}
    for step in steps:
        name = prefix + step.name
        if step.branches:
            inner = ("body", "shortcut") if step.name.startswith("res") else ()
            for place, branch in enumerate(step.branches):
                part = inner[place] if inner else f"branches.{place}"
                found |= layer_words(branch, f"{name}.{part}.")
        elif isinstance(step.layer, (Conv, Dense)):  # a ReLU has its own row
            found[name] = notation.write_layer(replace(step.layer, relu=True))
        elif not isinstance(step.layer, str):
            found[name] = notation.write_layer(step.layer)
    return found
