"""By hand: the four views, their addresses, code, files and refusals."""

from __future__ import annotations

import ast
import csv
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.app.opening import code_of, open_page, texts
from vizcore.byhand import convolve, find_kernel, pool, share
from vizcore.byhand.grids import read, write
from vizcore.byhand.presets import CORNER_KERNEL, KERNELS, LECTURE_INPUT, POOLED, PRINTED_TABLE
from vizcore.byhand.sliding import slide
from vizcore.ui import (
    byhand_convolution_files,
    byhand_convolution_words,
    byhand_pooling,
    byhand_sharing,
    byhand_table,
)
from vizcore.ui import byhand_views as views

VIEWS = list(views.SHOWN)


def address(at: AppTest) -> dict[str, str]:
    return {k: v if isinstance(v, str) else v[0] for k, v in at.query_params.items()}


def answer(at: AppTest) -> str:
    said = texts(at)
    return said[said.index('class="cs-answer"') :].split("</p>")[0]


@pytest.mark.parametrize("show", VIEWS)
def test_every_view_opens_and_runs_again(show: str):
    at = open_page("byhand", show=show)
    at.run()
    assert not at.exception
    assert not at.warning
    assert address(at) == ({} if show == "convolution" else {"show": show})


def test_the_lectures_example_is_computed_live():
    said = answer(open_page("byhand"))
    assert "row 1, column 1 is <b>4</b>: the sum of 9 products" in said
    assert "<b>3 × 3</b> outputs: 5 − 3 + 1 = 3" in said


def test_an_address_holds_grids_and_the_cell():
    query = {
        "input": "123_456_789",
        "kernel": "1d9~-1",
        "padding": "1",
        "cell": "2-3",
        "bias": "-2",
    }
    at = open_page("byhand", **query)
    found = convolve([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1 / 9, -1]], padding=1, bias=-2)
    assert f"row 2, column 3 is <b>{views.number_text(found.output_hw[1, 2])}</b>" in answer(at)
    assert address(at) == query
    assert not at.warning


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"input": "1a"}, "Row 1, column 1 of the input cannot be '1a'"),
        ({"kernel": "1~b_2~3"}, "Row 1, column 2 of the kernel cannot be 'b'"),
        ({"stride": "0"}, "Allowed: a whole number from 1 to 6"),
        ({"padding": "lots"}, "Allowed: valid, same, full"),
        ({"cell": "0-1"}, "Allowed: a row and a column from 1"),
        ({"bias": "much"}, "Allowed: a number"),
        ({"show": "pooling", "window": "9"}, "Allowed: a whole number from 1 to 5"),
    ],
)
def test_nonsense_in_the_address_is_named(query: dict[str, str], said: str):
    at = open_page("byhand", **query)
    assert len(at.warning) == 1
    assert said in at.warning[0].value


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def test_a_kernel_larger_than_the_input_is_refused_and_padding_helps():
    at = open_page("byhand", input="12_34", kernel=KERNELS["Sobel, across"])
    assert "spans 3 × 3 cells, but the padded input has 2 × 2" in texts(at)
    press(at, "Use full")
    assert "<b>4 × 4</b> outputs" in answer(at)


def test_same_padding_with_a_stride_is_refused_as_in_torch():
    at = open_page("byhand", padding="same", stride="2")
    assert "goes with stride 1 only, not 2" in texts(at)
    press(at, "Use 1")
    assert address(at) == {"padding": "1", "stride": "2"}


def test_a_cell_outside_the_output_gives_way_to_the_nearest():
    assert address(open_page("byhand", cell="9-2")) == {"cell": "3-2"}


def test_presets_set_the_grids_and_an_edited_grid_is_ones_own():
    at = open_page("byhand", kernel="11_11")
    box = next(each for each in at.selectbox if each.label == "Kernel")
    assert box.value == "My own"
    box.set_value("Gaussian").run()
    assert address(at) == {"kernel": KERNELS["Gaussian"]}
    assert "My own" not in next(each for each in at.selectbox if each.label == "Kernel").options


def test_a_gradient_of_another_size_gives_way_to_ones():
    at = open_page("byhand", show="pooling", gradient="12_34")
    assert address(at) == {"show": "pooling", "gradient": "12_34"}
    at.number_input(key="byhand.pooling.window").set_value(3).run()
    assert "gradient" not in address(at)
    assert any("The gradient had 2 × 2 cells" in each.value for each in at.warning)


def test_ties_say_torchs_rule():
    said = answer(open_page("byhand", show="pooling", cell="2-2"))
    assert "goes to <b>row 3, column 3</b> alone: 3 cells hold 8" in said


def test_the_impossible_table_is_proven():
    at = open_page("byhand", show="table")
    assert "No 3 × 3 filter gives this table" in answer(at)
    assert "<b>9.30</b>" in answer(at)
    assert "row 4, column 5: printed 0" in texts(at)
    assert "row 5, column 4: printed 3" in texts(at)
    box = next(each for each in at.selectbox if each.label == "Table")
    box.set_value("Its filter, correlation").run()
    assert "This filter gives the table" in answer(at)


def test_the_lectures_examples_are_held_against_what_it_prints():
    assert "The lecture prints the same 9 numbers." in texts(open_page("byhand"))
    at = open_page("byhand", kernel=CORNER_KERNEL, padding="same")
    assert "The lecture prints another table: 3 of 25 cells agree" in texts(at)
    press(at, "See why")
    assert "No 3 × 3 filter gives this table" in answer(at)
    assert "The lecture prints" not in texts(open_page("byhand", kernel="1"))


def test_a_turned_kernel_is_shown_turned_and_written_as_it_lies():
    view: dict[str, str] = {}
    kernel = np.array([[1.0, 2], [3, 4]])
    shown = {"kernel": kernel[::-1, ::-1]}
    views.editor(view, {"kernel": "kernel"}, shown, turned=True)(  # type: ignore[arg-type]
        {"grid": "kernel", "row": 0, "column": 0, "text": "9"}
    )
    assert view == {"kernel": "12_39"}


def test_weights_are_counted():
    said = answer(open_page("byhand", show="sharing"))
    for count in ("225 weights", "<b>81</b>", "<b>9</b>"):
        assert count in said


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"padding": "full", "kernel": KERNELS["Mean"], "turned": "1", "bias": "0.5"},
        {"padding": "2", "stride": "2", "dilation": "2", "kernel": KERNELS["Sobel, down"]},
        {"show": "pooling", "gradient": "12_34"},
        {"show": "pooling", "kind": "avg", "window": "3", "padding": "1", "counted": "0"},
        {"show": "sharing", "padding": "same", "stride": "1", "size": "6"},
        {"show": "table"},
        {"show": "table", "bias": "1"},
    ],
)
def test_the_code_runs_and_torch_prints_the_same(
    query: dict[str, str], capsys: pytest.CaptureFixture[str]
):
    names: dict[str, Any] = {}
    exec(code_of(open_page("byhand", **query), "byhand"), names)
    printed = capsys.readouterr().out
    assert printed
    if "conv2d" in names:
        ours, theirs = printed.split("tensor(")
        theirs = theirs.partition("dtype")[0].strip().rstrip(",")
        separated = " ".join(ours.replace("[", " ").replace("]", " ").split())
        np.testing.assert_allclose(
            np.fromstring(separated, sep=" "), np.ravel(ast.literal_eval(theirs)), atol=1e-3
        )
    if "out" in names:
        found = names["found"]
        np.testing.assert_allclose(found.output_hw, names["out"][0, 0].detach(), atol=1e-12)
        np.testing.assert_allclose(found.input_gradient_hw, names["x"].grad[0, 0], atol=1e-12)
    if "w" in names and "table" in names:
        residual = float(((names["a"] @ names["w"] - names["b"]) ** 2).sum())
        assert names["found"].residual == pytest.approx(residual)


def test_files_hold_the_same_numbers():
    found = convolve(read(LECTURE_INPUT), read(CORNER_KERNEL), padding="same")
    rows = list(csv.DictReader(io.StringIO(byhand_convolution_files.terms_csv(found))))
    assert len(rows) == 25 * 9
    sums = np.zeros((5, 5))
    for row in rows:
        place = int(row["output_row"]) - 1, int(row["output_column"]) - 1
        sums[place] += float(row["product"])
    assert (sums == found.output_hw).all()
    assert np.loadtxt(io.StringIO(views.grid_csv(found.output_hw)), delimiter=",").tolist() == (
        found.output_hw.tolist()
    )
    regimes = share(slide((5, 5), (3, 3)))
    assert "local,81,9,81" in byhand_sharing.counts_csv(regimes)


@pytest.mark.parametrize("dark", [False, True])
def test_pictures_are_pngs(dark: bool):
    image = read(POOLED["With a tie"])
    pictures = [
        byhand_convolution_files.picture(
            convolve(image, [[1, 2]], padding=1, flip=True), (0, 0), dark=dark
        ),
        byhand_pooling.picture(
            pool(image, "avg", window=3, padding=1, stride=1), (0, 0), dark=dark
        ),
        byhand_table.picture(find_kernel(read(LECTURE_INPUT), read(PRINTED_TABLE)), dark=dark),
    ]
    for png in pictures:
        assert Image.open(io.BytesIO(png)).width > 400


@pytest.mark.parametrize(
    ("message", "kernel"),
    [
        ({"row": 0, "column": 1, "text": "1/2"}, [[1, 0.5], [3, 4]]),
        ({"rows": 1}, [[1, 2]]),
        ({"columns": 3}, [[1, 2, 0], [3, 4, 0]]),
        ({"row": 1, "column": 0, "pasted": "8\t9"}, [[1, 2], [8, 9]]),
        (
            {"row": 0, "column": 0, "pasted": "1 2 3\n4 5 6\n7 8 9"},
            [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        ),
    ],
)
def test_an_edit_becomes_the_choice(message: dict[str, Any], kernel: list[list[float]]):
    view: dict[str, str] = {}
    edit = views.editor(view, {"kernel": "kernel"}, {"kernel": np.array([[1.0, 2], [3, 4]])})  # type: ignore[arg-type]
    edit({"grid": "kernel", **message})
    assert view == {"kernel": write(kernel)}


def test_the_steps_add_up_to_the_output():
    found = convolve(read(LECTURE_INPUT), [[1, -1], [0.5, 0]], padding=1, bias=2)
    for place in found.slide.places:
        shown = byhand_convolution_words.step(found, place)
        assert shown["total"][1] == views.number_text(found.output_hw[place])
        assert len(shown["lit"]["input"]) == 4
        sums = [line["end"] for line in shown["lines"]]
        total = sum(float(text.replace("−", "-")) for text in sums) + 2
        assert total == found.output_hw[place]
