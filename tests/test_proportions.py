"""The closed forms are scipy's."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from vizcore.proportions import mcnemar, wilson


@pytest.mark.parametrize(
    ("right", "of"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 13), (354, 376), (540, 540)]
)
def test_wilsons_interval_is_scipys(right: int, of: int):
    expected = binomtest(right, of).proportion_ci(0.95, method="wilson")
    assert wilson(right, of) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("right", "of"), [(0, 0), (3, 2), (-1, 5)])
def test_what_is_no_share_is_refused(right: int, of: int):
    with pytest.raises(ValueError, match="is no share"):
        wilson(right, of)


@pytest.mark.parametrize(
    ("first", "second"), [(0, 1), (5, 5), (1, 9), (9, 1), (3, 30), (40, 61), (200, 100)]
)
def test_mcnemars_p_value_is_scipys_binomial_test(first: int, second: int):
    expected = binomtest(first, first + second, 0.5).pvalue
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)
