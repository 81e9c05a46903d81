"""Many pictures by one method: each map is the one made alone, and the rewriting is done once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import NotApplicable, OutOfMemory
from vizcore.lenses import saliency_batches
from vizcore.lenses.many_pictures import ManyPictures
from vizcore.lenses.saliency import fitting, saliency
from vizcore.lenses.saliency_batches import maps_of
from vizcore.runtime.jobs import Progress, finish

REWRITTEN = ("guided_backprop", "deconvolution", "deep_lift", "lrp", "guided_grad_cam")
TAKEN_AS_IT_IS = ("gradient", "input_x_gradient", "grad_cam", "smoothgrad", "occlusion")


class Residual(nn.Module):
    """Calls ReLU as a function, adds, and pools: every rule needs it rewritten."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.score = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        x = F.max_pool2d(F.relu(self.second(x) + x), 2)
        return self.score(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


@pytest.fixture(scope="module")
def network() -> Residual:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return Residual().train()


@pytest.fixture(scope="module")
def pictures() -> ManyPictures:
    rng = np.random.default_rng(5)
    targets = np.array([2] * 10 + [0, 1, 1], np.int64)
    shown = rng.integers(0, 256, (len(targets), 12, 12, 3), dtype=np.uint8)
    inputs = shown.transpose(0, 3, 1, 2).astype(np.float32) / 128 - 1
    return ManyPictures(inputs, shown, targets)


def together(network: nn.Module, pictures: ManyPictures, method: str, **how) -> list[np.ndarray]:
    found = maps_of(network, pictures, method, **how)
    return [each for step in found if isinstance(step, list) for each in step]


def alone(network: nn.Module, pictures: ManyPictures, method: str, **how) -> list[np.ndarray]:
    return [
        finish(
            saliency(
                network,
                pictures.inputs(n, n + 1),
                image_hwc=pictures.images_hwc[n],
                target=int(target),
                method=method,
                **how,
            )
        ).values_hw
        for n, target in enumerate(pictures.targets_n)
    ]


@pytest.mark.parametrize("method", [*TAKEN_AS_IT_IS, *REWRITTEN, "deep_lift_shap"])
def test_every_map_is_the_one_made_alone(network, pictures, method):
    options = {"smoothgrad": {"samples": 3}, "deep_lift": {"baseline": "darkest"}}.get(method)
    made = together(network, pictures, method, options=options, seed=2)
    expected = alone(network, pictures, method, options=options, seed=2)
    assert len(made) == len(pictures.targets_n)
    for found, wanted in zip(made, expected, strict=True):
        assert np.abs(wanted).max() > 0
        np.testing.assert_allclose(found, wanted, atol=2e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("method", REWRITTEN)
def test_the_network_is_rewritten_once_and_no_picture_is_asked_alone(
    network, pictures, method, monkeypatch
):
    calls = []
    rewrite = fitting.rewrite
    monkeypatch.setattr(fitting, "rewrite", lambda *given: calls.append(1) or rewrite(*given))
    monkeypatch.setattr(saliency_batches, "saliency", None)
    assert len(together(network, pictures, method)) == len(pictures.targets_n)
    assert len(calls) == 1


def test_the_network_stays_as_it_was(network, pictures):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    together(network, pictures, "lrp")
    together(network, pictures, "grad_cam")
    assert network.training
    assert not any(each._forward_hooks or each._backward_hooks for each in network.modules())
    for name, value in network.named_parameters():
        assert value.requires_grad
        assert value.grad is None
        assert torch.equal(value, before[name])


def test_scores_are_proven_on_every_picture_not_on_the_first_alone(network, pictures, monkeypatch):
    odd = 7

    class Differs(nn.Module):
        """The same but for one picture."""

        def __init__(self, inner: nn.Module, value: float) -> None:
            super().__init__()
            self.inner, self.value = inner, value

        def forward(self, x: Tensor) -> Tensor:
            is_odd = x[:, 0, 0, 0] == self.value
            return self.inner(x) + 0.01 * is_odd[:, None]

    inputs = np.stack(pictures.inputs_chw)
    inputs[:, 0, 0, 0] = np.arange(len(inputs)) / 10
    asked = ManyPictures(inputs, pictures.images_hwc, pictures.targets_n)
    judged = fitting.Fitting.judged

    def slyly(self, method, options):
        found = judged(self, method, options)
        found.network = Differs(found.network, float(inputs[odd, 0, 0, 0]))
        return found

    monkeypatch.setattr(fitting.Fitting, "judged", slyly)
    with pytest.raises(NotApplicable, match=rf"differ by 0\.01 for picture {odd}"):
        together(network, asked, "guided_backprop")


def test_what_goes_wrong_is_said_as_for_one_picture(pictures):
    class Root(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.sqrt().mean((2, 3))

    dark = ManyPictures(
        np.zeros((2, 3, 4, 4), np.float32), np.zeros((2, 4, 4, 3), np.uint8), np.array([1, 1])
    )
    with pytest.raises(NotApplicable) as expected:
        alone(Root(), dark, "gradient")
    with pytest.raises(NotApplicable) as caught:
        together(Root(), dark, "gradient")
    assert str(caught.value) == str(expected.value)
    with pytest.raises(NotApplicable, match="ReLU"):
        together(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), dark, "guided_backprop")


def test_a_batch_without_memory_is_halved(network, pictures, monkeypatch):
    sizes = []
    work = saliency_batches._TOGETHER["gradient"]

    def greedy(look):
        sizes.append(len(look.image))
        if len(look.image) > 2:
            raise torch.OutOfMemoryError("too much")
        return work(look)

    expected = together(network, pictures, "gradient")
    monkeypatch.setitem(saliency_batches._TOGETHER, "gradient", greedy)
    for found, wanted in zip(together(network, pictures, "gradient"), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6 * np.abs(wanted).max())
    assert max(sizes) > 2
    assert sizes.count(2) > 1


def test_a_picture_at_a_time_without_memory_is_said_clearly(network, pictures, monkeypatch):
    def greedy(look):
        raise torch.OutOfMemoryError("too much")

    monkeypatch.setitem(saliency_batches._ALONE, "grad_cam", greedy)
    assert len(together(network, pictures, "grad_cam")) == len(pictures.targets_n)  # asked alone
    monkeypatch.setitem(saliency_batches._TOGETHER, "gradient", greedy)
    with pytest.raises(OutOfMemory, match="even one picture at a time"):
        together(network, pictures, "gradient")


def test_there_is_progress_before_the_maps_of_a_class(network, pictures):
    steps = list(maps_of(network, pictures, "smoothgrad", options={"samples": 2}))
    assert isinstance(steps[0], Progress)
    assert [len(each) for each in steps if isinstance(each, list)] == [10, 1, 2]
