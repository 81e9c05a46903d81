"""Deletion, insertion, infidelity and sensitivity: closed forms, and Captum asked directly."""

from __future__ import annotations

from typing import Any

import captum.metrics
import numpy as np
import pytest
import torch
from captum.attr import Saliency
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.explaining import explain_by
from vizcore.lenses.saliency_metrics import (
    baseline_of,
    pixel_curves,
    pixel_order,
    random_orders,
)
from vizcore.lenses.saliency_metrics_captum import disturbed, falls, infidelity, sensitivity
from vizcore.runtime.jobs import finish
from vizcore.zoo.photos20 import zfnet_photos20

PHOTO = np.zeros((64, 64, 3), np.uint8)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(6)
    return zfnet_photos20().eval()


@pytest.fixture(scope="module")
def image() -> Tensor:
    return torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(7))


@pytest.fixture(scope="module")
def linear() -> tuple[nn.Module, Tensor, np.ndarray]:
    """A network of two classes with one weight a value, its picture, what each pixel adds."""
    source = torch.Generator().manual_seed(9)
    network = nn.Sequential(nn.Flatten(), nn.Linear(75, 2, bias=False))
    weight = torch.randn(75, generator=source)
    network[1].weight.data.copy_(torch.stack([weight, -weight]))
    image = torch.randn(1, 3, 5, 5, generator=source)
    adds = (weight.reshape(3, 5, 5) * image[0]).sum(0).numpy().astype(np.float64)
    return network, image, adds


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_of_a_linear_network_order_scores_and_areas_have_a_closed_form(linear):
    network, image, adds = linear
    order = pixel_order(adds)
    largest_first = np.sort(adds, axis=None)[::-1]
    np.testing.assert_array_equal(adds.ravel()[order], largest_first)
    (found,) = finish(
        pixel_curves(
            network,
            image,
            [order],
            0,
            steps=25,
            deletion_baseline="zero",
            insertion_baseline="zero",
        )
    )
    given = np.concatenate([[0], np.cumsum(largest_first)])
    left = adds.sum() - given
    np.testing.assert_allclose(found.insertion.scores_s, given, atol=1e-5)
    np.testing.assert_allclose(found.deletion.scores_s, left, atol=1e-5)
    np.testing.assert_allclose(found.insertion.shares_s, np.arange(26) / 25)
    for curve, scores in ((found.insertion, given), (found.deletion, left)):
        p = sigmoid(2 * scores)  # the other class has the same score with another sign
        np.testing.assert_allclose(curve.probabilities_s, p, atol=1e-5)
        # The area as RISE's authors compute it.
        assert curve.area == pytest.approx((p.sum() - p[0] / 2 - p[-1] / 2) / 25, abs=1e-5)
    # No order falls faster or rises faster than that of what each pixel adds.
    others = finish(
        pixel_curves(
            network,
            image,
            random_orders(25, 20, seed=1),
            0,
            steps=25,
            deletion_baseline="zero",
            insertion_baseline="zero",
        )
    )
    assert all(each.deletion.area > found.deletion.area for each in others)
    assert all(each.insertion.area < found.insertion.area for each in others)


def test_steps_take_equal_parts_and_ends_are_the_pictures(network, image):
    (found,) = finish(pixel_curves(network, image, [pixel_order(np.ones((64, 64)))], 2, steps=6))
    shares = found.deletion.shares_s
    assert len(shares) == 7
    np.testing.assert_allclose(shares, np.arange(7) / 6, atol=1 / 4096)
    with torch.no_grad():
        ends = [network(each)[0, 2].item() for each in
                (image, baseline_of(image, "mean"), baseline_of(image, "blur"))]  # fmt: skip
    assert found.deletion.scores_s[[0, -1]] == pytest.approx([ends[0], ends[1]], rel=1e-4)
    assert found.insertion.scores_s[[0, -1]] == pytest.approx([ends[2], ends[0]], rel=1e-4)


def test_batches_change_nothing(network, image, monkeypatch):
    orders = random_orders(4096, 2)
    one = finish(pixel_curves(network, image, orders, 3, steps=3))
    sizes: list[int] = []
    handle = network.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0])))
    monkeypatch.setenv("CONVSCOPE_MEMORY", "1MB")
    other = finish(pixel_curves(network, image, orders, 3, steps=3))
    handle.remove()
    assert max(sizes) == 1, "the setting bounds the batch"
    assert len(sizes) - 3 == 3 + 2 * 2 * 2, "what all orders begin and end with is asked once"
    for first, second in zip(one, other, strict=True):
        np.testing.assert_allclose(first.deletion.scores_s, second.deletion.scores_s, rtol=1e-4)
        np.testing.assert_allclose(first.insertion.scores_s, second.insertion.scores_s, rtol=1e-4)


def test_in_one_step_there_are_the_two_ends(network, image):
    (found,) = finish(pixel_curves(network, image, random_orders(4096, 1), 0, steps=1))
    assert found.deletion.shares_s.tolist() == [0, 1]
    assert finish(pixel_curves(network, image, [], 0)) == ()


@pytest.mark.parametrize("removals", [1, 9])
def test_what_squares_cost_is_asked_once_for_all_maps(network, image, removals):
    how: dict[str, Any] = {"removals": removals, "side_px": 20, "baseline": "blur", "seed": 4}
    fallen = finish(falls(network, image, 2, **how))
    with torch.no_grad():
        source, without = np.random.default_rng(4), baseline_of(image, "blur")
        for fall in fallen:
            top, left = source.integers(0, 45), source.integers(0, 45)
            less = image.clone()
            square = (0, slice(None), slice(top, top + 20), slice(left, left + 20))
            less[square] = without[square]
            lost = float(network(image)[0, 2] - network(less)[0, 2])
            assert fall == pytest.approx(lost, rel=1e-3, abs=1e-5)
    values = np.random.default_rng(2).normal(size=(64, 64))
    alone = finish(infidelity(network, image, values, 2, **how))
    asked: list[int] = []
    handle = network.register_forward_pre_hook(lambda _, given: asked.append(len(given[0])))
    known = finish(infidelity(network, image, values, 2, **how, fallen_s=fallen))
    handle.remove()
    assert known == pytest.approx(alone, rel=1e-5)
    assert not asked


def test_equal_values_are_in_random_order_and_the_seed_decides():
    flat = np.zeros((8, 8))
    flat[3, 3] = 1
    order = pixel_order(flat, seed=1)
    assert order[0] == 27
    np.testing.assert_array_equal(np.sort(order), np.arange(64))
    assert not np.array_equal(order[1:], np.sort(order[1:]))
    np.testing.assert_array_equal(order, pixel_order(flat, seed=1))
    assert not np.array_equal(order, pixel_order(flat, seed=2))
    np.testing.assert_array_equal(random_orders(9, 2, 4), random_orders(9, 2, 4))


def test_what_stands_for_a_lost_pixel(image):
    assert not baseline_of(image, "zero").any()
    np.testing.assert_allclose(baseline_of(image, "mean").numpy()[0].std(axis=(1, 2)), 0, atol=1e-6)
    torch.testing.assert_close(baseline_of(image, "mean").mean(), image.mean())
    blurred = gaussian_filter(image[0].double().numpy(), (0, 4, 4), mode="nearest")
    np.testing.assert_allclose(baseline_of(image, "blur")[0].numpy(), blurred, atol=1e-6)
    with pytest.raises(BadChoice, match="baseline cannot be 'noise'"):
        baseline_of(image, "noise")  # type: ignore[arg-type]


def test_curves_that_cannot_be_drawn(network, image):
    order = np.arange(4096)
    for bad in (order[1:], np.zeros(4096, np.intp)):
        with pytest.raises(BadChoice, match="each of the 4096 pixels once"):
            finish(pixel_curves(network, image, [bad], 0))
    with pytest.raises(BadChoice, match="steps cannot be '0'"):
        finish(pixel_curves(network, image, [order], 0, steps=0))
    with pytest.raises(NotApplicable, match="not finite"):
        finish(pixel_curves(network, image * float("nan"), [order], 0, steps=2))


@pytest.mark.parametrize("baseline", ["zero", "mean", "blur"])
def test_infidelity_is_captums_in_the_space_of_the_input(network, image, baseline):
    """Captum asked about every colour, where this package asks about pixels."""
    values = np.random.default_rng(2).normal(size=(64, 64)).astype(np.float32)
    found, share = finish(
        infidelity(network, image, values, 4, removals=9, side_px=20, baseline=baseline, seed=3)
    )
    source, without = np.random.default_rng(3), baseline_of(image, baseline)
    squares = torch.zeros(9, 3, 64, 64)
    for each in squares:
        top, left = source.integers(0, 45), source.integers(0, 45)
        each[:, top : top + 20, left : left + 20] = 1

    def direct(values: np.ndarray, normalize: bool) -> float:
        return captum.metrics.infidelity(
            network,
            lambda x: (squares, x - squares * (image - without)),
            image,
            torch.from_numpy(values / np.abs(values).max()).expand(1, 3, -1, -1) / 3,
            target=4,
            n_perturb_samples=9,
            normalize=normalize,
        ).item()

    assert found == pytest.approx(direct(values, True), rel=1e-3)
    fallen = captum.metrics.infidelity(
        network,
        lambda x: (squares, x - squares * (image - without)),
        image,
        torch.zeros(1, 3, 64, 64),
        target=4,
        n_perturb_samples=9,
    ).item()
    assert share == pytest.approx(found / fallen, rel=1e-3)
    assert 0 < share <= 1
    scaled, _ = finish(
        infidelity(
            network, image, 7e4 * values, 4, removals=9, side_px=20, baseline=baseline, seed=3
        )
    )
    assert scaled == pytest.approx(found, rel=1e-3)


def test_what_each_pixel_adds_foretells_a_linear_network_exactly(linear):
    network, image, adds = linear
    found, share = finish(infidelity(network, image, adds, 0, baseline="zero"))
    assert share == pytest.approx(0, abs=1e-6)
    assert found == pytest.approx(0, abs=1e-5)
    _, wrong = finish(infidelity(network, image, np.zeros((5, 5)), 0, baseline="zero"))
    assert wrong == pytest.approx(1)
    nothing = nn.Sequential(nn.Flatten(), nn.Linear(75, 2))
    nothing[1].weight.data.zero_()
    assert finish(infidelity(nothing, image, adds, 0))[1] is None


def test_sensitivity_is_captums(network, image):
    explain = explain_by("gradient", PHOTO, target=4)
    found = finish(sensitivity(network, image, explain, nudges=4, radius=0.1, seed=5))
    moved = disturbed(image, 4, 0.1, 5)
    assert (moved - image).abs().max() <= 0.1
    assert (moved - image).abs().max() > 0.099

    def directly(inputs: tuple[Tensor, ...] | Tensor, target: object = None) -> Tensor:
        each = inputs if isinstance(inputs, Tensor) else inputs[0]
        given = each.detach().requires_grad_(True)
        with torch.enable_grad():
            found = Saliency(network).attribute(given, target=4)
        return found.amax(1, keepdim=True)

    expected = captum.metrics.sensitivity_max(
        directly, image, perturb_func=lambda _x: moved, n_perturb_samples=4
    )
    assert found == pytest.approx(expected.item(), rel=1e-3)
    assert found > 0


def test_a_linear_networks_gradient_does_not_move(linear):
    network, image, _ = linear
    explain = explain_by("gradient", PHOTO[:5, :5], target=1)
    assert finish(sensitivity(network, image, explain, nudges=3, radius=1)) == 0


def test_numbers_that_cannot_be_asked_for(network, image):
    flat = np.ones((64, 64), np.float32)
    with pytest.raises(BadChoice, match="The map is"):
        finish(infidelity(network, image, flat[1:], 0))
    with pytest.raises(BadChoice, match="side_px cannot be '65'"):
        finish(infidelity(network, image, flat, 0, side_px=65))
    with pytest.raises(BadChoice, match="removals cannot be '0'"):
        finish(infidelity(network, image, flat, 0, removals=0))
    explain = explain_by("gradient", PHOTO, target=1)
    with pytest.raises(BadChoice, match="nudges cannot be '0'"):
        finish(sensitivity(network, image, explain, nudges=0))
    with pytest.raises(BadChoice, match="radius cannot be '0'"):
        finish(sensitivity(network, image, explain, radius=0))


def test_the_network_is_left_as_it_was(network, image):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    chance, state = torch.get_rng_state(), np.random.get_state()[1].copy()
    network.train()
    try:
        explain = explain_by("gradient", PHOTO, target=1)
        finish(sensitivity(network, image, explain, nudges=1))
        finish(infidelity(network, image, np.ones((64, 64)), 0, removals=2))
        finish(pixel_curves(network, image, random_orders(4096, 1), 0, steps=2))
        assert network.training
    finally:
        network.eval()
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(each.grad is None for each in network.parameters())
    assert torch.equal(torch.get_rng_state(), chance)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
