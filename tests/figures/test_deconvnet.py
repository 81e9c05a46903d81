"""Projections drawn: symmetric scales, exact windows."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.errors import NotApplicable
from vizcore.figures.deconvnet import colour_projection, draw_projections
from vizcore.records import ReceptiveField
from vizcore.records.deconvnet import Projections

FIELD = ReceptiveField((4, 4), (2, 2), (-1, -1))


def found(planes: int = 3, count: int = 2, **changes: object) -> Projections:
    rng = np.random.default_rng(0)
    given = {
        "layer": "conv2",
        "channels_n": np.zeros(count, np.int64),
        "places_np": np.array([[0, 0], [1, 1]][:count]),
        "values_n": np.ones(count, np.float32),
        "projections_nchw": rng.normal(size=(count, planes, 8, 8)).astype(np.float32),
        "receptive_field": FIELD,
        "images_nhwc": rng.integers(0, 256, (count, 8, 8, 3), np.uint8),
    }
    return Projections(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("planes", [1, 3])
def test_zero_is_neutral_and_the_ends_are_reached(planes):
    values = np.zeros((planes, 2, 2))
    values[:, 0, 0], values[:, 1, 1] = 3.0, -3.0
    drawn, limit = colour_projection(values)
    assert limit == 3.0
    if planes == 3:
        assert drawn[0, 0].tolist() == [255] * 3
        assert drawn[1, 1].tolist() == [0] * 3
        assert drawn[0, 1].tolist() == [128] * 3
    else:
        assert drawn[0, 0, 0] > drawn[0, 0, 2], "red is positive"
        assert drawn[1, 1, 2] > drawn[1, 1, 0], "blue is negative"
        assert drawn[0, 1].tolist() == [247] * 3


def test_a_factor_changes_the_limit_and_no_colour():
    values = np.random.default_rng(1).normal(size=(3, 5, 5))
    first, limit = colour_projection(values)
    second, larger = colour_projection(4 * values)
    np.testing.assert_array_equal(first, second)
    assert larger == 4 * limit


def test_pairs_are_cut_by_the_receptive_field():
    given = found()
    drawn = draw_projections(given, side_px=4, columns=2)
    assert drawn.rgb_hwc.shape == (4, 2 * (4 + 4 + 4) + 4, 3)
    second = drawn.rgb_hwc[:, 16:]
    np.testing.assert_array_equal(second[:, :4], given.images_nhwc[1, 1:5, 1:5])
    np.testing.assert_array_equal(
        second[:, 8:], colour_projection(given.projections_nchw[1])[0][1:5, 1:5]
    )
    first = drawn.rgb_hwc[:, :12]
    np.testing.assert_array_equal(first[1:, 1:4], given.images_nhwc[0, :3, :3])
    assert len({tuple(pixel) for pixel in first[0, :4]}) == 1, "outside the picture: one grey"
    assert "own scale" in drawn.caption


def test_the_whole_input_at_a_whole_number_zoom():
    drawn = draw_projections(found(count=1), whole=True, side_px=17)
    assert drawn.rgb_hwc.shape == (16, 16 + 4 + 16, 3)
    assert f"±{drawn.limits_n[0]:.3g}" in drawn.caption
    alone = draw_projections(found(count=1, images_nhwc=None), whole=True, side_px=17)
    np.testing.assert_array_equal(alone.rgb_hwc, drawn.rgb_hwc[:, 20:])


def test_a_unit_that_is_silent_is_said():
    given = found(projections_nchw=np.zeros((2, 3, 8, 8), np.float32))
    assert "Nothing comes down" in draw_projections(given).caption


def test_units_below_zero_are_said():
    given = found(values_n=np.array([1.0, -2.0], np.float32))
    assert "1 of these units are below zero" in draw_projections(given).caption
    alone = found(count=1, values_n=np.array([-2.0], np.float32))
    assert "This unit is below zero" in draw_projections(alone).caption
    assert "below zero" not in draw_projections(found()).caption


def test_what_cannot_be_drawn():
    with pytest.raises(NotApplicable, match="one or three planes"):
        colour_projection(np.zeros((2, 4, 4)))
    with pytest.raises(NotApplicable, match="finite"):
        colour_projection(np.full((3, 4, 4), np.nan))
