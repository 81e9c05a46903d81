"""What is trained: every bundled network with its data set and recipe."""

from __future__ import annotations

from dataclasses import dataclass

from vizcore.errors import UnknownName
from vizcore.training.augment import Augmentation
from vizcore.training.datasets import DIGITS10, PHOTOS20, DataSet
from vizcore.training.recipe import Recipe

#: The epochs of Figure 4 in Zeiler and Fergus, "Visualizing and Understanding Convolutional
#: Networks" (ECCV 2014).
EVOLUTION = (1, 2, 5, 10, 20, 30, 40, 64)


@dataclass(frozen=True, slots=True)
class Programme:
    """One network of the fleet.

    Attributes:
        name: of its files and on the command line.
        architecture: its key in the zoo.
        data, recipe: the recipe's seed is that of the weights that ship.
        seeds: of all runs that the card tells of.
        snapshots: epochs after which the weights are kept.
    """

    name: str
    architecture: str
    data: DataSet
    recipe: Recipe
    seeds: tuple[int, ...]
    snapshots: tuple[int, ...] = ()


def programme(name: str) -> Programme:
    """Return the programme of a network.

    Raises:
        UnknownName: there is none of this name; the message lists the nearest.
    """
    if name not in PROGRAMMES:
        raise UnknownName.among("bundled network", name, PROGRAMMES)
    return PROGRAMMES[name]


_PHOTOS = Recipe()
#: Of eight recipes the one with the fewest errors, 6 of 1,438, in fourfold cross-validation over
#: the training and validation digits together. The test digits ranked none of them, but three of
#: the others, and two recipes before these, were measured on them on the way.
_DIGITS = Recipe(
    epochs=40,
    per_class=300,
    batch=64,
    learning_rate=0.08,
    weight_decay=2e-3,
    conv1_weight_decay=2e-3,
    conv1_std=None,
    label_smoothing=0.0,
    bfloat16=False,
    seed=10,
    augmentation=Augmentation(
        turn_degrees=12.0,
        zoom=1.15,
        shift=0.1,
        mirror=False,
        inside=False,
        light=0.0,
        colour=0.0,
        grey=0.0,
        noise=0.03,
    ),
)
_SHIPPED = _PHOTOS.seed
_SEVERAL = (_SHIPPED, _SHIPPED + 1, _SHIPPED + 2)
_SEEDS: dict[str, tuple[int, ...]] = {
    "alexnet": (_SHIPPED,),
    "zfnet": (_SHIPPED,),
    "vgg": (_SHIPPED,),
    "inception_naive": (_SHIPPED,),
    "inception_reduced": (_SHIPPED,),
    "plain14": _SEVERAL,
    "resnet14": _SEVERAL,
    "plain50": _SEVERAL,
    "resnet50": _SEVERAL,
    "resnext": (_SHIPPED,),
    "wide": (_SHIPPED,),
    "densenet": (_SHIPPED,),
    "se": (_SHIPPED,),
    "mobilenet": (_SHIPPED,),
}

PROGRAMMES: dict[str, Programme] = {
    "lenet5_digits10": Programme(
        "lenet5_digits10", "lenet5_modern", DIGITS10, _DIGITS, (_DIGITS.seed,)
    ),
    **{
        f"{member}_photos20": Programme(
            f"{member}_photos20",
            f"{member}_photos20",
            PHOTOS20,
            _PHOTOS,
            seeds,
            EVOLUTION if member == "zfnet" else (),
        )
        for member, seeds in _SEEDS.items()
    },
}
