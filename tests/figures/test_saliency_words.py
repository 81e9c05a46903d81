"""Saliency in words: against scipy, by hand, and at the ends of its range."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from vizcore.figures.saliency_words import (
    agreement,
    completeness_words,
    finding,
    fit_words,
    half_share,
)
from vizcore.records.saliency import Absorbed, Completeness, MethodFit, SaliencyMap


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_agreement_is_scipys_rank_correlation_of_magnitudes(seed: int):
    draw = np.random.default_rng(seed)
    first, second = draw.integers(-4, 5, (2, 12, 9)).astype(np.float32)  # many ties
    expected = spearmanr(np.abs(first).ravel(), np.abs(second).ravel()).statistic
    assert agreement(first, second) == pytest.approx(expected, abs=1e-9)


def test_a_constant_map_agrees_with_nothing():
    assert agreement(np.zeros((2, 2)), np.arange(4.0).reshape(2, 2)) is None


def test_half_of_all_magnitude_by_brute_force():
    values = np.random.default_rng(3).normal(size=(7, 8))
    sizes = sorted(np.abs(values).ravel(), reverse=True)
    count = next(n for n in range(1, 57) if sum(sizes[:n]) >= sum(sizes) / 2)
    assert half_share(values) == count / 56


def test_a_difference_of_nothing_has_a_gap_without_bound():
    words = completeness_words(Completeness(0.5, 0.0, "the mean colour"))
    assert words.startswith("Fails completeness")
    assert "gap without bound" in words


def test_a_network_that_was_not_rewritten_is_not_said_to_be():
    photo, values = np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.float32)
    for fit in (None, MethodFit("gradient", "applies")):
        assert fit_words(SaliencyMap(values, True, "", 0, "cat", 1.0, photo, fit=fit)) == ""


def test_why_a_sum_misses_is_told_with_what_is_worth_a_word():
    part = Completeness(0.5, 1.0, "grey", beside="layer1.0.add")
    assert completeness_words(part).startswith("A part only: its values sum to 0.5")
    assert completeness_words(part).endswith("come in at layer1.0.add")
    whole = Completeness(0.5, 1.0, "", absorbed=Absorbed(0.3, 0.1, "conv1", 0.4))
    said = completeness_words(whole)
    assert "absorb 0.3 of the score (most at conv1: 0.4), epsilon 0.1; 0.1 is lost to" in said
    small = Completeness(0.5, 1.0, "", absorbed=Absorbed(0.5, 1e-9, "conv1", 0.4))
    assert completeness_words(small).endswith("(most at conv1: 0.4)")
    unit = Completeness(1.0, 1.0, "grey", of_unit=True)
    assert "the unit's value differs by 1 from grey" in completeness_words(unit)
    mean = Completeness(1.0, 1.0, "its bias", by_mean=True)
    assert "the mean of its values is 1, the score differs by 1 from its bias" in (
        completeness_words(mean)
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [(0.0, "every value is 0"), (np.nan, "some values are not finite")],
)
def test_a_map_without_a_finding_says_so(values: float, said: str):
    photo, flat = np.zeros((2, 2, 3), np.uint8), np.full((2, 2), values, np.float32)
    assert finding(SaliencyMap(flat, True, "", 0, "cat", 1.0, photo)) == said
