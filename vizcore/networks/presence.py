"""Whether weights are on this machine: looks only, reads no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vizcore.errors import WeightsNotHere
from vizcore.networks.offers import weights_of
from vizcore.runtime import store
from vizcore.zoo.weights import Weights


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether weights can be used on this machine now.

    Attributes:
        here: whether they can. A file is verified when it is loaded, not by this look at it.
        place: where they are, in words: "bundled", "cache", "pre-filled folder", "torch.hub's
            cache", "Hugging Face's cache", "own" or "drawn when needed"; empty if not here.
        path: of the file, if there is one here.
        size_bytes: of the file here; else about how large it is, where that is known.
        partial_bytes: what a fetch that was stopped has left in the cache.
    """

    here: bool
    place: str = ""
    path: Path | None = None
    size_bytes: int | None = None
    partial_bytes: int = 0


def presence_of(weights: Weights) -> Presence:
    """Whether weights are on this machine, where, and how large; looks only, reads no file.

    Example:
        >>> presence_of(weights_of("zfnet_photos20")[0]).place
        'bundled'
    """
    if weights.is_random:
        return Presence(True, "drawn when needed")
    if weights.file is not None:
        found = store.find(weights.file)
        if found is not None:
            return Presence(True, found.place, found.path, found.size_bytes)
        left = store.partial_bytes(weights.file)
        return Presence(False, size_bytes=weights.file.about_bytes, partial_bytes=left)
    path = weights.path
    if path is None or not path.is_file():
        return Presence(False)
    return Presence(True, weights.origin, path, path.stat().st_size)


def require(weights: Weights) -> None:
    """Refuse pretrained weights that are not on this machine.

    Raises:
        WeightsNotHere: says how large they are and how to fetch them; suggests other weights.
    """
    if weights.file is not None and store.find(weights.file) is None:
        raise not_here(weights)


def not_here(weights: Weights) -> WeightsNotHere:
    """The refusal of pretrained weights that are not on this machine."""
    assert weights.file is not None
    others = [
        each.name
        for each in weights_of(weights.architecture)
        if each.name != weights.name and presence_of(each).here
    ]
    about = weights.file.about_bytes
    size = f" (about {about / 1e6:,.0f} MB)" if about else ""
    return WeightsNotHere(
        f"The weights {weights.name} of '{weights.architecture}'{size} are not on this machine. "
        f"Fetch them with: python -m vizcore fetch {weights.architecture}:{weights.name}. "
        f"Here are: {', '.join(others)}.",
        received=weights.name,
        suggestions=others,
    )
