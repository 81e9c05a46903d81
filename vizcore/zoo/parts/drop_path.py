"""Drop-path: a picture's whole branch is zeroed at random while the network trains."""

from __future__ import annotations

from torch import Tensor, nn


class DropPath(nn.Module):
    """Zero a branch for some pictures of a batch and divide the others by the chance to stay.

    The expected value is the input's; in eval mode nothing happens.

    Example:
        >>> import torch
        >>> DropPath(0.4).eval()(torch.ones(2)).tolist()
        [1.0, 1.0]
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        if not 0 <= probability < 1:
            raise ValueError(f"a branch is dropped with probability 0 to below 1: {probability}")
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        stays = 1 - self.probability
        mask = x.new_empty((x.shape[0], *(1,) * (x.dim() - 1))).bernoulli_(stays)
        return x * mask / stays

    def extra_repr(self) -> str:
        return f"probability={self.probability:.4g}"
