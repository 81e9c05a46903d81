"""The ascent itself: the image that makes a score, less lambda times its squared norm, largest.

Simonyan, Vedaldi, Zisserman (2014), section 2: `argmax_I S_c(I) - lambda * |I|^2` on the
unnormalised score, found by the gradient with respect to the image, the network's parameters
fixed, from the mean training image, which is zero in the network's units. The paper leaves open
how long the steps are and how many.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, BadInputSize, NotApplicable
from vizcore.lenses.capture import Images, as_input
from vizcore.lenses.class_images.film import Film
from vizcore.lenses.class_images.measures import Measure
from vizcore.lenses.class_images.updates import update_of
from vizcore.lenses.prediction import predict
from vizcore.records import Prediction
from vizcore.records_class_images import (
    MOST_IMAGES,
    AscentImages,
    AscentOptions,
    Goal,
    as_pictures,
)
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress

#: Standard deviation of a start of noise, in the network's units.
NOISE = 0.1


def default_step_size(optimiser: str, values: int, lambda_: float) -> float:
    """The step size where none is given.

    Plain gradients get smaller the more values there are. Steps of more than 1 / lambda would
    leap over the optimum and away from it.
    """
    if optimiser != "gradient":
        return 0.05
    return min(values / 120.0, 0.5 / lambda_ if lambda_ else np.inf)


def ascend(
    network: nn.Module,
    goals: Sequence[Goal],
    image_shape: tuple[int, int, int],
    *,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    options: AscentOptions | None = None,
    photo_nchw: Images | None = None,
    classes: Sequence[str] | None = None,
) -> Generator[Progress, None, AscentImages]:
    """Make an image (channels, height, width) for each goal, all in one batch, a step at a time.

    Each image's score is its own: its companions do not change what it becomes, but for rounding.
    Every `Progress` carries the images so far as an `AscentImages`.

    Args:
        mean, std: what the network's inputs were standardised by.
        photo_nchw: the start (1, C, H, W), where the options say so.
        classes: the names of the outputs, for what the network says of the final images.

    Raises:
        UnknownClass, UnknownLayer: there is no such class or layer.
        BadChoice: no such channel or place, no goal or too many, no photo to start from.
        BadInputSize: the network cannot take this shape.
        NotApplicable: no score or gradient is finite, or none leads back to the image.
        OutOfMemory: not even one image fits.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
        >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 0, 0], [0, 2.0, -1]]))
        >>> how = AscentOptions(steps=50, step_size=0.5)
        >>> plain = {"mean": (0.0,) * 3, "std": (1.0,) * 3}
        >>> made = finish(ascend(net, [Goal("1", 0.5, 1)], (3, 1, 1), **plain, options=how))
        >>> made.images_nchw.round(3).ravel().tolist()  # the weights over 2 lambda
        [0.0, 2.0, -1.0]
    """
    options = options or AscentOptions()
    if not 1 <= len(goals) <= MOST_IMAGES:
        raise BadChoice(f"{len(goals)} images were asked for. Allowed: 1 to {MOST_IMAGES} at once.")
    copy = frozen_copy(network)
    steps, count = options.steps, len(goals)
    start = _start(copy, image_shape, options, mean, std, photo_nchw)
    groups = _groups(copy, goals, start)
    images = start.expand(count, -1, -1, -1).contiguous()
    lambdas = torch.tensor([goal.lambda_ for goal in goals], device=start.device, dtype=start.dtype)
    size = options.step_size or default_step_size(
        options.optimiser, start.numel(), max(goal.lambda_ for goal in goals)
    )
    update = update_of(options.optimiser, size)
    are_classes = all(goal.target is not None for goal in goals)
    film = Film(steps, count, image_shape[1:], ("score", "penalty", "variation", "probability"))

    def so_far(step: int, predictions: tuple[Prediction, ...] = ()) -> AscentImages:
        pixels = images.detach().float().cpu().numpy()
        if film.wants(step) and (not film.frames or film.frames[-1].step < step):
            film.keep(step, as_pictures(pixels, mean, std))
        return AscentImages(
            goals=tuple(goals),
            options=options,
            step=step,
            images_nchw=pixels,
            mean=mean,
            std=std,
            scores_sn=film.curve("score", step),
            penalties_sn=film.curve("penalty", step),
            variations_sn=film.curve("variation", step),
            probabilities_sn=film.curve("probability", step) if are_classes else None,
            frames=film.frames,
            predictions=predictions,
            notes=("",) * count,
        )

    for step in range(steps + 1):
        scores, odds, gradient = _measured(groups, goals, images, step < steps)
        squares = images.flatten(1).square().sum(1)
        film.write(
            step,
            score=scores.float().cpu().numpy(),
            penalty=(lambdas * squares).float().cpu().numpy(),
            variation=np.zeros(count),
            probability=odds.float().cpu().numpy(),
        )
        yield Progress(step, steps, "steps", so_far(step))
        if step < steps:
            with torch.no_grad():
                pull = 2 * lambdas[:, None, None, None] * images
                images = update(images, gradient - pull)
    predictions = tuple(predict(copy, image[None], classes=classes) for image in images)
    return so_far(steps, predictions)


def _start(
    network: nn.Module,
    shape: tuple[int, int, int],
    options: AscentOptions,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    photo_nchw: Images | None,
) -> Tensor:
    """The image (1, C, H, W) that the ascent begins with."""
    if options.start == "photo":
        if photo_nchw is None:
            raise BadChoice("The start is 'photo', and no photograph came in.")
        photo = as_input(network, photo_nchw)
        if tuple(photo.shape) != (1, *shape):
            raise BadInputSize(f"The photograph is {tuple(photo.shape)}, the image {(1, *shape)}.")
        return photo
    start = torch.zeros(1, *shape)
    if options.start == "noise":
        draw = torch.Generator().manual_seed(options.seed)
        start = NOISE * torch.randn(1, *shape, generator=draw)
    elif options.start == "grey":
        middle = [(0.5 - m) / s for m, s in zip(mean, std, strict=True)]
        start = start + torch.tensor(middle)[:, None, None]
    return as_input(network, start)


def _groups(
    network: nn.Module, goals: Sequence[Goal], start: Tensor
) -> list[tuple[Measure, list[int]]]:
    """The images by what they are measured with: one group for classes, one for each layer."""
    numbers: dict[str | None, list[int]] = {}
    for number, goal in enumerate(goals):
        numbers.setdefault(goal.layer, []).append(number)
    return [(Measure(network, [goals[n] for n in mine], start), mine) for mine in numbers.values()]


def _measured(
    groups: list[tuple[Measure, list[int]]],
    goals: Sequence[Goal],
    images: Tensor,
    wants_gradient: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """The scores, the probabilities (NaN for units) and the gradients of all images."""
    scores = images.new_zeros(len(images))
    odds = torch.full((len(images),), torch.nan, dtype=torch.float64, device=images.device)
    gradient = torch.zeros_like(images)
    for measure, mine in groups:
        with torch.set_grad_enabled(wants_gradient):
            leaf = images[mine].requires_grad_(wants_gradient)
            found, probable = measure(leaf, [goals[n] for n in mine])
            if wants_gradient:
                if found.grad_fn is None:
                    raise NotApplicable(
                        "No gradient leads from this network's scores back to the image."
                    )
                (gradient[mine],) = torch.autograd.grad(found.sum(), leaf)
        scores[mine] = found.detach()
        if probable is not None:
            odds[mine] = probable
    return scores, odds, gradient
