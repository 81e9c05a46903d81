"""How a bundled network is trained: the numbers that decide the result."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from vizcore.training.augment import Augmentation


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result, but the network and the data set.

    Attributes:
        epochs: passes; each draws new training pictures.
        per_class: pictures drawn for each class and epoch.
        wide: the part of them that are wide views (Photos-20 only).
        batch: pictures for each step of stochastic gradient descent with Nesterov momentum.
        learning_rate: greatest, reached after `warm_up` epochs; then it falls along a cosine to
            zero at the end.
        weight_decay: of all weights; biases, gains and offsets have none. `conv1_weight_decay` is
            that of the first layer.
        window_px: side to which windows are resized before they are turned and zoomed (Photos-20).
        conv1_std: standard deviation of the first layer's weights at the start; all others are
            He's. With None the network starts as its builder made it.
        bfloat16: compute forward passes in bfloat16 where torch's autocast does so.
    """

    epochs: int = 64
    per_class: int = 200
    wide: float = 0.3
    batch: int = 128
    learning_rate: float = 0.02
    momentum: float = 0.9
    warm_up: float = 2.0
    weight_decay: float = 1e-3
    conv1_weight_decay: float = 5e-3
    conv1_std: float | None = 0.001
    label_smoothing: float = 0.1
    window_px: int = 96
    bfloat16: bool = True
    seed: int = 20
    augmentation: Augmentation = field(default_factory=Augmentation)


def learning_rate(recipe: Recipe, epoch: float) -> float:
    """Return the rate at a moment, in epochs from the start: warm-up, then a cosine.

    Example:
        >>> recipe = Recipe(epochs=10, warm_up=2.0, learning_rate=0.1)
        >>> [round(learning_rate(recipe, epoch), 3) for epoch in (2, 6, 10)]
        [0.1, 0.05, 0.0]
    """
    if epoch < recipe.warm_up:
        return recipe.learning_rate * (epoch + 0.05) / (recipe.warm_up + 0.05)
    done = (epoch - recipe.warm_up) / (recipe.epochs - recipe.warm_up)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
