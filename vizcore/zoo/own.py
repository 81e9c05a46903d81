"""Weights a person brought, joined with the architecture they are for.

`taken` checks a file and says what it is; `weights_of_card` makes it one of the architecture's
weights; `own_network` fills the network. The file is checked again whenever it is read.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import WeightsError
from vizcore.runtime.jobs import Progress, finish
from vizcore.runtime.own_weights import OwnCard, digest, read_labels
from vizcore.runtime.tensor_files import MAX_FILE_BYTES
from vizcore.zoo.pretrained import imagenet_classes, numbered_classes
from vizcore.zoo.registry import get
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn


def taken(
    file: BinaryIO,
    size_bytes: int,
    architecture: str,
    preprocessing: Preprocessing,
    *,
    title: str,
    labels: bytes | None = None,
    max_bytes: int = MAX_FILE_BYTES,
) -> Generator[Progress, None, OwnCard]:
    """Check a file for an architecture, and say what it is.

    Args:
        file: a safetensors file of a state dict, open for reading.
        size_bytes: of the whole file.
        preprocessing: from a picture to the input the weights were made for.
        title: the file's name.
        labels: a text file of class names, one a line. Without it 1000 classes are ImageNet's,
            and others are numbered.

    Raises:
        UnknownArchitecture: no architecture has this name.
        WeightsError, UnfitWeights: the file or the class names cannot be used; says why.
    """
    from vizcore.zoo.fitting import fit

    found = yield from fit(
        file, size_bytes, architecture, name=title, max_bytes=max_bytes, keep=False
    )
    notes = list(found.notes)
    if labels is not None:
        classes = read_labels(labels, found.classes)
    elif found.classes == len(imagenet_classes()):
        classes = imagenet_classes()
        notes.append("no class names came, so the 1000 classes have ImageNet's")
    else:
        classes = numbered_classes(found.classes)
        notes.append("no class names came, so the classes are numbered")
    sha256 = yield from digest(file)
    return OwnCard(
        found.key, title, sha256, size_bytes, classes, asdict(preprocessing), tuple(notes)
    )


def weights_of_card(card: OwnCard, path: Path) -> Weights:
    """What a card describes, as weights of its architecture."""
    given = dict(card.preprocessing)
    given |= {name: tuple(given[name]) for name in ("mean", "std")}
    fixed = len(card.classes) == get(card.architecture).num_classes
    return Weights(
        architecture=card.architecture,
        name=card.name,
        origin="own",
        title=f"{card.title} (own)",
        classes=card.classes,
        preprocessing=Preprocessing(**given),
        identity=f"{card.sha256}-{card.name}",
        source=f"the file {card.title}, brought by a person",
        notes=card.notes,
        options={} if fixed else {"num_classes": len(card.classes)},
        path=path,
    )


def own_network(weights: Weights) -> nn.Module:
    """The network on the CPU, filled from its file.

    Raises:
        WeightsError: the file cannot be read, or is not the one that was checked.
    """
    from vizcore.zoo.fitting import fit
    from vizcore.zoo.networks import build_meta

    assert weights.path is not None
    try:
        with weights.path.open("rb") as file:
            size_bytes = weights.path.stat().st_size
            if finish(digest(file)) != weights.sha256:
                raise WeightsError(f"{weights.path.name} was changed since it was checked.")
            found = finish(fit(file, size_bytes, weights.architecture, name=weights.path.name))
    except OSError as error:
        raise WeightsError(
            f"The weights '{weights.name}' cannot be read: {error.strerror}. Give the file again."
        ) from error
    network = build_meta(weights.architecture, **weights.options)
    network.load_state_dict(found.state, assign=True)
    return network
