"""Maps packed for the screen: lossless, small, and what is said of each."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from vizcore.errors import NotApplicable
from vizcore.figures.map_values import (
    agreement_words,
    contribution_words,
    draw_agreement,
    draw_values,
    zero_share,
)
from vizcore.figures.mosaic import draw_mosaic
from vizcore.figures.tiles import pack_maps, pack_strip
from vizcore.records.maps import Contribution, DepthStrip, MapLayer, StripPicture

MAPS = np.random.default_rng(0).normal(size=(6, 5, 7)).astype(np.float32).clip(0)


def unpacked(content: bytes) -> tuple[dict, np.ndarray]:
    size = int.from_bytes(content[:4], "little")
    about = json.loads(content[4 : 4 + size])
    return about, np.asarray(Image.open(io.BytesIO(content[4 + size :])).convert("RGB"))


@pytest.mark.parametrize("scaling", ["map", "layer"])
@pytest.mark.parametrize("signed", [False, True])
def test_every_value_is_the_pixel_of_the_mosaic(scaling, signed):
    order = [4, 0, 2, 1, 3, 5]
    packed = pack_maps(MAPS, order, scaling=scaling, signed=signed)
    about, picture = unpacked(packed.packed(selected=2))
    assert (about["selected"], about["count"], about["tile"]) == (2, 6, [7, 5])
    drawn = draw_mosaic(MAPS, order, scaling=scaling, signed=signed, zoom=1, gutter=0, columns=1)
    for place in range(6):
        row, column = divmod(place, about["columns"])
        tile = picture[row * 5 : row * 5 + 5, column * 7 : column * 7 + 7]
        np.testing.assert_array_equal(tile, drawn.rgb_hwc[place * 5 : place * 5 + 5])
    assert about["labels"][0].startswith("Channel 4: largest ")
    assert about["names"] is None


def test_64_maps_of_56_pixels_are_small():
    """Smooth maps with empty regions, as a rectified layer gives."""
    y, x = np.mgrid[:56, :56] / 56
    waves = np.random.default_rng(1).uniform(1, 9, (64, 2))
    maps = np.sin(waves[:, :1, None] * x) * np.cos(waves[:, 1:, None] * y)
    assert len(pack_maps(maps.clip(0).astype(np.float32), range(64)).packed()) < 130_000


def test_large_maps_are_given_as_means():
    packed = pack_maps(np.ones((64, 112, 112), np.float32), range(64), fit_px=(664, 500))
    assert packed.tile == (37, 37) or packed.tile[0] < 112
    assert "mean of" in packed.caption


@pytest.mark.parametrize("side", [1, 7, 13, 84, 200])
def test_a_strip_has_one_tile_a_layer_whatever_the_size_of_its_maps(side):
    layer = MapLayer("layer1.0.add", "add", 3, side, side, True)
    values = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
    strip = DepthStrip(tuple(StripPicture(layer, 2, 1.5, values, values) for _ in range(13)))
    about, picture = unpacked(pack_strip(strip).packed())
    assert (about["count"], about["columns"], picture.shape) == (13, 10, (168, 840, 3))
    assert about["names"][0] == "layer1.0.add"
    assert "channel 2, largest 1.50" in about["labels"][0]


def test_zeros_are_a_bar_of_their_own():
    values = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, -3.0]])
    figure = draw_values(values, "Channel 3")
    assert zero_share(values) == 0.5
    assert "Channel 3: 50% of 6 values are zero" in figure.layout.title.text
    assert (sum(figure.data[0].y), list(figure.data[1].y)) == (3, [3])
    assert len(draw_values(np.zeros((2, 2)), "Channel 0").data) == 1
    with pytest.raises(NotApplicable):
        draw_values(np.array([[np.nan]]), "Channel 0")


def test_two_measures_are_a_point_a_channel():
    gradient = np.array([1.0, 2.0, 3.0], np.float32)
    found = Contribution("conv1", 2, "cat", 5.0, gradient, 2 * gradient, 1.0)
    figure = draw_agreement(found, selected=1)
    assert [list(trace.x) for trace in figure.data[1:]] == [[1, 3], [2]]
    assert [list(trace.y) for trace in figure.data[1:]] == [[2, 6], [4]]
    assert "1.00" in agreement_words(found)
    words = contribution_words(found, 1)
    assert words == ("For cat (score 5): gradient × activation 2; without it the score falls by 4")
    with pytest.raises(NotApplicable):
        draw_agreement(Contribution("conv1", 2, "cat", 5.0, gradient))
