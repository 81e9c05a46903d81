"""By hand, pooling: the window's maximum or mean, and the gradient's way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from vizcore.byhand import pool
from vizcore.byhand.grids import number_text, read, write
from vizcore.byhand.presets import POOLED
from vizcore.errors import ConvScopeError
from vizcore.figures.hand import draw_panels
from vizcore.records.byhand import Cell, HandPooling
from vizcore.ui import byhand_views as views
from vizcore.ui import grids
from vizcore.ui.address import Choice, View, flag, one_of, whole, yes_no
from vizcore.ui.byhand_pooling_words import answer, cell_words, step
from vizcore.ui.room import Room

QUESTION = "Where does pooling send its gradient?"
#: The choices that are grids a person can write.
GRIDS = {"input": "Input"}
_OF = "pooling"
_KINDS = {"max": "Maximum", "avg": "Average"}
_MOST_WINDOW = 5


def _gradient(text: str) -> str:
    return write(read(text, "gradient")) if text else ""


CHOICES = [
    views.grid_choice("input", POOLED["With a tie"], "input", _OF),
    Choice("kind", "max", one_of(*_KINDS), of=_OF),
    Choice("window", 2, whole(1, _MOST_WINDOW), of=_OF),
    Choice("stride", 2, whole(1, _MOST_WINDOW), of=_OF),
    Choice("padding", 0, whole(0, _MOST_WINDOW), of=_OF),
    Choice("counted", True, yes_no, write=flag, of=_OF),
    Choice("gradient", "", _gradient, of=_OF),
    views.cell_choice(_OF),
]
_CLAIMS = ("pool_max_grad", "pool_avg_text", "pool_avg_norm", "pool_max_preferred")
_HOW_TO_READ = """
- The upper row goes forward: each window of the input gives one output. The lower row goes back:
  each output's gradient is handed to the cells of its window. Write other gradients into it.
- Maximum: the winner gets all of it, the others nothing. Where several cells hold the maximum
  (framed), torch gives all to the first in reading order; another library may share it out.
- Average: every cell of the window gets the same share, 1 over the number of cells.
- Where windows overlap, a cell gets something from each of them: the shares are added.
- Padding is minus infinity for a maximum (it never wins) and zero for an average. Whether an
  average also divides by padding cells is torch's `count_include_pad`.
"""


def at_fault(error: ConvScopeError) -> str | None:
    """The choice that the error's suggestions are values of."""
    return "padding" if error.suggestions and error.suggestions[0].isdecimal() else None


def compute(view: View) -> HandPooling:
    """The pooling that the choices describe; a gradient of another size gives way to ones."""
    given = read(view["gradient"], "gradient") if view["gradient"] else None

    def pooled(gradient: object) -> HandPooling:
        return pool(
            read(view["input"]),
            view["kind"],
            window=view["window"],
            stride=view["stride"],
            padding=view["padding"],
            counts_padding=view["counted"],
            gradient=gradient,  # type: ignore[arg-type]
        )

    found = pooled(None)
    if given is None:
        return found
    if given.shape != found.slide.output:
        rows, columns = found.slide.output
        view.complaints.append(
            f"The gradient had {given.shape[0]} × {given.shape[1]} cells, but there are {rows} × "
            f"{columns} outputs: ones are used."
        )
        view["gradient"] = ""
        return found
    return pooled(given)


def draw_controls(here: Room) -> None:
    """The input to begin with, and how it is pooled."""
    view = here.view
    with here.controls():
        views.draw_show(view)
        views.draw_preset(view, "Input", "input", POOLED)
        st.segmented_control(
            "Pooling",
            list(_KINDS),
            format_func=_KINDS.__getitem__,
            required=True,
            **view.bind("kind"),
        )
        views.draw_step(view, "Window", "window", _MOST_WINDOW)
        views.draw_step(view, "Stride", "stride", _MOST_WINDOW)
        st.number_input("Padding", 0, _MOST_WINDOW, width=110, **view.bind("padding"))
        st.toggle(
            "Count padding",
            disabled=view["kind"] == "max" or view["padding"] == 0,
            help="Whether an average is divided by padding cells too (torch: count_include_pad)",
            **view.bind("counted"),
        )


def draw(here: Room, found: HandPooling, *, dark: bool) -> None:
    """The answer, the grids forward and back, the details, the files and the code."""
    view = here.view
    picked = views.selected(view, found.slide.output)
    here.answer(answer(found, picked))
    is_refused = views.draw_complaint()
    pad = "−∞" if found.kind == "max" else "0"
    around = found.slide
    forward = [
        grids.grid(
            "input", "Input", found.input_hw, around=around, edits=True, sizes=True, pad=pad
        ),
        grids.sign("→"),
        grids.grid("output", "Output", found.output_hw, picks=True),
    ]
    back = [
        grids.grid("gradient", "Output gradient", found.gradient_hw, edits=True),
        grids.sign("→"),
        grids.grid("back", "Input gradient", found.input_gradient_hw),
    ]
    columns = found.slide.output[1]
    grids.draw(
        [[*forward, grids.sign(""), *back]],
        [step(found, place) for place in found.slide.places],
        picked[0] * columns + picked[1],
        kind="pool",
        dark=dark,
        play="Slide",
        is_refused=is_refused,
        key="byhand-pooling",
        on_pick=views.picker(view, columns),
        on_edit=_editor(view, found),
    )
    with here.details("What the lecture prints") as is_open:
        if is_open:
            st.html(views.lecture_html(_CLAIMS))
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(_HOW_TO_READ)
    views.offer(
        here,
        f"{found.kind}-pooling",
        {
            "Output": lambda: views.grid_csv(found.output_hw),
            "Gradient": lambda: views.grid_csv(found.input_gradient_hw),
        },
        lambda: picture(found, picked, dark=dark),
    )
    here.code(snippet(found))


def _editor(view: View, found: HandPooling) -> Callable[[dict[str, Any]], None]:
    return views.editor(
        view,
        {"input": "input", "gradient": "gradient"},
        {"input": found.input_hw, "gradient": found.gradient_hw},
    )


def picture(found: HandPooling, picked: Cell, *, dark: bool) -> bytes:
    """The grids forward and back, with the picked window."""
    shares, tied = found.shares(*picked), found.tied(*picked)
    seen = dict.fromkeys(shares, "lit")
    back = dict.fromkeys(shares, "lit")
    if found.kind == "max":
        seen[tied[0]] = back[tied[0]] = "lit hit"
    lines = [
        f"Output {cell_words(picked)}: {number_text(float(found.output_hw[picked]))}",
        "Shares of its gradient: " + ", ".join(number_text(share) for share in shares.values()),
    ]
    return draw_panels(
        [
            [
                views.panel("Input", found.input_hw, seen),
                "→",
                views.panel("Output", found.output_hw, {picked: "hit"}),
            ],
            [
                views.panel("Output gradient", found.gradient_hw, {picked: "lit"}),
                "→",
                views.panel("Input gradient", found.input_gradient_hw, back),
            ],
        ],
        lines,
        kind="pool",
        dark=dark,
    ).png()


def snippet(found: HandPooling) -> str:
    """The lines that give the same numbers, by hand and in torch."""
    slide = found.slide
    window, stride, padding = slide.window[0], slide.stride, slide.padding[0]
    ours = f"window={window}, stride={stride}, padding={padding}"
    theirs = f"{window}, stride={stride}, padding={padding}"
    if found.kind == "avg":
        ours += f", counts_padding={found.counts_padding}"
        theirs += f", count_include_pad={found.counts_padding}"
    ones = bool(np.all(found.gradient_hw == 1))
    given = "ones(out.shape)" if ones else f"tensor([[{views.literal(found.gradient_hw)}]])"
    given = given.replace("ones(out.shape)", "torch.ones_like(out)").replace(
        "tensor([[", "torch.tensor([["
    )
    ours += "" if ones else f", gradient={views.literal(found.gradient_hw)}"
    if not ones:
        given = given[:-1] + ", dtype=torch.float64)"
    return (
        "import vizcore as vc\nimport torch\n"
        f"from torch.nn.functional import {found.kind}_pool2d\n\n"
        f"image = {views.literal(found.input_hw)}\n"
        f"found = vc.pool(image, {found.kind!r}, {ours})\n"
        "print(found.output_hw, found.input_gradient_hw)\n\n"
        "x = torch.tensor([[image]], dtype=torch.float64, requires_grad=True)\n"
        f"out = {found.kind}_pool2d(x, {theirs})\n"
        f"out.backward({given})\n"
        "print(out[0, 0], x.grad[0, 0])"
    )
