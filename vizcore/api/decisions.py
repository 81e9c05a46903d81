"""Why a network says what it says."""

from __future__ import annotations

from collections.abc import Mapping

from vizcore.records_saliency import SaliencyMap, Value
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.saliency_tasks import saliency_task
from vizcore.tasks import AnyPicture, AnyWeights


def saliency(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    method: str = "gradient",
    against: str | int | None = None,
    layer: str | None = None,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> SaliencyMap:
    """Which pixels of a picture move the score of a class (None: of the most probable one).

    Args:
        target: a class by name or number.
        method: a key of `vizcore.lenses.saliency.METHODS`.
        against: a second class, whose score is subtracted.
        layer: for the methods that look at one.
        seed: decides what is drawn, where the method draws.
        options: of the method, such as `{"steps": 100}`.

    Raises:
        UnknownClass, UnknownLayer: with the nearest names.
        BadChoice: an unknown method, option or value.
        NotApplicable: the method cannot be honest on this network; says why.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    task = saliency_task(
        name,
        image,
        target,
        method,
        against=against,
        layer=layer,
        seed=seed,
        options=options,
        weights=weights,
    )
    return run_here(task, choose(device))
