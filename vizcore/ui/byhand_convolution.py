"""By hand, a convolution: the window on the input, its products and their sum."""

from __future__ import annotations

import numpy as np
import streamlit as st

from vizcore.byhand import convolve
from vizcore.byhand.grids import read
from vizcore.byhand.presets import INPUTS, KERNELS, LECTURE_INPUT, LECTURE_KERNEL
from vizcore.byhand.sliding import MOST_STEP
from vizcore.errors import ConvScopeError
from vizcore.records.byhand import HandConvolution
from vizcore.reference.worked import worked_convolution, worked_zero_padding
from vizcore.ui import byhand_views as views
from vizcore.ui import grids
from vizcore.ui.address import Choice, View, flag, number, whole, yes_no
from vizcore.ui.byhand_convolution_files import picture, snippet, terms_csv
from vizcore.ui.byhand_convolution_words import answer, kernel_title, step
from vizcore.ui.room import Room

QUESTION = "How is a convolution computed?"
#: The choices that are grids a person can write.
GRIDS = {"input": "Input", "kernel": "Kernel"}
_OF = "convolution"
CHOICES = [
    views.grid_choice("input", LECTURE_INPUT, "input", _OF),
    views.grid_choice("kernel", LECTURE_KERNEL, "kernel", _OF),
    views.padding_choice("valid", _OF),
    Choice("stride", 1, whole(1, MOST_STEP), of=_OF),
    Choice("dilation", 1, whole(1, MOST_STEP), of=_OF),
    Choice("bias", 0.0, number(-9999, 9999), write=lambda value: f"{value:g}", of=_OF),
    Choice("turned", False, yes_no, write=flag, of=_OF),
    views.cell_choice(_OF),
]
_CLAIMS = (
    "conv_example_result",
    "conv_example_first",
    "conv_example_size",
    "conv_zeropad_example",
    "conv_zeropad_amount",
    "conv_pad_full",
    "conv_pad_same",
    "conv_pad_valid",
    "conv_flip",
    "conv_grad_theta",
)
_HOW_TO_READ = """
- The numbers in the corners of the lit cells are the kernel's, where it lies now. Each is
  multiplied with the cell it lies on; all products are added, and the bias.
- Point at an output cell or click it; with the keyboard, arrows go from cell to cell. **Slide**
  lays the kernel on one place after the other.
- Dashed cells are padding: zeros that are not part of the input.
- Every cell of the input and of the kernel can be written: `3`, `-0.5`, `1/9`. A block copied from
  a spreadsheet can be pasted.
"""


def compute(view: View) -> HandConvolution:
    """The convolution that the choices describe."""
    return convolve(
        read(view["input"]),
        read(view["kernel"]),
        bias=view["bias"],
        stride=view["stride"],
        padding=view["padding"],
        dilation=view["dilation"],
        flip=view["turned"],
    )


def at_fault(error: ConvScopeError) -> str | None:
    """The choice that the error's suggestions are values of."""
    return "padding" if error.suggestions else None


def draw_controls(here: Room) -> None:
    """The grids to begin with, and how the kernel slides."""
    view = here.view
    with here.controls():
        views.draw_show(view)
        views.draw_preset(view, "Input", "input", INPUTS)
        views.draw_preset(view, "Kernel", "kernel", KERNELS)
        views.draw_padding(view)
        views.draw_step(view, "Stride", "stride", MOST_STEP)
        views.draw_step(view, "Dilation", "dilation", MOST_STEP)
        st.number_input(
            "Bias", -9999.0, 9999.0, step=1.0, width=120, format="%g", **view.bind("bias")
        )
        st.toggle(
            "Turn the kernel",
            help="On: convolution as mathematics defines it, the kernel turned by 180°. Off: "
            "correlation, which every deep learning library computes and calls convolution.",
            **view.bind("turned"),
        )


def draw(here: Room, found: HandConvolution, *, dark: bool) -> None:
    """The answer, the grids, the details, the files and the code."""
    view = here.view
    picked = views.selected(view, found.slide.output)
    here.answer(answer(found, picked))
    is_refused = views.draw_complaint()
    first = grids.grid("input", "Input", found.input_hw, around=found.slide, edits=True, sizes=True)
    row = [
        grids.sign("∗" if found.is_flipped else "⋆"),
        grids.grid("kernel", kernel_title(found), found.applied_hw, edits=True, sizes=True),
    ]
    row += [grids.sign("="), grids.grid("output", "Output", found.output_hw, picks=True)]
    columns = found.slide.output[1]
    grids.draw(
        [[first], row],
        [step(found, place) for place in found.slide.places],
        picked[0] * columns + picked[1],
        kind="conv",
        dark=dark,
        play="Slide",
        beside=True,
        is_refused=is_refused,
        key="byhand-convolution",
        on_pick=views.picker(view, columns),
        on_edit=views.editor(
            view,
            {"input": "input", "kernel": "kernel"},
            {"input": found.input_hw, "kernel": found.applied_hw},
            turned=found.is_flipped,
        ),
    )
    draw_lecture(here, found)
    draw_details(here, found)
    stem = f"{found.slide.output[0]}x{found.slide.output[1]}"
    views.offer(
        here,
        f"convolution_{stem}",
        {
            "Output": lambda: views.grid_csv(found.output_hw),
            "Every product": lambda: terms_csv(found),
        },
        lambda: picture(found, picked, dark=dark),
    )
    here.code(snippet(found, view["padding"]))


def draw_lecture(here: Room, found: HandConvolution) -> None:
    """Where a lecture has this very example: what it prints."""
    for example in (worked_convolution(), worked_zero_padding()):
        printed = np.array(example.printed, dtype=float)
        same = np.array_equal(found.input_hw, np.array(example.input))
        same = same and np.array_equal(found.kernel_hw, np.array(example.kernel))
        if not same or found.output_hw.shape != printed.shape:
            continue
        right = int((found.output_hw == printed).sum())
        if right == printed.size:
            st.caption(f"The lecture prints the same {printed.size} numbers.")
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"The lecture prints another table: {right} of {printed.size} cells agree. "
                "No filter gives it.",
                width="content",
            )
            st.button("See why", on_click=show_table, args=(here.view,), type="tertiary")


def show_table(view: View) -> None:
    """Go to the table that no filter gives."""
    view["show"] = "table"


def draw_details(here: Room, found: HandConvolution) -> None:
    """Correlation and convolution, the paddings, the lecture, how to read."""
    slide = found.slide
    with here.details("Correlation or convolution?") as is_open:
        if is_open:
            options = {
                "bias": found.bias,
                "stride": slide.stride,
                "padding": here.view["padding"],
                "dilation": slide.dilation,
            }
            both = {
                "gives, by correlation": convolve(found.input_hw, found.kernel_hw, **options),
                "gives, by convolution": convolve(
                    found.input_hw, found.kernel_hw, flip=True, **options
                ),
            }
            outputs = [each.output_hw for each in both.values()]
            apart = int((abs(outputs[0] - outputs[1]) > 1e-9).sum())
            verdict = (
                "This kernel is the same turned by 180°, so both give the same output."
                if found.is_symmetric
                else f"Here they differ in {apart} of {outputs[0].size} cells."
            )
            st.markdown(
                f"{verdict} Mathematics defines convolution as sum of x(r − i, c − j)·k(i, j): the "
                "kernel is turned by 180° before it is laid on the input. Deep learning libraries "
                "leave it as it lies, which is correlation. Nothing is lost: a network that learns "
                "the kernel learns the turned one. Try the input *One point*: correlation prints "
                "the kernel turned, convolution prints the kernel itself."
            )
            shown = {"Kernel as it lies": found.kernel_hw}
            names = iter(both)
            shown[next(names)] = outputs[0]
            shown["Kernel turned by 180°"] = found.kernel_hw[::-1, ::-1]
            shown[next(names)] = outputs[1]
            st.html(views.grids_html(shown))
    with here.details("Where the output's size comes from") as is_open:
        if is_open:
            st.markdown(
                "(input + padding − reach) / stride + 1, rounded down, where the kernel's reach is "
                f"dilation·(size − 1) + 1 = {slide.dilation}·({slide.window[0]} − 1) + 1 = "
                f"{slide.reach[0]} rows and {slide.reach[1]} columns.\n\n"
                f"- rows: {slide.size_sum(0)}\n- columns: {slide.size_sum(1)}\n\n"
                "**valid** pads nothing. **same** pads reach − 1 in all, half before and half "
                "after (an even kernel: one more after). **full** pads reach − 1 on *every* side."
            )
    with here.details("What the lecture prints") as is_open:
        if is_open:
            st.html(views.lecture_html(_CLAIMS))
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(_HOW_TO_READ)
