"""Moved photographs against closed forms: no black border, no pixel from nowhere."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vizcore.data.preprocessing import Preprocessing
from vizcore.data.transformations import BEYOND, TRANSFORMATIONS
from vizcore.data.transforms import transform
from vizcore.errors import BadChoice, BadImage

HOW = Preprocessing(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
CROPPED = Preprocessing(40, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), interpolation="bicubic")
GREY = Preprocessing(36, 32, (0.5,), (0.25,), squash=True)
PHOTO = np.random.default_rng(1).integers(0, 256, (70, 90, 3), dtype=np.uint8)
#: Exactly the size that `HOW` asks for: nothing is resized.
SMALL = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def plane(across: float, down: float, side: int = 32) -> np.ndarray:
    """A grey picture whose value is linear in the distance from its middle."""
    place = np.arange(side) + 0.5 - side / 2
    values = 128 + across * place[None, :] + down * place[:, None]
    return np.rint(values).clip(0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)


@pytest.mark.parametrize("kind", TRANSFORMATIONS)
@pytest.mark.parametrize("how", [HOW, CROPPED, GREY])
def test_the_neutral_amount_is_what_the_network_always_sees(kind, how):
    neutral = TRANSFORMATIONS[kind].neutral
    seen = transform(PHOTO, how, kind, [neutral])
    assert np.array_equal(seen.original_hwc, how.view(PHOTO))
    assert np.array_equal(seen.views_nhwc[0], seen.original_hwc)
    assert seen.beyond_n.tolist() == [0.0]


@pytest.mark.parametrize(("kind", "axis"), [("translation", 0), ("sideways", 1)])
def test_a_shift_moves_pixels_and_mirrors_beyond_the_edge(kind, axis):
    for amount in (-40, -5, 3, 31, 70):
        seen = transform(SMALL, HOW, kind, [amount]).views_nhwc[0]
        wide = np.pad(SMALL, [(96, 96) if a == axis else (0, 0) for a in range(3)], "symmetric")
        expected = np.roll(wide, amount, axis).take(range(96, 128), axis)
        assert np.array_equal(seen, expected), amount
        seen = transform(SMALL, HOW, kind, [amount], beyond="edge").views_nhwc[0]
        wide = np.pad(SMALL, [(96, 96) if a == axis else (0, 0) for a in range(3)], "edge")
        assert np.array_equal(seen, np.roll(wide, amount, axis).take(range(96, 128), axis)), amount


def test_a_shift_within_a_wider_photograph_is_a_crop_of_it():
    wide = CROPPED.resized(PHOTO)
    top, left = CROPPED.corner(wide)
    seen = transform(PHOTO, CROPPED, "sideways", [-4, 6])
    for view, amount in zip(seen.views_nhwc, seen.amounts, strict=True):
        start = left - int(amount)
        assert np.array_equal(view, wide[top : top + 32, start : start + 32])
    assert not seen.beyond_n.any()


@pytest.mark.parametrize("kind", [key for key, each in TRANSFORMATIONS.items() if each.moves])
@pytest.mark.parametrize("how", [HOW, CROPPED, GREY])
@pytest.mark.parametrize("shape", [(70, 90), (64, 64), (120, 50)])
def test_inside_means_that_no_view_reaches_the_edge(kind, how, shape):
    photo = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    seen = transform(photo, how, kind, beyond="inside")
    assert not seen.beyond_n.any()
    assert seen.views_nhwc.shape == (len(seen.amounts), 32, 32, 3)
    if how is HOW and shape == (64, 64):  # without it there is no room
        assert transform(photo, how, kind).beyond_n.any()


def test_right_angles_only_move_pixels():
    seen = transform(PHOTO, CROPPED, "rotation", [0, 90, 180, -90, 360, 720])
    expected = [np.rot90(seen.original_hwc, turns) for turns in (0, 1, 2, 3, 0, 0)]
    assert np.array_equal(seen.views_nhwc, expected)
    assert not seen.beyond_n.any()


@pytest.mark.parametrize("degrees", [10, 30, 45, 200, -60])
def test_a_turned_plane_is_the_plane_turned(degrees):
    """Against the clock: what rises to the right then rises to the upper right."""
    across, down = 2.0, 0.0
    angle = np.deg2rad(degrees)
    seen = transform(plane(across, down, 64)[16:48, 16:48], HOW, "rotation", [degrees])
    expected = plane(across * np.cos(angle), -across * np.sin(angle))
    middle = slice(8, 24)  # further out the picture is mirrored
    difference = seen.views_nhwc[0, middle, middle].astype(int) - expected[middle, middle]
    assert np.abs(difference).max() <= 2


@pytest.mark.parametrize("factor", [1.25, 1.5, 2.0])
def test_a_scaled_plane_rises_so_much_slower(factor):
    seen = transform(plane(2.0, 1.0), HOW, "scale", [factor]).views_nhwc[0]
    difference = seen.astype(int) - plane(2.0 / factor, 1.0 / factor)
    assert np.abs(difference[4:-4, 4:-4]).max() <= 2


def test_how_much_is_mirrored():
    half = transform(SMALL, HOW, "scale", [0.5])
    assert half.beyond_n.tolist() == [0.75]
    assert transform(SMALL, HOW, "translation", [8, -32]).beyond_n.tolist() == [0.25, 1.0]
    for degrees in (20, 45, 77):
        mask = Image.fromarray(np.full((320, 320), 255, np.uint8)).rotate(degrees)
        expected = 1 - np.asarray(mask).mean() / 255
        found = transform(SMALL, HOW, "rotation", [degrees]).beyond_n[0]
        assert found == pytest.approx(expected, abs=0.02)


def test_a_turn_shows_the_mirrored_photograph_and_never_black():
    white = np.full((40, 40, 3), 255, np.uint8)
    for kind in ("rotation", "scale", "translation"):
        assert (transform(white, HOW, kind).views_nhwc >= 254).all(), kind


@pytest.mark.parametrize("deviation", [1.0, 2.0])
def test_blur_damps_a_wave_as_a_gaussian_does(deviation):
    frequency = 1 / 8
    wave = np.cos(2 * np.pi * frequency * np.arange(64))
    photo = np.rint(128 + 100 * wave).astype(np.uint8)[None, :, None].repeat(64, 0).repeat(3, 2)
    how = Preprocessing(64, 32, (0.5,) * 3, (0.25,) * 3)
    seen = transform(photo, how, "blur", [deviation]).views_nhwc[0].astype(float) - 128
    left = 100 * np.exp(-2 * (np.pi * deviation * frequency) ** 2)
    expected = left * wave[16:48]
    assert np.abs(seen[16, :, 0] - expected).max() < 1.5


def test_contrast_is_about_the_mean_colour():
    seen = transform(SMALL, HOW, "contrast", [0, 0.5, 2])
    mean = SMALL.mean(axis=(0, 1))
    assert np.array_equal(seen.views_nhwc[0], np.broadcast_to(np.rint(mean), (32, 32, 3)))
    for view, factor in zip(seen.views_nhwc[1:], (0.5, 2), strict=True):
        expected = np.rint(mean + factor * (SMALL - mean)).clip(0, 255)
        assert np.array_equal(view, expected)


def test_a_grey_network_sees_grey_views():
    views = transform(PHOTO, GREY, "rotation", [30]).views_nhwc
    assert (views[..., 0] == views[..., 1]).all()
    assert (views[..., 0] == views[..., 2]).all()


@pytest.mark.parametrize("side", [8, 32, 64, 224, 299])
def test_default_amounts_hold_the_neutral_one_in_order(side):
    for kind, what in TRANSFORMATIONS.items():
        amounts = what.amounts(side)
        assert list(amounts) == sorted(set(amounts)), kind
        assert what.neutral in amounts
        assert 3 <= len(amounts) <= 40


def test_refusals_say_what_is_allowed():
    with pytest.raises(BadChoice, match=r"kind cannot be 'shear'.*translation"):
        transform(PHOTO, HOW, "shear")
    with pytest.raises(BadChoice, match=", ".join(BEYOND)):
        transform(PHOTO, HOW, "scale", beyond="black")
    with pytest.raises(BadChoice, match=r"Scale cannot be 0 ×. Allowed: numbers from 0.1 to 8"):
        transform(PHOTO, HOW, "scale", [0.0])
    with pytest.raises(BadChoice, match=r"cannot be 1.5 px. Allowed: whole numbers"):
        transform(PHOTO, HOW, "translation", [1.5])
    with pytest.raises(BadChoice, match="cannot be nan"):
        transform(PHOTO, HOW, "blur", [float("nan")])
    with pytest.raises(BadChoice, match=r"0 amounts came in\. Allowed: 1 to 361"):
        transform(PHOTO, HOW, "blur", [])
    with pytest.raises(BadImage):
        transform(PHOTO[..., 0], HOW, "blur")
