"""Layers' forms of GradientSHAP, DeepLIFT SHAP, LRP and ablation, against Captum's own."""

from __future__ import annotations

import captum.attr as ca
import numpy as np
import pytest
import torch
from captum.attr._utils.custom_modules import Addition_Module
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import Tensor, nn

from tests.lenses.saliency_networks import IMAGE, Apart, Small, draw, found, near, small, two_layers
from vizcore.errors import NotApplicable
from vizcore.lenses.saliency import applicability
from vizcore.lenses.saliency.paths import _baseline

pytestmark = pytest.mark.filterwarnings(
    "ignore:Setting backward hooks", "ignore:Setting forward, backward", "ignore:Input Tensor"
)
NETWORK, APART = small(), small(Apart)
BIG = draw(1, 3, 16, 16, seed=9)
UNIT, PLACE = {"channel": 2, "row": 3, "column": 1}, (2, 3, 1)


class Additions(Small):
    """The same with its addition as a module and a copy for each reader, as Captum's LRP needs."""

    def __init__(self) -> None:
        super().__init__()
        self.add = Addition_Module()

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu1(self.norm1(self.conv1(x))))
        y = self.conv3(self.relu2(self.conv2(x * 1)))
        return self.linear(self.average(self.relu3(self.add(y, x * 1))).flatten(1))


def picture() -> Tensor:
    return BIG.clone().requires_grad_(True)


def references() -> Tensor:
    return torch.cat([_baseline(BIG, each) for each in ("zero", "blurred", "darkest", "lightest")])


def relevance_of_captum(layer: str, epsilon: float, target: int = 1) -> np.ndarray:
    other = Additions().eval()
    other.load_state_dict(NETWORK.state_dict())
    ruled = (nn.Conv2d, nn.BatchNorm2d, nn.Linear, nn.MaxPool2d, nn.AdaptiveAvgPool2d)
    for each in other.modules():
        if isinstance(each, (*ruled, Addition_Module)):
            each.rule = EpsilonRule(epsilon)
    values = ca.LayerLRP(other, other.get_submodule(layer)).attribute(picture(), target)
    return values.detach()[0].sum(0).numpy()


@pytest.mark.parametrize("layer", ["conv1", "norm1", "pool", "conv2", "conv3"])
def test_relevance_at_a_layer_is_captums(layer):
    seen = found(NETWORK, "layer_lrp", BIG, layer=layer, options={"epsilon": 1e-4})
    near(seen.layer_values_hw, relevance_of_captum(layer, 1e-4), share=1e-3)
    assert seen.fit.verdict == "rewritten"


def test_relevance_at_an_activation_is_that_of_the_layer_before_it():
    """Captum's form has none: an activation hands relevance on as it is."""
    for activation, before in (("relu1", "norm1"), ("relu2", "conv2")):
        at, of = (found(NETWORK, "layer_lrp", BIG, layer=each) for each in (activation, before))
        near(at.layer_values_hw, of.layer_values_hw, share=1e-4)
    last = found(NETWORK, "layer_lrp", BIG, layer="relu3").completeness
    assert last.difference == pytest.approx(NETWORK(BIG)[0, 1].item(), rel=1e-4)
    bias = NETWORK.linear.bias[1].item()
    assert last.attributed == pytest.approx(last.difference - bias, rel=1e-3), "a bias absorbs"


def test_deep_lift_shap_at_a_layer_is_captums():
    seen = found(NETWORK, "layer_deep_lift_shap", BIG, layer="relu2")
    direct = ca.LayerDeepLiftShap(APART, APART.relu2).attribute(picture(), references(), 1)
    near(seen.layer_values_hw, direct.detach()[0].sum(0), share=1e-4)


def test_deep_lift_shap_of_a_unit_is_captums():
    seen = found(NETWORK, "neuron_deep_lift_shap", BIG, layer="conv2", options=UNIT)
    direct = ca.NeuronDeepLiftShap(APART, APART.conv2).attribute(picture(), PLACE, references())
    near(seen.values_hw, direct.detach()[0].sum(0), share=1e-4)
    assert seen.unit == PLACE
    assert seen.completeness.holds, "of the unit's values"


def test_gradient_shap_at_a_layer_is_captums(monkeypatch):
    """Captum draws by the global generators: it is given what ours drew."""
    options = {"samples": 6, "noise": 0.05}
    seen = found(NETWORK, "layer_gradient_shap", BIG, layer="conv2", options=options, seed=2)
    numbers = np.random.default_rng(2)
    which, shares = numbers.integers(0, 4, 6), numbers.uniform(0.0, 1.0, 6)
    noise = torch.randn((6, *BIG.shape[1:]), generator=torch.Generator().manual_seed(2))
    noise *= 0.05 * float(BIG.max() - BIG.min())
    monkeypatch.setattr(np.random, "choice", lambda *_args, **_kw: which)
    monkeypatch.setattr(np.random, "uniform", lambda *_args: shares)
    monkeypatch.setattr(torch, "normal", lambda *_args: noise)
    method = ca.LayerGradientShap(NETWORK, NETWORK.conv2)
    direct = method.attribute(BIG, references(), 6, stdevs=1.0, target=1)
    near(seen.layer_values_hw, direct.detach()[0].sum(0), share=1e-4)


@pytest.mark.parametrize(("side", "baseline"), [(1, "nothing"), (3, "darkest")])
def test_ablation_of_a_layer_is_captums(side, baseline):
    options = {"side": side, "baseline": baseline}
    seen = found(NETWORK, "layer_feature_ablation", BIG, layer="pool", options=options)
    squares = torch.arange(8) // side
    mask = squares[:, None] * (int(squares.max()) + 1) + squares
    instead = 0
    if baseline != "nothing":
        instead = ca.LayerActivation(NETWORK, NETWORK.pool).attribute(_baseline(BIG, baseline))
    direct = ca.LayerFeatureAblation(NETWORK, NETWORK.pool).attribute(
        BIG, instead, target=1, layer_mask=mask[None, None]
    )
    near(seen.layer_values_hw, direct[0, 0], share=1e-4)
    assert torch.allclose(direct[0, 0], direct[0, -1]), "one value for all channels of a place"


def test_a_layer_with_its_channels_last_is_ablated_place_by_place():
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.head = nn.LayerNorm(3), nn.Linear(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.norm(x.permute(0, 2, 3, 1)).mean((1, 2)))

    network = Last().eval()
    network.head.weight.data.copy_(draw(2, 3, seed=4))
    seen = found(network, "layer_feature_ablation", layer="norm")
    maps = network.norm(IMAGE.permute(0, 2, 3, 1))[0].detach()
    near(seen.layer_values_hw, maps @ network.head.weight[1].detach() / maps[..., 0].numel())


@pytest.mark.parametrize(
    "method", ["layer_lrp", "layer_deep_lift_shap", "layer_gradient_shap", "layer_feature_ablation"]
)
def test_a_difference_of_classes_is_the_difference_of_the_maps(method):
    """Where everything after the layer is linear, or the rule is."""
    one, other, both = (
        found(two_layers(), method, layer="1", target=target, against=against).layer_values_hw
        for target, against in ((1, None), (0, None), (1, 0))
    )
    near(both, one - other, share=1e-4)


def test_what_the_rules_of_the_picture_forms_need_the_layers_forms_need_too():
    class Norm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm, self.head = (
                nn.Conv2d(3, 4, 3),
                nn.GroupNorm(2, 4),
                nn.Linear(4, 5),
            )

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.norm(self.conv(x)).relu().mean((2, 3)))

    for method in ("lrp", "layer_lrp"):
        found_fit = applicability(Norm(), BIG, method)
        assert found_fit.verdict == "refused"
        assert found_fit.reasons == ("LRP has no rule for GroupNorm.",)
    with pytest.raises(NotApplicable, match="LRP has no rule for GroupNorm"):
        found(Norm(), "layer_lrp", BIG)
    for method in ("deep_lift_shap", "layer_deep_lift_shap", "neuron_deep_lift_shap"):
        assert "no rescale rule for GroupNorm" in applicability(Norm(), BIG, method).reasons[0]
