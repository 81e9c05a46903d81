"""A convolution by hand in words: its answer, and the sum behind each output."""

from __future__ import annotations

from vizcore.byhand.grids import number_text
from vizcore.records.byhand import Cell, HandConvolution, Term
from vizcore.ui import grids


def kernel_title(found: HandConvolution) -> str:
    """What the kernel is called as it lies on the input."""
    return "Kernel, turned" if found.is_flipped else "Kernel"


def answer(found: HandConvolution, picked: Cell) -> str:
    """The sizes, and the picked cell's value."""
    slide = found.slide
    terms = found.terms(*picked)
    zeros = sum(1 for term in terms if term.product == 0)
    padding = sum(term.is_padding for term in terms)
    words = f"{len(terms)} products" + (f" ({zeros} of them zero)" if zeros else "")
    if found.bias:
        words += f" and the bias {number_text(found.bias)}"
    if padding:
        words += f"; {padding} fall on padding"
    rows, columns = slide.output
    sizes = slide.size_sum(0)
    if slide.size_sum(1) != sizes:
        sizes += f" and {slide.size_sum(1)}"
    value = number_text(float(found.output_hw[picked]))
    count = (
        "is <b>1</b> output" if rows == columns == 1 else f"are <b>{rows} × {columns}</b> outputs"
    )
    return (
        f"The output in row {picked[0] + 1}, column {picked[1] + 1} is <b>{value}</b>: the sum of "
        f"{words}. There {count}: {sizes}."
    )


def step(found: HandConvolution, place: Cell) -> grids.Step:
    """One place of the kernel: what is lit, and the sum in lines."""
    slide, terms = found.slide, found.terms(*place)
    wide = slide.window[1]
    output = place[0] * slide.output[1] + place[1]
    value = number_text(float(found.output_hw[place]))
    lines: list[grids.Line] = []
    sums = []
    for row in range(slide.window[0]):
        part = terms[row * wide : (row + 1) * wide]
        sums.append(number_text(sum(term.product for term in part)))
        lines.append(
            {
                "label": f"kernel row {row + 1}",
                "terms": [
                    (product_text(term), "zero" if term.product == 0 else "") for term in part
                ],
                "end": sums[-1],
            }
        )
    total = " + ".join(map(bracketed, sums))
    if found.bias or len(sums) == 1:
        total += f" + bias {bracketed(number_text(found.bias))}"
    return {
        "lit": {
            "input": [
                (grids.place_in(slide, term.cell), "lit", f"×{number_text(term.weight)}")
                for term in terms
            ],
            "output": [(output, "hit", "")],
        },
        "lines": lines,
        "total": (f"{total} = ", value, ""),
        "where": f"Output row {place[0] + 1}, column {place[1] + 1}",
    }


def bracketed(text: str) -> str:
    """A negative number in brackets, so that no two signs meet."""
    return f"({text})" if text.startswith("−") else text


def product_text(term: Term) -> str:
    """A product as it is written: value × weight."""
    return f"{bracketed(number_text(term.value))}·{bracketed(number_text(term.weight))}"
