"""The facade: everything by an architecture's name.

What looks at a picture runs here and now; `vizcore.tasks` has the same as tasks for an engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizcore.records import FeatureMaps, Prediction, SaliencyMap, Sorting
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks import (
    AnyPicture,
    feature_maps_task,
    map_layers_task,
    prediction_task,
    saliency_task,
    warm_task,
)

if TYPE_CHECKING:
    from vizcore.lenses.saliency import Method

__all__ = [
    "feature_maps",
    "feature_maps_task",
    "map_layers_task",
    "predict",
    "prediction_task",
    "saliency",
    "saliency_task",
    "warm_task",
]


def predict(name: str, image: AnyPicture, *, top: int = 5, device: str | None = None) -> Prediction:
    """The `top` most probable classes of a picture (a path, bytes, or a uint8 RGB array).

    Raises:
        UnknownArchitecture: no architecture has this name.
        WeightsError: it comes without weights; says which come with.
        BadImage: not a picture.
    """
    return run_here(prediction_task(name, image, top), choose(device))


def feature_maps(
    name: str,
    image: AnyPicture,
    layer: str,
    *,
    sorted_by: Sorting = "maximum",
    device: str | None = None,
) -> FeatureMaps:
    """What every channel of a layer computes for a picture.

    Args:
        sorted_by: "maximum", "mean", "sparsity" (Hoyer's) or "channel".

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives no maps; says which do.
        UnknownArchitecture, WeightsError, BadImage: as for `predict`.
    """
    return run_here(feature_maps_task(name, image, layer, sorted_by), choose(device))


def saliency(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    method: Method = "gradient",
    device: str | None = None,
) -> SaliencyMap:
    """Which pixels of a picture move the score of a class (None: of the most probable one).

    Args:
        target: a class by name or number.
        method: "gradient" (magnitudes) or "gradient x input" (signed).

    Raises:
        UnknownClass: with the nearest names.
        UnknownArchitecture, WeightsError, BadImage: as for `predict`.
    """
    return run_here(saliency_task(name, image, target, method), choose(device))
