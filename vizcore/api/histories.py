"""What a network was at every snapshot of its training."""

from __future__ import annotations

from vizcore.records.evolution import FilterHistory, PatchHistory, SaliencyHistory
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks.evolution import (
    Searched,
    evolution_patches_task,
    evolution_saliency_task,
    evolution_task,
)
from vizcore.tasks.sight import AnyPicture


def evolution(name: str, *, weights: str | None = None, device: str | None = None) -> FilterHistory:
    """How far every layer's filters were at every snapshot of the network's training.

    Raises:
        WeightsError: no snapshots of it were kept; says of which networks there are some.
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
    """
    return run_here(evolution_task(name, weights=weights), choose(device))


def evolution_patches(
    name: str,
    searched: Searched = "training",
    *,
    weights: str | None = None,
    device: str | None = None,
) -> PatchHistory:
    """The strongest patches of every convolution's channels at every snapshot.

    Args:
        searched: "training" or "validation" patches of Photos-20.

    Raises:
        BadChoice: other patches are asked for.
        WeightsError, UnknownArchitecture, UnknownWeights: as for `evolution`.
    """
    return run_here(evolution_patches_task(name, searched, weights=weights), choose(device))


def evolution_saliency(
    name: str, image: AnyPicture, *, weights: str | None = None, device: str | None = None
) -> SaliencyHistory:
    """What the network said of a picture at every snapshot, and which pixels moved the score.

    Raises:
        BadImage: not a picture.
        WeightsError, UnknownArchitecture, UnknownWeights: as for `evolution`.
    """
    return run_here(evolution_saliency_task(name, image, weights=weights), choose(device))
