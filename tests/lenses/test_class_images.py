"""Images by gradient ascent against closed forms and a loop written by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, UnknownClass
from vizcore.lenses.class_images import ascend
from vizcore.records_class_images import AscentImages, AscentOptions, Goal
from vizcore.runtime.jobs import finish

SHAPE = (3, 6, 5)
PLAIN = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.5)}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def linear() -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(90, 4))
    network[1].weight.data.copy_(drawn(4, 90))
    network[1].bias.data.copy_(drawn(4, seed=1))
    return network


def two_layers() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(240, 4)
    )


def made(network: nn.Module, goals: list[Goal], **options: object) -> AscentImages:
    how = AscentOptions(**options)  # type: ignore[arg-type]
    return finish(ascend(network, goals, SHAPE, **PLAIN, options=how))


@pytest.mark.parametrize("start", ["mean", "noise", "grey"])
def test_a_linear_score_is_largest_at_its_weights_over_two_lambda(start):
    """The gradient of w.x - lambda |x|^2 is w - 2 lambda x."""
    network = linear()
    goals = [Goal("0", 0.5, 0), Goal("3", 0.5, 3), Goal("3", 2.0, 3)]
    found = made(network, goals, steps=60, step_size=0.2, start=start)
    weight = network[1].weight.detach().numpy()
    for image, goal in zip(found.images_nchw, goals, strict=True):
        expected = weight[goal.target] / (2 * goal.lambda_)
        np.testing.assert_allclose(image.ravel(), expected, rtol=1e-4, atol=1e-4)
    best = [float(weight[g.target] @ weight[g.target]) / (4 * g.lambda_) for g in goals]
    bias = network[1].bias.detach().numpy()[[0, 3, 3]]
    np.testing.assert_allclose(found.objectives_sn[-1], best + bias, rtol=1e-4)
    np.testing.assert_allclose(found.penalties_sn[-1], best, rtol=1e-3)


def test_every_step_is_that_of_a_loop_written_by_hand():
    network, lambda_, step = two_layers(), 0.05, 0.3
    found = made(network, [Goal("2", lambda_, 2)], steps=25, step_size=step)
    image = torch.zeros(1, *SHAPE)
    for k in range(26):
        image.requires_grad_(True)
        score = network(image)[0, 2]
        assert found.scores_sn[k, 0] == pytest.approx(score.item(), abs=1e-6)
        odds = network(image).double().softmax(1)[0, 2].item()
        assert found.probabilities_sn[k, 0] == pytest.approx(odds, abs=1e-6)
        objective = score - lambda_ * image.square().sum()
        assert found.objectives_sn[k, 0] == pytest.approx(objective.item(), abs=1e-5)
        (gradient,) = torch.autograd.grad(objective, image)
        if k < 25:
            image = (image + step * gradient).detach()
    np.testing.assert_allclose(found.images_nchw, image.detach().numpy(), rtol=1e-4, atol=1e-6)
    assert found.objectives_sn[-1, 0] > found.objectives_sn[0, 0]
    assert found.predictions[0].scores == pytest.approx(
        sorted(network(image)[0].tolist(), reverse=True), abs=1e-5
    )


def test_the_images_of_a_batch_are_those_made_alone():
    network = two_layers()
    goals = [Goal(str(n % 4), 0.02 * (n + 1), n % 4) for n in range(6)]
    together = made(network, goals, steps=20, step_size=0.3)
    for number, goal in enumerate(goals):
        alone = made(network, [goal], steps=20, step_size=0.3)
        np.testing.assert_allclose(
            together.images_nchw[number], alone.images_nchw[0], rtol=1e-4, atol=1e-6
        )


def test_a_class_that_is_not_there_and_too_many_images():
    with pytest.raises(UnknownClass, match=r"no class number 4. Allowed: 0 to 3"):
        made(linear(), [Goal("4", 0.1, 4)])
    with pytest.raises(BadChoice, match=r"65 images were asked for. Allowed: 1 to 64"):
        made(linear(), [Goal("1", 0.1, 1)] * 65)
