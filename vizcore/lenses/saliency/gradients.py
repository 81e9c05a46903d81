"""Gradients of the score with respect to the picture, once or over noisy copies of it."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from captum.attr import InputXGradient, Saliency
from torch import Tensor

from vizcore.lenses.saliency.look import Attributed, Look
from vizcore.lenses.saliency.rules import through_rectifiers
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

Steps = Generator[Progress, None, Attributed]


def gradient(look: Look) -> Steps:
    """The gradient, with its sign, for each colour."""
    yield Progress(0, 1, "gradient")
    return Attributed(gradients_of(look, "gradient", look.image))


def input_x_gradient(look: Look) -> Steps:
    """The gradient times the picture."""
    yield Progress(0, 1, "gradient")
    return Attributed(gradients_of(look, "input_x_gradient", look.image))


def gradients_of(look: Look, base: str, images: Tensor) -> Tensor:
    """The map (n, C, H, W) of a simple method, of each of several pictures."""
    if base in ("guided_backprop", "deconvolution"):
        return through_rectifiers(look.score, images, base)
    pictures = images.detach().clone().requires_grad_(True)
    if base == "input_x_gradient":
        found = InputXGradient(look.score).attribute(pictures, target=0)
    else:
        found = Saliency(look.score).attribute(pictures, target=0, abs=False)
    return found.detach()


def noise_tunnel(look: Look, gather: Callable[[Tensor, Tensor], Tensor]) -> Steps:
    """What a simple method gives for noisy copies of the picture, gathered.

    The noise is drawn picture by picture, so the map does not depend on the batch.

    Args:
        gather: of the mean of the maps and the mean of their squares, the result.
    """
    samples = look.whole("samples")
    spread = look.number("noise") * float(look.image.max() - look.image.min())
    draw = look.noise()
    shape = look.image.shape[1:]

    def step(numbers: range) -> tuple[Tensor, Tensor]:
        noise = torch.stack([noise_of[number] for number in numbers]).to(look.image)
        maps = gradients_of(look, look.word("base"), look.image + spread * noise)
        return maps.sum(0, keepdim=True), maps.square().sum(0, keepdim=True)

    noise_of = [torch.randn(shape, generator=draw) for _ in range(samples)]
    parts = yield from in_batches(
        step, range(samples), batch=look.batch(), device=look.device, note="noisy copies"
    )
    mean = torch.stack([total for total, _ in parts]).sum(0) / samples
    mean_of_squares = torch.stack([squares for _, squares in parts]).sum(0) / samples
    return Attributed(gather(mean, mean_of_squares))


def smoothgrad(look: Look) -> Steps:
    """The mean of the maps."""
    return noise_tunnel(look, lambda mean, squares: mean)


def smoothgrad_sq(look: Look) -> Steps:
    """The mean of the squared maps."""
    return noise_tunnel(look, lambda mean, squares: squares)


def vargrad(look: Look) -> Steps:
    """The variance of the maps."""
    return noise_tunnel(look, lambda mean, squares: squares - mean * mean)
