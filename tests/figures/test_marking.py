"""Words on a picture: under it, never over it, readable at any width."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from vizcore.figures.marking import RANDOM_WEIGHTS, marked


def png(width: int, mode: str = "RGB") -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (40, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("width", [664, 256, 128, 30])
@pytest.mark.parametrize("mode", ["RGB", "P", "L"])
@pytest.mark.parametrize("dark", [True, False])
def test_the_picture_is_whole_and_words_stand_under_it(width: int, mode: str, dark: bool):
    before = np.asarray(Image.open(io.BytesIO(png(width, mode))).convert("RGB"))
    after = np.asarray(Image.open(io.BytesIO(marked(png(width, mode), RANDOM_WEIGHTS, dark=dark))))
    np.testing.assert_array_equal(after[:40, :width], before)
    band = after[40:].astype(int)
    assert band.shape[0] >= 18
    assert np.ptp(band.sum(axis=2)) > 400, "ink stands out from the band"
    assert (band[:, -3:] == band[0, 0]).all(), "the words end before the edge"


def test_other_words_are_another_picture():
    assert marked(png(256), "one") != marked(png(256), "two")
