"""A table and its filter in words: the answer, the proof, and the equation of each cell."""

from __future__ import annotations

import numpy as np

from vizcore.byhand.grids import number_text
from vizcore.records.byhand import Cell, Contradiction, Grid, KernelSearch
from vizcore.ui import grids
from vizcore.ui.byhand_convolution_words import bracketed
from vizcore.ui.byhand_pooling_words import cell_words

#: The largest factor that is written out.
_MOST_FACTOR = 999


def answer(found: KernelSearch) -> str:
    """Whether a filter gives the table, and by how much it fails."""
    rows, columns = found.slide.window
    equations = found.target_hw.size
    what = f"{rows} × {columns} filter" + (
        " with a bias" if found.unknowns > rows * columns else ""
    )
    if found.contradiction is None:
        many = "" if found.rank == found.unknowns else " It is one of many."
        return (
            f"<b>This filter gives the table</b>: all {equations} equations for its "
            f"{found.unknowns} unknowns hold.{many}"
        )
    return (
        f"<b>No {what} gives this table.</b> Its {equations} cells are {equations} equations for "
        f"{found.unknowns} unknowns; the nearest filter misses them by "
        f"<b>{found.residual:.2f}</b> (sum of squares), and "
        f"{_number_words(len(found.contradiction.cells))} "
        f"{'suffices' if len(found.contradiction.cells) == 1 else 'suffice'} to see that none can "
        "be right."
    )


def _number_words(count: int) -> str:
    words = {1: "one cell", 2: "two cells", 3: "three cells", 4: "four cells"}
    return words.get(count, f"{count} cells")


def headline(wrong: Contradiction) -> str:
    """What the contradiction is, in few words."""
    if len(wrong.cells) == 1:
        return f"{cell_words(wrong.cells[0]).capitalize()} sees only zeros"
    if wrong.factors == (1, -1):
        return "Two cells see the same numbers and differ"
    return f"{_number_words(len(wrong.cells)).capitalize()} contradict each other"


def windows(found: KernelSearch, wrong: Contradiction) -> dict[str, Grid]:
    """The windows of the cells that contradict each other."""
    top, _, left, _ = found.slide.padding
    padded = np.pad(found.input_hw, (found.slide.padding[:2], found.slide.padding[2:]))
    shown = {}
    for cell, factor in zip(wrong.cells, wrong.factors, strict=True):
        seen = np.array([padded[r + top, c + left] for r, c in found.slide.cells(*cell)])
        times = "" if wrong.factors == (1, -1) or len(wrong.cells) == 1 else f"{_sign(factor)} × "
        printed = number_text(float(found.target_hw[cell]))
        shown[f"{times}{cell_words(cell)}: printed {printed}"] = seen.reshape(found.slide.window)
    return shown


def _sign(factor: int) -> str:
    return number_text(float(factor))


def proof(found: KernelSearch, wrong: Contradiction) -> str:
    """Why no filter can give these cells."""
    values = [number_text(float(found.target_hw[cell])) for cell in wrong.cells]
    if len(wrong.cells) == 1:
        return f"Any filter gives 0 there; the table has {values[0]}."
    if wrong.factors == (1, -1):
        return (
            f"The same numbers times the same weights give the same sum, whatever the weights are "
            f"(a bias included). The table has **{values[0]}** and **{values[1]}**."
        )
    least = "No fewer cells do." if wrong.is_smallest else "None of them can be left out."
    if max(map(abs, wrong.factors)) > _MOST_FACTOR:
        places = "; ".join(map(cell_words, wrong.cells))
        return (
            "A weighted sum of these cells' windows is zero at every place, so it is zero for any "
            f"filter's values; for the table's it is not: {places}. {least}"
        )
    total = " + ".join(
        f"{bracketed(_sign(factor))}·{bracketed(value)}"
        for factor, value in zip(wrong.factors, values, strict=True)
    )
    return (
        f"These windows, times {', '.join(map(_sign, wrong.factors))}, add up to zero at every "
        f"place, so any filter's values do. The table's give {total} = "
        f"**{number_text(wrong.gives)}**. {least}"
    )


def step(found: KernelSearch, place: Cell) -> grids.Step:
    """One cell's equation."""
    slide = found.slide
    at = place[0] * slide.output[1] + place[1]
    top, _, left, _ = slide.padding
    padded = np.pad(found.input_hw, (slide.padding[:2], slide.padding[2:]))
    wide = slide.window[1]
    cells, weights = slide.cells(*place), found.kernel_hw.ravel()
    lines: list[grids.Line] = []
    for row in range(slide.window[0]):
        part = range(row * wide, (row + 1) * wide)
        terms = []
        for n in part:
            value = float(padded[cells[n][0] + top, cells[n][1] + left])
            text = f"{bracketed(number_text(value))}·w{row + 1}{n - row * wide + 1}"
            terms.append((text, "zero" if value == 0 else ""))
        lines.append({"label": f"filter row {row + 1}", "terms": terms})
    printed = number_text(float(found.target_hw[place]))
    fitted = number_text(float(found.fitted_hw[place]))
    plus = " + bias" if found.unknowns > len(weights) else ""
    return {
        "lit": {
            "input": [(grids.place_in(slide, cell), "lit", "") for cell in cells],
            "table": [(at, "lit", "")],
            "fitted": [(at, "hit", "")],
        },
        "lines": lines,
        "total": (f"all of it{plus} should be ", printed, f"; this filter gives {fitted}"),
        "where": f"The equation of {cell_words(place)}",
    }
