"""Networks that can look at pictures: the zoo's builders joined with weights from anywhere.

`weights_of("resnet18")` lists what an architecture can be filled with, `weights("resnet18",
"IMAGENET1K_V1")` finds one of them, and `source_of` and `preprocessing_of` say how to load it and
what to do to a picture first. None of this imports torch or reads a tensor.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import UnknownClass, UnknownWeights, WeightsError, WeightsNotHere
from vizcore.runtime import store
from vizcore.runtime.jobs import NetworkSource, Progress, finish
from vizcore.runtime.own_weights import Shelf, is_own
from vizcore.runtime.tensor_files import MAX_UPLOAD_BYTES
from vizcore.runtime.weights import Card, card, cards
from vizcore.zoo import Architecture, get
from vizcore.zoo.own import taken, weights_of_card
from vizcore.zoo.pretrained import imagenet_classes, numbered_classes, pretrained_weights
from vizcore.zoo.weights import RANDOM, Weights

if TYPE_CHECKING:
    from torch import nn

#: The seed of random weights.
SEED = 0
#: Architectures whose outputs are no class scores, but a point in a space.
EMBEDDINGS = frozenset({"facenet_nn1"})
#: Of ImageNet's training pictures, per RGB channel, as torchvision uses them.
IMAGENET_MEAN_AND_STD = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A network on a device, with what is needed to use it.

    Attributes:
        module: in evaluation mode, in-place activations off.
        weights: what it is filled with, with the names of the classes and the preprocessing.
    """

    module: nn.Module = field(repr=False)
    weights: Weights


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
        >>> [each.name for each in weights_of("resnet50")]
        ['IMAGENET1K_V2', 'IMAGENET1K_V1', 'random']
    """
    entry = get(architecture) if isinstance(architecture, str) else architecture
    bundled = [_bundled(each) for each in cards() if each.key == entry.key]
    learned = (*bundled, *pretrained_weights(entry))
    return (*learned, _random(entry, learned))


def weights(architecture: str | Architecture, name: str | None = None) -> Weights:
    """The weights of an architecture with this name, in any case; None means the default.

    `own-...` finds what a person brought to this machine for this architecture.

    Raises:
        UnknownArchitecture: no architecture has this name.
        UnknownWeights: it has no weights of this name; the message lists the nearest.
        WeightsError: a person's own, which are not on this machine (any more).

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
    if is_own(name):
        card = shelf().card(name)
        if card.architecture == key:
            return weights_of_card(card, shelf().path_of(card))
    raise UnknownWeights.among(f"weights of '{key}'", name.strip(), [each.name for each in offered])


def presence_of(weights: Weights) -> Presence:
    """Whether weights are on this machine, where, and how large; looks only, reads no file.

    Example:
        >>> presence_of(weights("zfnet_photos20")).place
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
        raise _not_here(weights)


def _not_here(weights: Weights) -> WeightsNotHere:
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


def shelf() -> Shelf:
    """Where the weights lie that people brought: `own` in the cache folder."""
    return Shelf(store.cache_folder() / "own")


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
    try:
        preprocessing = preprocessing_of(card)
    except (TypeError, ValueError) as error:  # BadChoice is a ValueError
        raise WeightsError(f"The card of '{card.key}' cannot be read: {error}") from error
    return Weights(
        architecture=card.key,
        name=card.name,
        origin="bundled",
        title=f"{card.data['name']} (bundled)",
        classes=card.classes,
        preprocessing=preprocessing,
        identity=card.sha256,
        accuracy=card.accuracy,
        licence=card.licence,
        source=f"{card.path.name}, comes with ConvScope",
        options={"num_classes": len(card.classes)},
        path=card.path,
        card=card,
    )


def _random(entry: Architecture, learned: Sequence[Weights]) -> Weights:
    """Untrained weights, with the names and the preprocessing of the first learned ones that fit.

    So that the two can be compared; where nothing fits, ImageNet's mean and deviation for RGB.
    """
    channels, height, _ = entry.input_shape
    alike = [each for each in learned if len(each.classes) == entry.num_classes]
    same_size = [each for each in alike if each.preprocessing.crop_px == height]
    classes: tuple[str, ...]
    if entry.key in EMBEDDINGS:
        classes = ()
    elif alike:
        classes = alike[0].classes
    elif entry.num_classes == len(imagenet_classes()):
        classes = imagenet_classes()
    else:
        classes = numbered_classes(entry.num_classes)
    if same_size:
        preprocessing = same_size[0].preprocessing
    elif channels == 3:
        preprocessing = Preprocessing(height, height, *IMAGENET_MEAN_AND_STD)
    else:
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
        notes=("Nothing was learned: what is seen comes from the architecture alone.",),
    )


def _load(weights: Weights, device: str) -> nn.Module:
    from vizcore.runtime.weights import load_into, ready_to_look
    from vizcore.zoo import build, build_meta

    if weights.is_random:
        return ready_to_look(build(weights.architecture, seed=SEED)).to(device)
    if weights.file is not None:
        from vizcore.zoo.filling import filled

        try:
            found = store.verified(weights.file)
        except WeightsError as error:
            again = f"python -m vizcore fetch {weights.architecture}:{weights.name}"
            raise WeightsNotHere(
                f"{error} Fetch it again: {again}.", received=weights.name
            ) from error
        if found is None:
            raise _not_here(weights)
        return ready_to_look(filled(weights, found.path)).to(device)
    if weights.origin == "own":
        from vizcore.zoo.own import own_network

        shelf().used(weights.path)
        return ready_to_look(own_network(weights)).to(device)
    assert weights.card is not None
    network = build_meta(weights.architecture, **weights.options)
    load_into(network, weights.card)
    return network.to(device)
