"""Scenes whose boxes are known to the pixel, and of which no network has seen a pixel."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest
from PIL import Image

from vizcore.data import localisation, photos20
from vizcore.data.localisation import Scene, localisation_set
from vizcore.data.photographs import PHOTOS, Photo
from vizcore.errors import BadChoice

PHOTO = {photo.name: photo for photo in PHOTOS}
DIGEST = """
import hashlib
from vizcore.data.localisation import localisation_set
print(hashlib.sha256(b"".join(scene.rgb_hwc.tobytes() for scene in localisation_set())).hexdigest())
"""


@pytest.fixture(scope="module")
def scenes() -> tuple[Scene, ...]:
    return localisation_set()


def resized(photo: Photo, window: photos20.Box, side: int) -> np.ndarray:
    """Return a window of a photograph, resized with nothing but Pillow."""
    cut = Image.fromarray(photo.rgb_hwc()).crop(window)
    return np.asarray(cut.resize((side, side), Image.Resampling.BILINEAR))


def iou_with(square: tuple[float, float, float, float], boxes: np.ndarray) -> np.ndarray:
    """Return the intersection over union of one rectangle with each of many."""
    low = np.maximum(boxes[:, :2], square[:2])
    high = np.minimum(boxes[:, 2:], square[2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return common / (areas + (square[2] - square[0]) * (square[3] - square[1]) - common)


def test_every_pair_of_photographs_once(scenes: tuple[Scene, ...]) -> None:
    pairs = [(scene.class_name, scene.background) for scene in scenes]
    assert pairs == list(permutations(photos20.CLASSES, 2))


def test_the_pictures_are_what_a_network_takes(scenes: tuple[Scene, ...]) -> None:
    for scene in scenes:
        assert scene.rgb_hwc.shape == (64, 64, 3)
        assert scene.rgb_hwc.dtype == np.uint8


def test_outside_its_box_a_scene_is_its_background(scenes: tuple[Scene, ...]) -> None:
    for scene in scenes:
        left, top, right, bottom = scene.box
        outside = np.ones((64, 64), bool)
        outside[top:bottom, left:right] = False
        around = resized(PHOTO[scene.background], scene.background_window, 64)
        np.testing.assert_array_equal(scene.rgb_hwc[outside], around[outside])


def test_inside_the_ramp_a_scene_is_its_object(scenes: tuple[Scene, ...]) -> None:
    for scene in scenes:
        left, top, right, bottom = scene.box
        thing = resized(PHOTO[scene.class_name], scene.window, right - left)
        inside = scene.rgb_hwc[top + 2 : bottom - 2, left + 2 : right - 2]
        np.testing.assert_array_equal(inside, thing[2:-2, 2:-2])


def test_the_ramp_mixes_a_third_then_two(scenes: tuple[Scene, ...]) -> None:
    for scene in scenes[::17]:
        left, top, right, bottom = scene.box
        thing = resized(PHOTO[scene.class_name], scene.window, right - left).astype(float)
        around = resized(PHOTO[scene.background], scene.background_window, 64).astype(float)
        under = around[top:bottom, left:right]
        shown = scene.rgb_hwc[top:bottom, left:right]
        middle = slice(4, -4)
        for ring, share in ((0, 1 / 3), (1, 2 / 3)):
            for side in (
                np.s_[ring, middle],
                np.s_[-1 - ring, middle],
                np.s_[middle, ring],
                np.s_[middle, -1 - ring],
            ):
                mixed = share * thing[side] + (1 - share) * under[side]
                np.testing.assert_allclose(shown[side], mixed, rtol=0, atol=0.501)


@pytest.mark.parametrize("part", ["test", "validation"])
def test_no_scene_shows_a_pixel_of_another_part(part: photos20.Part) -> None:
    index = photos20.PARTS.index(part)
    parts = {name: photos20.part_of_pixels(photo) for name, photo in PHOTO.items()}
    for scene in localisation_set(part):
        assert scene.part == part
        for name, window in (
            (scene.class_name, scene.window),
            (scene.background, scene.background_window),
        ):
            left, top, right, bottom = window
            held = parts[name][top:bottom, left:right]
            assert held.shape == (bottom - top, right - left)
            assert (held == index).all()


def test_painting_over_all_other_parts_changes_no_scene(
    scenes: tuple[Scene, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    test = photos20.PARTS.index("test")
    painted = {
        photo.name: np.where(
            (photos20.part_of_pixels(photo) == test)[..., None],
            photo.rgb_hwc(),
            255 - photo.rgb_hwc(),
        )
        for photo in PHOTOS
    }
    monkeypatch.setattr(Photo, "rgb_hwc", lambda self: painted[self.name])
    for scene, again in zip(scenes, localisation_set(), strict=True):
        np.testing.assert_array_equal(scene.rgb_hwc, again.rgb_hwc)


def test_boxes_are_of_many_sizes_and_in_many_places(scenes: tuple[Scene, ...]) -> None:
    boxes = np.array([scene.box for scene in scenes])
    sides = boxes[:, 2:] - boxes[:, :2]
    assert (sides[:, 0] == sides[:, 1]).all()
    assert set(sides[:, 0]) == set(range(24, 41))
    assert boxes.min() >= 2
    assert boxes.max() <= 62
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert (np.abs(centres - 32).max(axis=1) >= 10).all()
    np.testing.assert_allclose(centres.mean(axis=0), 32, atol=1.5)
    assert (centres.std(axis=0) > 9).all()
    right, low = (centres > 32).T
    assert np.bincount(2 * low + right).min() > 0.2 * len(scenes)


def test_what_a_centred_square_reaches(scenes: tuple[Scene, ...]) -> None:
    boxes = np.array([scene.box for scene in scenes], float)
    centred = {
        s: iou_with((32 - s / 2, 32 - s / 2, 32 + s / 2, 32 + s / 2), boxes) for s in range(65)
    }
    best = max(centred, key=lambda side: centred[side].mean())
    assert best == 42
    assert round(centred[best].mean(), 2) == 0.36
    assert round((centred[best] >= 0.5).mean(), 2) == 0.10
    holds = (boxes[:, :2] <= 31.5).all(axis=1) & (boxes[:, 2:] >= 32.5).all(axis=1)
    assert round(holds.mean(), 1) == 0.8


def test_the_ramp_takes_most_of_the_seam_away(
    scenes: tuple[Scene, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def across(those: tuple[Scene, ...]) -> float:
        """The mean difference of the grey values on the two sides of a box's border."""
        steps = []
        for scene in those:
            grey = scene.rgb_hwc.mean(axis=2)
            left, top, right, bottom = scene.box
            rows, columns = slice(top + 2, bottom - 2), slice(left + 2, right - 2)
            steps += [np.abs(grey[rows, x] - grey[rows, x - 1]).mean() for x in (left, right)]
            steps += [np.abs(grey[y, columns] - grey[y - 1, columns]).mean() for y in (top, bottom)]
        return float(np.mean(steps))

    def inside(scene: Scene) -> float:
        left, top, right, bottom = scene.box
        grey = scene.rgb_hwc.mean(axis=2)[top + 2 : bottom - 2, left + 2 : right - 2]
        return float(np.mean([np.abs(np.diff(grey, axis=axis)).mean() for axis in (0, 1)]))

    assert round(across(scenes)) == 24
    assert round(np.mean([inside(scene) for scene in scenes])) == 9
    monkeypatch.setattr(localisation, "SEAM_PX", 0)
    assert round(across(localisation_set())) == 69


def test_the_same_seed_gives_the_same_bytes_in_another_process(scenes: tuple[Scene, ...]) -> None:
    here = hashlib.sha256(b"".join(scene.rgb_hwc.tobytes() for scene in scenes)).hexdigest()
    again = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True
    )
    assert again.stdout.strip() == here


def test_the_scenes_are_still_those_that_results_were_measured_on(
    scenes: tuple[Scene, ...],
) -> None:
    facts = [(s.class_name, s.background, s.box, s.window, s.background_window) for s in scenes]
    assert hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16] == "d2b0a0a6d5b1f91e"


def test_another_seed_gives_other_scenes(scenes: tuple[Scene, ...]) -> None:
    other = localisation_set(seed=1)
    assert sum(a.box == b.box for a, b in zip(scenes, other, strict=True)) < 20


@pytest.mark.parametrize("part", ["train", "exam"])
def test_other_parts_are_refused(part: str) -> None:
    with pytest.raises(BadChoice, match="Allowed: validation, test"):
        localisation_set(part)  # type: ignore[arg-type]
