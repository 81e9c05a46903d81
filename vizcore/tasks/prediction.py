"""What a network says of a picture, as a task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from vizcore.networks.loading import source_of
from vizcore.records.maps import Prediction
from vizcore.runtime.jobs import Task
from vizcore.tasks.sight import (
    AnyPicture,
    AnyWeights,
    Sight,
    require_classes,
    sight,
)

if TYPE_CHECKING:
    from torch import nn


def prediction_task(
    name: str, image: AnyPicture, top: int = 5, *, weights: AnyWeights = None
) -> Task[Prediction]:
    """The `top` most probable classes of a picture.

    Raises:
        UnknownArchitecture, UnknownWeights, BadImage: there is nothing to look with, or at.
        WeightsNotHere: pretrained weights that have to be fetched first.
        NotApplicable: the outputs are no class scores.
    """
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    work = partial(_predict, seen=seen, top=top)
    return Task(work, "Prediction", source_of(seen.weights), seen.key("prediction", top))


def warm_task(name: str, *, weights: AnyWeights = None) -> Task[Prediction]:
    """A first prediction, of a grey picture: loads all that a real one needs."""
    return prediction_task(name, np.full((64, 64, 3), 128, np.uint8), weights=weights)


def _predict(network: nn.Module, *, seen: Sight, top: int) -> Prediction:
    from vizcore.lenses.prediction import predict

    return predict(network, seen.input_nchw(), classes=seen.weights.classes, top=top)
