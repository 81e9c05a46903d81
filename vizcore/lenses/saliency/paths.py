"""Methods that gather gradients on the way from a baseline to the picture."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import IntegratedGradients, Saliency
from captum.attr._utils.approximation_methods import approximation_parameters
from torch import Tensor
from torch.nn import functional as F

from vizcore.lenses.saliency.look import Attributed, Look, joined_parts, rounding_of
from vizcore.records.saliency import Completeness
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

Steps = Generator[Progress, None, Attributed]
_BASELINE_SAID = {
    "zero": "the mean colour",
    "blurred": "the picture blurred",
    "darkest": "the lowest value of each colour",
    "lightest": "the highest value of each colour",
}


def integrated_gradients(look: Look) -> Steps:
    """Captum's, a few steps at a time: the sum over all steps is the sum over the parts."""
    baseline = baseline_of(look)
    method = IntegratedGradients(look.score)

    def step(part: list[tuple[float, float]]) -> Tensor:
        sizes, alphas = ([float(pair[which]) for pair in part] for which in (0, 1))
        (found,) = method._attribute(
            (look.image,), (baseline,), 0, n_steps=len(part), step_sizes_and_alphas=(sizes, alphas)
        )
        return found.detach()

    parts = yield from in_batches(
        step, points_of(look), batch=look.batch(), device=look.device, note="steps"
    )
    values = torch.stack(parts).sum(0)
    return Attributed(values, completeness(look, values.sum(), baseline))


def gradient_shap(look: Look) -> Steps:
    """The gradient at random points between noisy pictures and random references, times the way."""
    drawn = shap_draws(look)
    several = references(look)

    def step(numbers: range) -> Tensor:
        starts, at, ends = drawn.points(look.image, several, numbers)
        gradients = Saliency(look.score).attribute(at, target=0, abs=False)
        return ((ends - starts) * gradients).sum(0, keepdim=True).detach()

    parts = yield from in_batches(
        step, range(len(drawn.shares)), batch=look.batch(), device=look.device, note="samples"
    )
    values = torch.stack(parts).sum(0) / len(drawn.shares)
    often = torch.from_numpy(np.bincount(drawn.references, minlength=len(several)))
    return Attributed(values, completeness(look, values.sum(), several, often))


class ShapDraws(NamedTuple):
    """What GradientSHAP draws for its samples: references by number, noise, shares of the way."""

    references: npt.NDArray[np.int64]
    noise: Tensor
    shares: npt.NDArray[np.float64]

    def points(
        self, image: Tensor, several: Tensor, numbers: range
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Of some samples the references, the points on the way, to differentiate at, and the ends.

        Each (n, C, H, W); `several` are the references to draw from.
        """
        which = slice(numbers.start, numbers.stop)
        ends = image + self.noise[which].to(image)
        starts = several[torch.from_numpy(self.references[which])]
        share = (
            torch.from_numpy(self.shares[which]).to(ends.dtype).to(ends.device).view(-1, 1, 1, 1)
        )
        return starts, (share * ends + (1 - share) * starts).requires_grad_(True), ends


def shap_draws(look: Look) -> ShapDraws:
    """All draws of a seed, whatever the batch is."""
    samples = look.whole("samples")
    numbers = np.random.default_rng(look.seed)
    spread = look.number("noise") * float(look.image.max() - look.image.min())
    return ShapDraws(
        numbers.integers(0, len(references(look)), samples),
        spread * torch.randn((samples, *look.image.shape[1:]), generator=look.noise()),
        numbers.uniform(0.0, 1.0, samples),
    )


def points_of(look: Look) -> list[tuple[float, float]]:
    """Step sizes and shares of the way at which the integral is approximated."""
    sizes, alphas = approximation_parameters(look.word("rule"))
    steps = look.whole("steps")
    return list(zip(sizes(steps), alphas(steps), strict=True))


def baseline_of(look: Look) -> Tensor:
    """What the picture is compared with, (1, C, H, W)."""
    return _baseline(look.image, look.word("baseline"))


def references(look: Look) -> Tensor:
    """Several pictures to compare with: one of each kind of baseline, (4, C, H, W)."""
    return torch.cat([_baseline(look.image, which) for which in _BASELINE_SAID])


def completeness(
    look: Look, attributed: Tensor, baselines: Tensor, often: Tensor | None = None
) -> Completeness:
    """Whether the values sum to the difference of the picture's score and the baselines' mean.

    Args:
        often: how often each baseline was drawn; None takes each once.
    """
    with torch.no_grad():
        pictures = (look.image, *baselines.split(1))
        parts = torch.cat([look.score.parts(each) for each in pictures]).cpu().double()
    here, *others = joined_parts(parts)[:, 0]
    there = torch.stack(others)
    weights = torch.ones(len(there)) if often is None else often
    there = (there * weights).sum() / weights.sum()
    which = _BASELINE_SAID[look.word("baseline")] if "baseline" in look.options else ""
    said = which or f"the mean of {len(baselines)} references"
    of_unit = look.unit is not None
    rounding = rounding_of(parts)
    return Completeness(float(attributed), float(here - there), said, rounding, of_unit)


def _baseline(image: Tensor, which: str) -> Tensor:
    if which == "darkest":
        return image.amin((2, 3), keepdim=True).expand_as(image).contiguous()
    if which == "lightest":
        return image.amax((2, 3), keepdim=True).expand_as(image).contiguous()
    if which == "blurred":
        return _blurred(image)
    return torch.zeros_like(image)


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
