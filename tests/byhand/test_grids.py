"""Grids as people write them, and as an address holds them."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.byhand.grids import checked, number, number_text, read, resized, write
from vizcore.byhand.presets import INPUTS, KERNELS, POOLED, PRINTED_TABLE
from vizcore.errors import BadChoice


@pytest.mark.parametrize("seed", range(30))
def test_a_grid_comes_back_from_an_address_bit_for_bit(seed: int):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 13, 2))
    grid = rng.choice([0, 1, -3, 9, 10, -12, 0.5, 1 / 9, 1 / 3, 1e-7, 123.456, rng.normal()], shape)
    assert (read(write(grid)) == grid).all()


@pytest.mark.parametrize("text", [*INPUTS.values(), *KERNELS.values(), *POOLED.values()])
def test_presets_are_written_as_an_address_writes_them(text: str):
    assert write(read(text)) == text
    assert not set(text) - set("0123456789-_~.d")  # nothing that an address would escape


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("-0.5", -0.5), ("−2", -2), (" 1/16 ", 1 / 16), (".5", 0.5)]
)
def test_numbers_as_people_write_them(text: str, value: float):
    assert number(text) == value


@pytest.mark.parametrize("text", ["a", "", "1/0", "--1", "1e3", "nan", "inf", "10000", "9" * 400])
def test_what_is_no_number_is_refused_with_its_place(text: str):
    with pytest.raises(BadChoice, match=r"Row 2, column 3 of the kernel cannot be .* Allowed: "):
        number(text, "row 2, column 3 of the kernel")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The grid is empty"),
        ("1~2_3", "Row 2 of the grid has 1 cells and row 1 has 2"),
        ("1~a", "Row 1, column 2 of the grid cannot be 'a'"),
        ("_".join(["1"] * 13), "cannot have more than 12"),
        ("1" * 13, "cannot have more than 12"),
    ],
)
def test_what_is_no_grid_is_refused(text: str, said: str):
    with pytest.raises(BadChoice, match=said):
        read(text)


@pytest.mark.parametrize("text", ["1 2\n3 4", "1\t2\n3\t4\n", "1,2\n3,4", "1; 2\r\n3; 4"])
def test_a_block_from_a_spreadsheet_is_read(text: str):
    assert read(text).tolist() == read(text, runs=False).tolist() == [[1, 2], [3, 4]]


def test_digits_run_together_in_an_address_alone():
    assert read("12_34").tolist() == [[1, 2], [3, 4]]
    assert read("12\n34", runs=False).tolist() == read("12~_34~").tolist() == [[12], [34]]


def test_numbers_are_short_where_they_are_exact():
    values = (0.1 + 0.2, 1 / 3 + 1 / 3, 0.0625, -0.0, 1e-13, 2**0.5)
    assert [number_text(v) for v in values] == ["0.3", "2/3", "1/16", "0", "0", "1.414"]
    assert number_text(0.845263, 2) == "0.85"


@pytest.mark.parametrize("grid", [[[1, 2], [3]], [], [[]], 3, [["a"]], [[float("nan")]]])
def test_what_is_no_rectangle_of_numbers_is_refused(grid: object):
    with pytest.raises(BadChoice, match="The kernel"):
        checked(grid, "kernel")  # type: ignore[arg-type]


def test_a_grid_is_cut_or_filled_with_zeros():
    grid = np.arange(4.0).reshape(2, 2)
    assert resized(grid, 3, 1).tolist() == [[0], [2], [0]]
    for rows in (0, 13):
        with pytest.raises(BadChoice, match="Allowed: 1 to 12"):
            resized(grid, rows, 2)


def test_the_printed_table_is_five_by_five():
    assert read(PRINTED_TABLE).shape == (5, 5)
