"""The ascent itself: the image that makes a score, less lambda times its squared norm, largest.

Simonyan, Vedaldi, Zisserman (2014), section 2: `argmax_I S_c(I) - lambda * |I|^2` on the
unnormalised score, found by the gradient with respect to the image, the network's parameters
fixed, from the mean training image, which is zero in the network's units. The paper leaves open
how long the steps are and how many.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, BadInputSize
from vizcore.lenses.capture import Images, as_input
from vizcore.lenses.class_images.bases import coordinates
from vizcore.lenses.class_images.film import Film
from vizcore.lenses.class_images.measuring import Measuring
from vizcore.lenses.class_images.saying import said_of
from vizcore.lenses.class_images.transforming import Transformations, blurred, variation
from vizcore.lenses.class_images.troubles import Troubles
from vizcore.lenses.class_images.updates import update_of
from vizcore.records.ascent_options import (
    CLASS_OPTIMISER,
    MOST_IMAGES,
    UNIT_OPTIMISER,
    AscentOptions,
)
from vizcore.records.class_images import AscentImages, Goal, as_pictures
from vizcore.records.maps import Prediction
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress

#: Standard deviation of a start of noise, in the network's units.
NOISE = 0.1


def default_step_size(options: AscentOptions, values: int, lambda_: float) -> float:
    """The step size where none is given, for images of so many values and the largest lambda.

    Found by trial on the bundled networks. A plain gradient is the smaller the more values there
    are; steps of more than 1 / lambda would leap over the optimum and away from it. A normalised
    step, and one of Adam, is in the units of the network's input or of its coefficients.

    Example:
        >>> default_step_size(AscentOptions(), 3 * 64 * 64, 0.001)
        10.24
    """
    is_fourier = options.basis == "fourier"
    if options.optimiser == "adam":
        return 0.05
    if options.optimiser == "normalised":
        return 0.02 if is_fourier else 0.05
    # The lowest frequencies have some hundred times the curvature of a pixel.
    slower = 10.0 if is_fourier else 1.0
    return min(values / 1200.0, 0.1 / lambda_ if lambda_ else np.inf) / slower


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
    colours_cc: npt.NDArray[np.float64] | None = None,
) -> Generator[Progress, None, AscentImages]:
    """Make an image (channels, height, width) for each goal, all in one batch, a step at a time.

    Each image's score is its own: its companions do not change what it becomes, but for rounding.
    Every `Progress` carries the images so far as an `AscentImages`.

    Args:
        mean, std: what the network's inputs were standardised by.
        photo_nchw: the start (1, C, H, W), where the options say so.
        classes: the names of the outputs, for what the network says of the final images; numbers
            where they are None, and nothing is said where there are none.
        colours_cc: (C, C), the directions of colour, where the options decorrelate them.

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
    options = _settled(options or AscentOptions(), goals)
    if not 1 <= len(goals) <= MOST_IMAGES:
        raise BadChoice(f"{len(goals)} images were asked for. Allowed: 1 to {MOST_IMAGES} at once.")
    run = _Run(network, goals, image_shape, mean, std, options, photo_nchw, classes, colours_cc)
    for step in range(options.steps + 1):
        run.measure(step)
        yield Progress(step, options.steps, "steps", run.so_far(step))
        if step < options.steps:
            run.move(step)
    return run.ended()


def _settled(options: AscentOptions, goals: Sequence[Goal]) -> AscentOptions:
    """The options with the optimiser that is used."""
    of_units = any(goal.target is None for goal in goals)
    usual = UNIT_OPTIMISER if of_units else CLASS_OPTIMISER
    return replace(options, optimiser=options.optimiser or usual)


class _Run:
    """One ascent: the images as they stand, and what is known of them."""

    def __init__(
        self,
        network: nn.Module,
        goals: Sequence[Goal],
        shape: tuple[int, int, int],
        mean: tuple[float, ...],
        std: tuple[float, ...],
        options: AscentOptions,
        photo_nchw: Images | None,
        classes: Sequence[str] | None,
        colours_cc: npt.NDArray[np.float64] | None,
    ) -> None:
        if options.jitter_px >= min(shape[1:]):
            allowed = f"0 to {min(shape[1:]) - 1}, less than the image's side"
            raise BadChoice.among("jitter_px", options.jitter_px, [allowed])
        if options.decorrelated and colours_cc is None:
            raise BadChoice("Decorrelated colours are for networks that look at RGB pictures.")
        self.goals, self.options, self.mean, self.std = tuple(goals), options, mean, std
        self.classes = classes
        self.colours_cc = colours_cc if options.decorrelated else None
        self.copy = frozen_copy(network)
        draw = torch.Generator().manual_seed(options.seed)
        start = _start(self.copy, shape, options, draw, mean, std, photo_nchw)
        self.measuring = Measuring(self.copy, goals, start)
        self.transformations = Transformations(options, draw)
        self.images = start.expand(len(goals), -1, -1, -1).contiguous()
        self.coordinates = coordinates(options.basis, shape[1:], self.colours_cc, start)
        self.points = self.coordinates.points(self.images)
        self.lambdas = torch.tensor([goal.lambda_ for goal in goals]).to(start)
        self.nothing = torch.zeros_like(self.lambdas)
        self.are_classes = all(goal.target is not None for goal in goals)
        self.twice_lambdas = 2 * self.lambdas[:, None, None, None]
        size = options.step_size or default_step_size(
            options, start.numel(), float(max(self.lambdas))
        )
        self.update = update_of(options.optimiser or CLASS_OPTIMISER, size)
        self.troubles = Troubles(goals, options, size)
        curves = ("score", "penalty", "variation", "probability")
        self.film = Film(options.steps, len(goals), shape[1:], curves)
        self.gradients = torch.zeros_like(self.images)
        self.before = (self.images, self.points)

    def measure(self, step: int) -> None:
        """Scores, penalties and gradients of the images as they stand."""
        is_last = step == self.options.steps
        transformation = None if is_last else self.transformations()
        scores, odds, self.gradients = self.measuring(self.images, transformation, not is_last)
        penalties = self.lambdas * self.images.square().sum((1, 2, 3))
        weight = self.options.total_variation
        total = self.nothing
        if weight:
            total, slope = variation(self.images)
            total = weight * total
        largest = self.gradients.abs().amax((1, 2, 3))
        values = torch.stack([scores, penalties, total, odds.to(scores.dtype), largest])
        numbers = values.float().cpu().numpy()
        self.film.write(step, numbers[:-1])
        if is_last:
            return
        new = self.troubles.watch(step, numbers[0], numbers[-1])
        if new:
            self.images[new], self.points[new] = self.before[0][new], self.before[1][new]
        self.gradients = torch.addcmul(self.gradients, self.twice_lambdas, self.images, value=-1)
        if weight:
            self.gradients = self.gradients - weight * slope

    def move(self, step: int) -> None:
        """One step up."""
        self.before = (self.images, self.points)
        pulled = self.coordinates.pulled(self.points, self.gradients)
        points = self.update(self.points, pulled)
        images = self.coordinates.images(points, self.images.shape[3])
        if self.options.blur_px and (step + 1) % self.options.blur_every == 0:
            images = blurred(images, self.options.blur_px)
            points = self.coordinates.points(images)
        stopped = self.troubles.stopped
        if stopped:
            images[stopped], points[stopped] = self.images[stopped], self.points[stopped]
        self.images, self.points = images, points

    def so_far(self, step: int, predictions: tuple[Prediction, ...] = ()) -> AscentImages:
        """The record of the run up to a step."""
        pixels = self.images.float().cpu().numpy()
        if self.film.wants(step):
            self.film.keep(step, as_pictures(pixels, self.mean, self.std))
        return AscentImages(
            goals=self.goals,
            options=self.options,
            step=step,
            images_nchw=pixels,
            mean=self.mean,
            std=self.std,
            scores_sn=self.film.curve("score", step),
            penalties_sn=self.film.curve("penalty", step),
            variations_sn=self.film.curve("variation", step),
            probabilities_sn=self.film.curve("probability", step) if self.are_classes else None,
            frames=self.film.frames,
            predictions=predictions,
            notes=self.troubles.notes(self.images, step == self.options.steps),
            colours_cc=self.colours_cc,
        )

    def ended(self) -> AscentImages:
        """The record of the whole run, with what the network says of the images."""
        return self.so_far(self.options.steps, said_of(self.copy, self.images, self.classes))


def _start(
    network: nn.Module,
    shape: tuple[int, int, int],
    options: AscentOptions,
    draw: torch.Generator,
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
        start = NOISE * torch.randn(1, *shape, generator=draw)
    elif options.start == "grey":
        middle = [(0.5 - m) / s for m, s in zip(mean, std, strict=True)]
        start = start + torch.tensor(middle)[:, None, None]
    return as_input(network, start)
