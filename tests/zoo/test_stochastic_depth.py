"""Units that drop out in training: the chances, the identity, the weighting in a test."""

from __future__ import annotations

import pytest
import torch

from vizcore import zoo
from vizcore.zoo.parts.residual import Conv, ResidualUnit

KEY = "stochastic_depth_resnet110_cifar"
CONVS = (Conv(4, 3), Conv(4, 3))


def unit_with(survival: float) -> ResidualUnit:
    torch.manual_seed(0)
    return ResidualUnit(4, CONVS, survival=survival)


def test_chances_fall_linearly_to_a_half() -> None:
    units = [m for m in zoo.build_meta(KEY).modules() if isinstance(m, ResidualUnit)]
    expected = [1 - number / 54 * 0.5 for number in range(1, 55)]
    assert [unit.survival for unit in units] == pytest.approx(expected)
    # The paper: about three quarters of the units take part, 40 of 54.
    assert sum(expected) == pytest.approx(40.25)


def test_a_dropped_unit_is_its_shortcut_and_its_branch_learns_nothing() -> None:
    unit = unit_with(0.0).train()
    x = torch.rand(2, 4, 5, 5, requires_grad=True)
    out = unit(x)
    assert torch.equal(out, x)
    out.sum().backward()
    assert all(parameter.grad is None for parameter in unit.parameters())
    assert unit.residual.bn1.num_batches_tracked == 0


def test_a_test_weighs_the_branch_by_its_chance() -> None:
    unit = unit_with(0.7).eval()
    x = torch.rand(2, 4, 5, 5)
    with torch.no_grad():
        assert torch.equal(unit(x), (x + 0.7 * unit.residual(x)).relu())


def test_units_take_part_as_often_as_their_chance_says() -> None:
    unit = unit_with(0.7).train()
    x = torch.rand(2, 4, 5, 5)
    torch.manual_seed(1)
    with torch.no_grad():
        taken = sum(not torch.equal(unit(x), x) for _ in range(2000))
    assert taken / 2000 == pytest.approx(0.7, abs=4 * (0.21 / 2000) ** 0.5)


def test_training_varies_and_a_test_does_not() -> None:
    network = zoo.build(KEY, seed=0, units=(2, 2, 2))
    picture = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network(picture), network(picture))
        network.train()
        outputs = {tuple(network(picture).flatten().tolist()) for _ in range(12)}
    assert len(outputs) > 1
