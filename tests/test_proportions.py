"""The closed forms are scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from vizcore.proportions import mcnemar, paired_difference, wilson


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


def test_the_paired_interval_is_the_published_one_and_turns_with_the_order():
    # Newcombe (1998), 50 pairs of which 36, 12, 2, 0: method 10.
    low, high = paired_difference(36, 12, 2, 0)
    assert (round(low, 4), round(high, 4)) == (0.0569, 0.3404)
    for counts in ((36, 12, 2, 0), (340, 8, 12, 16), (5, 0, 0, 1), (300, 40, 40, 0)):
        both, first, second, neither = counts
        low, high = paired_difference(*counts)
        turned = paired_difference(both, second, first, neither)
        assert turned == pytest.approx((-high, -low))
        assert low <= (first - second) / sum(counts) <= high
        assert -1 <= low < high <= 1
    for counts in ((0, 0, 0, 0), (3, -1, 2, 2)):
        with pytest.raises(ValueError, match="no counts"):
            paired_difference(*counts)


@pytest.mark.parametrize("shares", [(0.86, 0.05, 0.04, 0.05), (0.6, 0.2, 0.1, 0.1)])
def test_the_paired_interval_holds_the_truth_nineteen_times_in_twenty(shares: tuple):
    drawn = np.random.default_rng(0).multinomial(376, shares, size=2000)
    truth = shares[1] - shares[2]
    ends = [paired_difference(*map(int, counts)) for counts in drawn]
    assert 0.94 < np.mean([low <= truth <= high for low, high in ends]) < 0.975
