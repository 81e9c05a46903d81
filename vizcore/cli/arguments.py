"""What several commands take: the network, its weights, the picture, the class, the method."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vizcore.errors import BadChoice
from vizcore.records import Pair

if TYPE_CHECKING:
    from vizcore.data.images import Picture
    from vizcore.zoo.weights import Weights

#: How files of weights end; those that are no safetensors are refused with the reason.
_FILES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin", ".gguf", ".h5", ".onnx")


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """The network and the picture."""
    add_weights_arguments(parser)
    parser.add_argument("--image", type=Path, required=True, metavar="FILE", help="the picture")


def add_weights_arguments(parser: argparse.ArgumentParser) -> None:
    """The network, its weights, the device, and whether the result is JSON."""
    parser.add_argument("key", help="a network, such as zfnet_photos20 or resnet18")
    parser.add_argument(
        "--weights",
        default=None,
        metavar="NAME",
        help="photos20, IMAGENET1K_V1, random, ..., or a safetensors file of your own "
        "(default: bundled, else the library's default)",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        default=None,
        metavar="FILE",
        help="the names of the classes of your own weights, one a line",
    )
    parser.add_argument("--device", default=None, help="cpu, cuda or mps (default: the fastest)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_class_argument(
    parser: argparse.ArgumentParser, *names: str, what: str = "name or number of the class"
) -> None:
    """The class, in `args.target`; None is the most probable one."""
    parser.add_argument(
        *names,
        "--class",
        dest="target",
        default=None,
        metavar="NAME",
        help=f"{what} (default: the most probable one)",
    )


def add_method_arguments(
    parser: argparse.ArgumentParser, *, of_units: bool, seed: str = "for the methods that draw"
) -> None:
    """The saliency method, its layer and its seed.

    Args:
        of_units: whether the methods that explain a unit in place of a class are among them.
        seed: what it is for.
    """
    from vizcore.lenses.saliency.methods import METHODS

    parser.add_argument(
        "--method",
        choices=tuple(each.key for each in METHODS if of_units or each.family != "unit"),
        default="gradient",
        help="which method (default: gradient)",
    )
    parser.add_argument("--layer", default=None, metavar="NAME", help="for those that look at one")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=seed)


def place_of(words: list[str], word: str) -> Pair | str:
    """A place in a map: row and column, or the one word that may stand for it.

    Raises:
        BadChoice: anything else.

    Example:
        >>> place_of(["3", "0"], "centre"), place_of(["centre"], "centre")
        ((3, 0), 'centre')
    """
    if words == [word]:
        return word
    if len(words) == 2 and all(each.isascii() and each.isdigit() for each in words):
        return int(words[0]), int(words[1])
    raise BadChoice.among("--position", " ".join(words), [word, "a row and a column: 3 0"])


def chosen_weights(args: argparse.Namespace) -> Weights:
    """The weights that the arguments name: the network's, or a file; says what was done to it.

    The processor is set up for the work that follows.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsError, UnfitWeights: the file cannot be used; says why.
        BadChoice: class names without a file of weights.
    """
    from vizcore.networks.offers import weights
    from vizcore.networks.own import own_weights
    from vizcore.runtime.device import use_cpu_threads

    given = args.weights or ""
    is_file = Path(given).suffix.lower() in _FILES or Path(given).is_file()
    if args.labels is not None and not is_file:
        raise BadChoice("--labels names the classes of a file: give --weights FILE.safetensors.")
    found = (
        own_weights(args.key, given, labels=args.labels)
        if is_file
        else weights(args.key, args.weights)
    )
    if is_file and found.notes:
        print(f"The weights: {'; '.join(found.notes)}.", file=sys.stderr)
    use_cpu_threads()
    return found


def chosen_picture(args: argparse.Namespace) -> tuple[Weights, Picture]:
    """The weights and the picture that the arguments name.

    Raises:
        BadImage: the file is no picture, or too large; and as for `chosen_weights`.
    """
    from vizcore.tasks.sight import as_picture

    return chosen_weights(args), as_picture(args.image)
