"""Weights a person brings: checked for an architecture, and kept where they were sent."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO

from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import WeightsError
from vizcore.networks.offers import weights
from vizcore.runtime.jobs import Progress, finish
from vizcore.runtime.own_weights import shelf
from vizcore.runtime.tensor_files import MAX_UPLOAD_BYTES
from vizcore.zoo import Architecture
from vizcore.zoo.own import taken, weights_of_card
from vizcore.zoo.weights import Weights


def own_weights(
    architecture: str | Architecture,
    path: str | Path,
    *,
    labels: str | Path | None = None,
    preprocessing: Preprocessing | None = None,
) -> Weights:
    """A safetensors file of your own as weights of an architecture, checked; it stays where it is.

    Args:
        labels: a text file with the names of the classes, one a line.
        preprocessing: None takes that of the architecture's default weights.

    Raises:
        UnknownArchitecture: no architecture has this name.
        WeightsError: a file cannot be read, or not be used; says why.
        UnfitWeights: another network's tensors; lists the first, and the nearest architectures.
    """
    default = weights(architecture)
    path = Path(path)
    try:
        names = None if labels is None else Path(labels).read_bytes()
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            steps = taken(
                file,
                size_bytes,
                default.architecture,
                preprocessing or default.preprocessing,
                title=path.name,
                labels=names,
            )
            return weights_of_card(finish(steps), path)
    except OSError as error:
        raise WeightsError(
            f"{error.filename or path} cannot be read: {error.strerror}.", received=str(path)
        ) from error


def keep_own(
    file: BinaryIO,
    size_bytes: int,
    architecture: str,
    *,
    title: str,
    labels: bytes | None = None,
) -> Generator[Progress, None, Weights]:
    """The same for a file that was sent: checked, then kept, so that its name finds it again."""
    default = weights(architecture)
    card = yield from taken(
        file,
        size_bytes,
        default.architecture,
        default.preprocessing,
        title=title,
        labels=labels,
        max_bytes=MAX_UPLOAD_BYTES,
    )
    yield from shelf().keep(file, card)
    return weights_of_card(card, shelf().path_of(card))


def with_preprocessing(weights: Weights, preprocessing: Preprocessing) -> Weights:
    """Own weights that were kept, with pictures prepared in another way: under a name of its own.

    Raises:
        WeightsError: they are not on this machine (any more).
    """
    card = replace(shelf().card(weights.name), preprocessing=asdict(preprocessing))
    shelf().write_card(card)
    return weights_of_card(card, shelf().path_of(card))
