"""Twenty photographs, three parts, and not one pixel in two of them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vizcore.data import photos20
from vizcore.data.photographs import PHOTOS, Photo
from vizcore.errors import BadChoice

by_photo = pytest.mark.parametrize("photo", PHOTOS, ids=[photo.name for photo in PHOTOS])


def covered(photo: Photo, boxes: list[photos20.Box]) -> np.ndarray:
    """Return which pixels lie in any of the windows, painted one window after another."""
    mask = np.zeros(photo.rgb_hwc().shape[:2], bool)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= mask.shape[1]
        assert 0 <= top < bottom <= mask.shape[0]
        mask[top:bottom, left:right] = True
    return mask


@by_photo
def test_no_pixel_is_in_two_parts(photo: Photo) -> None:
    train = photos20.draw_training_boxes(photo, 300, np.random.default_rng(0))
    masks = [
        covered(photo, train),
        covered(photo, list(photos20.windows(photo, "validation"))),
        covered(photo, list(photos20.windows(photo, "test"))),
    ]
    assert all(mask.any() for mask in masks)
    assert sum(mask.astype(int) for mask in masks).max() == 1


@by_photo
def test_a_patch_reads_no_pixel_of_another_part(photo: Photo, monkeypatch) -> None:
    """Paint everything outside the part; the patches must not change."""
    original = photo.rgb_hwc()
    parts = photos20.part_of_pixels(photo)
    for index, part in enumerate(photos20.PARTS):
        boxes = list(photos20.windows(photo, part))
        if part == "train":
            boxes += photos20.draw_training_boxes(photo, 20, np.random.default_rng(1))
        before = [photos20.patch(photo, box) for box in boxes]
        painted = np.where((parts == index)[..., None], original, np.uint8(255) - original)
        monkeypatch.setattr(Photo, "rgb_hwc", lambda self, painted=painted: painted)
        after = [photos20.patch(photo, box) for box in boxes]
        monkeypatch.undo()
        np.testing.assert_array_equal(before, after)


@by_photo
def test_wide_views_read_training_pixels_only(photo: Photo, monkeypatch) -> None:
    original, parts = photo.rgb_hwc(), photos20.part_of_pixels(photo)
    training = parts == photos20.PARTS.index("train")
    before = photos20.training_view.__wrapped__(photo)
    painted = np.where(training[..., None], original, np.uint8(255) - original)
    monkeypatch.setattr(Photo, "rgb_hwc", lambda self: painted)
    after = photos20.training_view.__wrapped__(photo)
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(before[training], original[training])


def test_the_blur_of_a_wide_view_is_the_mean_around() -> None:
    photo = PHOTOS[3]
    view, original = photos20.training_view(photo), photo.rgb_hwc().astype(float)
    training = photos20.part_of_pixels(photo) == photos20.PARTS.index("train")
    reach = photos20.block_side(photo) // 2
    for y, x in np.argwhere(~training)[::2500]:
        square = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        if training[square].any():
            wanted = original[square][training[square]].mean(axis=0)
            np.testing.assert_allclose(view[y, x], wanted, atol=0.51)


@by_photo
def test_every_part_is_spread_over_the_photograph(photo: Photo) -> None:
    parts = photos20.part_of_pixels(photo)
    share = np.bincount(parts.ravel(), minlength=3) / parts.size
    assert 0.5 < share[0] < 0.7
    assert share[1:].min() > 0.1
    height, width = parts.shape
    for index in range(3):
        rows, columns = np.nonzero(parts == index)
        assert np.ptp(rows) > 0.6 * height
        assert np.ptp(columns) > 0.6 * width


def test_contrast_equals_the_plain_computation() -> None:
    photo, box = PHOTOS[3], (30, 40, 95, 105)
    grey = photo.rgb_hwc()[40:105, 30:95].mean(axis=2)
    assert photos20.contrast(photo, box) == pytest.approx(grey.std(), abs=1e-6)


def test_no_two_photographs_are_the_same_picture() -> None:
    small = [
        np.asarray(Image.fromarray(photo.rgb_hwc()).resize((16, 16)), float) for photo in PHOTOS
    ]
    apart = [np.abs(a - b).mean() for i, a in enumerate(small) for b in small[:i]]
    assert min(apart) > 5


def test_held_out_parts_hold_every_class() -> None:
    for part in ("validation", "test"):
        rgb, labels = photos20.held_out(part)
        assert rgb.shape == (len(labels), 64, 64, 3)
        assert rgb.dtype == np.uint8
        assert np.bincount(labels, minlength=20).min() >= 5


def test_drawing_is_a_matter_of_the_seed() -> None:
    first, again, other = (
        photos20.training_patches(2, np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(BadChoice, match="Allowed: train, validation, test"):
        list(photos20.windows(PHOTOS[0], "exam"))  # type: ignore[arg-type]


def test_classes_are_twenty_names() -> None:
    assert len(set(photos20.CLASSES)) == 20
    assert list(photos20.CLASSES) == sorted(photos20.CLASSES)
