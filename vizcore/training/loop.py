"""Training, one epoch after another: `python -m vizcore train NAME`.

Everything random in an epoch is drawn from the recipe's seed and the epoch's number, and the
checkpoint written after each epoch holds the weights, the optimiser and the curve: a run that was
killed and started again ends with the same weights, bit for bit, as one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from vizcore.errors import WeightsError
from vizcore.training.datasets import DataSet
from vizcore.training.recipe import Recipe, learning_rate

Row = dict[str, float]
_GREATEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class Trained:
    """A network after its last epoch, in eval mode, and one row a trained epoch."""

    network: nn.Module
    curve: tuple[Row, ...]


def train(
    build: Callable[[], nn.Module],
    data: DataSet,
    recipe: Recipe,
    checkpoint: Path,
    *,
    stop_after: int | None = None,
    report: Callable[[Row, nn.Module], None] = lambda row, network: None,
    progress: bool = True,
) -> Trained:
    """Train a network, going on from `checkpoint` if it is there.

    Args:
        build: makes the network, untrained, with torch's generator already seeded.
        checkpoint: written after each epoch, in one move, so that a kill leaves the last good one.
        stop_after: end early, after so many epochs in all (as a kill would).
        report: called after each epoch, before its checkpoint is written, with its row (epoch,
            learning_rate, loss, training, validation: parts of 0..1 that were right) and the
            network. Called again for an epoch that is repeated after a kill.

    Raises:
        WeightsError: the checkpoint is damaged, or of another recipe or network, or cannot be
            written, or the loss is no longer a number.
    """
    torch.manual_seed(recipe.seed)
    network = build().to(memory_format=torch.channels_last)
    if recipe.conv1_std is not None:
        initialise(network, recipe.conv1_std)
    optimiser = _optimiser(network, recipe)
    curve: list[Row] = []
    if checkpoint.exists():
        curve = _resume(checkpoint, recipe, network, optimiser)
    else:
        _save(checkpoint, recipe, network, optimiser, curve)
    validation = data.held_out("validation")
    last = min(recipe.epochs, stop_after if stop_after is not None else recipe.epochs)
    for epoch in range(len(curve), last):
        loss, right = _epoch(network, optimiser, data, recipe, epoch, progress)
        if not math.isfinite(loss):
            raise WeightsError(f"The loss is {loss} in epoch {epoch}; a smaller rate is needed.")
        row = {
            "epoch": float(epoch + 1),
            "learning_rate": optimiser.param_groups[0]["lr"],
            "loss": loss,
            "training": right,
            "validation": accuracy(network, data, *validation),
        }
        curve.append(row)
        report(row, network)
        _save(checkpoint, recipe, network, optimiser, curve)
    network.eval()
    return Trained(network, tuple(curve))


def initialise(network: nn.Module, conv1_std: float) -> None:
    """Draw normal weights, nothing hand-made: He's for ReLU networks, but tiny in the first layer.

    With He's start in the first layer the noise it begins with is never forgotten and hides what
    was learned.
    """
    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    nn.init.normal_(layers[0].weight, std=conv1_std)


def accuracy(
    network: nn.Module,
    data: DataSet,
    rgb_nhwc: npt.NDArray[np.uint8],
    labels_n: npt.NDArray[np.int64],
) -> float:
    """Return the part of the pictures (0..1) whose greatest score is their own class's."""
    return float((predictions(network, data, rgb_nhwc) == labels_n).mean())


@torch.no_grad()
def predictions(
    network: nn.Module, data: DataSet, rgb_nhwc: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """Return the most probable class number of each picture, in float32 and eval mode."""
    was_training = network.training
    network.eval()
    try:
        inputs = data.standardise(rgb_nhwc)
        found = [network(batch).argmax(1) for batch in inputs.split(128)]
    finally:
        network.train(was_training)
    return torch.cat(found).numpy()


def _epoch(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    data: DataSet,
    recipe: Recipe,
    epoch: int,
    progress: bool,
) -> tuple[float, float]:
    """Train one epoch; return its mean loss and the part of its pictures that were right."""
    torch.manual_seed(recipe.seed * 100_003 + epoch)  # dropout
    network.train()
    steps = data.steps(recipe)
    losses, right, seen = [], 0, 0
    bar = tqdm(
        data.batches(recipe, epoch),
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
        nn.utils.clip_grad_norm_(network.parameters(), _GREATEST_GRADIENT)
        optimiser.step()
        losses.append(float(loss.detach()))
        right += int((scores.argmax(1) == labels).sum())
        seen += len(labels)
    return float(np.mean(losses)), right / seen


def _optimiser(network: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    """Weight decay for the matrices and kernels alone, more of it in the first layer."""
    parameters = list(network.parameters())
    first, *weights = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim == 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": [first], "weight_decay": recipe.conv1_weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=True)


def _save(
    checkpoint: Path,
    recipe: Recipe,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    curve: list[Row],
) -> None:
    state = {
        "recipe": asdict(recipe),
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "curve": curve,
    }
    beside = checkpoint.with_suffix(".writing")
    try:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            torch.save(state, file)
        beside.replace(checkpoint)
    except OSError as error:
        raise WeightsError(
            f"The checkpoint {checkpoint} cannot be written: {error.strerror}. Allowed: a file in "
            "a folder that can be written to.",
            received=str(checkpoint),
        ) from error


def _resume(
    checkpoint: Path, recipe: Recipe, network: nn.Module, optimiser: torch.optim.Optimizer
) -> list[Row]:
    try:
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
        made_by = state["recipe"]
    except (OSError, EOFError, KeyError, RuntimeError, TypeError, UnpicklingError) as error:
        raise WeightsError(
            f"{checkpoint} is no checkpoint of a training, or damaged. Remove it to begin again.",
            received=str(checkpoint),
        ) from error
    if made_by != asdict(recipe):
        raise WeightsError(
            f"The checkpoint {checkpoint.name} was made by another recipe. Allowed: the same "
            "recipe, or a folder without a checkpoint.",
            received=str(checkpoint),
        )
    try:
        network.load_state_dict(state["network"])
    except RuntimeError as error:
        raise WeightsError(
            f"The checkpoint {checkpoint.name} is of another network. Allowed: a file of its own "
            "for each network.",
            received=str(checkpoint),
        ) from error
    optimiser.load_state_dict(state["optimiser"])
    return list(state["curve"])
