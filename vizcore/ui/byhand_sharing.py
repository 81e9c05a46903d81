"""By hand, weight sharing: three ways to join an input to an output, counted and drawn."""

from __future__ import annotations

import streamlit as st

from vizcore.byhand import share
from vizcore.byhand.sliding import MOST_STEP, slide
from vizcore.errors import ConvScopeError
from vizcore.figures.connections import draw_connections, draw_kernel, regime_name
from vizcore.figures.numbers import exact
from vizcore.formats.words import counted
from vizcore.records.byhand import Connections, SharingRegimes
from vizcore.ui import byhand_views as views
from vizcore.ui.address import Choice, View, whole
from vizcore.ui.drawings import draw_drawings
from vizcore.ui.room import Room

QUESTION = "What does sharing weights save?"
#: The choices that are grids a person can write.
GRIDS: dict[str, str] = {}
_OF = "sharing"
_MOST_SIDE, _MOST_KERNEL = 10, 5
CHOICES = [
    Choice("size", 5, whole(1, _MOST_SIDE), of=_OF),
    Choice("kernel", 3, whole(1, _MOST_KERNEL), of=_OF),
    views.padding_choice("valid", _OF),
    Choice("stride", 1, whole(1, MOST_STEP), of=_OF),
    Choice("dilation", 1, whole(1, MOST_STEP), of=_OF),
    views.cell_choice(_OF),
]
_CLAIMS = (
    "conv_256_inputs",
    "conv_256_fc_1000",
    "conv_fc_equivalent",
    "conv_423k_local",
    "conv_735_shared",
    "conv_30_85k",
    "dl_taigman",
)
_HOW_TO_READ = """
- Each matrix is one layer: a row for every output cell, a column for every input cell, both in
  reading order. The output is the matrix times the input, written as one column.
- A grey square is a weight that is used nowhere else. Coloured squares are shared: all squares of
  one colour (and letter) are the same number. Empty places are zeros that stay zeros.
- The convolution's coloured diagonals are what makes its matrix a Toeplitz one: every row is the
  row above, moved on.
- Multiply-adds on padding are counted, as every library counts them; their squares are missing
  in the matrix, because padding is no input.
"""


def at_fault(error: ConvScopeError) -> str | None:
    """The choice that the error's suggestions are values of."""
    return "padding" if error.suggestions else None


def compute(view: View) -> SharingRegimes:
    """The three regimes for the choices' sizes."""
    side, kernel = view["size"], view["kernel"]
    return share(
        slide(
            (side, side),
            (kernel, kernel),
            stride=view["stride"],
            padding=view["padding"],
            dilation=view["dilation"],
        )
    )


def draw_controls(here: Room) -> None:
    """The sizes."""
    view = here.view
    with here.controls():
        views.draw_show(view)
        views.draw_step(view, "Input side", "size", _MOST_SIDE)
        views.draw_step(view, "Kernel side", "kernel", _MOST_KERNEL)
        views.draw_padding(view)
        views.draw_step(view, "Stride", "stride", MOST_STEP)
        views.draw_step(view, "Dilation", "dilation", MOST_STEP)


def draw(here: Room, found: SharingRegimes, *, dark: bool) -> None:
    """The answer, the three matrices with their counts, one large, the details."""
    here.answer(answer(found))
    picked = views.selected(here.view, found.slide.output)
    row = picked[0] * found.slide.output[1] + picked[1]
    draw_drawings(regimes_html(found, dark=dark), key="byhand-regimes")
    draw_drawings(
        large_html(found, row, dark=dark),
        key="byhand-matrix",
        on_row=views.picker(here.view, found.slide.output[1]),
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        rows, columns = found.slide.output
        st.selectbox(
            "Row of the matrix: the output in",
            [(r + 1, c + 1) for r in range(rows) for c in range(columns)],
            format_func=lambda cell: f"row {cell[0]}, column {cell[1]}",
            width=260,
            **here.view.bind("cell"),
        )
    with here.details("What the lecture prints") as is_open:
        if is_open:
            st.markdown(
                "The lecture's image is 30 × 30 with 3 colours, its window 7 × 7, its depth 5. "
                "**Building blocks** has the same three regimes with channels and depth."
            )
            st.html(views.lecture_html(_CLAIMS))
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(_HOW_TO_READ)
    views.offer(
        here,
        "weight-sharing",
        {
            "Counts": lambda: counts_csv(found),
            "Matrix": lambda: matrix_csv(found.shared),
        },
        lambda: draw_connections(found, found.shared, width_px=1000, selected=row, dark=dark).png(),
    )
    here.code(snippet(found, here.view["padding"]))


def answer(found: SharingRegimes) -> str:
    """One sentence: what looking locally saves, and what sharing saves."""
    (height, width), (rows, columns) = found.slide.input, found.slide.output
    full, local, shared = found.all
    return (
        f"From {height} × {width} inputs to {rows} × {columns} outputs: <b>{exact(full.weights)} "
        f"weights</b> fully connected, <b>{exact(local.weights)}</b> if each output has a window "
        f"of its own, <b>{exact(shared.weights)}</b> if all windows share them. Sharing saves "
        f"weights, not work: {exact(shared.macs)} multiply-adds either way."
    )


def regimes_html(found: SharingRegimes, *, dark: bool) -> str:
    """The three matrices side by side, each under its counts."""
    cards = []
    for each in found.all:
        drawing = draw_connections(found, each, width_px=290, dark=dark)
        biases = counted(each.biases, "bias", "biases")
        cards.append(
            f"<figure><figcaption><b>{regime_name(each)}</b>"
            f"<span><b>{exact(each.weights)}</b> weights = {each.weights_sum}</span>"
            f"<span>+ {biases}</span>"
            f"<span><b>{exact(each.macs)}</b> multiply-adds = {each.macs_sum}</span>"
            f"</figcaption>{drawing.svg()}</figure>"
        )
    return f'<div class="even">{"".join(cards)}</div>'


def large_html(found: SharingRegimes, row: int, *, dark: bool) -> str:
    """The kernel, and the convolution's matrix with the kernel's letters."""
    kernel = draw_kernel(found.slide, dark=dark).svg()
    matrix = draw_connections(found, found.shared, width_px=740, selected=row, dark=dark)
    outputs = len(found.shared.weight_oi)
    svg = matrix.svg().replace("<svg ", f'<svg class="rows" data-rows="{outputs}" ', 1)
    note = ""
    if found.padding_macs:
        note = f"{exact(found.padding_macs)} multiply-adds fall on padding and have no square."
    return (
        "<div><figure><figcaption><b>The kernel</b></figcaption>"
        f"{kernel}</figure><figure><figcaption><b>The convolution as a matrix</b><span>A row "
        f"for every output, a column for every input; click a row. {note}</span></figcaption>"
        f"{svg}</figure></div>"
    )


def counts_csv(found: SharingRegimes) -> str:
    """The three regimes' counts."""
    rows: list[tuple[object, ...]] = [("regime", "weights", "biases", "multiply_adds")]
    rows += [(each.regime, each.weights, each.biases, each.macs) for each in found.all]
    return views.csv_text(rows)


def matrix_csv(found: Connections) -> str:
    """Which weight joins each output (row) and input (column); 0 for none."""
    return views.csv_text(found.weight_oi.tolist())


def snippet(found: SharingRegimes, padding: str) -> str:
    """The lines that count the same, by hand and in torch."""
    laid = found.slide
    said = [
        f"{name}={value!r}"
        for name, value, default in (
            ("stride", laid.stride, 1),
            ("padding", int(padding) if padding.isdecimal() else padding, "valid"),
            ("dilation", laid.dilation, 1),
        )
        if value != default
    ]
    arguments = "".join(f", {each}" for each in said)
    inputs, outputs = laid.input[0] * laid.input[1], laid.output[0] * laid.output[1]
    return (
        "import vizcore as vc\nfrom torch import nn\nfrom vizcore.byhand.sliding import slide\n\n"
        f"found = vc.share(slide({laid.input}, {laid.window}{arguments}))\n"
        "for each in found.all:\n"
        "    print(each.regime, each.weights, each.biases, each.macs)\n"
        "print(found.shared.weight_oi)  # which weight joins output (row) and input (column)\n\n"
        f"print(nn.Linear({inputs}, {outputs}).weight.numel(), "
        f"nn.Conv2d(1, 1, {laid.window}).weight.numel())"
    )
