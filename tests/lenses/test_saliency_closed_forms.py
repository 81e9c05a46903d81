"""Every saliency method on a linear model and on two layers, against the formula written here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.lenses.saliency_networks import IMAGE, SIDE, found, largest, linear, near, two_layers
from vizcore.errors import NotApplicable
from vizcore.lenses.saliency import METHODS

#: w of the linear model's class 1, and x.
W = linear()[1].weight[1].detach().reshape(3, SIDE, SIDE)
X = IMAGE[0]
#: Of two layers: U (4, 3), V (4, H, W) for class 1, z = U x and h = relu(z).
U = two_layers()[0].weight.detach()[:, :, 0, 0]
V = two_layers()[3].weight[1].detach().reshape(4, SIDE, SIDE)
Z = torch.einsum("kc,chw->khw", U, X)
H = Z.clamp(min=0)
ON = (Z > 0).float()
SEGMENTS = {"superpixels": 6, "compactness": 100.0}


def down(signal: Tensor) -> Tensor:
    """Uᵀ: from the hidden channels back to the colours."""
    return torch.einsum("kc,khw->chw", U, signal)


def references() -> Tensor:
    """The mean colour, blurred, darkest, lightest: all but the blurred one by formula."""
    from vizcore.lenses.saliency.paths import _baseline

    dark = X.amin((1, 2), keepdim=True).expand_as(X)
    light = X.amax((1, 2), keepdim=True).expand_as(X)
    return torch.stack([torch.zeros_like(X), _baseline(IMAGE, "blurred")[0], dark, light])


LINEAR_FORMS = {
    "gradient": largest(W),
    "input_x_gradient": (W * X).sum(0),
    "smoothgrad": largest(W),
    "smoothgrad_sq": largest(W * W),
    "integrated_gradients": (W * X).sum(0),
    "deep_lift": (W * X).sum(0),
    "deep_lift_shap": (W * (X - references().mean(0))).sum(0),
    "lrp": (W * X).sum(0),
}
TWO_LAYER_FORMS = {
    "gradient": largest(down(ON * V)),
    "input_x_gradient": (X * down(ON * V)).sum(0),
    # From zero and without biases a ReLU's sign never changes on the way.
    "integrated_gradients": (X * down(ON * V)).sum(0),
    "deep_lift": (X * down(ON * V)).sum(0),
    "guided_backprop": largest(down(ON * V.clamp(min=0))),
    "deconvolution": largest(down(V.clamp(min=0))),
    "lrp": (X * down(ON * V)).sum(0),
}
LAYER_FORMS = {
    "layer_activation": H.sum(0),
    "layer_gradient_x_activation": (V * H).sum(0),
    "layer_conductance": (V * H).sum(0),
    "internal_influence": V.sum(0),
    "layer_integrated_gradients": (V * H).sum(0),
    "layer_deep_lift": (V * H).sum(0),
    "layer_lrp": (V * H).sum(0),
    "layer_feature_ablation": (V * H).sum(0),
    "grad_cam": (V.mean((1, 2), keepdim=True) * H).sum(0).clamp(min=0),
}


@pytest.mark.parametrize("method", LINEAR_FORMS)
def test_a_linear_model(method):
    near(found(linear(), method).values_hw, LINEAR_FORMS[method])


@pytest.mark.parametrize("method", TWO_LAYER_FORMS)
def test_two_layers(method):
    seen = found(two_layers(), method)
    near(seen.values_hw, TWO_LAYER_FORMS[method])
    if seen.completeness is not None:
        score = float((V * H).sum())
        assert seen.completeness.attributed == pytest.approx(score, rel=1e-4)
        assert seen.completeness.holds


@pytest.mark.parametrize("method", LAYER_FORMS)
def test_two_layers_seen_at_the_hidden_one(method):
    options = {"steps": 3} if method not in ("grad_cam",) and "deep" not in method else {}
    options = options if method.startswith(("layer_c", "layer_i", "internal")) else {}
    seen = found(two_layers(), method, layer="1", options=options)
    near(seen.layer_values_hw, LAYER_FORMS[method])
    near(seen.values_hw, LAYER_FORMS[method])  # the layer is as large as the picture
    assert seen.layer == "1"


def test_the_variance_over_a_linear_models_maps_is_zero():
    assert found(linear(), "vargrad").values_hw.max() < 1e-5


def test_noise_is_gathered_sample_by_sample():
    """Input x gradient of noisy copies: the noise times w, its mean and its variance."""
    options = {"samples": 4, "noise": 0.2, "base": "input_x_gradient"}
    spread = 0.2 * float(X.max() - X.min())
    draw = torch.Generator().manual_seed(5)
    maps = torch.stack([W * (X + spread * torch.randn(X.shape, generator=draw)) for _ in range(4)])
    seen = found(linear(), "smoothgrad", options=options, seed=5)
    near(seen.values_hw, largest(maps.mean(0)))
    squares = found(linear(), "smoothgrad_sq", options=options, seed=5)
    near(squares.values_hw, largest(maps.square().mean(0)))
    varied = found(linear(), "vargrad", options=options, seed=5)
    near(varied.values_hw, largest(maps.var(0, unbiased=False)), share=1e-4)


def test_gradient_shap_is_the_way_from_what_was_drawn():
    seen = found(linear(), "gradient_shap", options={"samples": 30}, seed=3)
    drawn = np.random.default_rng(3).integers(0, 4, 30)
    near(seen.values_hw, (W * (X - references()[drawn].mean(0))).sum(0))
    assert seen.completeness is not None
    assert seen.completeness.holds


def test_several_references_seen_at_the_hidden_layer():
    """After it the score is linear: the mean, or what was drawn, of the hidden layer's changes."""
    changes = H - torch.einsum("kc,nchw->nkhw", U, references()).clamp(min=0)
    seen = found(two_layers(), "layer_deep_lift_shap", layer="1")
    near(seen.layer_values_hw, (V * changes.mean(0)).sum(0))
    assert seen.completeness is not None
    assert seen.completeness.gap < 1e-4
    seen = found(two_layers(), "layer_gradient_shap", layer="1", options={"samples": 30}, seed=3)
    drawn = np.random.default_rng(3).integers(0, 4, 30)
    near(seen.layer_values_hw, (V * changes[drawn].mean(0)).sum(0))
    assert seen.completeness is None, "the layer is not linear: nothing says that they sum"
    again = found(two_layers(), "layer_gradient_shap", layer="1", options={"samples": 30}, seed=4)
    assert (again.seed, seen.seed) == (4, 3)
    assert not np.allclose(again.values_hw, seen.values_hw)


@pytest.mark.parametrize("network", [linear(), two_layers()])
def test_occlusion_covers_every_window(network):
    seen = found(network, "occlusion", options={"window": 3, "stride": 2})
    total, times = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for row in (0, 2, 4, 6):
        for column in (0, 2, 4, 6):
            covered = IMAGE.clone()
            covered[:, :, row : row + 3, column : column + 3] = 0
            with torch.no_grad():
                lost = float(network(IMAGE)[0, 1] - network(covered)[0, 1])
            total[row : row + 3, column : column + 3] += lost
            times[row : row + 3, column : column + 3] += 1
    near(seen.values_hw, total / times)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("feature_ablation", {}),
        ("shapley_value_sampling", {"orders": 3}),
        ("lime", {"samples": 40, "sparsity": 0}),
        ("kernel_shap", {"samples": 60}),
    ],
)
def test_a_superpixel_of_a_linear_model_is_worth_its_pixels(method, options):
    seen = found(linear(), method, options=SEGMENTS | options)
    worth = (W * X).sum(0).numpy()
    segments = seen.segments_hw
    assert segments is not None
    assert segments.max() > 1
    expected = np.zeros_like(worth)
    for number in range(segments.max() + 1):
        expected[segments == number] = worth[segments == number].sum()
    near(seen.values_hw, expected, share=1e-3)


def test_superpixels_of_two_layers_one_by_one():
    """A score that is a sum over pixels: what a superpixel loses is what it adds in any order."""
    network = two_layers()
    seen = found(network, "feature_ablation", options=SEGMENTS)
    segments = seen.segments_hw
    lost = []
    for part in range(int(segments.max()) + 1):
        stays = torch.from_numpy(segments != part)
        with torch.no_grad():
            lost.append(float(network(IMAGE)[0, 1] - network(IMAGE * stays)[0, 1]))
    near(seen.values_hw, np.array(lost)[segments], share=1e-4)
    for method, options in (("shapley_value_sampling", {"orders": 2}), ("kernel_shap", {})):
        seen = found(network, method, options=SEGMENTS | options)
        near(seen.values_hw, np.array(lost)[segments], share=1e-3)
        assert seen.completeness is not None
        assert seen.completeness.gap < 1e-4


def test_one_unit_as_the_score():
    """Of the hidden layer's unit (2, 3, 5): its kernel, at its own pixel alone."""
    place = {"channel": 2, "row": 3, "column": 5}
    alone = torch.zeros_like(X)
    alone[:, 3, 5] = U[2]
    expected = {
        "neuron_gradient": largest(alone),
        "neuron_guided_backprop": largest(alone),
        "neuron_deconvolution": largest(alone),
        "neuron_integrated_gradients": (alone * X).sum(0),
        "neuron_deep_lift": (alone * X).sum(0),
        "neuron_deep_lift_shap": (alone * (X - references().mean(0))).sum(0),
        "neuron_gradient_shap": None,
        "neuron_feature_ablation": None,
        "neuron_conductance": (alone * X).sum(0) * V[2, 3, 5] * ON[2, 3, 5],
    }
    assert set(expected) == {each.key for each in METHODS if each.family == "unit"}
    for method, values in expected.items():
        seen = found(two_layers(), method, layer="0", options=place)
        assert (seen.layer, seen.unit) == ("0", (2, 3, 5))
        if values is not None:
            near(seen.values_hw, values)
    shap = found(two_layers(), "neuron_gradient_shap", layer="0", options=place, seed=4)
    drawn = np.random.default_rng(4).integers(0, 4, 20)
    near(shap.values_hw, (alone * (X - references()[drawn].mean(0))).sum(0))
    ablated = found(two_layers(), "neuron_feature_ablation", layer="0", options=place | SEGMENTS)
    at_home = ablated.segments_hw == ablated.segments_hw[3, 5]
    near(ablated.values_hw, at_home * float(Z[2, 3, 5]))


def test_without_a_place_the_strongest_unit_is_taken():
    seen = found(two_layers(), "neuron_gradient", layer="1")
    channel = int(H.amax((1, 2)).argmax())
    assert seen.unit == (channel, *divmod(int(H[channel].argmax()), SIDE))


def test_guided_grad_cam_is_the_product():
    seen = found(two_layers(), "guided_grad_cam", layer="1")
    coarse = (V.mean((1, 2), keepdim=True) * H).sum(0).clamp(min=0)
    near(seen.values_hw, largest(down(ON * V.clamp(min=0)) * coarse))


def test_class_activation_maps():
    """A linear layer of means is the mean of the maps the layer makes at every place."""
    conv = two_layers()[0]
    torch.manual_seed(5)
    head = nn.Linear(4, 2)
    network = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head).eval()
    expected = torch.einsum("k,khw->hw", head.weight[1].detach(), H)
    seen = found(network, "cam")
    near(seen.values_hw, expected)
    assert seen.layer == "1"
    assert seen.completeness is not None
    assert seen.completeness.gap < 1e-5
    without = nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    near(found(without, "cam").values_hw, Z[1])
    assert np.allclose(found(without, "cam", against=0).values_hw, (Z[1] - Z[0]).numpy(), atol=1e-5)
    with pytest.raises(NotApplicable, match="end in global average pooling"):
        found(two_layers(), "cam")


def test_a_difference_of_classes_is_the_map_of_the_difference():
    difference = linear()[1].weight[1] - linear()[1].weight[0]
    difference = difference.detach().reshape(3, SIDE, SIDE)
    near(found(linear(), "gradient", against=0).values_hw, largest(difference))
    for method in ("integrated_gradients", "deep_lift", "lrp"):
        near(found(linear(), method, against=0).values_hw, (difference * X).sum(0))
    seen = found(linear(), "gradient", against=0, classes=["cat", "dog"])
    scores = linear()(IMAGE)[0].detach()
    assert (seen.target_class, seen.against_class) == ("dog", "cat")
    assert seen.score == pytest.approx((scores[1] - scores[0]).item(), rel=1e-5)


def test_every_method_has_its_formula():
    """What is above, by name; a method without a formula here would be found."""
    elsewhere = {
        "vargrad", "gradient_shap", "occlusion", "feature_ablation", "shapley_value_sampling",
        "lime", "kernel_shap", "guided_grad_cam", "cam", "layer_gradient_shap",
        "layer_deep_lift_shap",
    }  # fmt: skip
    units = {each.key for each in METHODS if each.family == "unit"}
    written = {*LINEAR_FORMS, *TWO_LAYER_FORMS, *LAYER_FORMS, *elsewhere, *units}
    assert written == {each.key for each in METHODS}
