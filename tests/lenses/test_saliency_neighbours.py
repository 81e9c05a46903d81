"""DeepLIFT where modules with a rule follow each other directly, as ReLU and max pooling do.

Captum's hook on a module's output runs before the hook on the input of the next one, for they are
one tensor: the first module's rule then works on a gradient that the second one's has not changed.
"""

from __future__ import annotations

import captum.attr
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.lenses.saliency import saliency
from vizcore.runtime.jobs import finish


class Apart(nn.Module):
    """Hands on a copy."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clone()


def stack(*between: type[nn.Module], apart: bool) -> nn.Module:
    """Two convolutions, each followed by some modules, and a linear layer."""
    torch.manual_seed(1)
    layers: list[nn.Module] = []
    for channels in (3, 8):
        layers.append(nn.Conv2d(channels, 8, 3, padding=1))
        for number, each in enumerate(between):
            layers += [Apart()] * (apart and number > 0)
            layers.append(each(2) if each is nn.MaxPool2d else each())
    layers += [nn.Flatten(), nn.LazyLinear(4)]
    network = nn.Sequential(*layers).double().eval()
    network(torch.zeros(1, 3, 32, 32).double())
    return network


@pytest.mark.parametrize(
    "between",
    [(nn.ReLU, nn.MaxPool2d), (nn.MaxPool2d, nn.ReLU), (nn.MaxPool2d, nn.MaxPool2d)],
)
def test_the_sum_holds_and_is_captums_of_modules_apart(between: tuple[type[nn.Module], ...]):
    torch.manual_seed(3)
    image, photo = torch.randn(1, 3, 32, 32), np.zeros((32, 32, 3), np.uint8)
    network = stack(*between, apart=False)
    found = finish(saliency(network, image, image_hwc=photo, target=1, method="deep_lift"))
    assert found.completeness is not None
    assert found.completeness.attributed == pytest.approx(found.completeness.difference, rel=1e-6)
    assert found.fit is not None
    assert "2 rules that followed each other directly, set apart" in found.fit.changes
    other = stack(*between, apart=True)
    pictures = image.double().requires_grad_(True)
    with pytest.warns(UserWarning, match="hooks"):
        expected = captum.attr.DeepLift(other).attribute(pictures, target=1)
    assert found.attributions_chw is not None
    np.testing.assert_allclose(
        found.attributions_chw, expected[0].detach().numpy(), rtol=1e-4, atol=1e-8
    )
