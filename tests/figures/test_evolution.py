"""Strips and kernels: every pixel is where and what it should be."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.evolution import (
    Column,
    draw_kernel_strip,
    draw_kernels,
    draw_strip,
    enlarge,
)
from vizcore.figures.palette import DARK, LIGHT, diverging
from vizcore.figures.patches import png
from vizcore.records.evolution import FilterHistory, LayerHistory


def rgb(colour: str) -> list[int]:
    return list(bytes.fromhex(colour.removeprefix("#")))


def tile(value: int, height: int = 20, width: int = 40) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def places(picture: np.ndarray, value: int) -> tuple[int, int, int, int]:
    """The box of a tile of one grey value: top, left, height, width."""
    rows, columns = np.nonzero((picture == value).all(axis=2))
    top, left = rows.min(), columns.min()
    assert len(rows) == (rows.max() + 1 - top) * (columns.max() + 1 - left)
    return int(top), int(left), int(rows.max() + 1 - top), int(columns.max() + 1 - left)


def test_tiles_stand_whole_in_rows_and_columns():
    columns = [Column((f"{k}",), (tile(100 + k), tile(120 + k, 10, 30))) for k in range(3)]
    picture = draw_strip(columns, ["first", "second"], corner="epoch")
    boxes = [[places(picture, base + k) for k in range(3)] for base in (100, 120)]
    assert all(box[2:] == (20, 40) for box in boxes[0])
    assert all(box[2:] == (10, 30) for box in boxes[1])
    for row in boxes:
        assert len({box[0] for box in row}) == 1
        assert row[1][1] - row[0][1] == row[2][1] - row[1][1] > 40
    assert [box[1] for box in boxes[0]] == [box[1] for box in boxes[1]]
    assert boxes[1][0][0] >= boxes[0][0][0] + 20
    ink = (picture < 90).all(axis=2)
    assert ink[:, : boxes[0][0][1]].any()  # the rows' names
    assert ink[: boxes[0][0][0]].any()  # the heads


def test_columns_that_do_not_fit_go_below():
    columns = [Column((str(k),), (tile(100 + k),)) for k in range(5)]
    picture = draw_strip(columns, across=2)
    boxes = [places(picture, 100 + k) for k in range(5)]
    assert boxes[0][0] == boxes[1][0] < boxes[2][0] == boxes[3][0] < boxes[4][0]
    assert boxes[0][1] == boxes[2][1] == boxes[4][1] < boxes[1][1]


@pytest.mark.parametrize(("dark", "house"), [(False, LIGHT), (True, DARK)])
@pytest.mark.parametrize("marked", [0, 2])
def test_the_marked_column_is_framed_and_no_other(dark, house, marked):
    columns = [Column((str(k),), (tile(100 + k),)) for k in range(3)]
    picture = draw_strip(columns, marked=marked, dark=dark)
    frame = (picture == rgb(house.accent)).all(axis=2)
    _, left, _, width = places(picture, 100 + marked)
    seen = np.nonzero(frame.any(axis=0))[0]
    assert left - 10 < seen.min() < left
    assert left + width <= seen.max() < left + width + 10
    assert picture[-1, 0 if marked else -1].tolist() == rgb(house.paper)
    assert not (draw_strip(columns, dark=dark) == rgb(house.accent)).all(axis=2).any()


def test_long_heads_make_room_for_themselves():
    picture = draw_strip([Column(("a very long head indeed",), (tile(100),))] * 2)
    assert picture.shape[1] > 300


def test_what_is_no_strip():
    with pytest.raises(NotApplicable, match="needs columns"):
        draw_strip([])
    with pytest.raises(NotApplicable, match="as many pictures"):
        draw_strip([Column((), (tile(1),)), Column((), ())])
    with pytest.raises(BadChoice, match="marked cannot be '2'. Allowed: 0 to 1"):  # noqa: RUF043
        draw_strip([Column((), (tile(1),))] * 2, marked=2)


def test_colour_kernels_have_grey_for_zero_and_their_own_scale():
    kernels = np.zeros((2, 2, 2, 3), np.float32)
    kernels[0, 0, 0] = [1.0, -1.0, 0.5]
    kernels[1, 1, 1] = [0.01, 0.0, 0.0]
    picture = draw_kernels(kernels, (5, 2))  # zoom 1, side by side, one pixel between
    assert picture.shape == (2, 5, 3)
    assert picture[0, 0].tolist() == [255, 0, 191]
    assert picture[1, 4].tolist() == [255, 128, 128]
    assert picture[0, 3].tolist() == [128, 128, 128]
    together = draw_kernels(kernels, (5, 2), limit=1.0)
    assert together[1, 4].tolist() == [129, 128, 128]
    assert picture[0, 2].tolist() == rgb(LIGHT.paper)
    assert draw_kernels(kernels, (5, 2), dark=True)[0, 2].tolist() == rgb(DARK.paper)


def test_single_planes_have_the_diverging_colours():
    kernels = np.array([[[[-2.0], [0.0], [1.0]]]], np.float32)
    picture = draw_kernels(kernels, (3, 1))
    assert picture[0].tolist() == diverging([-2.0, 0.0, 1.0], 2.0).tolist()
    clipped = draw_kernels(kernels, (3, 1), limit=1.0)
    assert clipped[0].tolist() == diverging([-1.0, 0.0, 1.0], 1.0).tolist()


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("count", [1, 7, 64])
def test_every_weight_is_a_square(side, count):
    kernels = np.random.default_rng(1).normal(size=(count, side, side, 1)).astype(np.float32)
    picture = draw_kernels(kernels, (656, 360))
    assert picture.shape[0] <= 360
    assert picture.shape[1] <= 656
    first = diverging(kernels[0, ..., 0], float(np.abs(kernels[0]).max()))
    zoom = next(z for z in range(400, 0, -1) if (picture[:z, :z] == first[0, 0]).all())
    assert (picture[: zoom * side, : zoom * side] == first.repeat(zoom, 0).repeat(zoom, 1)).all()


def test_kernels_without_values_are_neutral():
    assert (draw_kernels(np.zeros((1, 2, 2, 3), np.float32), (2, 2)) == 128).all()
    assert (draw_kernels(np.zeros((1, 2, 2, 1), np.float32), (2, 2)) == 247).all()


@pytest.mark.parametrize("shape", [(2, 3, 3), (2, 3, 3, 2), (0, 3, 3, 1)])
def test_kernels_that_have_no_colours(shape):
    with pytest.raises(NotApplicable, match="have no colours"):
        draw_kernels(np.zeros(shape, np.float32), (50, 50))


def a_layer(kernels: np.ndarray | None) -> LayerHistory:
    none = np.zeros(1)
    return LayerHistory("conv1", "conv", 4, none, none, np.array([1.0, 0]), none, kernels)


def test_one_scale_shows_growth_and_own_scales_do_not():
    kernels = np.ones((2, 4, 3, 3, 3), np.float32)
    kernels[0] *= 0.1
    history = FilterHistory("net", (1, 9), (0.1, 0.9), (a_layer(kernels),))
    own = draw_kernel_strip(history, history.layers[0])
    together = draw_kernel_strip(history, history.layers[0], one_scale=True)
    assert own.shape == together.shape
    half = own.shape[1] // 2
    assert not (own[:, :half] == [140, 140, 140]).all(axis=2).any()
    assert (together[:, :half] == [140, 140, 140]).all(axis=2).any()
    with pytest.raises(NotApplicable, match="'conv1' has no kernels"):
        draw_kernel_strip(history, a_layer(None))


def test_pictures_are_enlarged_by_whole_numbers_and_written_exactly():
    small = np.random.default_rng(2).integers(0, 255, (5, 3, 3)).astype(np.uint8)
    large = enlarge(small, 64)
    assert large.shape == (60, 36, 3)
    assert (large[::12, ::12] == small).all()
    assert (enlarge(large, 10) == large).all()
    assert (np.asarray(Image.open(io.BytesIO(png(large)))) == large).all()
