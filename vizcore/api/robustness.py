"""What a network makes of a picture that was moved."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.data.transformations import Beyond
from vizcore.records.invariance import Invariance
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks.invariance import invariance_task
from vizcore.tasks.sight import AnyPicture, AnyWeights


def invariance(
    name: str,
    image: AnyPicture,
    kind: str = "translation",
    target: str | int | None = None,
    *,
    amounts: Sequence[float] | None = None,
    beyond: Beyond = "mirror",
    weights: AnyWeights = None,
    device: str | None = None,
) -> Invariance:
    """How far every layer's features and a class's probability move when the picture does.

    Args:
        kind: "translation" or "sideways" (px of the network's input), "scale" (a factor),
            "rotation" (degrees), "blur" (px) or "contrast" (a factor).
        target: the class to follow, by name or number; None takes the most probable one.
        amounts: the transformation's own unless given.
        beyond: what a view shows beyond the photograph's edge: its mirror image ("mirror"), its
            outermost pixels ("edge"), or nothing, as the network looks at its middle only
            ("inside").

    Raises:
        BadChoice: another kind, `beyond` or amounts; says what is allowed.
        UnknownClass: with the nearest names.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> invariance("zfnet_photos20", photo, "rotation", amounts=[0, 10]).amounts
        (0.0, 10.0)
    """
    task = invariance_task(
        name, image, kind, target, amounts=amounts, beyond=beyond, weights=weights
    )
    return run_here(task, choose(device))
