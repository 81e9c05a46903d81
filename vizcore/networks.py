"""Networks that can look at pictures: the zoo's builders joined with weights from anywhere.

`weights_of("resnet18")` lists what an architecture can be filled with, `weights("resnet18",
"IMAGENET1K_V1")` finds one of them, and `source_of` and `preprocessing_of` say how to load it and
what to do to a picture first. None of this imports torch or reads a tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import UnknownClass, UnknownWeights
from vizcore.runtime.jobs import NetworkSource
from vizcore.runtime.weights import Card, card, cards
from vizcore.zoo import Architecture, get
from vizcore.zoo.weights import RANDOM, Weights

if TYPE_CHECKING:
    from torch import nn

#: The seed of random weights.
SEED = 0


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A network on a device, with what is needed to use it.

    Attributes:
        module: in evaluation mode, in-place activations off.
        weights: what it is filled with, with the names of the classes and the preprocessing.
    """

    module: nn.Module = field(repr=False)
    weights: Weights


def weights_of(architecture: str | Architecture) -> tuple[Weights, ...]:
    """Everything an architecture can be filled with: the default first, random weights last.

    Bundled weights come first, then the library's default pretrained weights, then its others.
    The order does not depend on what has been fetched; weights somebody brought (`origin` "own")
    belong to a session and are not among them.

    Raises:
        UnknownArchitecture: no architecture has this name.

    Example:
        >>> [each.name for each in weights_of("zfnet_photos20")]
        ['photos20', 'random']
    """
    entry = get(architecture) if isinstance(architecture, str) else architecture
    learned = [_bundled(each) for each in cards() if each.key == entry.key]
    return (*learned, _random(entry, learned))


def weights(architecture: str | Architecture, name: str | None = None) -> Weights:
    """The weights of an architecture with this name, in any case; None means the default.

    Raises:
        UnknownArchitecture: no architecture has this name.
        UnknownWeights: it has no weights of this name; the message lists the nearest.

    Example:
        >>> weights("zfnet_photos20").name, weights("vgg16", "random").is_random
        ('photos20', True)
    """
    offered = weights_of(architecture)
    if name is None or not name.strip():
        return offered[0]
    for each in offered:
        if each.name.lower() == name.strip().lower():
            return each
    key = offered[0].architecture
    raise UnknownWeights.among(f"weights of '{key}'", name.strip(), [each.name for each in offered])


def trained_keys() -> tuple[str, ...]:
    """The keys of the architectures with bundled weights."""
    return tuple(dict.fromkeys(each.key for each in cards()))


def card_of(name: str) -> Card:
    """The card of an architecture's bundled weights, by key or alias.

    Raises:
        UnknownArchitecture: no architecture has this name.
        WeightsError: nothing is bundled for it; says for which there is.
    """
    return card(get(name).key)


def preprocessing_of(weights: Weights | Card) -> Preprocessing:
    """What has to be done to a picture before the network sees it."""
    if isinstance(weights, Weights):
        return weights.preprocessing
    given = weights.preprocessing
    return Preprocessing(
        int(given["resize_px"]),
        int(given["crop_px"]),
        tuple(float(value) for value in given["mean"]),
        tuple(float(value) for value in given["std"]),
        given.get("interpolation", "bilinear"),
        bool(given.get("squash", False)),
    )


def load_network(
    architecture: str | Architecture, name: str | None = None, device: str = "cpu"
) -> LoadedNetwork:
    """Build a network and fill it with weights.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsError: the weights are damaged, or not on this machine.
    """
    found = weights(architecture, name)
    return LoadedNetwork(source_of(found).load(device), found)


def source_of(weights: Weights) -> NetworkSource:
    """How an engine loads the network on its device; equal weights are loaded once."""
    return NetworkSource(f"{weights.architecture}@{weights.identity}", partial(_load, weights))


def class_number(wanted: str | int, classes: Sequence[str]) -> int:
    """The output number of a class given by name (in any case) or by number.

    A name wins over a number written as text.

    Raises:
        UnknownClass: with the nearest names, or the numbers there are.

    Example:
        >>> class_number("Dog", ["cat", "dog"]), class_number("0", ["cat", "dog"])
        (1, 0)
    """
    text = str(wanted).strip()
    lowered = [name.lower() for name in classes]
    if isinstance(wanted, str) and text.lower() in lowered:
        return lowered.index(text.lower())
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit():
        if 0 <= int(text) < len(classes):
            return int(text)
        raise UnknownClass(
            f"There is no class number {text}. Allowed: 0 to {len(classes) - 1}.", received=text
        )
    raise UnknownClass.among("class", text, classes)


def _bundled(card: Card) -> Weights:
    data = card.data["name"] if isinstance(card.data, dict) else str(card.data)
    return Weights(
        architecture=card.key,
        name=card.name,
        origin="bundled",
        title=f"{data} (bundled)",
        classes=card.classes,
        preprocessing=preprocessing_of(card),
        identity=card.sha256,
        accuracy=card.accuracy,
        licence=card.licence,
        source=f"{card.path.name}, comes with ConvScope",
        options={"num_classes": len(card.classes)},
        path=card.path,
        card=card,
    )


def _random(entry: Architecture, learned: Sequence[Weights]) -> Weights:
    """Untrained weights. Names and preprocessing are those of the default weights that fit."""
    alike = next((each for each in learned if len(each.classes) == entry.num_classes), None)
    if alike is not None:
        classes, preprocessing = alike.classes, alike.preprocessing
    else:
        classes = tuple(f"class {number}" for number in range(entry.num_classes))
        channels, height, _ = entry.input_shape
        preprocessing = Preprocessing(height, height, (0.5,) * channels, (0.25,) * channels)
    return Weights(
        architecture=entry.key,
        name=RANDOM,
        origin="random",
        title=f"Random, untrained (seed {SEED})",
        classes=classes,
        preprocessing=preprocessing,
        identity=f"random-{SEED}",
        source=f"the initialisation of {entry.source}, seed {SEED}, on the CPU",
        notes=("nothing was learned, so what is seen comes from the architecture alone.",),
    )


def _load(weights: Weights, device: str) -> nn.Module:
    from vizcore.runtime.weights import load_into, ready_to_look
    from vizcore.zoo import build, build_meta

    if weights.is_random:
        network = ready_to_look(build(weights.architecture, seed=SEED))
    else:
        assert weights.card is not None
        network = build_meta(weights.architecture, **weights.options)
        load_into(network, weights.card)
    return network.to(device)
