"""What a map says about itself, what is refused, memory, and many people at one network."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.lenses.saliency_networks import (
    IMAGE,
    Reused,
    draw,
    found,
    linear,
    near,
    small,
    two_layers,
)
from vizcore.errors import BadChoice, BadInputSize, NotApplicable, OutOfMemory, UnknownLayer
from vizcore.lenses.saliency import METHODS, layers_to_look_at, saliency
from vizcore.lenses.saliency.look import Score, bytes_of_a_pass
from vizcore.records.saliency import COMPLETENESS_LIMIT, Completeness
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import NetworkSource, Task, finish

BIG = draw(1, 3, 16, 16, seed=9)
PHOTO = np.zeros((16, 16, 3), np.uint8)
#: Options that keep a map of every method quick.
QUICK = {
    "samples": 10,
    "steps": 4,
    "superpixels": 9,
    "compactness": 50.0,
    "orders": 2,
    "window": 8,
    "stride": 8,
}


#: The usual one, a module, a module's later run and a function.
LAYERS = (None, "conv2", "relu1_1", "add", "norm1")


def quick(method: str) -> dict[str, float]:
    keys = {option.key for each in METHODS if each.key == method for option in each.options}
    return {key: value for key, value in QUICK.items() if key in keys}


def test_two_hundred_mixed_requests_at_one_network():
    network = small(Reused)
    source = NetworkSource("shared", lambda device: network)
    asked = []
    for number in range(200):
        method = METHODS[number % len(METHODS)].key
        image = draw(1, 3, 16, 16, seed=number % 3)
        asked.append(
            partial(
                saliency, image_nchw=image, image_hwc=PHOTO, target=number % 5, method=method,
                seed=number % 2, options=quick(method), layer=LAYERS[number % len(LAYERS)],
            )
        )  # fmt: skip
    engine = LocalEngine("cpu")
    try:
        jobs = [
            engine.submit(Task(ask, str(number), source), session=str(number % 25))
            for number, ask in enumerate(asked[:60])
        ]
        for first in range(60, 200, 35):
            for job in jobs:
                job.wait(60)
            jobs += [
                engine.submit(Task(ask, "more", source), session=str(number % 25))
                for number, ask in enumerate(asked[first : first + 35])
            ]
        for job, ask in zip(jobs, asked, strict=True):
            alone = finish(ask(network))
            together = job.result(60)
            assert together.method_key == alone.method_key
            largest = float(np.abs(alone.values_hw).max())
            np.testing.assert_allclose(
                together.values_hw, alone.values_hw, rtol=1e-4, atol=1e-5 * largest
            )
    finally:
        engine.close()


def test_completeness_is_a_share_of_the_difference():
    assert Completeness(1.04, 1.0, "").holds
    assert not Completeness(0.9, 1.0, "").holds
    assert not Completeness(-25.0, 1.0, "").holds
    assert Completeness(0.0, 0.0, "").gap == 0
    assert Completeness(0.1, 0.0, "").gap == float("inf")
    assert COMPLETENESS_LIMIT == 0.05


def test_few_steps_miss_the_sum_and_more_find_it():
    network = small()
    rough, fine = (
        found(network, "integrated_gradients", 5 * BIG, options={"steps": steps}).completeness
        for steps in (2, 200)
    )
    assert fine.holds
    assert fine.gap < rough.gap
    with torch.no_grad():
        scores = network(torch.cat([5 * BIG, torch.zeros_like(BIG)]))[:, 1]
    assert fine.difference == pytest.approx((scores[0] - scores[1]).item(), rel=1e-4)


@pytest.mark.parametrize(
    "method",
    ["smoothgrad", "integrated_gradients", "gradient_shap", "occlusion", "kernel_shap",
     "layer_conductance", "layer_integrated_gradients", "neuron_conductance", "deep_lift_shap",
     "layer_gradient_shap", "layer_deep_lift_shap", "layer_feature_ablation"],
)  # fmt: skip
def test_the_map_does_not_depend_on_the_memory(method):
    options = {"options": quick(method), "layer": "pool"}
    whole = found(small(), method, BIG, memory_bytes=2**40, **options)
    single = found(small(), method, BIG, memory_bytes=1, **options)
    near(single.values_hw, whole.values_hw, share=1e-4)


def test_the_setting_decides_the_batch(monkeypatch):
    network = small()
    sizes = []
    forward = Score.forward

    def counted(score: Score, images: Tensor) -> Tensor:
        sizes.append(len(images))
        return forward(score, images)

    monkeypatch.setattr(Score, "forward", counted)
    bytes_each = bytes_of_a_pass(Score(frozen_copy(network), 0), BIG)
    sizes.clear()
    monkeypatch.setenv("CONVSCOPE_MEMORY", f"{3 * int(2.5 * bytes_each)}B")
    found(network, "integrated_gradients", BIG, options={"steps": 7})
    assert max(sizes) == 3
    monkeypatch.setenv("CONVSCOPE_MEMORY", "plenty")
    with pytest.raises(BadChoice, match="CONVSCOPE_MEMORY cannot be 'plenty'"):
        found(network, "integrated_gradients", BIG)


def test_what_a_pass_records_is_counted():
    """The convolution records its input, the ReLU its output; the frozen linear layer nothing."""
    values = 3 * 8 * 8 + 4 * 8 * 8
    assert bytes_of_a_pass(frozen_copy(two_layers()), IMAGE) == 4 * values


def test_a_device_without_memory_gets_smaller_batches(monkeypatch):
    network = small()
    whole = found(network, "integrated_gradients", BIG, options={"steps": 9})
    forward = Score.forward
    allowed = 2

    def scarce(score: Score, images: Tensor) -> Tensor:
        if len(images) > allowed:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return forward(score, images)

    monkeypatch.setattr(Score, "forward", scarce)
    seen = found(network, "integrated_gradients", BIG, options={"steps": 9})
    near(seen.values_hw, whole.values_hw, share=1e-4)
    allowed = 0
    for method in ("integrated_gradients", "deep_lift", "gradient"):
        with pytest.raises(OutOfMemory, match="not enough memory"):
            found(network, method, BIG, options=quick(method), memory_bytes=1)


def test_values_that_are_no_numbers_are_told_with_the_cause():
    network = small()
    network.conv2.weight.data[0] = float("nan")
    with pytest.raises(NotApplicable, match=r"the weights 'conv2\.weight' are not finite"):
        found(network, "gradient", BIG)

    class Root(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x - x).sqrt().flatten(1)[:, :2]

    with pytest.raises(NotApplicable, match="divided by zero"):
        found(Root(), "gradient", BIG)

    class Logarithm(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.log()

    bad = nn.Sequential(Logarithm(), nn.Conv2d(3, 2, 16), nn.Flatten()).eval()
    with pytest.raises(NotApplicable, match=r"score is not finite: .* layer '0' gives values"):
        found(bad, "gradient", BIG)


def test_a_map_of_zeros_is_told_with_the_cause():
    dead = small()
    dead.norm1.bias.data.fill_(-1e4)
    seen = found(dead, "gradient", BIG)
    assert not seen.values_hw.any()
    assert "layer 'relu1' gives 0 everywhere" in seen.notes[0]
    constant = linear()
    constant[1].weight.data.zero_()
    assert (
        "the same when the whole picture is made brighter" in found(constant, "gradient").notes[0]
    )
    shut = nn.Sequential(nn.Flatten(), nn.Linear(192, 2), nn.Hardtanh(0, 1)).eval()
    shut[1].weight.data.fill_(1e-3)
    shut[1].bias.data.fill_(50.0)
    assert found(shut, "gradient").notes


def test_layers_that_can_be_looked_at():
    listed = [each.name for each in layers_to_look_at(small(Reused), BIG)]
    assert listed[:4] == ["conv1", "norm1", "relu1", "pool"]
    assert listed[4:] == ["conv2", "relu1_1", "conv3", "add", "relu1_2"]
    with pytest.raises(NotApplicable, match=r"'average' has no maps.*nearest.*conv3"):
        found(small(Reused), "grad_cam", BIG, layer="average")
    with pytest.raises(UnknownLayer, match="conv1"):
        found(small(), "grad_cam", BIG, layer="convv1")
    assert found(small(), "grad_cam", BIG).layer == "relu3"


def test_channels_last_layers_are_turned():
    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 6, 1)
            self.linear = nn.Linear(6, 4)
            self.head = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.linear(self.conv(x).permute(0, 2, 3, 1)).mean((1, 2)))

    torch.manual_seed(1)
    network = Turned().eval()
    with torch.no_grad():
        given = network.linear(network.conv(IMAGE).permute(0, 2, 3, 1))[0]
        expected = (given @ (network.head.weight[1] / 64)).clamp(min=0)
    near(found(network, "grad_cam", layer="linear").layer_values_hw, expected)


def test_bad_questions():
    network = small()
    with pytest.raises(BadChoice, match=r"steps cannot be '1'\. Allowed: whole numbers from 2"):
        found(network, "integrated_gradients", BIG, options={"steps": 1})
    with pytest.raises(BadChoice, match="option of 'gradient' cannot be 'steps'"):
        found(network, "gradient", BIG, options={"steps": 5})
    with pytest.raises(BadChoice, match="baseline cannot be 'pink'"):
        found(network, "deep_lift", BIG, options={"baseline": "pink"})
    with pytest.raises(BadChoice, match=r"window cannot be '40'\. Allowed: 1 to 16"):
        found(network, "occlusion", BIG, options={"window": 40})
    with pytest.raises(BadChoice, match=r"channel cannot be '8'\. Allowed: 0 to 7 of layer 'pool'"):
        found(network, "neuron_gradient", BIG, layer="pool", options={"channel": 8})
    with pytest.raises(BadInputSize, match="cannot take an input of 1 x 3 x 1 x 1"):
        found(network, "gradient", BIG[:, :, :1, :1])


def test_the_seed_decides_what_is_drawn():
    for method in ("smoothgrad", "gradient_shap", "shapley_value_sampling", "lime", "kernel_shap"):
        first, again, other = (
            found(small(), method, BIG, options=quick(method), seed=seed) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first.values_hw, again.values_hw)
        assert not np.array_equal(first.values_hw, other.values_hw)
        assert first.seed == 1


@pytest.mark.parametrize("method", ["lime", "kernel_shap", "internal_influence", "occlusion"])
def test_weights_that_are_no_numbers_give_one_sentence_and_no_map(method):
    broken = small()
    broken.conv2.weight.data[0] = float("nan")
    with pytest.raises(NotApplicable, match=r"the weights 'conv2\.weight' are not finite"):
        found(broken, method, BIG)


@pytest.mark.parametrize("method", ["lime", "kernel_shap", "occlusion", "feature_ablation"])
def test_a_picture_with_parts_covered_that_gets_no_finite_score_is_said(method):
    class Logarithm(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.log()

    logarithms = nn.Sequential(Logarithm(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    with pytest.raises(NotApplicable, match="finite"):
        found(logarithms, method, BIG.abs() + 0.1)


def test_a_class_is_not_subtracted_from_itself():
    with pytest.raises(BadChoice, match="against = 1 is the class that is explained"):
        found(small(), "gradient", BIG, target=1, against=1)


def test_no_class_is_subtracted_where_none_is_explained():
    of_layers = [each.key for each in METHODS if not each.of_class]
    assert {"layer_activation", "neuron_gradient"} < set(of_layers)
    assert {"neuron_conductance", "grad_cam"}.isdisjoint(of_layers)
    for method in of_layers:
        with pytest.raises(BadChoice, match="against = 0 cannot be subtracted"):
            found(small(), method, BIG, against=0)
        assert found(small(), method, BIG, options=quick(method)).against is None


@pytest.mark.parametrize("against", [None, 0])
def test_a_difference_of_scores_that_is_rounding_alone_is_no_failure(against):
    """A score of 5 or 1005 that hardly hangs on the picture: float32 cannot tell its change."""
    flat = linear()
    flat[1].weight.data *= 1e-8
    flat[1].bias.data.copy_(torch.tensor([5.0, 1005.0]))
    told = found(flat, "integrated_gradients", against=against).completeness
    assert told.attributed != told.difference
    assert told.rounding == pytest.approx(1005 * 1e-5)
    assert told.gap == 0
    assert told.holds
    assert not replace(told, rounding=0.0).holds
