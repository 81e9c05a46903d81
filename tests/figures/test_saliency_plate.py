"""Saliency pictures to pass on: nothing of the picture covered, nothing of the words lost."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.errors import NotApplicable
from vizcore.figures.palette import diverging, sequential, theme
from vizcore.figures.saliency_plate import Plate, draw_plate, draw_sheet, wrapped


def plate(side: int = 256, *, signed: bool = True, words: tuple[str, ...] = ("Red raises.",)):
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    return Plate(pixels, ("Gradient", "cat, 93% probable"), 0.5, signed, words)


def place_of(part: np.ndarray, whole: np.ndarray) -> tuple[int, int] | None:
    """Where a picture stands in another, pixel for pixel."""
    height, width = part.shape[:2]
    first = (whole[: -height + 1, : -width + 1] == part[0, 0]).all(axis=-1)
    for row, column in np.argwhere(first):
        if (whole[row : row + height, column : column + width] == part).all():
            return int(row), int(column)
    return None


@pytest.mark.parametrize("dark", [False, True])
def test_the_picture_stands_on_the_plate_pixel_for_pixel(dark: bool):
    made = plate()
    assert place_of(made.picture_hwc, draw_plate(made, dark=dark)) is not None


@pytest.mark.parametrize("signed", [False, True])
def test_the_scale_runs_from_end_to_end(signed: bool):
    made = plate(signed=signed)
    drawn = draw_plate(made)
    row, left = place_of(made.picture_hwc, drawn)
    bar = drawn[row + 256 + 6, left : left + 256]
    ends = diverging([-1.0, 1.0], 1.0) if signed else sequential([0.0, 1.0])
    np.testing.assert_array_equal(bar[[0, -1]], ends)


def test_every_word_below_is_there_in_some_line():
    text = "Yellow pixels count most for the score of 'cat'; dark purple is 0, yellow is 0.0137."
    lines = wrapped(text, 150, 14)
    assert " ".join(lines) == text
    assert len(lines) > 2
    longer = draw_plate(plate(words=(text,))).shape[0] - draw_plate(plate(words=())).shape[0]
    assert longer == 19 * len(wrapped(text, 256, 14))


def test_a_word_without_end_is_cut_and_not_lost():
    assert "".join(wrapped("x" * 200, 100, 14)) == "x" * 200


def test_what_the_typeface_lacks_is_spelled():
    assert wrapped("Input × gradient", 400, 18) == ["Input x gradient"]


def test_a_plate_without_a_scale_has_none():
    made = plate()
    bare = Plate(made.picture_hwc, made.heads, None, False, made.words)
    assert draw_plate(bare).shape[0] < draw_plate(made).shape[0]


def test_a_sheet_holds_all_plates_in_rows():
    first, second = plate(64), plate(128)
    sheet = draw_sheet([[first, second], [second]])
    assert place_of(first.picture_hwc, sheet) is not None
    top = place_of(second.picture_hwc, sheet)
    assert top is not None
    again = place_of(second.picture_hwc, sheet[top[0] + 1 :])
    assert again is not None
    paper = bytes.fromhex(theme(False).paper[1:])
    assert sheet[-1, -1].tolist() == list(paper)
    with pytest.raises(NotApplicable, match="no map"):
        draw_sheet([])
