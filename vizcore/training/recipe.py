"""How the bundled network was trained: `python -m vizcore train zfnet_photos20`.

Everything random in an epoch is drawn from the recipe's seed and the epoch's number, and the
checkpoint written after each epoch holds the weights, the optimiser and the curve: a run that was
killed and started again ends with the same weights, bit for bit, as one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from vizcore.data import photos20
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import WeightsError
from vizcore.training.augment import Augmentation, augment
from vizcore.zoo.photos20 import zfnet_photos20

#: Mean and deviation are those of training patches, rounded.
PREPROCESSING = Preprocessing(
    photos20.PATCH_PX, photos20.PATCH_PX, (0.47, 0.41, 0.39), (0.26, 0.23, 0.23)
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result.

    Attributes:
        epochs: passes; each draws new patches.
        per_class: patches drawn for each class and epoch.
        wide: the part of them that are wide views.
        batch: patches for each step of stochastic gradient descent with Nesterov momentum.
        learning_rate: greatest, reached after `warm_up` epochs; then it follows a cosine that
            would be zero at `cosine_epochs`, and falls to zero over the last `cool_down` epochs.
        weight_decay: of all weights; biases have none. `conv1_weight_decay` of the first layer.
        window_px: side to which windows are resized before they are turned and zoomed.
        conv1_std: standard deviation of the first layer's weights at the start.
        bfloat16: compute forward passes in bfloat16 where torch's autocast does so.
    """

    epochs: int = 37
    per_class: int = 400
    wide: float = 0.3
    batch: int = 128
    learning_rate: float = 0.02
    momentum: float = 0.9
    warm_up: float = 2.0
    cosine_epochs: float = 64.0
    cool_down: float = 14.0
    weight_decay: float = 1e-3
    conv1_weight_decay: float = 5e-3
    conv1_std: float = 0.001
    label_smoothing: float = 0.1
    window_px: int = 96
    bfloat16: bool = True
    seed: int = 20
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True)
class Trained:
    """A network after its last epoch, in eval mode, and one row a trained epoch."""

    network: nn.Sequential
    curve: tuple[dict[str, float], ...]


def train(
    recipe: Recipe,
    checkpoint: Path,
    *,
    stop_after: int | None = None,
    report: Callable[[dict[str, float]], None] = lambda row: None,
    progress: bool = True,
) -> Trained:
    """Train the network, going on from `checkpoint` if it is there.

    Args:
        checkpoint: written after each epoch, in one move, so that a kill leaves the last good one.
        stop_after: end early, after so many epochs in all (as a kill would).
        report: called with each epoch's row: epoch, learning_rate, loss, validation accuracy.

    Raises:
        WeightsError: the checkpoint is of another recipe, or the loss is no longer a number.
    """
    torch.manual_seed(recipe.seed)
    network = zfnet_photos20(len(photos20.CLASSES)).to(memory_format=torch.channels_last)
    initialise(network, recipe.conv1_std)
    optimiser = _optimiser(network, recipe)
    curve: list[dict[str, float]] = []
    if checkpoint.exists():
        curve = _resume(checkpoint, recipe, network, optimiser)
    validation = photos20.held_out("validation")
    last = min(recipe.epochs, stop_after if stop_after is not None else recipe.epochs)
    for epoch in range(len(curve), last):
        loss = _epoch(network, optimiser, recipe, epoch, progress)
        if not math.isfinite(loss):
            raise WeightsError(f"The loss is {loss} in epoch {epoch}; a smaller rate is needed.")
        row = {
            "epoch": float(epoch + 1),
            "learning_rate": optimiser.param_groups[0]["lr"],
            "loss": loss,
            "validation": accuracy(network, *validation),
        }
        curve.append(row)
        _save(checkpoint, recipe, network, optimiser, curve)
        report(row)
    network.eval()
    return Trained(network, tuple(curve))


def initialise(network: nn.Sequential, conv1_std: float) -> None:
    """Draw normal weights, nothing hand-made: He's for ReLU networks, but tiny in conv1.

    With He's start in conv1 the noise it begins with is never forgotten and hides what was learned.
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.normal_(dict(network.named_parameters())["conv1.weight"], std=conv1_std)


@torch.no_grad()
def accuracy(
    network: nn.Module, rgb_nhwc: npt.NDArray[np.uint8], labels_n: npt.NDArray[np.int64]
) -> float:
    """Return the part of the patches (0..1) whose greatest score is their own class's."""
    return float((predictions(network, rgb_nhwc) == labels_n).mean())


@torch.no_grad()
def predictions(network: nn.Module, rgb_nhwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return the most probable class number of each patch, in float32 and eval mode."""
    was_training = network.training
    network.eval()
    try:
        inputs = torch.from_numpy(PREPROCESSING.standardise(rgb_nhwc))
        found = [network(batch).argmax(1) for batch in inputs.split(128)]
    finally:
        network.train(was_training)
    return torch.cat(found).numpy()


def learning_rate(recipe: Recipe, epoch: float) -> float:
    """Return the rate at a moment, in epochs from the start: warm-up, cosine, cool-down."""
    if epoch < recipe.warm_up:
        return recipe.learning_rate * (epoch + 0.05) / (recipe.warm_up + 0.05)
    done = (epoch - recipe.warm_up) / (recipe.cosine_epochs - recipe.warm_up)
    cosine = 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    return recipe.learning_rate * cosine * min(1.0, (recipe.epochs - epoch) / recipe.cool_down)


def _batches(recipe: Recipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the epoch's standardised, changed patches and their classes."""
    draw = np.random.default_rng([recipe.seed, epoch])
    rng = torch.Generator().manual_seed(recipe.seed * 100_003 + epoch)
    patches, labels = photos20.training_patches(
        recipe.per_class, draw, recipe.window_px, recipe.wide
    )
    mean = torch.tensor(PREPROCESSING.mean).view(3, 1, 1)
    std = torch.tensor(PREPROCESSING.std).view(3, 1, 1)
    order = draw.permutation(len(labels))
    for start in range(0, len(order), recipe.batch):
        take = order[start : start + recipe.batch]
        changed = augment(
            torch.from_numpy(patches[take]), recipe.augmentation, photos20.PATCH_PX, rng
        )
        yield (changed - mean) / std, torch.from_numpy(labels[take])


def _epoch(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    recipe: Recipe,
    epoch: int,
    progress: bool,
) -> float:
    """Train one epoch and return its mean loss."""
    torch.manual_seed(recipe.seed * 100_003 + epoch)  # dropout
    network.train()
    steps = math.ceil(recipe.per_class * len(photos20.CLASSES) / recipe.batch)
    losses = []
    bar = tqdm(
        _batches(recipe, epoch),
        total=steps,
        desc=f"epoch {epoch + 1}/{recipe.epochs}",
        disable=not progress,
        leave=False,
    )
    for step, (inputs, labels) in enumerate(bar):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(recipe, epoch + step / steps)
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
            scores = network(inputs.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(scores.float(), labels, label_smoothing=recipe.label_smoothing)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def _optimiser(network: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    named = dict(network.named_parameters())
    weights = [p for name, p in named.items() if p.ndim > 1 and name != "conv1.weight"]
    biases = [p for p in named.values() if p.ndim == 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": [named["conv1.weight"]], "weight_decay": recipe.conv1_weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=True)


def _save(
    checkpoint: Path,
    recipe: Recipe,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    curve: list[dict[str, float]],
) -> None:
    state = {
        "recipe": asdict(recipe),
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "curve": curve,
    }
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    beside = checkpoint.with_suffix(".writing")
    torch.save(state, beside)
    beside.replace(checkpoint)


def _resume(
    checkpoint: Path, recipe: Recipe, network: nn.Module, optimiser: torch.optim.Optimizer
) -> list[dict[str, float]]:
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    if state["recipe"] != asdict(recipe):
        raise WeightsError(
            f"The checkpoint {checkpoint.name} was made by another recipe. Allowed: the same "
            "recipe, or a folder without a checkpoint.",
            received=str(checkpoint),
        )
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    return list(state["curve"])
