"""What the bundled networks are trained and measured on, in one form for both data sets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vizcore.data import digits10, photos20
from vizcore.data.photographs import PHOTOS
from vizcore.data.photos20 import Part
from vizcore.data.preprocessing import Preprocessing
from vizcore.training.augment import augment
from vizcore.training.recipe import Recipe

Pictures = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set with its three parts.

    Attributes:
        name: for people; `weights_name` for addresses and files.
        classes: names of the classes, in order.
        preprocessing: its mean and deviation are those of training pictures, rounded.
        held_out: the fixed pictures of a part, uint8 (n, h, w, channels), and their labels (n,).
        draw: an epoch's training pictures before they are changed, and their labels.
        description: what a card says of it.
    """

    name: str
    weights_name: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    held_out: Callable[[Part], tuple[Pictures, Labels]]
    draw: Callable[[Recipe, np.random.Generator], tuple[Pictures, Labels]]
    description: Callable[[], dict[str, Any]]

    def standardise(self, rgb_nhwc: Pictures) -> Tensor:
        """Turn held-out pictures into a network's input, float32 (n, channels, h, w)."""
        return self._standard(torch.from_numpy(rgb_nhwc).permute(0, 3, 1, 2).float() / 255)

    def batches(self, recipe: Recipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield an epoch's standardised, changed pictures and their labels.

        They depend on the recipe's seed and the epoch's number alone.
        """
        rng = np.random.default_rng([recipe.seed, epoch])
        changes = torch.Generator().manual_seed(recipe.seed * 100_003 + epoch)
        pictures, labels = self.draw(recipe, rng)
        order = rng.permutation(len(labels))
        for start in range(0, len(order), recipe.batch):
            take = order[start : start + recipe.batch]
            changed = augment(
                torch.from_numpy(pictures[take]),
                recipe.augmentation,
                self.preprocessing.crop_px,
                changes,
            )
            yield self._standard(changed), torch.from_numpy(labels[take])

    def steps(self, recipe: Recipe) -> int:
        """The batches of one epoch."""
        return math.ceil(recipe.per_class * len(self.classes) / recipe.batch)

    def _standard(self, unit_nchw: Tensor) -> Tensor:
        mean = torch.tensor(self.preprocessing.mean).view(-1, 1, 1)
        std = torch.tensor(self.preprocessing.std).view(-1, 1, 1)
        return (unit_nchw - mean) / std


def _draw_patches(recipe: Recipe, rng: np.random.Generator) -> tuple[Pictures, Labels]:
    return photos20.training_patches(recipe.per_class, rng, recipe.window_px, recipe.wide)


def _photos_description() -> dict[str, Any]:
    return {
        "name": PHOTOS20.name,
        "what": "64x64 patches of twenty photographs; the class is the photograph a patch is from",
        "split": "validation, test and training patches from disjoint interleaved blocks of each "
        "photograph: no pixel in common",
        "wide_views": "part of the training patches are windows up to the whole photograph, in "
        "which validation and test blocks are replaced by a blur of the training pixels around",
        "left_out": "windows whose grey values deviate by less than "
        f"{photos20.LEAST_CONTRAST:g} of 255, in all parts",
        "photographs": [
            {key: value for key, value in asdict(photo).items() if key != "blocks"}
            for photo in PHOTOS
        ],
    }


def _draw_digits(recipe: Recipe, rng: np.random.Generator) -> tuple[Pictures, Labels]:
    """Draw `per_class` training digits of each class, none twice before all were drawn."""
    pictures, labels = digits10.held_out("train")
    chosen = []
    for digit in range(len(digits10.CLASSES)):
        own = np.flatnonzero(labels == digit)
        rounds = math.ceil(recipe.per_class / len(own))
        order = np.concatenate([rng.permutation(own) for _ in range(rounds)])
        chosen.append(order[: recipe.per_class])
    take = np.concatenate(chosen)
    return pictures[take][..., None], labels[take]


def _held_out_digits(part: Part) -> tuple[Pictures, Labels]:
    pictures, labels = digits10.held_out(part)
    return pictures[..., None], labels


def _digits_description() -> dict[str, Any]:
    return {
        "name": DIGITS10.name,
        "what": "1,797 handwritten digits of 8x8 pixels brought to 28x28, white on black, in the "
        "middle of 32x32",
        "split": "of each class a fifth is test, a tenth validation, the rest training; no digit "
        "is in two parts, but writers are not kept apart: the data does not name them",
        "source": digits10.SOURCE,
        "licence": digits10.LICENCE,
    }


PHOTOS20 = DataSet(
    "Photos-20",
    "photos20",
    photos20.CLASSES,
    Preprocessing(photos20.PATCH_PX, photos20.PATCH_PX, (0.47, 0.41, 0.39), (0.26, 0.23, 0.23)),
    photos20.held_out,
    _draw_patches,
    _photos_description,
)

DIGITS10 = DataSet(
    "Digits-10",
    "digits10",
    digits10.CLASSES,
    Preprocessing(digits10.SIDE_PX, digits10.SIDE_PX, (0.24,), (0.33,)),
    _held_out_digits,
    _draw_digits,
    _digits_description,
)
