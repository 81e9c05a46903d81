"""Pooling by hand in words: its answer, the winner or the mean, and the gradient handed back."""

from __future__ import annotations

from vizcore.byhand.grids import number_text
from vizcore.records.byhand import Cell, HandPooling
from vizcore.ui import grids


def cell_words(cell: Cell) -> str:
    """Where a cell is, counted from 1."""
    return f"row {cell[0] + 1}, column {cell[1] + 1}"


def answer(found: HandPooling, picked: Cell) -> str:
    """The picked output, and where its gradient goes."""
    value = number_text(float(found.output_hw[picked]))
    head = f"The output in {cell_words(picked)} is <b>{value}</b>"
    inside = found.inside(*picked)
    gradient = number_text(float(found.gradient_hw[picked]))
    if found.kind == "max":
        tied = found.tied(*picked)
        words = (
            f"the largest of {len(inside)}. Its gradient, {gradient}, goes to "
            f"<b>{cell_words(tied[0])}</b> alone"
        )
        if len(tied) > 1:
            words += f": {len(tied)} cells hold {value}, and torch takes the first in reading order"
        return f"{head}, {words}."
    divisor = found.divisor(*picked)
    each = f"Each of its {len(inside)} cells gets" if len(inside) > 1 else "Its only cell gets"
    return f"{head}, the mean of its window. {each} <b>1/{divisor}</b> of its gradient, {gradient}."


def step(found: HandPooling, place: Cell) -> grids.Step:
    """One window: what is lit, how the output comes about, who gets the gradient."""
    slide, shares = found.slide, found.shares(*place)
    inside, tied = found.inside(*place), found.tied(*place)
    output = place[0] * slide.output[1] + place[1]
    value = number_text(float(found.output_hw[place]))
    gradient = float(found.gradient_hw[place])
    is_max = found.kind == "max"
    seen, given = [], []
    for cell in slide.cells(*place):
        at = grids.place_in(slide, cell)
        share = shares.get(cell)
        if share is None:
            seen.append((at, "lit", ""))
            continue
        tone = "lit" + (" hit" if is_max and cell == tied[0] else "")
        tone += " tie" if is_max and len(tied) > 1 and cell in tied else ""
        seen.append((at, tone, ""))
        place_back = cell[0] * slide.input[1] + cell[1]
        given.append(
            (place_back, "lit hit" if share == 1 and is_max else "lit", f"×{number_text(share)}")
        )
    values = [(number_text(float(found.input_hw[cell])), "") for cell in inside]
    lines: list[grids.Line] = [
        {
            "label": "forward: largest of" if is_max else "forward: sum of",
            "terms": values,
            "op": "," if is_max else "+",
            "end": value if is_max else number_text(sum(float(found.input_hw[c]) for c in inside)),
        },
        {
            "label": f"back: shares of {number_text(gradient)}",
            "terms": [
                (number_text(share * gradient), "" if share else "zero")
                for share in shares.values()
            ],
            "op": ",",
        },
    ]
    if is_max:
        total = ("", value, f" at {cell_words(tied[0])}")
        if len(tied) > 1:
            total = (
                "",
                value,
                f" at {len(tied)} cells: the first, {cell_words(tied[0])}, gets the gradient",
            )
    else:
        total = (f"{lines[0]['end']} / {found.divisor(*place)} = ", value, "")
    return {
        "lit": {
            "input": seen,
            "output": [(output, "hit", "")],
            "gradient": [(output, "lit", "")],
            "back": given,
        },
        "lines": lines,
        "total": total,
        "where": f"Output {cell_words(place)}",
    }
