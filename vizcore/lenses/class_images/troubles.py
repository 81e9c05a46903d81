"""Images that cannot go on: no gradient at all, or one that is no number. Said, with the cause."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vizcore.errors import NotApplicable
from vizcore.records.ascent_options import AscentOptions
from vizcore.records.class_images import Goal

#: An image whose root mean square stays below this, in the network's units, has hardly moved.
_HARDLY = 1e-3


class Troubles:
    """Watches the gradients of a run: which are zero everywhere, which are no numbers.

    Args:
        goals: of the images.
        step_size: for the message.
    """

    def __init__(self, goals: Sequence[Goal], options: AscentOptions, step_size: float) -> None:
        self._goals, self._options, self._step_size = goals, options, step_size
        self._zero_since = [-1] * len(goals)
        self._stopped_at = [-1] * len(goals)
        self._is_well = True

    @property
    def stopped(self) -> list[int]:
        """The numbers of the images that have been stopped."""
        return [number for number, step in enumerate(self._stopped_at) if step >= 0]

    def watch(
        self, step: int, scores_n: npt.NDArray[np.floating], largest_n: npt.NDArray[np.floating]
    ) -> list[int]:
        """Look at one step's scores and largest gradients; gives the images to be stopped now.

        Raises:
            NotApplicable: at the very start no image has a score and a gradient.
        """
        largest = largest_n.tolist()
        if (
            self._is_well
            and min(largest) > 0
            and math.isfinite(sum(largest) + sum(scores_n.tolist()))
        ):
            return []  # as nearly always
        self._is_well = False
        finite, zero = np.isfinite(scores_n) & np.isfinite(largest_n), largest_n == 0
        new = []
        for number, (is_finite, is_zero) in enumerate(zip(finite, zero, strict=True)):
            if not is_finite and self._stopped_at[number] < 0:
                self._stopped_at[number] = step
                new.append(number)
            if not is_zero or not is_finite:
                self._zero_since[number] = -1
            elif self._zero_since[number] < 0:
                self._zero_since[number] = step
        if step == 0 and len(new) == len(self._goals):
            raise NotApplicable(
                f"The score of {self._goals[0].name}, or its gradient, is not finite for the image "
                "at the start: the network's weights hold values that are not numbers, or too "
                "large ones. Choose other weights."
            )
        return new

    def notes(self, images: Tensor, is_over: bool) -> tuple[str, ...]:
        """One sentence or two for each image in trouble, empty for the others."""
        if self._is_well and not is_over:
            return ("",) * len(self._goals)
        sizes = [torch.inf] * len(images)
        if is_over:
            sizes = images.flatten(1).float().square().mean(1).sqrt().tolist()
        return tuple(
            self._note(number, goal, sizes[number]) for number, goal in enumerate(self._goals)
        )

    def _note(self, number: int, goal: Goal, size: float) -> str:
        stopped, zero = self._stopped_at[number], self._zero_since[number]
        if stopped >= 0:
            return (
                f"The score of {goal.name} or its gradient stopped being a finite number at step "
                f"{stopped}; the image is the one before. The likely cause is the step size "
                f"{self._step_size:g}: choose a smaller one."
            )
        if zero == 0:
            cause = (
                "the class's score does not change with the image, most likely because the ReLUs "
                "on every way to it are off"
                if goal.layer is None
                else "the unit is behind a ReLU that is off (a dead unit, on this image at least)"
            )
            also = "" if goal.layer is None else ", or the layer before the ReLU"
            return (
                f"The gradient of {goal.name} is exactly zero everywhere from the start: {cause}. "
                f"Start from another image ({self._others()}){also}."
            )
        if zero > 0:
            return (
                f"The gradient of {goal.name} is exactly zero everywhere since step {zero}: the "
                "ReLUs on every way to it are off now. A smaller step size may avoid it."
            )
        if self._options.start == "mean" and size < _HARDLY:
            return (
                f"The image for {goal.name} has hardly moved (root mean square {size:.1g}): the "
                "gradient at the mean picture is tiny. Choose the normalised gradient, or a start "
                "from noise."
            )
        return ""

    def _others(self) -> str:
        return "the mean, a photograph" if self._options.start == "noise" else "noise, a photograph"
