"""A convolution by hand to take along: every product, the picture, the lines of Python."""

from __future__ import annotations

import numpy as np

from vizcore.byhand.grids import number_text
from vizcore.figures.hand import draw_panels
from vizcore.records.byhand import Cell, HandConvolution
from vizcore.ui import byhand_views as views
from vizcore.ui.byhand_convolution_words import kernel_title, step


def terms_csv(found: HandConvolution) -> str:
    """Every product of every output cell."""
    rows: list[tuple[object, ...]] = [
        (
            "output_row",
            "output_column",
            "input_row",
            "input_column",
            "padding",
            "value",
            "weight",
            "product",
        )
    ]
    rows += [
        (
            r + 1,
            c + 1,
            t.cell[0] + 1,
            t.cell[1] + 1,
            int(t.is_padding),
            t.value,
            t.weight,
            t.product,
        )
        for r, c in found.slide.places
        for t in found.terms(r, c)
    ]
    return views.csv_text(rows)


def picture(found: HandConvolution, picked: Cell, *, dark: bool) -> bytes:
    """The grids with the picked cell's window and sum."""
    slide, shown = found.slide, step(found, picked)
    top, bottom, left, right = slide.padding
    padded = np.pad(found.input_hw, ((top, bottom), (left, right)))
    tones = {
        (r, c): "" if slide.is_inside((r - top, c - left)) else "pad"
        for r in range(padded.shape[0])
        for c in range(padded.shape[1])
    }
    corners = {}
    for term in found.terms(*picked):
        cell = term.cell[0] + top, term.cell[1] + left
        tones[cell] += " lit"
        corners[cell] = f"×{number_text(term.weight)}"
    lines = [
        f"{line['label']}:  {' + '.join(text for text, _ in line['terms'])} = {line['end']}"
        for line in shown["lines"]
    ]
    return draw_panels(
        [
            [
                views.panel(
                    "Padded input" if any(slide.padding) else "Input", padded, tones, corners
                ),
                "∗" if found.is_flipped else "⋆",
                views.panel(kernel_title(found), found.applied_hw),
                "=",
                views.panel("Output", found.output_hw, {picked: "hit"}),
            ]
        ],
        [*lines, "".join(shown["total"])],
        kind="conv",
        dark=dark,
    ).png()


def snippet(found: HandConvolution, padding: str) -> str:
    """The lines that give the same numbers, by hand and in torch."""
    slide = found.slide
    in_torch = {
        "valid": "0",
        "same": '"same"',
        "full": f"({slide.padding[0]}, {slide.padding[2]})",
    }.get(padding, padding)
    named = {
        "bias": (found.bias, 0.0),
        "stride": (slide.stride, 1),
        "dilation": (slide.dilation, 1),
        "flip": (found.is_flipped, False),
    }
    said = [f"{name}={value!r}" for name, (value, default) in named.items() if value != default]
    if padding != "valid":
        said.append(f"padding={int(padding) if padding.isdecimal() else padding!r}")
    arguments = "".join(f", {each}" for each in said)
    turned = ".flip(2, 3)  # conv2d does not turn it" if found.is_flipped else ""
    return (
        "import vizcore as vc\nimport torch\nfrom torch.nn.functional import conv2d\n\n"
        f"image = {views.literal(found.input_hw)}\n"
        f"kernel = {views.literal(found.kernel_hw)}\n"
        f"print(vc.convolve(image, kernel{arguments}).output_hw)\n\n"
        "x = torch.tensor([[image]], dtype=torch.float64)\n"
        f"w = torch.tensor([[kernel]], dtype=torch.float64){turned}\n"
        f"b = torch.tensor([{found.bias!r}], dtype=torch.float64)\n"
        f"print(conv2d(x, w, b, stride={slide.stride}, padding={in_torch}, "
        f"dilation={slide.dilation})[0, 0])"
    )
