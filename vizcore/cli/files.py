"""What the picture commands share: the file that goes in and the file that comes out."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vizcore.errors import BadChoice

if TYPE_CHECKING:
    from vizcore.zoo.weights import Weights


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """The network and the picture, the same for every command."""
    parser.add_argument("key", help="a network, such as zfnet_photos20 or resnet18")
    parser.add_argument(
        "--weights",
        default=None,
        metavar="NAME",
        help="photos20, IMAGENET1K_V1, random, ... (default: bundled, else the library's default)",
    )
    parser.add_argument("--image", type=Path, required=True, metavar="FILE", help="the picture")
    parser.add_argument("--device", default=None, help="cpu, cuda or mps (default: the fastest)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def say_if_random(weights: Weights) -> None:
    """Mark what was made with random weights."""
    if weights.is_random:
        print(f"Random weights. {weights.notes[0]}")


def check_out(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done.

    Raises:
        BadChoice: another ending than .png or .npy, or a folder that is not there.
    """
    if path.suffix.lower() not in (".png", ".npy"):
        raise BadChoice.among("--out", path, ["a file ending in .png", "or in .npy (the values)"])
    if not path.parent.is_dir():
        raise BadChoice(f"--out cannot be '{path}': there is no folder '{path.parent}'.")


def write_out(path: Path, values: np.ndarray, png: Callable[[], bytes]) -> None:
    """Write the values (.npy) or the picture (.png).

    Raises:
        BadChoice: the file cannot be written.
    """
    if path.suffix.lower() == ".npy":
        file = io.BytesIO()
        np.save(file, values, allow_pickle=False)
        content = file.getvalue()
    else:
        content = png()
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadChoice(f"--out cannot be '{path}': {error.strerror}.") from error
