"""Rewriting keeps the function and shares the tensors; where it does not, it is refused."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models

from tests.lenses.saliency_networks import IMAGE, Reused, Small, draw, found, near, small
from vizcore.errors import NotApplicable
from vizcore.lenses.saliency import applicability
from vizcore.lenses.saliency.rewriting import rewrite
from vizcore.runtime.clone import frozen_copy

BIG = draw(1, 3, 16, 16, seed=9)
RULES = ("guided_backprop", "deconvolution", "deep_lift", "lrp")


def weights_of(network: nn.Module) -> set[int]:
    return {each.data_ptr() for each in network.parameters()}


@pytest.mark.parametrize("network", [small(calls=True), small(Reused)])
@pytest.mark.parametrize("method", [*RULES, "deep_lift_shap"])
def test_called_and_reused_relus_give_the_map_of_modules(network, method):
    """The same weights with one module for each ReLU: the rule of ReLUs needs no rewriting there.

    For DeepLIFT the ReLU is set apart from the max pooling that follows it directly.
    """
    plain, seen = found(small(), method, BIG), found(network, method, BIG)
    near(seen.values_hw, plain.values_hw, share=1e-4)
    assert seen.fit.verdict == "rewritten"
    assert seen.fit.largest_difference == pytest.approx(0, abs=1e-6)
    of_relus = method in ("guided_backprop", "deconvolution")
    assert plain.fit.verdict == ("applies" if of_relus else "rewritten")


def test_captum_alone_would_have_said_nothing():
    """Guided backpropagation of called ReLUs is the plain gradient; the rewritten one is not."""
    network = small(calls=True)
    gradient = found(network, "gradient", BIG).values_hw
    assert not np.allclose(found(network, "guided_backprop", BIG).values_hw, gradient, rtol=0.05)


@pytest.mark.parametrize("need", ["rectifiers", "rescale", "relevance"])
@pytest.mark.parametrize("network", [small(calls=True), small(Reused)])
def test_the_tensors_are_shared_and_the_scores_equal(network, need):
    copy = frozen_copy(network)
    made = rewrite(copy, BIG, need)
    assert weights_of(made.network) == weights_of(network)
    other = draw(2, 3, 16, 16, seed=21)
    with torch.no_grad():
        torch.testing.assert_close(made.network(other), network(other))
    relus = [each for each in made.network.modules() if isinstance(each, nn.ReLU)]
    assert len(relus) == 3


class Shared(nn.Module):
    """What the ReLU reads is read by a skip too: Captum's hook would meet both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.linear = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        return self.linear((self.conv2(self.relu(x)) + x).mean((2, 3)))


def test_a_skip_beside_a_relu_keeps_its_gradient():
    torch.manual_seed(3)
    network = Shared().eval()
    x = IMAGE.clone().requires_grad_(True)
    a = network.conv1(x)
    (below,) = torch.autograd.grad(
        network.linear((network.conv2(a.relu()) + a).mean((2, 3)))[0, 1], a
    )
    skip = network.linear.weight[1].detach().reshape(4, 1, 1) / 64
    through = (below[0] - skip).clamp(min=0)  # the gradient through the ReLU, the rule applied
    (expected,) = torch.autograd.grad(network.conv1(x), x, (through + skip)[None])
    seen = found(network, "guided_backprop")
    near(seen.attributions_chw, expected[0], share=1e-4)
    assert "given apart" in " ".join(seen.fit.changes)


@pytest.mark.parametrize("side", [2, 3])
def test_deep_lift_is_complete_with_overlapping_windows(side):
    """Captum unpools and loses windows that share their maximum; here they are added."""
    seen = found(small(pool=side), "deep_lift", BIG)
    assert seen.completeness.gap < 1e-3


class Gated(nn.Module):
    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.activation = activation
        self.linear = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.conv(x))
        return self.linear((x * torch.sigmoid(x.mean((2, 3), keepdim=True))).mean((2, 3)))


@pytest.mark.parametrize(
    ("activation", "method", "reason"),
    [
        (nn.SiLU(), "guided_backprop", "about ReLUs, and its activations are SiLU"),
        (nn.GELU(), "deconvolution", "would be the plain gradient"),
        (nn.ReLU(), "lrp", "LRP has no rule for product of two maps"),
        (nn.Sequential(nn.ReLU(), nn.Hardswish()), "guided_backprop", "hard swish would pass"),
    ],
)
def test_what_cannot_be_honest_is_refused_with_the_reason(activation, method, reason):
    network = Gated(activation).eval()
    fit = applicability(network, IMAGE, method)
    assert fit.verdict == "refused"
    assert reason in fit.reasons[0]
    with pytest.raises(NotApplicable, match=reason):
        found(network, method)


def test_what_has_no_rescale_rule_is_told_and_the_sum_shows_it():
    network = Gated(nn.SiLU()).eval()
    network.linear.weight.data *= 20
    seen = found(network, "deep_lift", 3 * IMAGE)
    assert seen.fit.verdict == "rewritten"
    assert "no rescale rule for product of two maps" in seen.fit.reasons[0]
    assert not seen.completeness.holds
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten(), nn.Linear(4 * 36, 2)).eval()
    assert found(plain, "deep_lift").completeness.gap < 1e-4


class Measured(nn.Module):
    """Pools with a padding that is computed from the picture's size, as NASNet does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        padding = x.shape[2] % 2 + 1
        x = F.avg_pool2d(F.relu(self.conv(x)), 3, 1, padding)
        return self.linear(F.max_pool2d(x, 3, 1, padding).mean((2, 3)))


def test_a_pooling_whose_padding_is_computed_is_no_module_and_is_told():
    network = Measured().eval()
    fit = applicability(network, IMAGE, "lrp")
    assert fit.verdict == "refused"
    assert "LRP has no rule for" in fit.reasons[0]
    assert "avg_pool2d" in fit.reasons[0]
    fit = applicability(network, IMAGE, "deep_lift")
    assert fit.verdict == "rewritten"
    assert "no rescale rule for max pooling called as a function" in fit.reasons[0]


class Branching(nn.Module):
    """Decides by the values it sees: torch.fx cannot follow that."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3 * 64, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x.flatten(1))
        return F.relu(x) if float(x.detach().sum()) > -1e9 else x


def test_a_network_torch_fx_cannot_follow():
    fit = applicability(Branching().eval(), IMAGE, "guided_backprop")
    assert fit.verdict == "refused"
    assert "torch.fx cannot follow Branching" in fit.reasons[0]
    assert applicability(Branching().eval(), IMAGE, "gradient").verdict == "applies"
    inside = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), Branching()).eval()
    fit = applicability(inside, IMAGE, "guided_backprop")
    assert "Inside Branching torch.fx cannot follow the signal" in fit.reasons[0]


def test_a_library_network_is_complete_after_rewriting():
    """Seen before: -25 times the difference on MobileNetV2, with no error raised."""
    torch.manual_seed(0)
    network = models.mobilenet_v2(num_classes=5, width_mult=0.25).eval()
    seen = found(network, "deep_lift", draw(1, 3, 64, 64, seed=3))
    assert seen.completeness.gap < 1e-3
    assert seen.fit.changes == ("35 ReLU6 given the rescale rule",)


def test_the_network_is_left_as_it_was():
    network = small(Reused).train()
    network.conv1.weight.grad = torch.ones_like(network.conv1.weight)
    before = {name: each.clone() for name, each in network.state_dict().items()}
    versions = {name: each._version for name, each in network.named_parameters()}
    for method in (*RULES, "guided_grad_cam", "layer_deep_lift", "neuron_conductance", "cam"):
        found(network, method, BIG, layer="pool")
        applicability(network, BIG, method)
    assert isinstance(network, Small)
    assert network.training
    assert all(each.training for each in network.modules())
    assert {name: each._version for name, each in network.named_parameters()} == versions
    assert all(each.requires_grad for each in network.parameters())
    assert bool((network.conv1.weight.grad == 1).all())
    assert all(
        each.grad is None for each in network.parameters() if each is not network.conv1.weight
    )
    for name, each in network.state_dict().items():
        assert torch.equal(each, before[name]), name
    for each in network.modules():
        hooks = (each._forward_hooks, each._forward_pre_hooks, each._backward_hooks)
        assert not any(hooks)
        assert not hasattr(each, "rule")


def test_other_threads_go_on_while_a_network_is_followed():
    """torch.fx replaces `nn.Module.__call__` for the whole process meanwhile."""
    network, stop, failed = small(), threading.Event(), []
    with torch.no_grad():
        expected = network(BIG)

    def go_on() -> None:
        while not stop.is_set():
            try:
                with torch.no_grad():
                    assert torch.equal(network(BIG), expected)
            except Exception as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=go_on) for _ in range(2)]
    for each in threads:
        each.start()
    others = [
        threading.Thread(target=lambda: [rewrite(small(Reused), BIG, "rescale") for _ in range(5)])
        for _ in range(2)
    ]
    for each in others:
        each.start()
    for each in others:
        each.join()
    stop.set()
    for each in threads:
        each.join()
    assert failed == []
    assert nn.Module.__call__.__name__ == "_wrapped_call_impl"
