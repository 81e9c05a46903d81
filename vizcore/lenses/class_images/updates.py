"""How a step follows the gradient, for each image on its own."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from vizcore.records.ascent_options import Optimiser

#: Adam's, as its paper has them (Kingma and Ba 2015).
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Update(Protocol):
    """Gives the next point; the first axis counts images."""

    def __call__(self, point: Tensor, gradient: Tensor) -> Tensor: ...


def update_of(optimiser: Optimiser, step_size: float) -> Update:
    """The rule of an optimiser.

    Example:
        >>> update_of("normalised", 0.5)(torch.zeros(1, 2), torch.tensor([[3.0, 3.0]])).tolist()
        [[0.5, 0.5]]
    """
    if optimiser == "adam":
        return Adam(step_size)
    if optimiser == "normalised":
        return lambda point, gradient: point + step_size * gradient / _rms(gradient)
    return lambda point, gradient: torch.add(point, gradient, alpha=step_size)


class Adam:
    """Adam upwards: every value's step is scaled by what its gradients were like so far.

    `torch.optim.Adam` gives the same; it changes its point in place, which pictures on their way
    to a page may share.
    """

    def __init__(self, step_size: float) -> None:
        self._step_size, self._count = step_size, 0
        self._first: Tensor | float = 0.0
        self._second: Tensor | float = 0.0

    def __call__(self, point: Tensor, gradient: Tensor) -> Tensor:
        """The next point."""
        self._count += 1
        self._first = _BETA1 * self._first + (1 - _BETA1) * gradient
        self._second = _BETA2 * self._second + (1 - _BETA2) * gradient.square()
        first = self._first / (1 - _BETA1**self._count)
        second = self._second / (1 - _BETA2**self._count)
        return point + self._step_size * first / (second.sqrt() + _EPSILON)


def _rms(gradient: Tensor) -> Tensor:
    """Root mean square of each image's gradient, 1 where it is zero."""
    largest = gradient.flatten(1).abs().amax(1)
    largest = torch.where(largest > 0, largest, 1.0)  # squares of small numbers would vanish
    scaled = gradient.flatten(1) / largest[:, None]
    rms = scaled.square().mean(1).sqrt() * largest
    rms = torch.where(rms > 0, rms, 1.0)
    return rms.reshape(-1, *[1] * (gradient.ndim - 1))
