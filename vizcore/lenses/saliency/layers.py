"""Methods that look at a layer: what it gives, and what the score makes of it, place by place."""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import pairwise
from typing import Any

import torch
from captum._utils.gradient import compute_layer_gradients_and_eval
from captum.attr import InternalInfluence, LayerConductance, LayerDeepLift
from captum.attr._utils.approximation_methods import approximation_parameters
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import NotApplicable
from vizcore.lenses.saliency.look import Attributed, Look, joined_parts, rounding_of
from vizcore.lenses.saliency.paths import (
    baseline_of,
    completeness,
    points_of,
    references,
    shap_draws,
)
from vizcore.lenses.saliency.pooling import class_maps
from vizcore.lenses.saliency.relevance import handed_down
from vizcore.lenses.saliency.rules import Rescale, through_rectifiers
from vizcore.records.saliency import Completeness
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

Steps = Generator[Progress, None, Attributed]


def layer_activation(look: Look) -> Steps:
    """What the layer gives."""
    yield Progress(0, 1, "activations")
    layer, turn = _layer(look)
    return Attributed(turn(_given(look, look.image, layer)))


def layer_gradient_x_activation(look: Look) -> Steps:
    """The gradient of the score with respect to the layer, times what it gives."""
    yield Progress(0, 1, "gradient")
    gradient, given = _gradient_and_given(look)
    return Attributed(gradient * given)


def grad_cam(look: Look) -> Steps:
    """Each channel of the layer times the mean of its gradient; what is negative left out."""
    yield Progress(0, 1, "gradient")
    return Attributed(_grad_cam(look))


def guided_grad_cam(look: Look) -> Steps:
    """Guided backpropagation times Grad-CAM, spread over the picture to the nearest value."""
    yield Progress(0, 2, "Grad-CAM")
    coarse = _grad_cam(look)
    yield Progress(1, 2, "guided backpropagation")
    fine = through_rectifiers(look.score, look.image, "guided_backprop")
    return Attributed(fine * F.interpolate(coarse, fine.shape[2:], mode="nearest"))


def cam(look: Look) -> Steps:
    """The class's map before global average pooling (Zhou and others 2016)."""
    yield Progress(0, 1, "class activation map")
    found = class_maps(look.plain, look.image, look.score.target, look.score.against)
    if found is None:
        raise NotApplicable("This network does not end in global average pooling and one layer.")
    with torch.no_grad():
        parts = look.score.parts(look.image)
    told = Completeness(
        float(found.values.cpu().double().mean()),
        float(joined_parts(parts)) - found.bias,
        "its bias",
        rounding_of(parts),
        by_mean=True,
    )
    look.layer = found.layer
    return Attributed(found.values, told)


def layer_conductance(look: Look) -> Steps:
    """What flows through each value of the layer on the way from the baseline, as Captum sums."""
    (layer, turn), baseline = _layer(look), baseline_of(look)
    method = LayerConductance(look.score_of(look.plain), layer)
    _, alphas_of = approximation_parameters(look.word("rule"))
    alphas = [float(each) for each in alphas_of(look.whole("steps") + 1)]

    def step(part: list[tuple[float, float]]) -> Tensor:
        ends = [part[0][0], *(end for _, end in part)]
        found = method._attribute(
            (look.image,), (baseline,), 0, n_steps=len(part), step_sizes_and_alphas=(ends, ends)
        )
        return _one(found).detach()

    batch = max(1, look.batch() - 1)
    parts = yield from in_batches(
        step, list(pairwise(alphas)), batch=batch, device=look.device, note="steps"
    )
    values = torch.stack(parts).sum(0)
    return Attributed(turn(values), completeness(look, values.sum(), baseline))


def internal_influence(look: Look) -> Steps:
    """The mean gradient with respect to the layer on the way from the baseline."""
    (layer, turn), baseline = _layer(look), baseline_of(look)
    method = InternalInfluence(look.score_of(look.plain), layer)

    def step(part: list[tuple[float, float]]) -> Tensor:
        sizes, alphas = ([float(pair[which]) for pair in part] for which in (0, 1))
        found = method._attribute(
            (look.image,), (baseline,), 0, n_steps=len(part), step_sizes_and_alphas=(sizes, alphas)
        )
        return _one(found).detach()

    parts = yield from in_batches(
        step, points_of(look), batch=look.batch(), device=look.device, note="steps"
    )
    return Attributed(turn(torch.stack(parts).sum(0)))


def layer_integrated_gradients(look: Look) -> Steps:
    """Integrated Gradients on the straight way between what the layer gives for the two."""
    (layer, turn), baseline = _layer(look), baseline_of(look)
    score = look.score_of(look.plain)
    start, end = (_given(look, each, layer) for each in (baseline, look.image))

    def step(part: list[tuple[float, float]]) -> Tensor:
        sizes, alphas = (
            torch.tensor([pair[which] for pair in part], dtype=end.dtype, device=end.device)
            for which in (0, 1)
        )
        over = (-1, *(1 for _ in end.shape[1:]))
        points = (start + alphas.view(over) * (end - start)).requires_grad_(True)
        handle = layer.register_forward_hook(lambda module, inputs, output: points.clone())
        try:
            with torch.enable_grad():
                reached = score(look.image.expand(len(part), -1, -1, -1)).sum()
                (gradients,) = torch.autograd.grad(reached, points)
        finally:
            handle.remove()
        return (sizes.view(over) * gradients).sum(0, keepdim=True)

    parts = yield from in_batches(
        step, points_of(look), batch=look.batch(), device=look.device, note="steps"
    )
    values = torch.stack(parts).sum(0) * (end - start)
    return Attributed(turn(values), completeness(look, values.sum(), baseline))


def layer_gradient_shap(look: Look) -> Steps:
    """The layer's gradient at random points on the way from references, times the layer's change.

    The points lie on straight ways between pictures, and what the layer gives along those is
    seldom straight: the values need not sum to a difference of scores.
    """
    layer, turn = _layer(look)
    drawn, several = shap_draws(look), references(look)
    score = look.score_of(look.plain)

    def step(numbers: range) -> Tensor:
        starts, at, ends = drawn.points(look.image, several, numbers)
        gradients, _ = compute_layer_gradients_and_eval(score, layer, (at,), 0)
        change = _given(look, ends, layer) - _given(look, starts, layer)
        return (change * _one(gradients).detach()).sum(0, keepdim=True)

    parts = yield from in_batches(
        step, range(len(drawn.shares)), batch=look.batch(), device=look.device, note="samples"
    )
    return Attributed(turn(torch.stack(parts).sum(0) / len(drawn.shares)))


class _LayerRescale(Rescale, LayerDeepLift):
    """DeepLIFT at a layer, with the max-pooling rule that adds."""


def layer_deep_lift(look: Look) -> Steps:
    """The change of the layer from the baseline times DeepLIFT's multipliers."""
    yield Progress(0, 1, "DeepLIFT")
    baseline = baseline_of(look)
    layer, turn = _layer(look, rewritten=True)
    method = _LayerRescale(look.score, layer)
    pictures = look.image.detach().clone().requires_grad_(True)
    values = _one(method.attribute(pictures, baseline, target=0)).detach()
    return Attributed(turn(values), completeness(look, values.sum(), baseline))


def layer_deep_lift_shap(look: Look) -> Steps:
    """DeepLIFT at a layer against each of several references, and the mean."""
    baselines = references(look)
    layer, turn = _layer(look, rewritten=True)
    method = _LayerRescale(look.score, layer)

    def step(part: Tensor) -> Tensor:
        pictures = look.image.detach().repeat(len(part), 1, 1, 1).requires_grad_(True)
        found = _one(method.attribute(pictures, part, target=0)).detach()
        return found.sum(0, keepdim=True)

    batch = max(1, look.batch() // 2)  # a picture and its reference go through together
    parts = yield from in_batches(
        step, baselines, batch=batch, device=look.device, note="references"
    )
    values = torch.stack(parts).sum(0) / len(baselines)
    return Attributed(turn(values), completeness(look, values.sum(), baselines))


def layer_lrp(look: Look) -> Steps:
    """The relevance that arrives at what the layer gives, by the epsilon rule."""
    yield Progress(0, 1, "relevance")
    layer, turn = _layer(look, rewritten=True)
    values, told = handed_down(look, layer)
    return Attributed(turn(values), told)


def _grad_cam(look: Look) -> Tensor:
    """(1, 1, h, w), as Captum's `LayerGradCam` with `relu_attributions`."""
    gradient, given = _gradient_and_given(look)
    return F.relu((gradient.mean((2, 3), keepdim=True) * given).sum(1, keepdim=True))


def _gradient_and_given(look: Look) -> tuple[Tensor, Tensor]:
    """The gradient with respect to the layer and what it gives, channels second."""
    layer, turn = _layer(look)
    gradients, given = compute_layer_gradients_and_eval(
        look.score_of(look.plain), layer, (look.image.detach().clone().requires_grad_(True),), 0
    )
    return turn(_one(gradients).detach()), turn(_one(given).detach())


def _layer(look: Look, *, rewritten: bool = False) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    """The module of the layer that was asked for, and what puts its channels second."""
    module, last = look.settle_layer(rewritten=rewritten)
    return module, _channels_second if last else _as_it_is


def _channels_second(values: Tensor) -> Tensor:
    return values.permute(0, 3, 1, 2)


def _as_it_is(values: Tensor) -> Tensor:
    return values


def _given(look: Look, images: Tensor, layer: nn.Module) -> Tensor:
    """What the layer gives for a picture."""
    kept: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        kept.append(output.detach().clone())

    handle = layer.register_forward_hook(keep)
    try:
        with torch.no_grad():
            look.plain(images)
    finally:
        handle.remove()
    return kept[-1]


def _one(found: Any) -> Tensor:
    value: Tensor = found[0] if isinstance(found, (tuple, list)) else found
    return value
