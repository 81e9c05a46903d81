"""Sizes, their arithmetic, and what is refused."""

from __future__ import annotations

import pytest

from vizcore.byhand import convolve, pool
from vizcore.byhand.sliding import slide
from vizcore.errors import BadChoice, BadInputSize


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stride": 0}, "stride cannot be '0'"),
        ({"stride": 7}, "stride cannot be '7'"),
        ({"dilation": 0}, "dilation cannot be '0'"),
        ({"padding": -1}, "padding cannot be '-1'"),
        ({"padding": "big"}, "padding cannot be 'big'. Allowed: valid, same, full"),
        ({"padding": "same", "stride": 2}, "goes with stride 1 only, not 2"),
    ],
)
def test_options_outside_their_values(options: dict[str, int], said: str):
    with pytest.raises(BadChoice, match=said):
        convolve([[1, 2], [3, 4]], [[1]], **options)  # type: ignore[arg-type]


def test_a_kernel_that_does_not_fit_names_both_sizes_and_a_padding_that_helps():
    with pytest.raises(
        BadInputSize, match="spans 5 × 5 cells, but the padded input has 4 × 4"
    ) as e:
        slide((4, 4), (3, 3), dilation=2)
    assert slide((4, 4), (3, 3), dilation=2, padding=e.value.suggestions[0]).output == (8, 8)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "median"}, "pooling cannot be 'median'"),
        ({"padding": 2}, "padding cannot be '2' with a window of 2. Allowed: 0 to 1"),
        ({"gradient": [[1, 2]]}, "gradient cannot be 1 × 2. Allowed: 2 × 2"),
        ({"stride": 9}, "stride cannot be '9'"),
    ],
)
def test_pooling_that_is_none(options: dict[str, object], said: str):
    with pytest.raises(BadChoice, match=said):
        pool([[1] * 4] * 4, **options)  # type: ignore[arg-type]


def test_the_arithmetic_of_a_size_says_where_it_is_rounded_down():
    assert slide((6, 6), (3, 3), stride=2).size_sum(0) == "⌊(6 − 3)/2⌋ + 1 = 2"
    assert slide((5, 7), (3, 3), padding="same").size_sum(1) == "7 + 2 − 3 + 1 = 7"
