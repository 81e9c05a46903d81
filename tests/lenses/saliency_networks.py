"""Small networks whose maps can be written down, and how the tests run a method."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.lenses.saliency import saliency
from vizcore.records.saliency import SaliencyMap
from vizcore.runtime.jobs import finish

SIDE = 8


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


IMAGE = draw(1, 3, SIDE, SIDE, seed=1)


def linear() -> nn.Sequential:
    """Scores W x + b."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 2)).eval()
    network[1].weight.data.copy_(draw(2, 3 * SIDE * SIDE, seed=2))
    network[1].bias.data.copy_(torch.tensor([0.5, -0.25]))
    return network


def two_layers() -> nn.Sequential:
    """Scores V relu(U x), U a 1 x 1 convolution of 4 channels, no biases."""
    network = nn.Sequential(
        nn.Conv2d(3, 4, 1, bias=False),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * SIDE * SIDE, 2, bias=False),
    ).eval()
    network[0].weight.data.copy_(draw(4, 3, 1, 1, seed=3))
    network[3].weight.data.copy_(draw(2, 4 * SIDE * SIDE, seed=4))
    return network


class Small(nn.Module):
    """Convolutions, batch normalisation, pooling and a skip; its ReLUs as modules or as calls."""

    def __init__(self, *, calls: bool = False, pool: int = 2) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(pool, 2)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.conv3 = nn.Conv2d(8, 8, 3, padding=1)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(8, 5)
        self.calls = calls
        if not calls:
            self.relu1, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        if self.calls:
            x = self.pool(F.relu(self.norm1(self.conv1(x)), inplace=True))
            x = torch.relu(self.conv3(self.conv2(x).relu()) + x)
        else:
            x = self.pool(self.relu1(self.norm1(self.conv1(x))))
            x = self.relu3(self.conv3(self.relu2(self.conv2(x))) + x)
        return self.linear(self.average(x).flatten(1))


class Reused(Small):
    """The same with one ReLU module for all three places."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu1(self.norm1(self.conv1(x))))
        x = self.relu1(self.conv3(self.relu1(self.conv2(x))) + x)
        return self.linear(self.average(x).flatten(1))


class Apart(Small):
    """The same with a copy between the ReLU and the max pooling that follows it directly.

    Without it Captum's own DeepLIFT is wrong here: its hook on the ReLU's output sees the gradient
    before the rule of max pooling has changed it, and the sum is not the difference of the scores.
    """

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu1(self.norm1(self.conv1(x))).clone())
        x = self.relu3(self.conv3(self.relu2(self.conv2(x))) + x)
        return self.linear(self.average(x).flatten(1))


def small(kind: type[Small] = Small, **options: Any) -> Small:
    """With the same weights, whatever the kind."""
    torch.manual_seed(11)
    network = kind(**options)
    network.norm1.running_mean.normal_()
    network.norm1.running_var.uniform_(0.5, 1.5)
    return network.eval()


def found(network: nn.Module, method: str, image: Tensor = IMAGE, **options: Any) -> SaliencyMap:
    """The map of class 1, unless another is asked for."""
    photo = np.zeros((*image.shape[2:], 3), np.uint8)
    options.setdefault("target", 1)
    return finish(saliency(network, image, image_hwc=photo, method=method, **options))


def largest(values_chw: Tensor) -> np.ndarray:
    return values_chw.abs().amax(0).numpy()


def near(seen: np.ndarray | None, expected: Any, *, share: float = 2e-5) -> None:
    """Equal to the rounding of float32, of the largest value."""
    assert seen is not None
    wanted = np.asarray(expected.detach() if isinstance(expected, Tensor) else expected)
    assert seen.shape == wanted.shape
    np.testing.assert_allclose(seen, wanted, rtol=1e-4, atol=share * float(np.abs(wanted).max()))
