"""Weights as they were in the course of training: files that a card lists by epoch.

A card's `snapshots` are rows with epoch, file (from the folder of the weights), sha256, and the
accuracy measured then. Kernels and matrices are stored as float16, which rounds a weight by
at most 0.05% (by at most 3e-8 where it is smaller than 6e-5); they are read as float32.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from vizcore.errors import WeightsError
from vizcore.runtime.weights import Card, read_verified

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A network's weights after an epoch of its training.

    Attributes:
        epoch: passes over the training data by then.
        sha256: of the file, hexadecimal.
        validation: share (0..1) of the validation patches it named rightly.
        path: of the safetensors file.
    """

    epoch: int
    sha256: str
    validation: float
    path: Path = field(repr=False)


def has_snapshots(card: Card) -> bool:
    """Whether the card lists any."""
    return bool(card.details.get("snapshots"))


def snapshots(card: Card) -> tuple[Snapshot, ...]:
    """The snapshots of a card, first to last; the last is the finished network.

    Raises:
        WeightsError: the card lists none, or they cannot be made sense of.
    """
    rows = card.details.get("snapshots")
    if not rows:
        raise WeightsError(
            f"No snapshots were kept while '{card.key}' was trained, so how its filters came to "
            "be cannot be shown."
        )
    try:
        found = tuple(
            Snapshot(
                int(row["epoch"]),
                str(row["sha256"]),
                float(row["validation"]),
                card.path.parent / row["file"],
            )
            for row in rows
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"The snapshots on the card of '{card.key}' cannot be read: "
            f"{type(error).__name__} {error}."
        ) from error
    epochs = [each.epoch for each in found]
    if len(found) < 2 or any(late <= early for early, late in pairwise(epochs)):
        raise WeightsError(
            f"The card of '{card.key}' lists snapshots at epochs {epochs}; needed are two or more, "
            "in rising order."
        )
    return found


def identity(found: Iterable[Snapshot]) -> str:
    """One hash for several snapshots, for the key of what is computed from them."""
    return hashlib.sha256("".join(each.sha256 for each in found).encode()).hexdigest()


def read_snapshot(snapshot: Snapshot) -> dict[str, Tensor]:
    """The tensors of a snapshot, verified, floating ones as float32.

    Raises:
        WeightsError: the file is missing, is not the one the card describes, or is no safetensors
            file of finite numbers.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    name = snapshot.path.name
    content = read_verified(
        snapshot.path, snapshot.sha256, f"snapshot of epoch {snapshot.epoch} is"
    )
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise WeightsError(f"The snapshot {name} is not a safetensors file: {error}") from error
    state = {
        name: each.float() if each.is_floating_point() else each for name, each in tensors.items()
    }
    broken = [name for name, each in state.items() if not bool(each.isfinite().all())]
    if broken:
        raise WeightsError(
            f"The snapshot of epoch {snapshot.epoch} holds values that are not finite: "
            f"{', '.join(broken)}."
        )
    return state
