"""Methods that gather gradients on the way from a baseline to the picture."""

from __future__ import annotations

from collections.abc import Generator

import torch
from captum.attr import IntegratedGradients
from captum.attr._utils.approximation_methods import approximation_parameters
from torch import Tensor
from torch.nn import functional as F

from vizcore.lenses.saliency.look import Attributed, Look
from vizcore.records_saliency import Completeness
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

_BASELINE_SAID = {
    "zero": "the mean colour",
    "blurred": "the picture blurred",
    "darkest": "the lowest value of each colour",
}


def integrated_gradients(look: Look) -> Generator[Progress, None, Attributed]:
    """Captum's, a few steps at a time: the sum over all steps is the sum over the parts."""
    steps = look.whole("steps")
    sizes_of, alphas_of = approximation_parameters(look.word("rule"))
    points = list(zip(sizes_of(steps), alphas_of(steps), strict=True))
    baseline = baseline_of(look)
    method = IntegratedGradients(look.score)

    def step(part: list[tuple[float, float]]) -> Tensor:
        sizes, alphas = ([float(pair[which]) for pair in part] for which in (0, 1))
        (found,) = method._attribute(
            (look.image,), (baseline,), 0, n_steps=len(part), step_sizes_and_alphas=(sizes, alphas)
        )
        return found.detach()

    parts = yield from in_batches(
        step, points, batch=look.batch(), device=look.device, note="steps"
    )
    values = torch.stack(parts).sum(0)
    return Attributed(values, completeness(look, values, baseline))


def baseline_of(look: Look) -> Tensor:
    """What the picture is compared with, (1, C, H, W)."""
    which = look.word("baseline")
    image = look.image
    if which == "darkest":
        return image.amin((2, 3), keepdim=True).expand_as(image).contiguous()
    if which == "blurred":
        return _blurred(image)
    return torch.zeros_like(image)


def completeness(look: Look, values: Tensor, baseline: Tensor) -> Completeness:
    """Whether the values sum to the difference of the picture's score and the baseline's."""
    with torch.no_grad():
        here, there = look.score(look.image), look.score(baseline)
    return Completeness(
        float(values.double().sum()),
        float(here.double() - there.double()),
        _BASELINE_SAID[look.word("baseline")],
    )


def _blurred(image: Tensor) -> Tensor:
    """The picture under a Gaussian of a tenth of its side, edges repeated."""
    radius = max(1, min(image.shape[2:]) // 4)
    sigma = max(1.0, min(image.shape[2:]) / 10)
    places = torch.arange(-radius, radius + 1, dtype=image.dtype, device=image.device)
    weights = torch.exp(-0.5 * (places / sigma) ** 2)
    weights = weights / weights.sum()
    channels = image.shape[1]
    padded = F.pad(image, (radius, radius, radius, radius), mode="replicate")
    row = weights.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1)
    column = weights.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1)
    return F.conv2d(F.conv2d(padded, row, groups=channels), column, groups=channels)
