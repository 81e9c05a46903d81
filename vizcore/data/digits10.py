"""Digits-10: scikit-learn's handwritten digits at 32x32, the input of LeNet-5.

1,797 digits of 13 writers, 8x8 pixels in 17 greys: the test part of "Optical Recognition of
Handwritten Digits" (Alpaydin and Kaynak, UCI Machine Learning Repository, 1998, CC BY 4.0), as
scikit-learn ships it. Each becomes 28x28 by bicubic interpolation, white on black, in the middle
of 32x32 pixels. Of each class, in an order drawn once, the first fifth is test, the next tenth
validation and the rest training.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.data.photos20 import PARTS, Part
from vizcore.errors import BadChoice, ConvScopeError

CLASSES: tuple[str, ...] = tuple(str(digit) for digit in range(10))
SIDE_PX = 32
SOURCE = "scikit-learn; Alpaydin and Kaynak 1998, UCI Optical Recognition of Handwritten Digits"
LICENCE = "CC BY 4.0"

_INK_PX = 28
_SHARES = {"test": 0.2, "validation": 0.1}
_FILE = "datasets/data/digits.csv.gz"
_ORDER_SEED = 10


def numbers(part: Part) -> npt.NDArray[np.int64]:
    """Return which of the 1,797 digits belong to a part, ascending.

    Raises:
        BadChoice: an unknown part.

    Example:
        >>> [len(numbers(part)) for part in PARTS]
        [1259, 179, 359]
    """
    if part not in PARTS:
        raise BadChoice.among("part", part, PARTS)
    labels = _table()[1]
    rng = np.random.default_rng(_ORDER_SEED)
    found = []
    for digit in range(10):
        order = rng.permutation(np.flatnonzero(labels == digit))
        tests = round(_SHARES["test"] * len(order))
        validations = tests + round(_SHARES["validation"] * len(order))
        cut = {
            "test": order[:tests],
            "validation": order[tests:validations],
            "train": order[validations:],
        }
        found.append(cut[part])
    return np.sort(np.concatenate(found))


def held_out(part: Part) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the digits of a part, uint8 (n, 32, 32), white on black, and their labels (n,).

    Example:
        >>> pictures, labels = held_out("validation")
        >>> pictures.shape, int(labels.max())
        ((179, 32, 32), 9)
    """
    pixels, labels = _table()
    chosen = numbers(part)
    return np.stack([_drawn(pixels[k]) for k in chosen]), labels[chosen]


def _drawn(ink_hw: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Bring one digit of 8x8 pixels, ink 0 to 16, to 32x32."""
    grey = Image.fromarray(np.rint(ink_hw * (255 / 16)).astype(np.uint8))
    margin = (SIDE_PX - _INK_PX) // 2
    return np.pad(np.asarray(grey.resize((_INK_PX, _INK_PX), Image.Resampling.BICUBIC)), margin)


@cache
def _table() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Read the digits, (1797, 8, 8) with ink 0 to 16, without importing scikit-learn."""
    spec = find_spec("sklearn")
    path = Path(spec.origin).parent / _FILE if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ConvScopeError(
            f"scikit-learn's digits ({_FILE}) are not installed. Allowed: an installation with "
            "the packages of requirements.txt."
        )
    with gzip.open(path, "rt", encoding="ascii") as file:
        rows = np.loadtxt(file, delimiter=",")
    return rows[:, :-1].reshape(-1, 8, 8).astype(np.uint8), rows[:, -1].astype(np.int64)
