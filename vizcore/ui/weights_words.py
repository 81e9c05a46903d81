"""Weights in a few words: their size, how good they are, where they come from."""

from __future__ import annotations

from urllib.parse import urlsplit

from vizcore import zoo
from vizcore.formats.words import counted
from vizcore.networks.presence import presence_of
from vizcore.runtime.mirror import address_of, mirror_address
from vizcore.zoo.weights import Weights


def size(count_bytes: int | None) -> str:
    """The size of a file, as people say it.

    Example:
        >>> size(102_530_333), size(6_800_000), size(50_000_000_000), size(None)
        ('103 MB', '6.8 MB', '50 GB', 'size unknown')
    """
    if count_bytes is None:
        return "size unknown"
    unit, name = (1e9, "GB") if count_bytes >= 1e9 else (1e6, "MB")
    count = count_bytes / unit
    return f"{count:.0f} {name}" if count >= 10 else f"{count:.1f} {name}"


def accuracy(weights: Weights) -> str:
    """How good they are, in a few words; empty where nobody says."""
    if "test" in weights.accuracy:
        return f"{weights.accuracy['test']:.1%} of test pictures right"
    if weights.accuracy.get("top1") is not None:
        return f"{weights.accuracy['top1']:.1%} top-1"
    return ""


def title(weights: Weights) -> str:
    """Weights in a list: their name, accuracy, size, and whether they are here."""
    if weights.is_random:
        return "Random, not trained"
    if weights.origin == "own":
        return weights.title
    presence = presence_of(weights)
    if weights.origin == "bundled":
        return weights.title
    where = "on this machine" if presence.here else "to fetch"
    parts = [weights.name, accuracy(weights), size(presence.size_bytes), where]
    return " · ".join(part for part in parts if part)


def where(weights: Weights) -> str:
    """The chosen weights in a line under their list, which cuts long titles."""
    if weights.is_random:
        return "Nothing was learned: every picture says so."
    if weights.origin == "own":
        return f"Your own: {counted(len(weights.classes), 'class', 'classes')}"
    presence = presence_of(weights)
    where = "Bundled" if weights.origin == "bundled" else "On this machine"
    parts = [f"{where if presence.here else 'To fetch'}, {size(presence.size_bytes)}"]
    if good := accuracy(weights):
        parts.append(good)
    return "; ".join(parts)


def need(weights: Weights) -> str:
    name = zoo.get(weights.architecture).name
    return f"{name} needs its weights {weights.name}, which are not on this machine yet."


def about(weights: Weights) -> str:
    """Size, source, accuracy, licence and check of weights that have to be fetched."""
    assert weights.file is not None
    presence = presence_of(weights)
    host = urlsplit(address_of(weights.file)).hostname
    mirror = "the mirror " if mirror_address() else ""
    parts = [f"{size(weights.file.about_bytes)} from {mirror}{host}"]
    if presence.partial_bytes:
        parts[0] += f", of which {size(presence.partial_bytes)} have come"
    if good := accuracy(weights):
        parts.append(f"{good} on {weights.accuracy.get('dataset', 'its test pictures')}, published")
    parts.append(f"licence {weights.licence}" if weights.licence else "licence not stated")
    return "; ".join(parts) + ". " + " ".join(weights.notes)
