"""Saliency against a plain autograd gradient and against a network with a known one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, BadInputSize, NotApplicable, UnknownClass
from vizcore.lenses.saliency import saliency as saliency_steps
from vizcore.records.saliency import SaliencyMap
from vizcore.runtime.jobs import finish
from vizcore.zoo.photos20 import zfnet_photos20

PHOTO = np.zeros((64, 64, 3), np.uint8)


def saliency(*args: Any, **kwargs: Any) -> SaliencyMap:
    return finish(saliency_steps(*args, **kwargs))


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(6)
    return zfnet_photos20()


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(7))


def by_hand(network: nn.Module, image: Tensor, target: int) -> tuple[Tensor, float]:
    x = image.clone().requires_grad_(True)
    score = network.eval()(x)[0, target]
    (gradient,) = torch.autograd.grad(score, x)
    return gradient[0], score.item()


@pytest.mark.parametrize("target", [0, 13, 19])
def test_it_is_the_gradients_largest_magnitude(network, image, target):
    seen = saliency(network, image.numpy(), image_hwc=PHOTO, target=target)
    gradient, score = by_hand(network, image, target)
    np.testing.assert_allclose(seen.values_hw, gradient.abs().amax(0).numpy(), rtol=1e-4)
    assert seen.score == pytest.approx(score, rel=1e-4)
    assert (seen.signed, seen.target, seen.target_class) == (False, target, str(target))
    assert seen.image_hwc is PHOTO


def test_gradient_times_input_is_signed(network, image):
    names = [f"class {number}" for number in range(20)]
    seen = saliency(
        network, image, image_hwc=PHOTO, target=4, classes=names, method="input_x_gradient"
    )
    gradient, _ = by_hand(network, image, 4)
    expected = (gradient * image[0]).sum(0).numpy()
    np.testing.assert_allclose(seen.values_hw, expected, rtol=1e-3, atol=1e-9)
    assert (seen.signed, seen.target_class) == (True, "class 4")


def test_without_a_class_it_is_the_most_probable(network, image):
    with torch.no_grad():
        best = int(network.eval()(image).argmax())
    assert saliency(network, image, image_hwc=PHOTO).target == best


def test_a_linear_network_has_its_weights_for_a_gradient():
    weights = torch.tensor([[1.0, -2.0, 0.5, 4.0, 0.0, -1.0] * 2, [0.0] * 12])
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2, bias=False))
    network[1].weight.data.copy_(weights)
    photo = np.zeros((2, 2, 3), np.uint8)
    seen = saliency(network, torch.ones(1, 3, 2, 2), image_hwc=photo, target=0)
    np.testing.assert_allclose(seen.values_hw, weights[0].reshape(3, 2, 2).abs().amax(0).numpy())
    nothing = saliency(network, torch.ones(1, 3, 2, 2), image_hwc=photo, target=1)
    assert not nothing.values_hw.any()


def test_what_cannot_be_answered(network, image):
    for target in (20, -1):
        with pytest.raises(UnknownClass, match=f"no class number {target}. Allowed: 0 to 19"):
            saliency(network, image, image_hwc=PHOTO, target=target)
    with pytest.raises(BadChoice, match="method cannot be 'guess'"):
        saliency(network, image, image_hwc=PHOTO, method="guess")  # type: ignore[arg-type]
    with pytest.raises(BadChoice, match="image_hwc is 32 x 64, the input 64 x 64"):
        saliency(network, image, image_hwc=PHOTO[:32])
    with pytest.raises(BadInputSize, match="'fc6'"):
        saliency(network, torch.ones(1, 3, 32, 32), image_hwc=PHOTO[:32, :32])


@pytest.mark.parametrize("cut", [lambda x: x.detach() * 1, lambda x: torch.ones_like(x)])
def test_a_network_no_gradient_passes_through(cut):
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(12, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.linear(cut(x).flatten(1))

    with pytest.raises(NotApplicable, match="No gradient leads"):
        saliency(Cut(), torch.ones(1, 3, 2, 2), image_hwc=PHOTO[:2, :2])


def test_it_works_where_gradients_are_off(network, image):
    with torch.no_grad():
        off = saliency(network.requires_grad_(False), image, image_hwc=PHOTO, target=1)
        assert not torch.is_grad_enabled()
    gradient, _ = by_hand(network, image, 1)
    np.testing.assert_allclose(off.values_hw, gradient.abs().amax(0).numpy(), rtol=1e-4)
