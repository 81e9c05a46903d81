"""What a network with training-time classifiers returns while it trains."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class TrainingScores(NamedTuple):
    """The scores of the classifier, and those of the classifiers that exist for training only.

    Each is (N, classes), unnormalised. In eval mode a network returns `scores` alone.
    """

    scores: Tensor
    auxiliary: tuple[Tensor, ...]
