"""The network's input is what torchvision's transforms make of the same photograph."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms

from vizcore.data.photographs import PHOTOS
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import BadChoice, BadImage

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.mark.parametrize(
    ("resize", "crop"), [(64, 64), (256, 224), (232, 224), (75, 60), (342, 299)]
)
@pytest.mark.parametrize("name", ["cat", "handwriting", "cell", "brick wall"])
def test_equals_torchvision(name: str, resize: int, crop: int) -> None:
    rgb = next(photo for photo in PHOTOS if photo.name == name).rgb_hwc()
    ours = Preprocessing(resize, crop, MEAN, STD)
    theirs = transforms.Compose(
        [
            transforms.Resize(resize, antialias=True),
            transforms.CenterCrop(crop),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )(Image.fromarray(rgb.copy()))
    made = ours.apply(rgb)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made[0], theirs.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("resize", "crop"), [(64, 64), (384, 384), (255, 240), (232, 224)])
@pytest.mark.parametrize("name", ["cat", "handwriting", "brick wall"])
def test_bicubic_equals_torchvision(name: str, resize: int, crop: int) -> None:
    rgb = next(photo for photo in PHOTOS if photo.name == name).rgb_hwc()
    theirs = transforms.Compose(
        [
            transforms.Resize(
                resize, interpolation=transforms.InterpolationMode.BICUBIC, antialias=True
            ),
            transforms.CenterCrop(crop),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )(Image.fromarray(rgb.copy()))
    made = Preprocessing(resize, crop, MEAN, STD, "bicubic").apply(rgb)
    np.testing.assert_allclose(made[0], theirs.numpy(), rtol=0, atol=1e-6)
    assert np.abs(made - Preprocessing(resize, crop, MEAN, STD).apply(rgb)).max() > 0.01


def test_squashing_keeps_everything_and_not_the_proportion() -> None:
    rgb = np.zeros((40, 80, 3), np.uint8)
    rgb[:, 40:] = 200  # the right half
    view = Preprocessing(20, 20, MEAN, STD, squash=True).view(rgb)
    assert view.shape == (20, 20, 3)
    assert view[:, :9].max() == 0
    assert view[:, 11:].min() == 200
    cut = Preprocessing(20, 16, MEAN, STD, squash=True).view(rgb)
    np.testing.assert_array_equal(cut, view[2:18, 2:18])


def test_grey_networks_see_what_pillow_calls_grey() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    ours = Preprocessing(32, 32, (0.3,), (0.4,))
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    np.testing.assert_array_equal(ours.view(rgb), np.repeat(grey[..., None], 3, axis=2))
    made = ours.apply(rgb)
    assert made.shape == (1, 1, 32, 32)
    np.testing.assert_allclose(made[0, 0], (grey / 255 - 0.3) / 0.4, atol=1e-6)
    np.testing.assert_array_equal(ours.standardise(grey[None, ..., None]), made)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (301, 7), (64, 65)])
def test_any_shape_of_picture(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert Preprocessing(70, 64, MEAN, STD).view(rgb).shape == (64, 64, 3)


def test_a_strip_of_millions_of_pixels_is_not_resized_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[tuple[int, int]] = []
    resize = Image.Image.resize

    def watched(self: Image.Image, size: tuple[int, int], *rest: object) -> Image.Image:
        sizes.append(size)
        return resize(self, size, *rest)

    monkeypatch.setattr(Image.Image, "resize", watched)
    strip = np.zeros((2, 5_000_000, 3), np.uint8)
    strip[:, 2_499_999:2_500_001] = 200
    view = Preprocessing(64, 64, MEAN, STD).view(strip)
    assert sizes == [(16 * 64, 64)]
    assert view[32, 32].tolist() == [200] * 3


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)],
)
def test_other_arrays_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(BadImage, match="allowed is uint8"):
        Preprocessing(64, 64, MEAN, STD).apply(wrong)


def test_impossible_choices_are_refused() -> None:
    with pytest.raises(BadChoice, match="1 to resize_px = 64"):
        Preprocessing(64, 65, MEAN, STD)
    with pytest.raises(BadChoice, match="positive"):
        Preprocessing(64, 64, MEAN, (0.0, 1.0, 1.0))
    with pytest.raises(BadChoice, match=r"2 and 2 values. Allowed: 3 each for RGB, or 1 each"):
        Preprocessing(64, 64, (0.5, 0.5), (0.5, 0.5))
    with pytest.raises(BadChoice, match="interpolation cannot be 'nearest'"):
        Preprocessing(64, 64, MEAN, STD, "nearest")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_mean_and_deviation_are_finite(value: float) -> None:
    with pytest.raises(BadChoice, match="std cannot be"):
        Preprocessing(64, 64, MEAN, (value,) * 3)
    with pytest.raises(BadChoice, match="mean cannot be"):
        Preprocessing(64, 64, (value,) * 3, STD)
