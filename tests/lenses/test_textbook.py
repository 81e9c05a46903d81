"""Textbook filters against their formulas, and the nearest learned ones against brute force."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from vizcore.errors import NotApplicable
from vizcore.lenses.textbook import NAMES, nearest, resemblances, textbook


def test_sobel():
    expected = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / np.sqrt(12)
    np.testing.assert_allclose(textbook("Sobel x", 3), expected)
    np.testing.assert_allclose(textbook("Sobel y", 3), expected.T)
    np.testing.assert_allclose(textbook("Sobel x", 6)[:2, 4:], expected[0, 2] / 2)
    assert textbook("Sobel x", 4) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", [3, 4, 7, 12])
def test_all_have_norm_one_and_all_but_the_gaussian_mean_zero(name, side):
    kernel = textbook(name, side)
    if kernel is None:
        assert name.startswith("Sobel")
        return
    assert kernel.shape == (side, side)
    assert np.linalg.norm(kernel) == pytest.approx(1)
    assert (abs(kernel.sum()) > 1) if name == "Gaussian" else (abs(kernel.sum()) < 1e-12)


def test_a_gaussian_and_its_laplacian():
    at = np.arange(9) - 4.0
    gaussian = np.exp(-(at[:, None] ** 2 + at**2) / (2 * 1.8**2))
    np.testing.assert_allclose(textbook("Gaussian", 9), gaussian / np.linalg.norm(gaussian))
    kernel = textbook("Laplacian of Gaussian", 9)
    np.testing.assert_allclose(kernel, np.rot90(kernel), atol=1e-12)
    assert kernel[4, 4] == kernel.min() < 0 < kernel[4, 1]


def test_a_gabor_varies_along_its_angle():
    upright, lying = textbook("Gabor 0° odd", 9), textbook("Gabor 90° odd", 9)
    np.testing.assert_allclose(upright.T, lying, atol=1e-12)
    np.testing.assert_allclose(upright, -upright[:, ::-1], atol=1e-12)  # a sine
    np.testing.assert_allclose(upright, upright[::-1], atol=1e-12)  # the same along its bars
    even = textbook("Gabor 45° even", 9)
    np.testing.assert_allclose(even, even[::-1, ::-1], atol=1e-12)  # a cosine
    np.testing.assert_allclose(even, even.T, atol=1e-12)
    np.testing.assert_allclose(textbook("Gabor 135° even", 9), even[:, ::-1], atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_nearest_against_brute_force(seed):
    weights = np.random.default_rng(seed).normal(size=(4, 3, 4, 5)).astype(np.float32)
    found = {each.name: each for each in nearest(weights)}
    for name in ("Sobel y", "Gabor 45° even", "Gaussian"):
        best = 0.0
        for number in range(4):
            for side in (4,) if name.startswith("Gabor") else (3, 4):
                kernel = textbook(name, side)
                if kernel is None:
                    continue
                for top in range(4 - side + 1):
                    for left in range(5 - side + 1):
                        whole = np.zeros((3, 4, 5))
                        whole[:, top : top + side, left : left + side] = kernel
                        cosine = (whole * weights[number]).sum() / np.linalg.norm(whole)
                        cosine /= np.linalg.norm(weights[number].astype(np.float64))
                        if abs(cosine) > abs(best):
                            best, at = cosine, (number, side, (top, left))
        each = found[name]
        assert each.cosine == pytest.approx(best, abs=1e-6)
        assert (each.number, each.side, each.shift) == at


@pytest.mark.parametrize("name", NAMES)
def test_a_textbook_filter_is_found_where_it_was_put(name):
    side = 6 if name.startswith("Sobel") else 5
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(6, 3, 7, 7)) / 20
    weights[4] = 0
    weights[4, :, 1 : 1 + side, 0:side] = -3 * textbook(name, side)
    found = next(each for each in nearest(weights.astype(np.float32)) if each.name == name)
    assert (found.number, found.side, found.shift) == (4, side, (1, 0))
    assert found.cosine == pytest.approx(-1)
    assert found.chance < 0.9


def test_a_filter_of_colour_is_like_no_textbook_filter():
    shape = textbook("Sobel x", 3)
    weights = np.stack([shape, -shape, 0 * shape])[None].astype(np.float32)
    assert all(abs(each.cosine) < 1e-6 for each in nearest(weights))
    half = np.stack([shape, 0 * shape, 0 * shape])[None].astype(np.float32)
    assert {e.name: e.cosine for e in nearest(half)}["Sobel x"] == pytest.approx(1 / np.sqrt(3))


def test_random_filters_are_about_as_near_as_chance():
    weights = np.random.default_rng(9).normal(size=(64, 3, 7, 7)).astype(np.float32)
    for each in nearest(weights):
        assert abs(each.cosine) < 1.2 * each.chance
        assert 0.1 < each.chance < 0.6


def test_both_maps_have_the_same_places():
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 5, 5, stride=2, padding=2, padding_mode="reflect")
    image = torch.randn(1, 3, 13, 13)
    found = resemblances(nn.Sequential(conv, nn.Flatten()), image, "0")
    with torch.no_grad():
        maps = conv(image)[0].numpy()
    grey = F.pad(image.mean(1, keepdim=True), (2, 2, 2, 2), "reflect")
    for each in found:
        np.testing.assert_allclose(each.learned_hw, maps[each.number], atol=1e-6)
        expected = F.conv2d(grey, torch.tensor(each.kernel_hw)[None, None], stride=2)[0, 0]
        np.testing.assert_allclose(each.map_hw, expected.numpy(), rtol=1e-4, atol=1e-5)
    assert [each.name for each in found] == list(NAMES)


def test_kernels_too_small_are_refused():
    with pytest.raises(NotApplicable, match="1 × 1"):
        nearest(np.zeros((4, 3, 1, 1), np.float32))
