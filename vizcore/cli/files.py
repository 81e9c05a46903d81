"""What the picture commands share: the file that goes in and the file that comes out."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vizcore.errors import BadChoice

if TYPE_CHECKING:
    from vizcore.zoo.weights import Weights

#: How files of weights end; those that are no safetensors are refused with the reason.
_FILES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin", ".gguf", ".h5", ".onnx")


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """The network and the picture, the same for every command."""
    add_weights_arguments(parser)
    parser.add_argument("--image", type=Path, required=True, metavar="FILE", help="the picture")


def add_weights_arguments(parser: argparse.ArgumentParser) -> None:
    """The network alone."""
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


def chosen_weights(args: argparse.Namespace) -> Weights:
    """The weights that the arguments name: the network's, or a file; says what was done to it.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsError, UnfitWeights: the file cannot be used; says why.
        BadChoice: class names without a file of weights.
    """
    from vizcore.networks.offers import weights
    from vizcore.networks.own import own_weights

    given = args.weights or ""
    if Path(given).suffix.lower() in _FILES or Path(given).is_file():
        mine = own_weights(args.key, given, labels=args.labels)
        if mine.notes:
            print(f"The weights: {'; '.join(mine.notes)}.", file=sys.stderr)
        return mine
    if args.labels is not None:
        raise BadChoice("--labels names the classes of a file: give --weights FILE.safetensors.")
    return weights(args.key, args.weights)


def say_if_random(weights: Weights) -> None:
    """Mark what was made with random weights."""
    if weights.is_random:
        print(f"Random weights. {weights.notes[0]}")


def check_out(path: Path, also: Sequence[str] = ()) -> None:
    """Refuse a file that could not be written, before any work is done.

    Args:
        also: endings that are allowed besides .png and .npy.

    Raises:
        BadChoice: another ending, or a folder that is not there.
    """
    if path.suffix.lower() not in (".png", ".npy", *also):
        others = [f"in {ending}" for ending in also]
        allowed = ["a file ending in .png", *others, "or in .npy (the values)"]
        raise BadChoice.among("--out", path, allowed)
    if not path.parent.is_dir():
        raise BadChoice(f"--out cannot be '{path}': there is no folder '{path.parent}'.")


def write_out(path: Path, values: np.ndarray, png: Callable[[], bytes], weights: Weights) -> None:
    """Write the values (.npy) or the picture (.png), which says where its weights are random.

    Raises:
        BadChoice: the file cannot be written.
    """
    from vizcore.figures.marking import RANDOM_WEIGHTS, marked

    if path.suffix.lower() == ".npy":
        file = io.BytesIO()
        np.save(file, values, allow_pickle=False)
        content = file.getvalue()
    else:
        content = marked(png(), RANDOM_WEIGHTS) if weights.is_random else png()
    write_bytes(path, content)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        BadChoice: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadChoice(f"--out cannot be '{path}': {error.strerror}.") from error
