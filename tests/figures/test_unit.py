"""A unit drawn: sizes, pairs, the map over the photo where it belongs, the box, the words."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.figures import unit_words as words
from vizcore.figures.unit import SIDE_PX, draw_nine, draw_over_photo, nine_width_px
from vizcore.records import ReceptiveField
from vizcore.records.unit import ChannelNumbers, ClassesFed, Unit


def unit(place: tuple[int, int] = (1, 2), value: float = 2.0, side: int = 16) -> Unit:
    maps = np.zeros((4, 4), np.float32)
    maps[place] = value
    return Unit(
        layer="conv",
        channel=3,
        channels=8,
        map_hw=maps,
        place=place,
        value=value,
        receptive_field=ReceptiveField((5, 5), (4, 4), (-1, -1)),
        image_hwc=np.full((side, side, 3), 200, np.uint8),
        norm=1.0,
        norms_median=2.0,
    )


@pytest.mark.parametrize("side", [5, 51, 64, 128, 224])
def test_pairs_are_as_wide_as_was_said_before_there_were_any(side: int):
    seen = unit(side=side)
    whole = ReceptiveField((400, 400), (4, 4), (-9, -9))
    seen = Unit(**{**{n: getattr(seen, n) for n in seen.__slots__}, "receptive_field": whole})
    tile = np.zeros((side, side, 3), np.uint8)
    drawn = draw_nine([tile] * 9, ["1"] * 9, [tile] * 9)
    assert drawn.shape[1] == nine_width_px(seen)
    assert drawn.shape[1] <= 3 * (2 * SIDE_PX + 2 + 20)


def test_a_projection_stands_at_the_right_of_its_patch():
    patch, back = np.full((8, 8, 3), 10, np.uint8), np.full((8, 8, 3), 90, np.uint8)
    drawn = draw_nine([patch] * 2, ["a", "b"], [back] * 2)
    assert (drawn[:128, :128] == 10).all()
    assert (drawn[:128, 130:258] == 90).all()
    assert (drawn[:128, 278:406] == 10).all()
    alone = draw_nine([patch] * 2, ["a", "b"], pairs=False)
    assert alone.shape[1] == 2 * 128 + 20


def test_large_patches_keep_their_mean():
    patch = np.random.default_rng(0).integers(0, 255, (224, 224, 3)).astype(np.uint8)
    drawn = draw_nine([patch], [""], pairs=False)
    assert drawn.shape[1] == 112
    assert drawn[:112].mean() == pytest.approx(patch.mean(), abs=0.6)


def test_a_value_colours_the_pixels_around_the_middle_of_what_it_sees():
    seen = unit((1, 2))
    zoom = 256 // 16
    drawn = draw_over_photo(seen, 256)
    left, top, right, bottom = ReceptiveField((5, 5), (4, 4), (-1, -1)).window((1, 2))
    middle = drawn[(top + bottom) * zoom // 2, (left + right) * zoom // 2].astype(int)
    far = drawn[12 * zoom + 3, 3].astype(int)
    assert middle[0] - middle[2] > 80  # yellow
    assert np.ptp(far) == 0  # grey: the photo shows
    edge = drawn[top * zoom, left * zoom : right * zoom]
    assert (edge == 255).all()  # the box, white, on the first row of pixels that it holds


def test_a_map_without_anything_above_zero_leaves_the_photo():
    drawn = draw_over_photo(unit(value=-1.0), 256)
    assert (np.ptp(drawn.astype(int), axis=2) == 0).all()
    assert "Nowhere on this photo above zero" in words.map_caption(unit(value=-1.0))


def test_words_for_numbers_and_classes():
    ones = np.ones(8)
    numbers = ChannelNumbers("conv", ones, ones * 2, ones * 0.25, True)
    assert ("Zeros after its ReLU", "25%") in words.numbers_rows(unit(), numbers)
    without = ChannelNumbers("conv", ones, ones, ones * 0.25, False)
    assert ("Values that are 0", "25%") in words.numbers_rows(unit(), without)
    fed = ClassesFed("norm", 3, ("a", "b"), np.float32([[1, 2], [3, -2]]))
    assert fed.mean_k.tolist() == [2.0, 0.0]
    assert "mean over the 2 pictures, measured at norm" in words.fed_caption(fed, "conv")
