"""What an architecture can be filled with: bundled, pretrained, a person's own, random weights.

`weights_of("resnet18")` lists them, `weights("resnet18", "IMAGENET1K_V1")` finds one, and
`preprocessing_of` says what to do to a picture first. None of this imports torch or reads a tensor.
"""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import UnknownWeights, WeightsError
from vizcore.runtime.own_weights import is_own, shelf
from vizcore.runtime.weights import Card, cards
from vizcore.zoo import Architecture, get
from vizcore.zoo.own import weights_of_card
from vizcore.zoo.pretrained import imagenet_classes, numbered_classes, pretrained_weights
from vizcore.zoo.weights import RANDOM, Weights

#: The seed of random weights.
SEED = 0
#: Architectures whose outputs are no class scores, but a point in a space.
EMBEDDINGS = frozenset({"facenet_nn1"})
#: Of ImageNet's training pictures, per RGB channel, as torchvision uses them.
IMAGENET_MEAN_AND_STD = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


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


def trained_keys() -> tuple[str, ...]:
    """The keys of the architectures with bundled weights."""
    return tuple(dict.fromkeys(each.key for each in cards()))


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
