"""Saliency pictures: colours with one meaning, the scale printed, the photo still there."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.overlay import draw_saliency, reach
from vizcore.figures.palette import diverging, sequential
from vizcore.records.saliency import SaliencyMap

GREY = np.full((4, 5, 3), 100, np.uint8)


def record(values: object, signed: bool = False, photo: np.ndarray = GREY) -> SaliencyMap:
    return SaliencyMap(
        values_hw=np.asarray(values, np.float32),
        signed=signed,
        method="gradient of the class score",
        target=3,
        target_class="cat",
        score=1.5,
        image_hwc=photo,
    )


def ramp() -> np.ndarray:
    return np.arange(20, dtype=np.float32).reshape(4, 5)


def test_magnitudes_go_from_dark_to_yellow():
    drawn = draw_saliency(record(ramp()), percentile=100, zoom=1)
    np.testing.assert_array_equal(drawn.map_hwc, sequential(ramp() / 19))
    assert drawn.limit == 19
    assert "dark purple is 0, yellow is 19 (the largest magnitude, and all above)" in drawn.caption
    assert "'cat'" in drawn.caption


def test_signs_have_the_houses_colours():
    values = ramp() - 8
    drawn = draw_saliency(record(values, signed=True), percentile=100, zoom=1)
    np.testing.assert_array_equal(drawn.map_hwc, diverging(values, 11.0))
    red, blue = drawn.map_hwc[-1, -1].astype(int), drawn.map_hwc[0, 0].astype(int)
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    assert "Red pixels raise the score of 'cat', blue ones lower it; white is 0" in drawn.caption
    assert "11 and -11" in drawn.caption


def test_values_above_the_percentile_get_the_last_colour():
    values = np.ones((4, 5), np.float32)
    values[0, 0] = 1000
    drawn = draw_saliency(record(values), percentile=90, zoom=1)
    assert drawn.limit == 1
    assert (drawn.map_hwc == sequential(1.0)).all()
    assert "90th percentile" in drawn.caption


def test_a_few_values_above_a_percentile_of_zero_are_still_seen():
    values = np.zeros((4, 5), np.float32)
    values[1, 2] = 3
    drawn = draw_saliency(record(values), percentile=50, zoom=1)
    assert drawn.limit == 3
    assert drawn.map_hwc[1, 2].tolist() == sequential(1.0).tolist()


@pytest.mark.parametrize("dark", [False, True])
def test_over_the_photo_small_magnitudes_are_transparent(dark):
    photo = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    values = ramp()
    drawn = draw_saliency(
        record(values, photo=photo), percentile=100, zoom=1, strength=1, dark=dark
    )
    grey = photo @ np.array([0.299, 0.587, 0.114])
    faded = 0.6 * grey + (0 if dark else 102)
    assert drawn.over_hwc[0, 0].tolist() == [round(faded[0, 0])] * 3
    assert drawn.over_hwc[-1, -1].tolist() == sequential(1.0).tolist()
    share = (values / 19)[..., None]
    expected = share * sequential(values / 19) + (1 - share) * faded[..., None]
    np.testing.assert_allclose(drawn.over_hwc, expected, atol=0.51)
    none = draw_saliency(record(values, photo=photo), zoom=1, strength=0, dark=dark)
    np.testing.assert_allclose(none.over_hwc[..., 0], faded, atol=0.51)


def test_pictures_are_enlarged_by_whole_numbers():
    drawn = draw_saliency(record(ramp()), zoom=3)
    for picture in (drawn.map_hwc, drawn.over_hwc, drawn.photo_hwc):
        assert picture.shape == (12, 15, 3)
        np.testing.assert_array_equal(picture, picture[::3, ::3].repeat(3, 0).repeat(3, 1))
    side = np.zeros((64, 64), np.float32)
    assert draw_saliency(record(side, photo=np.zeros((64, 64, 3), np.uint8))).zoom == 8


@pytest.mark.parametrize("which", ["over", "map", "photo"])
def test_the_pngs_are_exact(which):
    drawn = draw_saliency(record(ramp()), zoom=2)
    image = Image.open(io.BytesIO(drawn.png(which)))
    expected = {"over": drawn.over_hwc, "map": drawn.map_hwc, "photo": drawn.photo_hwc}[which]
    np.testing.assert_array_equal(np.asarray(image), expected)


def test_no_influence_is_said_in_words():
    drawn = draw_saliency(record(np.zeros((4, 5))))
    assert drawn.caption.startswith("No pixel moves the score of 'cat'")
    assert (drawn.map_hwc == sequential(0.0)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strength": 1.5}, "strength cannot be '1.5'. Allowed: 0 to 1"),
        ({"percentile": 0}, "percentile cannot be '0'"),
        ({"zoom": 0}, "zoom cannot be '0'"),
    ],
)
def test_bad_choices_are_told(options, message):
    with pytest.raises(BadChoice, match=message):
        draw_saliency(record(ramp()), **options)
    with pytest.raises(BadChoice, match=r"picture cannot be 'all'\. Allowed: over, map, photo"):
        draw_saliency(record(ramp())).png("all")


def test_values_that_are_not_finite_are_refused():
    values = ramp()
    values[0, 0] = np.inf
    with pytest.raises(NotApplicable, match="not finite"):
        draw_saliency(record(values))


def test_signed_values_are_drawn_as_magnitudes_when_asked():
    values = ramp() - 8
    drawn = draw_saliency(record(values, signed=True), percentile=100, zoom=1, absolute=True)
    np.testing.assert_array_equal(drawn.map_hwc, sequential(np.abs(values) / 11))
    assert not drawn.signed
    assert "dark purple is 0" in drawn.colours
    assert "Red" not in drawn.caption


def test_maps_can_share_a_scale():
    large, small = record(ramp()), record(ramp() / 2)
    limit = reach(large, 100)
    assert limit == 19
    drawn = draw_saliency(small, percentile=100, zoom=1, limit=limit)
    np.testing.assert_array_equal(drawn.map_hwc, sequential(ramp() / 38))
    assert "maps that share this scale" in drawn.colours
    with pytest.raises(BadChoice, match="limit cannot be '-1'"):
        draw_saliency(small, limit=-1)


def test_a_difference_of_two_classes_is_called_so():
    found = replace(record(ramp() - 8, signed=True), against=5, against_class="dog")
    assert "the score of 'cat' minus that of 'dog'" in draw_saliency(found).caption
