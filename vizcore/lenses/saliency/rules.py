"""Methods that change how the signal comes down: the rules for ReLUs and DeepLIFT's rescale rule.

The network they get has been rewritten so that every rule holds (`fitting`). Captum's hooks and
rules are used; its warnings about its own hooks are left out.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch
from captum._utils.gradient import compute_gradients
from captum.attr import Deconvolution, DeepLift, GuidedBackprop
from torch import Tensor, nn

from vizcore.lenses.saliency.look import Attributed, Look
from vizcore.lenses.saliency.paths import baseline_of, completeness, references
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

Steps = Generator[Progress, None, Attributed]


def guided_backprop(look: Look) -> Steps:
    """The gradient, with only what is positive let through each ReLU on the way down."""
    yield Progress(0, 1, "guided backpropagation")
    return Attributed(through_rectifiers(look.score, look.image, "guided_backprop"))


def deconvolution(look: Look) -> Steps:
    """The gradient, with ReLUs on the way down that look at the signal alone."""
    yield Progress(0, 1, "deconvolution")
    return Attributed(through_rectifiers(look.score, look.image, "deconvolution"))


def through_rectifiers(score: nn.Module, images: Tensor, method: str) -> Tensor:
    """Captum's guided backpropagation or deconvolution of each of several pictures."""
    kind = Deconvolution if method == "deconvolution" else GuidedBackprop
    rule = kind(score)
    pictures = images.detach().clone().requires_grad_(True)
    try:
        score.apply(rule._register_hooks)
        (found,) = compute_gradients(score, (pictures,), 0)
    finally:
        rule._remove_hooks()
    return found.detach()


def deep_lift(look: Look) -> Steps:
    """DeepLIFT's rescale rule, against a baseline."""
    yield Progress(0, 1, "DeepLIFT")
    baseline = baseline_of(look)
    values = Rescale(look.score).multiplied(look.image, baseline)
    return Attributed(values, completeness(look, values.sum(), baseline))


def deep_lift_shap(look: Look) -> Steps:
    """DeepLIFT against each of several references, and the mean."""
    baselines = references(look)
    rule = Rescale(look.score)

    def step(part: Tensor) -> Tensor:
        return rule.multiplied(look.image.repeat(len(part), 1, 1, 1), part).sum(0, keepdim=True)

    batch = max(1, look.batch() // 2)  # a picture and its reference go through together
    parts = yield from in_batches(
        step, baselines, batch=batch, device=look.device, note="references"
    )
    values = torch.stack(parts).sum(0) / len(baselines)
    return Attributed(values, completeness(look, values.sum(), baselines))


class Rescale(DeepLift):
    """Captum's DeepLIFT, with a max-pooling rule that adds where windows overlap.

    Captum unpools, which keeps one of several windows that share a maximum, so the sum is lost.
    Where windows do not overlap the two are the same.
    """

    def multiplied(self, images: Tensor, baselines: Tensor) -> Tensor:
        """The difference from the baseline times DeepLIFT's multipliers, (n, C, H, W)."""
        pictures = images.detach().clone().requires_grad_(True)
        hooks: list[Any] = []
        try:
            hooks = self._hook_main_model()
            self.model.apply(self._register_hooks)
            forward = self._construct_forward_func(self.model, ((pictures,), (baselines,)), 0)
            (multipliers,) = self.gradient_func(forward, (pictures,))
        finally:
            self._remove_hooks(hooks)
        return ((pictures - baselines) * multipliers).detach()

    def _backward_hook(self, module: nn.Module, grad_input: Tensor, grad_output: Tensor) -> Tensor:
        if not isinstance(module, nn.MaxPool2d) or not self.satisfies_attribute_criteria(module):
            found: Tensor = super()._backward_hook(module, grad_input, grad_output)
            return found
        found = _through_max_pooling(module, grad_output, self.eps)
        del module.input, module.output
        return found


def _through_max_pooling(module: nn.MaxPool2d, grad_output: Tensor, eps: float) -> Tensor:
    """The multipliers of max pooling: Captum's rule, windows that overlap added."""
    inputs, outputs = module.input, module.output
    assert isinstance(inputs, Tensor)
    assert isinstance(outputs, Tensor)
    with torch.no_grad():
        picture, reference = inputs.chunk(2)
        out, out_reference = outputs.chunk(2)
        delta_in = picture - reference
        larger = torch.maximum(out, out_reference)
        delta_out = torch.cat([larger - out_reference, out - larger])
        _, places = nn.functional.max_pool2d(
            inputs,
            module.kernel_size,
            module.stride,
            module.padding,
            module.dilation,
            module.ceil_mode,
            return_indices=True,
        )
        given_back = torch.zeros_like(inputs).flatten(2)
        given_back.scatter_add_(2, places.flatten(2), (grad_output * delta_out).flatten(2))
        first, second = given_back.view_as(inputs).chunk(2)
        far = delta_in.abs() >= eps
        multipliers = torch.where(far, (first + second) / delta_in.where(far, 1.0), 0.0)
    return torch.cat([multipliers, multipliers])
