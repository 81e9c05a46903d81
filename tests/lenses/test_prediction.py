"""Predictions against torch's own softmax and top-k."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable, OutOfMemory
from vizcore.lenses import prediction
from vizcore.lenses.prediction import class_scores, predict
from vizcore.runtime.jobs import finish


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 7), nn.Dropout(0.9)).train()


def test_it_is_torchs_softmax_and_topk(network):
    image = torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(2))
    seen = predict(network, image.numpy(), top=3)
    with torch.no_grad():
        scores = network.eval()(image)[0]
    best = scores.double().softmax(0).topk(3)
    assert seen.indices == tuple(best.indices.tolist())
    assert seen.classes == tuple(str(i) for i in best.indices.tolist())
    np.testing.assert_allclose(seen.probabilities, best.values.numpy(), rtol=1e-12)
    np.testing.assert_allclose(seen.scores, scores[best.indices].numpy(), rtol=1e-7)


def test_all_probabilities_add_up_to_one(network):
    seen = predict(network, torch.full((1, 3, 2, 2), 300.0), top=100)
    assert len(seen.classes) == 7
    assert sum(seen.probabilities) == pytest.approx(1.0)


def test_what_cannot_be_answered(network):
    image = torch.ones(1, 3, 2, 2)
    with pytest.raises(BadChoice, match="top cannot be '0'"):
        predict(network, image, top=0)
    with pytest.raises(BadChoice, match="6 class names came for a network of 7 classes"):
        predict(network, image, classes=list("abcdef"))
    with pytest.raises(BadChoice, match="looks at one picture; 2 came in"):
        predict(network, image.repeat(2, 1, 1, 1))
    network[1].weight.data[0] = torch.nan
    with pytest.raises(NotApplicable, match="not finite"):
        predict(network, image)


def test_many_pictures_batch_by_batch(network):
    images = torch.randn(10, 3, 2, 2, generator=torch.Generator().manual_seed(2)).numpy()
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(images)).numpy()
    steps = class_scores(network, images, batch=4)
    assert [next(steps).done for _ in range(3)] == [4, 8, 10]
    scores = finish(class_scores(network, images, batch=4))
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)


def test_a_batch_the_device_has_no_room_for_is_halved(network, monkeypatch):
    images = np.ones((10, 3, 2, 2), np.float32)
    expected, sizes, real = finish(class_scores(network, images)), [], prediction.forward

    def small_device(copy: nn.Module, part: torch.Tensor) -> torch.Tensor:
        sizes.append(len(part))
        if len(part) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(copy, part)

    monkeypatch.setattr(prediction, "forward", small_device)
    np.testing.assert_allclose(finish(class_scores(network, images)), expected, rtol=1e-5)
    assert sizes == [10, 5, 2, 2, 2, 2, 2]

    def no_device(copy: nn.Module, part: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(prediction, "forward", no_device)
    with pytest.raises(OutOfMemory):
        finish(class_scores(network, images))
