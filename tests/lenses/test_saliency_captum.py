"""Every saliency method against a direct call of Captum on the same network and picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import captum.attr as ca
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.lenses.saliency_networks import IMAGE, Apart, draw, found, largest, near, small
from vizcore.lenses.saliency import METHODS
from vizcore.lenses.saliency.paths import _baseline
from vizcore.lenses.saliency.surrogates import coalitions

pytestmark = pytest.mark.filterwarnings(
    "ignore:Setting backward hooks", "ignore:Setting forward, backward", "ignore:Input Tensor"
)
NETWORK = small()
#: For DeepLIFT: Captum's own value is wrong where max pooling follows a ReLU directly, as the test
#: of its sum shows; with a copy between the two it is right.
APART = small(Apart)
BIG = draw(1, 3, 16, 16, seed=9)
ZERO = torch.zeros_like(BIG)
SEGMENTS = {"superpixels": 8, "compactness": 50.0}
LAYER, UNIT = "pool", {"channel": 2, "row": 3, "column": 1}
PLACE = (2, 3, 1)
STEPS = {"steps": 7, "rule": "riemann_trapezoid"}
PATH = {"n_steps": 7, "method": "riemann_trapezoid"}


def picture() -> Tensor:
    return BIG.clone().requires_grad_(True)


def module(name: str = LAYER) -> nn.Module:
    return NETWORK.get_submodule(name)


#: method -> (options, the direct call, how the colours are joined)
DIRECT: dict[str, tuple[dict[str, Any], Callable[[], Tensor]]] = {
    "gradient": ({}, lambda: ca.Saliency(NETWORK).attribute(picture(), 1)),
    "input_x_gradient": ({}, lambda: ca.InputXGradient(NETWORK).attribute(picture(), 1)),
    "integrated_gradients": (
        STEPS,
        lambda: ca.IntegratedGradients(NETWORK).attribute(picture(), ZERO, 1, **PATH),
    ),
    "deep_lift": ({}, lambda: ca.DeepLift(APART).attribute(picture(), ZERO, 1)),
    "deep_lift_shap": (
        {},
        lambda: ca.DeepLiftShap(APART).attribute(picture(), references(), 1),
    ),
    "guided_backprop": ({}, lambda: ca.GuidedBackprop(NETWORK).attribute(picture(), 1)),
    "deconvolution": ({}, lambda: ca.Deconvolution(NETWORK).attribute(picture(), 1)),
    "occlusion": (
        {"window": 5, "stride": 3},
        lambda: ca.Occlusion(NETWORK).attribute(BIG, (3, 5, 5), (3, 3, 3), target=1),
    ),
    "guided_grad_cam": (
        {},
        lambda: ca.GuidedGradCam(NETWORK, module()).attribute(picture(), 1),
    ),
    "grad_cam": (
        {},
        lambda: ca.LayerGradCam(NETWORK, module()).attribute(picture(), 1, relu_attributions=True),
    ),
    "layer_activation": ({}, lambda: ca.LayerActivation(NETWORK, module()).attribute(BIG)),
    "layer_gradient_x_activation": (
        {},
        lambda: ca.LayerGradientXActivation(NETWORK, module()).attribute(picture(), 1),
    ),
    "layer_conductance": (
        STEPS,
        lambda: ca.LayerConductance(NETWORK, module()).attribute(picture(), ZERO, 1, **PATH),
    ),
    "internal_influence": (
        STEPS,
        lambda: ca.InternalInfluence(NETWORK, module()).attribute(picture(), ZERO, 1, **PATH),
    ),
    "layer_integrated_gradients": (
        STEPS,
        lambda: ca.LayerIntegratedGradients(NETWORK, module()).attribute(
            picture(), ZERO, 1, **PATH
        ),
    ),
    "layer_deep_lift": (
        {},
        lambda: ca.LayerDeepLift(NETWORK, module("relu2")).attribute(picture(), ZERO, 1),
    ),
    "neuron_gradient": (
        UNIT,
        lambda: ca.NeuronGradient(NETWORK, module()).attribute(picture(), PLACE),
    ),
    "neuron_guided_backprop": (
        UNIT,
        lambda: ca.NeuronGuidedBackprop(NETWORK, module()).attribute(picture(), PLACE),
    ),
    "neuron_deconvolution": (
        UNIT,
        lambda: ca.NeuronDeconvolution(NETWORK, module()).attribute(picture(), PLACE),
    ),
    "neuron_integrated_gradients": (
        UNIT | STEPS,
        lambda: ca.NeuronIntegratedGradients(NETWORK, module()).attribute(
            picture(), PLACE, ZERO, **PATH
        ),
    ),
    "neuron_deep_lift": (
        UNIT,
        lambda: ca.NeuronDeepLift(NETWORK, module()).attribute(picture(), PLACE, ZERO),
    ),
    "neuron_conductance": (
        UNIT | STEPS,
        lambda: ca.NeuronConductance(NETWORK, module()).attribute(
            picture(), PLACE, ZERO, 1, **PATH
        ),
    ),
}


def references() -> Tensor:
    return torch.cat([_baseline(BIG, each) for each in ("zero", "blurred", "darkest", "lightest")])


def joined(method: str, values: Tensor) -> np.ndarray:
    colours = next(each.colours for each in METHODS if each.key == method)
    values = values.detach()[0]
    if colours == "largest":
        return largest(values)
    return values[0].numpy() if colours == "one" else values.sum(0).numpy()


@pytest.mark.parametrize("method", DIRECT)
def test_it_is_captums(method):
    options, direct = DIRECT[method]
    layer = "relu2" if method == "layer_deep_lift" else LAYER
    seen = found(NETWORK, method, BIG, options=options, layer=layer)
    values = seen.values_hw if seen.layer_values_hw is None else seen.layer_values_hw
    near(values, joined(method, direct()), share=1e-4)


def test_captums_own_deep_lift_needs_the_copy_between_relu_and_max_pooling():
    """Shown by the sum, which is the difference of the scores by definition.

    Against the blurred picture: against zero every map before the pooling is constant, and the
    sum holds either way.
    """
    blurred = _baseline(BIG, "blurred")
    with torch.no_grad():
        difference = float((NETWORK(BIG) - NETWORK(blurred))[0, 1])
    alone, apart = (
        float(ca.DeepLift(each).attribute(picture(), blurred, 1).detach().sum())
        for each in (NETWORK, APART)
    )
    assert apart == pytest.approx(difference, rel=1e-3)
    assert abs(alone - difference) > 0.01 * abs(difference)


@pytest.mark.parametrize("kind", ["smoothgrad", "smoothgrad_sq", "vargrad"])
@pytest.mark.parametrize("base", ["gradient", "input_x_gradient", "guided_backprop"])
def test_noise_tunnels_are_captums(kind, base):
    """With one seed Captum draws the same noise, whatever our batches are."""
    options = {"samples": 6, "noise": 0.1, "base": base}
    seen = found(NETWORK, kind, BIG, options=options, seed=4, memory_bytes=1)
    spread = 0.1 * float(BIG.max() - BIG.min())
    bases = {
        "gradient": (ca.Saliency, {"abs": False}),
        "input_x_gradient": (ca.InputXGradient, {}),
        "guided_backprop": (ca.GuidedBackprop, {}),
    }
    how, more = bases[base]
    torch.manual_seed(4)
    tunnel = ca.NoiseTunnel(how(NETWORK))
    more = {"nt_samples": 6, "nt_samples_batch_size": 1, "stdevs": spread, "target": 1} | more
    near(seen.values_hw, joined(kind, tunnel.attribute(BIG, kind, **more)), share=1e-4)


def test_gradient_shap_is_captums(monkeypatch):
    """Captum draws by the global generators: it is given what ours drew."""
    seen = found(NETWORK, "gradient_shap", BIG, options={"samples": 6, "noise": 0.05}, seed=2)
    numbers = np.random.default_rng(2)
    which, shares = numbers.integers(0, 4, 6), numbers.uniform(0.0, 1.0, 6)
    noise = torch.randn((6, *BIG.shape[1:]), generator=torch.Generator().manual_seed(2))
    noise *= 0.05 * float(BIG.max() - BIG.min())
    monkeypatch.setattr(np.random, "choice", lambda *_args, **_kw: which)
    monkeypatch.setattr(np.random, "uniform", lambda *_args: shares)
    monkeypatch.setattr(torch, "normal", lambda *_args: noise)
    direct = ca.GradientShap(NETWORK).attribute(BIG, references(), 6, stdevs=1.0, target=1)
    near(seen.values_hw, joined("gradient_shap", direct), share=1e-4)


def test_lrp_is_captums_on_additions_that_are_modules():
    from captum.attr._utils.custom_modules import Addition_Module

    class Modules(type(NETWORK)):
        def __init__(self) -> None:
            super().__init__()
            self.add = Addition_Module()

        def forward(self, x: Tensor) -> Tensor:
            x = self.pool(self.relu1(self.norm1(self.conv1(x))))
            y = self.conv3(self.relu2(self.conv2(x * 1)))
            return self.linear(self.average(self.relu3(self.add(y, x * 1))).flatten(1))

    seen = found(NETWORK, "lrp", BIG, options={"epsilon": 1e-4})
    other = Modules().eval()
    other.load_state_dict(NETWORK.state_dict())
    from captum.attr._utils.lrp_rules import EpsilonRule

    for each in other.modules():
        if isinstance(each, (nn.Conv2d, nn.BatchNorm2d, nn.Linear, nn.MaxPool2d,
                             nn.AdaptiveAvgPool2d, Addition_Module)):  # fmt: skip
            each.rule = EpsilonRule(1e-4)
    near(seen.values_hw, joined("lrp", ca.LRP(other).attribute(picture(), 1)), share=1e-3)
    assert seen.fit is not None
    assert seen.fit.verdict == "rewritten"


@pytest.mark.parametrize("method", ["feature_ablation", "neuron_feature_ablation"])
def test_ablation_is_captums(method):
    unit = method.startswith("neuron")
    seen = found(NETWORK, method, BIG, options=SEGMENTS | (UNIT if unit else {}), layer=LAYER)
    mask = torch.from_numpy(seen.segments_hw)[None, None]
    if unit:
        direct = ca.NeuronFeatureAblation(NETWORK, module()).attribute(
            BIG, PLACE, feature_mask=mask
        )
    else:
        direct = ca.FeatureAblation(NETWORK).attribute(BIG, target=1, feature_mask=mask)
    near(seen.values_hw, joined(method, direct), share=1e-4)


def test_shapley_value_sampling_is_captums():
    seen = found(NETWORK, "shapley_value_sampling", BIG, options=SEGMENTS | {"orders": 4}, seed=6)
    mask = torch.from_numpy(seen.segments_hw)[None, None]
    direct = ca.ShapleyValueSampling(NETWORK)
    orders = torch.Generator().manual_seed(6)
    direct.permutation_generator = lambda features, samples: (
        torch.randperm(features, generator=orders).tolist() for _ in range(samples)
    )
    values = direct.attribute(BIG, target=1, feature_mask=mask, n_samples=4)
    near(seen.values_hw, joined("shapley_value_sampling", values), share=1e-4)


def test_lime_is_captums():
    seen = found(NETWORK, "lime", BIG, options=SEGMENTS | {"samples": 40}, seed=8)
    mask = torch.from_numpy(seen.segments_hw)[None, None]
    coins = torch.Generator().manual_seed(8)
    parts = int(mask.max()) + 1
    direct = ca.Lime(
        NETWORK,
        perturb_func=lambda *_args, **_kw: torch.bernoulli(
            torch.full((1, parts), 0.5), generator=coins
        ).long(),
    )
    values = direct.attribute(BIG, target=1, feature_mask=mask, n_samples=40)
    near(seen.values_hw, joined("lime", values), share=1e-3)


def test_kernel_shap_is_captums():
    seen = found(NETWORK, "kernel_shap", BIG, options=SEGMENTS | {"samples": 30}, seed=8)
    mask = torch.from_numpy(seen.segments_hw)[None, None]
    kept = coalitions(int(mask.max()) + 1, 30, torch.Generator().manual_seed(8))

    class Given(ca.KernelShap):
        def kernel_shap_perturb_generator(self, *_args: Any, **_kw: Any) -> Iterator[Tensor]:
            yield from torch.from_numpy(kept).long().split(1)

    direct = Given(NETWORK)
    direct.perturb_func = direct.kernel_shap_perturb_generator
    values = direct.attribute(BIG, target=1, feature_mask=mask, n_samples=30)
    near(seen.values_hw, joined("kernel_shap", values), share=1e-3)


def test_coalitions_are_drawn_as_the_shapley_kernel_weighs_them():
    """Of 5 parts: sizes 1 to 4 with odds 1/k(5-k), and every part as often as any other."""
    kept = coalitions(5, 6002, torch.Generator().manual_seed(1))[2:]
    sizes = np.bincount(kept.sum(1), minlength=6) / len(kept)
    odds = np.array([0, 1 / 4, 1 / 6, 1 / 6, 1 / 4, 0])
    np.testing.assert_allclose(sizes, odds / odds.sum(), atol=0.02)
    np.testing.assert_allclose(kept.mean(0), 0.5, atol=0.02)


def test_every_method_is_held_against_captum():
    """CAM is none of Captum's."""
    elsewhere = {
        "smoothgrad", "smoothgrad_sq", "vargrad", "gradient_shap", "lrp", "feature_ablation",
        "neuron_feature_ablation", "shapley_value_sampling", "lime", "kernel_shap",
        # test_saliency_layer_forms
        "layer_gradient_shap", "layer_deep_lift_shap", "layer_lrp", "layer_feature_ablation",
        "neuron_deep_lift_shap",
    }  # fmt: skip
    same = {"neuron_gradient_shap"}  # the unit's score in gradient_shap; its formula is tested
    assert {*DIRECT, *elsewhere, *same, "cam"} == {each.key for each in METHODS}
    assert IMAGE.shape[1] == 3
