"""The lecture's examples, and tables that a filter gives or cannot give."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from vizcore.byhand import convolve, find_kernel
from vizcore.byhand.convolution import patches
from vizcore.errors import BadChoice
from vizcore.records.byhand import KernelSearch
from vizcore.reference.worked import worked_convolution, worked_zero_padding


def system(found: KernelSearch, bias: bool) -> np.ndarray:
    seen = patches(found.input_hw, found.slide)
    return np.hstack([seen, np.ones((len(seen), 1))]) if bias else seen


def assert_proven(found: KernelSearch, bias: bool) -> None:
    """The windows times the factors are zero, and the table times the factors is not."""
    wrong = found.contradiction
    assert wrong is not None
    columns = found.slide.output[1]
    places = [row * columns + column for row, column in wrong.cells]
    most = max(map(abs, wrong.factors))
    factors = np.array([factor / most for factor in wrong.factors])
    assert (factors != 0).all()
    np.testing.assert_allclose(factors @ system(found, bias)[places], 0, atol=1e-9)
    assert factors @ found.target_hw.ravel()[places] == pytest.approx(wrong.gives / most)
    assert wrong.gives != 0


def test_the_lectures_example_is_computed():
    example = worked_convolution()
    assert convolve(example.input, example.kernel).output_hw.tolist() == [
        list(row) for row in example.printed
    ]


def test_no_filter_gives_the_lectures_zero_padded_table():
    example = worked_zero_padding()
    found = find_kernel(example.input, example.printed)
    assert found.residual == pytest.approx(9.30, abs=0.005)  # as the reference says
    assert found.contradiction is not None
    assert found.contradiction.cells == ((3, 4), (4, 3))
    assert found.contradiction.factors == (1, -1)
    assert found.contradiction.is_smallest
    windows = patches(found.input_hw, found.slide).reshape(5, 5, 9)
    assert (windows[3, 4] == windows[4, 3]).all()
    assert (example.printed[3][4], example.printed[4][3]) == (0, 3)
    assert_proven(found, bias=False)
    assert_proven(find_kernel(example.input, example.printed, bias=True), bias=True)


@pytest.mark.parametrize("flip", [False, True])
def test_the_decks_filter_agrees_in_three_cells(flip: bool):
    example = worked_zero_padding()
    output = convolve(example.input, example.kernel, padding="same", flip=flip).output_hw
    assert (output == np.array(example.printed)).sum() == 3
    found = find_kernel(example.input, output)
    expected = np.array(example.kernel)[:: -1 if flip else 1, :: -1 if flip else 1]
    assert found.contradiction is None
    np.testing.assert_allclose(found.kernel_hw, expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("bias", [False, True])
def test_every_contradiction_proves_itself_and_is_the_smallest(seed: int, bias: bool):
    rng = np.random.default_rng(seed)
    image, table = rng.integers(0, 2, (4, 4)), rng.integers(0, 5, (4, 4))
    found = find_kernel(image, table, (2, 2), bias=bias)
    if found.contradiction is None:
        np.testing.assert_allclose(found.fitted_hw, table, atol=1e-9)
        return
    assert_proven(found, bias)
    assert found.contradiction.is_smallest
    a, b = system(found, bias), table.ravel().astype(float)
    for rows in combinations(range(16), len(found.contradiction.cells) - 1):
        picked = list(rows)
        both = np.hstack([a[picked], b[picked, None]])
        assert np.linalg.matrix_rank(both) == np.linalg.matrix_rank(a[picked])


def test_a_contradiction_of_many_cells_is_irreducible():
    rng = np.random.default_rng(0)
    image, table = rng.normal(size=(5, 5)).round(2), rng.normal(size=(5, 5)).round(2)
    found = find_kernel(image, table)
    wrong = found.contradiction
    assert wrong is not None
    assert len(wrong.cells) == 10  # any nine equations of real numbers can be met
    assert not wrong.is_smallest
    assert_proven(found, bias=False)


def test_numbers_are_taken_as_they_are_written():
    assert 3 * 0.7 != 2.1  # in binary
    found = find_kernel([[0.1, 0.7]], [[0.3, 2.1]], (1, 1))
    assert found.contradiction is None
    thirds = find_kernel([[1, 2, 3]], [[1 / 3, 2 / 3, 1]], (1, 1))
    assert thirds.contradiction is None
    assert thirds.residual == 0


def test_a_filter_that_is_one_of_many():
    found = find_kernel(np.zeros((3, 3)), np.zeros((3, 3)))
    assert found.contradiction is None
    assert (found.rank, found.unknowns) == (0, 9)


def test_a_window_of_zeros_is_a_contradiction_of_one_cell():
    found = find_kernel(np.zeros((3, 3)), np.eye(3))
    assert found.contradiction is not None
    assert found.contradiction.cells == ((0, 0),)


def test_a_table_of_another_size_is_refused():
    with pytest.raises(BadChoice, match=r"The table cannot be 2 × 2\. Allowed: 3 × 3"):
        find_kernel(np.zeros((3, 3)), np.zeros((2, 2)))
