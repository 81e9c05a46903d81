"""Filters: statistics against closed forms, slices against the convolution taken apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from vizcore.errors import BadChoice, NotApplicable, UnknownLayer
from vizcore.lenses.filters import colour_share, maxima, read_weights, slices, statistics
from vizcore.runtime.jobs import finish


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_statistics_by_hand():
    weights = np.zeros((5, 1, 1, 2), np.float32)
    weights[:, 0, 0] = [[3, 4], [0, 0], [-3, -4], [30, 40.01], [0, 0.049]]
    found = statistics(weights)
    np.testing.assert_allclose(found.norms_f, [5, 0, 5, np.hypot(30, 40.01), 0.049], rtol=1e-6)
    assert found.dead_f.tolist() == [False, True, False, False, True]  # median 5, a tenth is 0.5
    assert [pair[:2] for pair in found.twins] == [(0, 3)], "opposite and zero filters are none"
    assert found.twins[0][2] == pytest.approx(1, abs=1e-6)
    # A hundredth of the greatest is 0.4001.
    assert found.small_f.tolist() == [0, 1, 0, 0, 1]
    assert found.sparsity == pytest.approx(4 / 10)


@pytest.mark.parametrize("seed", range(3))
def test_pairs_against_every_pair(seed):
    weights = drawn(12, 2, 3, 3, seed=seed)
    weights[7] = 3 * weights[2] + 0.1 * drawn(2, 3, 3, seed=seed + 50)
    weights[9] = -weights[2]
    rows = weights.reshape(12, -1).astype(np.float64)
    expected = {
        (a, b)
        for a in range(12)
        for b in range(a + 1, 12)
        if rows[a] @ rows[b] / np.linalg.norm(rows[a]) / np.linalg.norm(rows[b]) > 0.95
    }
    assert (2, 7) in expected
    assert {pair[:2] for pair in statistics(weights).twins} == expected


def test_filters_of_different_groups_are_no_pairs():
    weights = drawn(4, 2, 3, 3)[[0, 0, 1, 0]]
    assert [pair[:2] for pair in statistics(weights).twins] == [(0, 1), (0, 3), (1, 3)]
    assert [pair[:2] for pair in statistics(weights, groups=2).twins] == [(0, 1)]
    assert statistics(weights, groups=4).twins == (), "depthwise: one filter a channel"


def test_a_layer_of_zeros():
    found = statistics(np.zeros((3, 2, 3, 3), np.float32))
    assert (found.dead_f.all(), found.sparsity, found.twins) == (True, 1.0, ())


def test_the_scale_of_a_layer_changes_only_the_norms():
    weights = drawn(8, 3, 5, 5)
    first, second = statistics(weights), statistics(4 * weights)
    np.testing.assert_allclose(second.norms_f, 4 * first.norms_f)
    np.testing.assert_array_equal(first.small_f, second.small_f)
    np.testing.assert_array_equal(first.dead_f, second.dead_f)


def test_colour_shares():
    shape = drawn(5, 5)
    grey = np.stack([shape] * 3)
    colour = np.stack([shape, -shape, 0 * shape])
    shares = colour_share(np.stack([grey, colour, grey + colour]).astype(np.float32))
    # grey: 3, colour: 2 (of the squared norm of the shape); they are orthogonal.
    np.testing.assert_allclose(shares, [0, 1, 2 / 5], atol=1e-6)
    assert colour_share(drawn(4000, 3, 3, 3)).mean() == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_the_slices_add_up_to_the_output(groups):
    torch.manual_seed(groups)
    conv = nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=groups)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), conv, nn.Flatten())
    image = drawn(1, 3, 12, 12)
    for number in (0, 3, 7):
        found = slices(network, image, "2", number)
        parts = [
            F.conv2d(torch.tensor(m)[None, None], torch.tensor(k)[None, None], stride=2, padding=1)
            for m, k in zip(found.maps_ihw, found.kernels_ihw, strict=True)
        ]
        total = sum(parts)[0, 0] + conv.bias[number]
        np.testing.assert_allclose(found.output_hw, total.detach().numpy(), rtol=1e-4, atol=1e-5)
        assert len(found.inputs_i) == 4 // groups
        assert set(found.inputs_i) <= set(
            range(number // (8 // groups) * (4 // groups), 4)
        )  # the group's own channels
        assert (np.diff(found.norms_i) <= 0).all()
        np.testing.assert_allclose(
            found.norms_i, [np.linalg.norm(k) for k in found.kernels_ihw], rtol=1e-6
        )
        with torch.no_grad():
            before = network[:2](torch.tensor(image))[0].numpy()
        np.testing.assert_allclose(found.maps_ihw, before[list(found.inputs_i)], atol=1e-6)


def test_how_many_channels_hold_a_share():
    conv = nn.Conv2d(4, 1, 1, bias=False)
    conv.weight.data[:] = torch.tensor([1.0, 7.0, 1.0, 7.0]).reshape(1, 4, 1, 1)  # squares: 100
    found = slices(nn.Sequential(conv, nn.Flatten()), drawn(1, 4, 2, 2), "0", 0)
    assert [found.needed(share) for share in (0.4, 0.5, 0.985, 1)] == [1, 2, 3, 4]


def test_a_network_for_grey_pictures():
    network = nn.Sequential(nn.Conv2d(1, 3, 5), nn.Flatten())
    found = slices(network, drawn(1, 1, 8, 8), "0", 2)
    assert (found.inputs_i, found.kernels_ihw.shape) == ((0,), (1, 5, 5))


def test_what_is_no_filter():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten())
    image = drawn(1, 3, 6, 6)
    with pytest.raises(NotApplicable, match=r"'1' \(ReLU\) has no kernels. .* 1 convolution: 0\."):
        read_weights(network, "1")
    with pytest.raises(UnknownLayer):
        slices(network, image, "conv", 0)
    with pytest.raises(BadChoice, match="no filter 4"):
        slices(network, image, "0", 4)


def test_maxima_over_pictures_in_any_batches():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten())
    network[0].bias.data[2] = -1000
    images = drawn(7, 3, 8, 8)
    network.eval()
    with torch.no_grad():
        expected = network[:2](torch.tensor(images)).amax((0, 2, 3)).numpy()
    for batch in (1, 3, 16):
        found = finish(maxima(network, images, ["1", "2"], batch=batch))
        np.testing.assert_allclose(found["1"], expected, rtol=1e-5)
        np.testing.assert_allclose(found["2"], expected.clip(0), rtol=1e-5)
    assert (expected <= 0).tolist() == [False, False, True, False, False]
