"""Short numbers against Python's own rounding, over many magnitudes."""

import re

import numpy as np
import pytest

from vizcore.figures.numbers import exact, percent, short, short_bytes, times

SCALE = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


@pytest.mark.parametrize("exponent", range(15))
def test_short_keeps_three_significant_digits(exponent):
    for value in np.random.default_rng(exponent).integers(10**exponent, 10 ** (exponent + 1), 50):
        text = short(int(value))
        number, prefix = re.fullmatch(r"([\d.]+)([A-Z]?)", text).groups()
        assert float(number) * SCALE[prefix] == pytest.approx(value, rel=0.0051)
        assert len(number.replace(".", "")) <= 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-735, "-735"),
        (999, "999"),
        (999.9, "1.00K"),
        (1000, "1.00K"),
        (999_499, "999K"),
        (999_500, "1.00M"),
        (15_237_608, "15.2M"),
        (0.0123456, "0.0123"),
        (-2_500_000, "-2.50M"),
        (float("inf"), "∞"),
    ],
)
def test_short_at_the_edges(value, text):
    assert short(value) == text


def test_the_other_forms():
    assert exact(7_776_000) == "7,776,000"
    assert short_bytes(96_000_000) == "96.0 MB"
    assert short_bytes(0) == "0 B"
    assert times(10.0) == "10 times"
    assert (percent(1), percent(0), percent(0.055)) == ("100%", "0%", "5.5%")
