"""Mosaics: every pixel is where and what it should be, and can be traced back."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.mosaic import draw_mosaic
from vizcore.figures.mosaic_fit import reduce_to_fit
from vizcore.figures.palette import DARK, LIGHT, diverging, sequential


def some_maps(channels: int = 7, height: int = 3, width: int = 4) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(channels, height, width)).astype(np.float32)


def opened(png: bytes) -> tuple[Image.Image, np.ndarray]:
    image = Image.open(io.BytesIO(png))
    return image, np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("gutter", [0, 1, 3])
@pytest.mark.parametrize("zoom", [1, 2, 5])
def test_every_value_is_a_square_of_its_colour(zoom, gutter):
    maps, order = some_maps(), [4, 0, 6, 1, 2]
    mosaic = draw_mosaic(
        maps, order, scaling="layer", colours="grey", zoom=zoom, gutter=gutter, columns=3
    )
    rgb = mosaic.rgb_hwc
    assert rgb.shape == (2 * 3 * zoom + gutter, 3 * 4 * zoom + 2 * gutter, 3)
    low, high = maps[order].min(), maps[order].max()
    assert (mosaic.vmin, mosaic.vmax) == (low, high)
    covered = np.zeros(rgb.shape[:2], bool)
    for place, channel in enumerate(order):
        row, column = divmod(place, 3)
        for i in range(3):
            for j in range(4):
                top = row * (3 * zoom + gutter) + i * zoom
                left = column * (4 * zoom + gutter) + j * zoom
                square = rgb[top : top + zoom, left : left + zoom].reshape(-1, 3)
                covered[top : top + zoom, left : left + zoom] = True
                assert (square == square[0]).all()
                share = (maps[channel, i, j] - low) / (high - low)
                assert abs(int(square[0, 0]) - 255 * share) <= 1.5
    assert (rgb[~covered] == 255).all()  # gutters and the empty place are the light page's paper


def test_each_map_or_all_together():
    maps = np.array([[[0.0, 1.0]], [[0.0, 10.0]]])
    each = draw_mosaic(maps, scaling="map", colours="grey", zoom=1, columns=2, gutter=0)
    together = draw_mosaic(maps, scaling="layer", colours="grey", zoom=1, columns=2, gutter=0)
    assert each.rgb_hwc[0, :, 0].tolist() == [0, 255, 0, 255]
    assert together.rgb_hwc[0, :, 0].tolist() == [0, round(round(25.2) * 255 / 252), 0, 255]
    assert "black is its smallest value, white its largest" in each.caption
    assert "does not compare between maps" in each.caption
    assert "black is 0, white is 10" in together.caption


def test_colours_are_the_houses():
    maps = np.array([[[-4.0, 0.0, 2.0]]])
    plain = draw_mosaic(maps, zoom=1)
    assert plain.rgb_hwc[0, 0].tolist() == sequential(0.0).tolist()
    assert plain.rgb_hwc[0, 1].tolist() == sequential(4 / 6).tolist()
    signed = draw_mosaic(maps, zoom=1, signed=True, scaling="layer")
    assert signed.rgb_hwc[0].tolist() == diverging(maps[0, 0], 4.0).tolist()
    assert "white is 0, the darkest red is 4, the darkest blue -4" in signed.caption


@pytest.mark.parametrize(("dark", "theme"), [(False, LIGHT), (True, DARK)])
def test_gutters_are_the_pages_paper(dark, theme):
    mosaic = draw_mosaic(some_maps(), zoom=2, columns=7, dark=dark)
    assert mosaic.rgb_hwc[0, 8].tolist() == list(bytes.fromhex(theme.paper[1:]))


@pytest.mark.parametrize("numbers", [False, True])
def test_the_png_is_small_and_exact(numbers):
    maps = some_maps(64, 32, 32)
    mosaic = draw_mosaic(maps, numbers=numbers)
    image, rgb = opened(mosaic.png())
    assert (image.format, image.mode) == ("PNG", "P")
    np.testing.assert_array_equal(rgb, mosaic.rgb_hwc)
    assert len(mosaic.png()) < rgb.nbytes / 10


@pytest.mark.parametrize(
    ("zoom", "gutter", "columns"), [(1, 0, 3), (2, 1, 4), (3, 2, 1), (1, 1, 7)]
)
def test_boxes_of_channels_never_meet_and_leave_only_gutters(zoom, gutter, columns):
    order = (5, 3, 0, 6, 1)
    mosaic = draw_mosaic(some_maps(), order, zoom=zoom, gutter=gutter, columns=columns)
    height, width = mosaic.rgb_hwc.shape[:2]
    expected = np.full((height, width), -1)
    for channel in order:
        left, top, right, bottom = mosaic.box_of(channel)
        assert (expected[top:bottom, left:right] == -1).all()
        expected[top:bottom, left:right] = channel
    tall, wide = (side + gutter for side in mosaic.tile_px)
    is_gutter = (np.arange(height)[:, None] % tall >= tall - gutter) | (
        np.arange(width)[None] % wide >= wide - gutter
    )
    places = np.arange(height)[:, None] // tall * columns + np.arange(width)[None] // wide
    np.testing.assert_array_equal(expected == -1, is_gutter | (places >= len(order)))


@pytest.mark.parametrize("numbers", [True, False])
def test_numbers_stand_in_the_corner_of_large_tiles(numbers):
    mosaic = draw_mosaic(np.zeros((12, 10, 10)), zoom=6, numbers=numbers)
    text = list(bytes.fromhex(LIGHT.text[1:]))
    for channel in range(12):
        left, top, right, bottom = mosaic.box_of(channel)
        tile = mosaic.rgb_hwc[top:bottom, left:right]
        ink = (tile == text).all(axis=2)
        assert ink.any() == numbers
        assert not ink[20:].any()
        assert not ink[:, 30:].any()
    plain = draw_mosaic(np.zeros((12, 10, 10)), zoom=2, numbers=True)
    assert (plain.indices_hw == draw_mosaic(np.zeros((12, 10, 10)), zoom=2).indices_hw).all()


@pytest.mark.parametrize(
    ("channels", "px"), [(64, 32), (96, 16), (128, 8), (128, 4), (3, 64), (1, 224), (7, 13)]
)
def test_it_fills_the_room_with_a_whole_number_zoom(channels, px):
    mosaic = draw_mosaic(np.zeros((channels, px, px)))
    height, width = mosaic.rgb_hwc.shape[:2]
    assert mosaic.tile_px == (px * mosaic.zoom, px * mosaic.zoom)
    assert width <= 1120
    assert height <= 760
    larger = mosaic.zoom + 1
    for columns in range(1, channels + 1):  # no number of columns leaves room for more
        rows = -(-channels // columns)
        fits_x = columns * (px * larger + 1) - 1 <= 1120
        fits_y = rows * (px * larger + 1) - 1 <= 760
        assert not (fits_x and fits_y)


def test_maps_too_large_for_the_room_are_drawn_whole():
    assert draw_mosaic(np.zeros((16, 500, 500))).zoom == 1


def test_maps_without_any_range_are_told():
    maps = some_maps(3)
    maps[1] = 0
    mosaic = draw_mosaic(maps, zoom=1, columns=3, gutter=0)
    assert mosaic.caption.endswith("1 of 3 maps is the same everywhere.")
    assert (mosaic.rgb_hwc[:, 4:8] == sequential(0.0)).all()
    signed = draw_mosaic(np.zeros((2, 2, 2)), signed=True, zoom=1, gutter=0)
    assert (signed.rgb_hwc == diverging(0.0)).all()
    assert signed.caption.endswith("Every map is the same everywhere.")


def test_nothing_that_came_in_is_changed():
    maps = some_maps()
    maps.flags.writeable = False
    before = maps.copy()
    draw_mosaic(maps, numbers=True, zoom=20)
    np.testing.assert_array_equal(maps, before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scaling": "row"}, "scaling cannot be 'row'. Allowed: map, layer"),
        ({"colours": "jet"}, "colours cannot be 'jet'. Allowed: viridis, grey"),
        ({"zoom": 0}, "zoom cannot be '0'"),
        ({"columns": 0}, "columns cannot be '0'"),
        ({"gutter": -1}, "gutter cannot be '-1'"),
        ({"order": [7]}, "channels 0 to 6"),
        ({"order": []}, "channels 0 to 6"),
    ],
)
def test_bad_choices_are_told(options, message):
    with pytest.raises(BadChoice, match=message):
        draw_mosaic(some_maps(), **options)
    with pytest.raises(BadChoice, match="Channel 9 is not in this picture"):
        draw_mosaic(some_maps()).box_of(9)


def test_what_has_no_true_picture_is_refused():
    maps = some_maps()
    maps[2, 0, 0] = np.nan
    with pytest.raises(NotApplicable, match="not finite"):
        draw_mosaic(maps)
    with pytest.raises(NotApplicable, match=r"shape \(0, 3, 3\)"):
        draw_mosaic(np.zeros((0, 3, 3)))


@pytest.mark.parametrize(
    ("shape", "times"),
    [
        ((64, 112, 112), 2),
        ((64, 224, 224), 3),
        ((96, 55, 55), 1),
        ((2048, 7, 7), 1),
        ((4, 448, 224), 2),
    ],
)
def test_maps_too_large_for_the_room_are_given_as_means_that_fit(shape, times):
    maps = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    reduced, found, columns = reduce_to_fit(maps, (664, 800))
    assert found == times
    rows = -(-shape[0] // columns)
    assert columns * (reduced.shape[2] + 1) - 1 <= 664
    assert rows * (reduced.shape[1] + 1) - 1 <= 800
    for y, x in ((0, 0), (reduced.shape[1] - 1, reduced.shape[2] - 1)):
        square = maps[:, y * times : (y + 1) * times, x * times : (x + 1) * times]
        np.testing.assert_allclose(reduced[:, y, x], square.mean(axis=(1, 2)), atol=1e-6)


def test_maps_that_fit_are_left_alone():
    maps = np.ones((8, 5, 5), np.float32)
    reduced, times, columns = reduce_to_fit(maps, (664, 500))
    assert reduced is maps
    assert (times, columns) == (1, 8)
