"""What several commands give: the file that comes out, and what is said of the weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vizcore.errors import BadChoice
from vizcore.formats.data import npy

if TYPE_CHECKING:
    from vizcore.zoo.weights import Weights


def about_weights(weights: Weights) -> dict[str, Any]:
    """The network and its weights, as every result in JSON begins."""
    return {
        "key": weights.architecture,
        "weights": weights.name,
        "random_weights": weights.is_random,
        "weights_sha256": weights.sha256,
    }


def say_if_random(weights: Weights) -> None:
    """Mark what was made with random weights."""
    if weights.is_random:
        print(f"Random weights. {weights.notes[0]}")


def check_out(path: Path | None, *endings: str) -> None:
    """Refuse a file that could not be written, before any work is done.

    Args:
        path: None where nothing is to be written.
        endings: those that are allowed.

    Raises:
        BadChoice: another ending, or a folder that is not there.

    Example:
        >>> check_out(Path("maps.gif"), ".png", ".npy")
        Traceback (most recent call last):
        vizcore.errors.BadChoice: --out cannot be 'maps.gif'. Allowed: a file ending in .png, .npy.
    """
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise BadChoice.among("--out", path, [f"a file ending in {endings[0]}", *endings[1:]])
    if not path.parent.is_dir():
        raise BadChoice(f"--out cannot be '{path}': there is no folder '{path.parent}'.")


def write_out(path: Path, values: np.ndarray, png: Callable[[], bytes], weights: Weights) -> None:
    """Write the values (.npy) or the picture (.png), which says where its weights are random.

    Raises:
        BadChoice: the file cannot be written.
    """
    is_values = path.suffix.lower() == ".npy"
    write_bytes(path, npy(values) if is_values else marked_if_random(png(), weights))


def marked_if_random(png: bytes, weights: Weights) -> bytes:
    """A picture that says, where they are, that its weights are random."""
    from vizcore.figures.marking import RANDOM_WEIGHTS, marked

    return marked(png, RANDOM_WEIGHTS) if weights.is_random else png


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        BadChoice: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadChoice(f"--out cannot be '{path}': {error.strerror}.") from error
