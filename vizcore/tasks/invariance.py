"""How far a photograph can be moved before a network takes it for another: as tasks.

For an engine or for `run_here`, as those of `vizcore.tasks`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vizcore.data.transformations import Beyond, check
from vizcore.data.transforms import transform
from vizcore.networks.classes import class_number
from vizcore.networks.loading import source_of
from vizcore.networks.offers import preprocessing_of
from vizcore.records.invariance import Invariance
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import AnyPicture, AnyWeights, Sight, require_classes, sight

if TYPE_CHECKING:
    from torch import nn


def invariance_task(
    name: str,
    image: AnyPicture,
    kind: str = "translation",
    target: str | int | None = None,
    *,
    amounts: Sequence[float] | None = None,
    beyond: Beyond = "mirror",
    weights: AnyWeights = None,
) -> Task[Invariance]:
    """A photograph at several amounts of a transformation; see `vizcore.data.transforms`.

    Args:
        kind: "translation", "sideways", "scale", "rotation", "blur" or "contrast".
        target: the class to follow, by name or number; None takes the original's most probable.
        amounts: the transformation's own unless given.
        beyond: "mirror" the photograph beyond its edge, repeat its "edge", or look "inside" it.

    Raises:
        BadChoice: another kind, `beyond` or amounts; says what is allowed.
        UnknownClass: with the nearest names.
        NotApplicable: the outputs are no class scores.
        UnknownArchitecture, UnknownWeights, WeightsNotHere, BadImage: there is nothing to look
            with, or at.
    """
    given = None if amounts is None else tuple(map(float, amounts))
    label = check(kind, given, beyond).label
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    number = None if target is None else class_number(target, seen.weights.classes)
    work = partial(_invariance, seen=seen, kind=kind, target=number, amounts=given, beyond=beyond)
    key = seen.key("invariance", kind, number, given, beyond)
    return Task(work, f"{label}: features and answer", source_of(seen.weights), key)


def _invariance(
    network: nn.Module,
    *,
    seen: Sight,
    kind: str,
    target: int | None,
    amounts: tuple[float, ...] | None,
    beyond: Beyond,
) -> Generator[Progress, None, Invariance]:
    from vizcore.lenses.invariance import feature_shifts

    how = preprocessing_of(seen.weights)
    what = check(kind)
    made = transform(seen.picture.rgb_hwc, how, kind, amounts, beyond=beyond)
    shifts = yield from feature_shifts(
        network, how.standardise(made.original_hwc[None]), how.standardise(made.views_nhwc)
    )
    return Invariance(
        kind=kind,
        label=what.label,
        unit=what.unit,
        neutral=what.neutral,
        amounts=made.amounts,
        beyond=beyond,
        beyond_n=made.beyond_n,
        views_nhwc=made.views_nhwc,
        original_hwc=made.original_hwc,
        shifts=shifts,
        classes=seen.weights.classes,
        target=int(shifts.original_c.argmax()) if target is None else target,
    )
