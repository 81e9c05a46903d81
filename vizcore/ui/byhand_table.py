"""By hand, a table that a lecture prints: is there a filter that gives it, and if not, why?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from vizcore.byhand import convolve, find_kernel
from vizcore.byhand.grids import number_text, read
from vizcore.byhand.presets import CORNER_KERNEL, LECTURE_INPUT, PRINTED_TABLE
from vizcore.errors import ConvScopeError
from vizcore.figures.hand import draw_panels
from vizcore.records.byhand import KernelSearch
from vizcore.ui import byhand_views as views
from vizcore.ui import grids
from vizcore.ui.address import Choice, View, flag, whole, yes_no
from vizcore.ui.byhand_pooling_words import cell_words
from vizcore.ui.byhand_table_words import answer, headline, proof, step, windows
from vizcore.ui.room import Room

QUESTION = "Which filter gives this table?"
#: The choices that are grids a person can write.
GRIDS = {"input": "Input", "table": "Table"}
_OF = "table"
_MOST_KERNEL = 5
#: Windows of a contradiction that are drawn, at most.
_MOST_WINDOWS = 4
CHOICES = [
    views.grid_choice("input", LECTURE_INPUT, "input", _OF),
    views.grid_choice("table", PRINTED_TABLE, "table", _OF),
    Choice("kernel", 3, whole(1, _MOST_KERNEL), of=_OF),
    Choice("bias", False, yes_no, write=flag, of=_OF),
    views.cell_choice(_OF),
]
_TABLES = {
    "Printed in the lecture": PRINTED_TABLE,
}
_HOW_TO_READ = """
- Each cell of the table is one equation: the nine numbers under the window, times nine unknown
  weights, have to give the printed number. Twenty-five equations, nine unknowns.
- The nearest filter is the one with the least sum of squared differences; the residual is that
  sum. It is zero only where a filter gives the table exactly, which is decided in exact fractions.
- Cells that contradict each other are the proof: a sum of their windows is zero everywhere, so
  any filter's values in these cells obey the same sum, and the table's do not. Equal windows are
  the simplest case.
- Turning the kernel (convolution in place of correlation) changes nothing: any kernel is allowed.
- Change the table or the input: as soon as a filter fits, it is shown.
"""


def at_fault(error: ConvScopeError) -> str | None:
    """The choice that the error's suggestions are values of."""
    return None


def compute(view: View) -> KernelSearch:
    """The search that the choices describe; a table of another size than the input is fitted."""
    return find_kernel(
        read(view["input"]),
        read(view["table"]),
        (view["kernel"], view["kernel"]),
        bias=view["bias"],
    )


def draw_controls(here: Room) -> None:
    """The table, the filter's size, and whether it may have a bias."""
    view = here.view
    with here.controls():
        views.draw_show(view)
        views.draw_preset(view, "Table", "table", tables(view))
        views.draw_step(view, "Filter side", "kernel", _MOST_KERNEL)
        st.toggle(
            "Allow a bias", help="One more unknown, the same for all cells", **view.bind("bias")
        )


def tables(view: View) -> dict[str, str]:
    """The printed table, and what the deck's filter really gives for the input."""
    from vizcore.byhand.grids import write

    found = dict(_TABLES)
    given, corner = read(view["input"]), read(CORNER_KERNEL)
    for title, flip in (("Its filter, correlation", False), ("Its filter, convolution", True)):
        found[title] = write(convolve(given, corner, padding="same", flip=flip).output_hw)
    return found


def draw(here: Room, found: KernelSearch, *, dark: bool) -> None:
    """The answer, the grids, the contradiction, the details, the files and the code."""
    view = here.view
    wrong = found.contradiction
    picked = views.selected(view, found.slide.output)
    here.answer(answer(found))
    is_refused = views.draw_complaint()
    columns = found.slide.output[1]
    clash = {r * columns + c: "bad" for r, c in wrong.cells} if wrong else {}
    fits = {
        place: "good"
        for place, same in enumerate((abs(found.fitted_hw - found.target_hw) < 1e-9).ravel())
        if same
    }
    name = "Nearest output" if wrong else "The filter's output"
    row = [
        grids.grid("input", "Input", found.input_hw, around=found.slide, edits=True),
        grids.sign("⋆ ?"),
        grids.grid("table", "Table", found.target_hw, edits=True, kinds=clash),
        grids.sign("≠" if wrong else "="),
        grids.grid("fitted", name, found.fitted_hw, picks=True, kinds=fits, digits=2),
    ]
    draw_proof(found)
    grids.draw(
        [row],
        [step(found, place) for place in found.slide.places],
        picked[0] * columns + picked[1],
        kind="conv",
        dark=dark,
        play="Slide",
        is_refused=is_refused,
        key="byhand-table",
        on_pick=views.picker(view, columns),
        on_edit=views.editor(
            view,
            {"input": "input", "table": "table"},
            {"input": found.input_hw, "table": found.target_hw},
        ),
    )
    draw_details(here, found)
    views.offer(
        here,
        "table",
        {"Nearest output": lambda: views.grid_csv(found.fitted_hw)},
        lambda: picture(found, dark=dark),
    )
    here.code(snippet(found))


def draw_proof(found: KernelSearch) -> None:
    """The windows that contradict each other, and the nearest filter; or the filter."""
    wrong = found.contradiction
    kernel = np.round(found.kernel_hw, 3) if wrong else found.kernel_hw
    if wrong:
        st.markdown(f"## {headline(wrong)}")
    many = wrong is not None and len(wrong.cells) > _MOST_WINDOWS
    titled = windows(found, wrong) if wrong and not many else {}
    name = "The nearest filter" if wrong else "The filter"
    bias = f", bias {number_text(found.bias)}" if found.bias else ""
    st.html(views.grids_html(titled | {f"{name}{bias}": kernel}))
    if wrong:
        st.markdown(proof(found, wrong))


def draw_details(here: Room, found: KernelSearch) -> None:
    """What the deck's filter really gives, and how to read."""
    with here.details("What the lecture's filter gives") as is_open:
        if is_open:
            corner = read(CORNER_KERNEL)
            titled = {"Filter": corner, "Table": found.target_hw}
            agree = []
            for title, flip in (("Correlation", False), ("Convolution", True)):
                output = convolve(found.input_hw, corner, padding="same", flip=flip).output_hw
                titled[title] = output
                if output.shape == found.target_hw.shape:
                    same = int((output == found.target_hw).sum())
                    agree.append(f"{title.lower()} in {same} of {output.size} cells")
            st.markdown(f"The table agrees with {', with '.join(agree)}.")
            st.html(views.grids_html(titled))
            st.html(views.lecture_html(("conv_zeropad_example",)))
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(_HOW_TO_READ)


def picture(found: KernelSearch, *, dark: bool) -> bytes:
    """The input, the table and the nearest filter's output."""
    wrong = found.contradiction
    clash = dict.fromkeys(wrong.cells, "hit") if wrong else {}
    lines = [f"Residual (sum of squares): {found.residual:.2f}"]
    if wrong:
        lines += [f"{headline(wrong)}: " + "; ".join(map(cell_words, wrong.cells))]
    return draw_panels(
        [
            [
                views.panel("Input", found.input_hw),
                views.panel("Table", found.target_hw, clash),
            ],
            [
                views.panel("Nearest filter" if wrong else "Filter", np.round(found.kernel_hw, 3)),
                views.panel("Its output", np.round(found.fitted_hw, 3)),
            ],
        ],
        lines,
        kind="conv",
        dark=dark,
    ).png()


def snippet(found: KernelSearch) -> str:
    """The lines that prove it, by hand and with torch's least squares."""
    bias = found.unknowns > found.kernel_hw.size
    ones = "a = torch.cat([a, torch.ones(len(a), 1, dtype=a.dtype)], 1)\n" if bias else ""
    rows, columns = found.slide.window
    top, bottom, left, right = found.slide.padding
    return (
        "import vizcore as vc\nimport torch\nfrom torch.nn.functional import pad, unfold\n\n"
        f"image = {views.literal(found.input_hw)}\n"
        f"table = {views.literal(found.target_hw)}\n"
        f"found = vc.find_kernel(image, table, {found.slide.window}, bias={bias})\n"
        "print(found.residual, found.contradiction)\n\n"
        "x = torch.tensor([[image]], dtype=torch.float64)\n"
        f"x = pad(x, ({left}, {right}, {top}, {bottom}))\n"
        f"a = unfold(x, ({rows}, {columns}))[0].T  # one row for each cell of the table\n"
        f"{ones}"
        "b = torch.tensor(table, dtype=torch.float64).reshape(-1, 1)\n"
        'w = torch.linalg.lstsq(a, b, driver="gelsd").solution\n'
        "print(((a @ w - b) ** 2).sum())"
    )
