"""Every number of the small grids is torch's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch.nn import functional

from vizcore.byhand import convolve, find_kernel, pool, share
from vizcore.byhand.sliding import slide

CASES = range(20)


def as_torch(grid: object) -> torch.Tensor:
    return torch.as_tensor(np.ascontiguousarray(grid), dtype=torch.float64)[None, None]


def drawn(seed: int) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    image = rng.integers(-4, 5, rng.integers(5, 10, 2)).astype(float)
    kernel = rng.normal(size=rng.integers(1, 5, 2))
    return rng, image, kernel


@pytest.mark.parametrize("seed", CASES)
def test_a_convolution_is_torchs(seed: int):
    rng, image, kernel = drawn(seed)
    stride, dilation, padding = (int(n) for n in rng.integers(1, 4, 3))
    dilation = 1 if max(kernel.shape) > 3 else dilation
    bias, flip = float(rng.normal()), bool(seed % 2)
    found = convolve(
        image, kernel, bias=bias, stride=stride, padding=padding + 1, dilation=dilation, flip=flip
    )
    expected = functional.conv2d(
        as_torch(image),
        as_torch(kernel).flip(2, 3) if flip else as_torch(kernel),
        torch.tensor([bias], dtype=torch.float64),
        stride,
        padding + 1,
        dilation,
    )
    np.testing.assert_allclose(found.output_hw, expected[0, 0], rtol=1e-12, atol=1e-12)
    for place in found.slide.places:
        terms = found.terms(*place)
        assert sum(t.product for t in terms) + bias == pytest.approx(found.output_hw[place])
        assert all(t.is_padding == (not found.slide.is_inside(t.cell)) for t in terms)


@pytest.mark.parametrize("seed", CASES)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_paddings_by_name_are_torchs(seed: int, padding: str):
    _, image, kernel = drawn(seed)
    dilation = 1 + seed % 2 if max(kernel.shape) < 4 and min(image.shape) > 6 else 1
    if dilation * (max(kernel.shape) - 1) + 1 > min(image.shape):
        dilation = 1
    found = convolve(image, kernel, padding=padding, dilation=dilation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of even kernels
        expected = functional.conv2d(
            as_torch(image), as_torch(kernel), padding=padding, dilation=dilation
        )
    np.testing.assert_allclose(found.output_hw, expected[0, 0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", CASES)
def test_full_padding_is_a_transposed_convolution_and_numpys(seed: int):
    _, image, kernel = drawn(seed)
    found = convolve(image, kernel, padding="full", flip=True)
    expected = functional.conv_transpose2d(as_torch(image), as_torch(kernel))
    np.testing.assert_allclose(found.output_hw, expected[0, 0], rtol=1e-12, atol=1e-12)
    if kernel.shape[0] == 1:
        row = np.convolve(image[0], kernel[0], "full")
        np.testing.assert_allclose(found.output_hw[0], row, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", CASES)
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling_and_its_gradient_are_torchs(seed: int, kind: str):
    rng = np.random.default_rng(seed)
    # few different values: ties in nearly every window
    image = rng.integers(-1, 3, rng.integers(5, 10, 2)).astype(float)
    window, stride = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    padding, counts = int(rng.integers(0, window // 2 + 1)), bool(seed % 2)
    options = {"window": window, "stride": stride, "padding": padding, "counts_padding": counts}
    shape = pool(image, kind, **options).output_hw.shape
    gradient = rng.normal(size=shape)
    found = pool(image, kind, gradient=gradient, **options)
    seen = as_torch(image).requires_grad_()
    if kind == "max":
        expected = functional.max_pool2d(seen, window, stride, padding)
    else:
        expected = functional.avg_pool2d(seen, window, stride, padding, count_include_pad=counts)
    expected.backward(as_torch(gradient))
    assert seen.grad is not None
    np.testing.assert_allclose(found.output_hw, expected[0, 0].detach(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.input_gradient_hw, seen.grad[0, 0], rtol=1e-12, atol=1e-12)


def test_of_equal_maxima_the_first_gets_the_gradient_as_in_torch():
    image = [[7, 7], [7, 7]]
    seen = as_torch(image).requires_grad_()
    functional.max_pool2d(seen, 2).sum().backward()
    assert seen.grad is not None
    assert pool(image).input_gradient_hw.tolist() == seen.grad[0, 0].tolist() == [[1, 0], [0, 0]]
    assert pool(image).tied(0, 0) == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("seed", CASES)
def test_the_matrix_of_shared_weights_is_the_convolution_and_its_transpose_the_gradient(seed: int):
    rng, image, kernel = drawn(seed)
    found = convolve(image, kernel, stride=1 + seed % 3, padding=seed % 4 + 1)
    regimes = share(found.slide)
    index = regimes.shared.weight_oi
    weights = np.append(0.0, kernel.ravel())
    matrix = weights[index]
    np.testing.assert_allclose(matrix @ image.ravel(), found.output_hw.ravel(), atol=1e-12)
    seen = as_torch(image).requires_grad_()
    out = functional.conv2d(seen, as_torch(kernel), stride=1 + seed % 3, padding=seed % 4 + 1)
    gradient = rng.normal(size=out.shape)
    out.backward(torch.as_tensor(gradient))
    assert seen.grad is not None
    np.testing.assert_allclose(
        matrix.T @ gradient.ravel(), seen.grad[0, 0].numpy().ravel(), atol=1e-12
    )
    assert regimes.padding_macs == regimes.shared.macs - np.count_nonzero(index)


@pytest.mark.parametrize("size", [(30, 7), (5, 3), (9, 2)])
def test_regimes_are_torchs_layers(size: tuple[int, int]):
    side, window = size
    found = share(slide((side, side), (window, window)))
    places = (side - window + 1) ** 2
    full = torch.nn.Linear(side**2, places)
    shared = torch.nn.Conv2d(1, 1, window)
    assert (found.full.weights, found.full.biases) == (full.weight.numel(), full.bias.numel())
    assert (found.shared.weights, found.shared.biases) == (window**2, shared.bias.numel())
    assert found.local.weights == found.local.macs == found.shared.macs == places * window**2
    own = found.local.weight_oi[found.local.weight_oi > 0]
    assert len(own) == len(set(own.tolist())) == found.local.weights


@pytest.mark.parametrize("seed", CASES)
def test_a_filter_that_made_a_table_is_found_again(seed: int):
    rng = np.random.default_rng(seed)
    image, kernel = rng.integers(-4, 5, (6, 7)), rng.integers(-3, 4, (3, 2)).astype(float)
    made = convolve(image, kernel, padding="full", bias=float(seed % 3))
    found = find_kernel(image, made.output_hw, (3, 2), padding="full", bias=True)
    assert found.contradiction is None
    assert found.residual == 0
    np.testing.assert_allclose(found.kernel_hw, kernel, atol=1e-9)
    assert found.bias == pytest.approx(seed % 3, abs=1e-9)
