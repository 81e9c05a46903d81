"""Why a network says what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizcore.records import SaliencyMap
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks import AnyPicture, AnyWeights, saliency_task

if TYPE_CHECKING:
    from vizcore.lenses.saliency import Method


def saliency(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    method: Method = "gradient",
    weights: AnyWeights = None,
    device: str | None = None,
) -> SaliencyMap:
    """Which pixels of a picture move the score of a class (None: of the most probable one).

    Args:
        target: a class by name or number.
        method: "gradient" (magnitudes) or "gradient x input" (signed).

    Raises:
        UnknownClass: with the nearest names.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    return run_here(saliency_task(name, image, target, method, weights=weights), choose(device))
