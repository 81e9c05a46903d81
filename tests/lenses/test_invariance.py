"""Distances of features against closed forms, and networks whose invariance is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from vizcore.errors import BadChoice, BadInputSize, NotApplicable
from vizcore.lenses.invariance import feature_shifts
from vizcore.records.invariance import FeatureShifts
from vizcore.runtime.jobs import Progress, finish
from vizcore.zoo.photos20 import zfnet_photos20

PICTURE = torch.randn(1, 3, 12, 12, generator=torch.Generator().manual_seed(3))
ROLLED = torch.cat([PICTURE.roll(n, 2) for n in (0, 1, 5)])


def shifts(network: nn.Module, original=PICTURE, views=ROLLED, **options) -> FeatureShifts:
    return finish(feature_shifts(network, original, views, **options))


def test_circular_convolution_and_global_pooling_are_exactly_invariant_to_shifts():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, padding_mode="circular"),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 4),
    )
    found = shifts(network)
    names = [layer.name for layer in found.layers]
    assert names == ["0", "1", "2", "4"]
    for name in ("2", "4"):
        assert found.distances_ln[names.index(name)] == pytest.approx(0, abs=1e-6)
    moved = found.distances_ln[names.index("0")]
    assert moved[0] == 0
    assert (moved[1:] > 0.5).all()
    assert found.probabilities_nc == pytest.approx(np.tile(found.original_c, (3, 1)), abs=1e-6)


def test_the_distance_of_a_linear_layer_is_its_closed_form():
    torch.manual_seed(1)
    network = nn.Sequential(nn.Flatten(), nn.Linear(432, 7, bias=False))
    found = shifts(network)
    weight = network[1].weight.detach().double().numpy()
    one, others = (each.double().flatten(1).numpy() for each in (PICTURE, ROLLED))
    features = others @ weight.T
    original = (one @ weight.T)[0]
    length = np.linalg.norm(original)
    expected = np.linalg.norm(features - original, axis=1) / length
    cosine = features @ original / np.linalg.norm(features, axis=1) / length
    assert found.distances_ln[0] == pytest.approx(expected, abs=1e-5)
    assert found.euclidean_ln[0] == pytest.approx(expected * length, rel=1e-5)
    assert found.measured_ln("euclidean") is found.euclidean_ln
    assert found.angles_ln[0] == pytest.approx(1 - cosine, abs=1e-5)
    odds = np.exp(features - features.max(axis=1, keepdims=True))
    assert found.probabilities_nc == pytest.approx(odds / odds.sum(axis=1, keepdims=True))


def test_a_longer_picture_moves_a_linear_network_by_as_much():
    network = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.ReLU(), nn.Flatten())
    found = shifts(network, views=torch.cat([PICTURE, 3 * PICTURE, 0 * PICTURE]))
    assert found.distances_ln == pytest.approx(np.tile([0.0, 2.0, 1.0], (2, 1)), abs=1e-5)
    assert found.angles_ln[:, :2] == pytest.approx(0, abs=1e-5)
    assert np.isnan(found.angles_ln[:, 2]).all()  # no direction


def test_features_that_are_all_zero_have_no_distance():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten())
    nn.init.zeros_(network[0].weight)
    nn.init.constant_(network[0].bias, -1.0)
    found = shifts(network)
    assert np.isnan(found.distances_ln[1]).all()
    assert found.euclidean_ln[1] == pytest.approx(0)  # a length there is, but no part of one
    assert found.distances_ln[0] == pytest.approx(0)


def test_every_layer_in_order_with_the_first_and_the_last():
    network = zfnet_photos20().eval()
    picture = torch.randn(1, 3, 64, 64)
    found = shifts(network, picture, torch.cat([picture, picture.flip(3)]))
    names = [layer.name for layer in found.layers]
    assert names[:3] == ["conv1", "relu1", "pool1"]
    assert not {"flatten", "drop6"} & set(names)
    assert names[found.first] == "relu1"
    assert names[found.last] == "relu7"
    kinds = {layer.name: layer.kind for layer in found.layers}
    assert (kinds["conv1"], kinds["pool1"], kinds["relu1"]) == ("conv", "pool", "activation")
    assert found.layers[0].values == 64 * 32 * 32
    assert found.distances_ln[:, 0] == pytest.approx(0, abs=1e-5)
    # The features themselves, by a plain pass through the first layers.
    with torch.no_grad():
        one, two = (network[:2](each).flatten() for each in (picture, picture.flip(3)))
    assert found.distances_ln[1, 1] == pytest.approx(float((two - one).norm() / one.norm()), 1e-5)


class Reused(nn.Module):
    """One ReLU used twice, the second time in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(5, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.conv(x)) - 0.3
        return self.fc(self.relu(x).mean((2, 3)))


def test_a_module_that_runs_twice_is_there_twice_and_nothing_is_overwritten():
    network = Reused()
    found = shifts(network)
    assert [layer.name for layer in found.layers] == ["conv", "relu", "relu_1", "fc"]
    with torch.no_grad():
        one, other = (network.conv(each).flatten() for each in (PICTURE, ROLLED[1:2]))
    assert found.distances_ln[0, 1] == pytest.approx(float((other - one).norm() / one.norm()), 1e-5)


def test_the_batch_changes_nothing_and_progress_is_told():
    network = zfnet_photos20().train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    picture = torch.randn(1, 3, 64, 64)
    views = torch.randn(5, 3, 64, 64)
    whole = shifts(network, picture, views)
    steps = feature_shifts(network, picture, views, batch=2)
    said = []
    while True:
        try:
            said.append(next(steps))
        except StopIteration as stop:
            parts = stop.value
            break
    assert [(each.done, each.total) for each in said] == [(2, 5), (4, 5), (5, 5)]
    assert all(isinstance(each, Progress) for each in said)
    assert parts.distances_ln == pytest.approx(whole.distances_ln, rel=1e-4, abs=1e-5)
    assert parts.probabilities_nc == pytest.approx(whole.probabilities_nc, rel=1e-4)
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(before[name], held) for name, held in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_refusals():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten())
    with pytest.raises(BadChoice, match="No views"):
        shifts(network, views=ROLLED[:0])
    with pytest.raises(BadInputSize, match="one size"):
        shifts(network, views=torch.zeros(2, 3, 10, 12))
    with pytest.raises(BadChoice, match="one picture"):
        shifts(network, original=ROLLED)
    with pytest.raises(NotApplicable, match="not finite"):
        shifts(network, views=torch.full((1, 3, 12, 12), float("nan")))
    with pytest.raises(NotApplicable, match="no layers"):
        shifts(nn.Sequential(nn.Flatten()))
