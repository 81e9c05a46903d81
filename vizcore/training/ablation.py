"""The ablation, retrained: a bundled network with layers left out, by the network's own recipe.

Runs of one seed see the same pictures in the same order, so they are trained side by side, an
epoch of each in turn, and the pictures of an epoch are drawn once. A run so trained ends with the
same weights, bit for bit, as one trained alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vizcore.errors import WeightsError
from vizcore.training import card
from vizcore.training.datasets import DataSet
from vizcore.training.loop import train
from vizcore.training.programmes import Programme, programme
from vizcore.training.recipe import Recipe
from vizcore.zoo import get
from vizcore.zoo.ablated import STUDY, build_without


@dataclass(frozen=True, slots=True)
class Run:
    """One training: a network's name, the numbers of the layers left out (none: the whole), a seed.

    Example:
        >>> Run("zfnet_photos20", (6, 7), 20).name
        'zfnet_photos20-without-6-7-20'
    """

    network: str
    removed: tuple[int, ...]
    seed: int

    @property
    def name(self) -> str:
        """Of its checkpoint."""
        what = f"without-{'-'.join(map(str, self.removed))}" if self.removed else "whole"
        return f"{self.network}-{what}-{self.seed}"


@dataclass(frozen=True, slots=True)
class SharedDataSet(DataSet):
    """A data set that keeps the pictures of the last epoch asked for, for the next network."""

    kept: dict[tuple[Recipe, int], list[tuple[Tensor, Tensor]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def batches(self, recipe: Recipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield an epoch's pictures and labels, as any data set does."""
        if (recipe, epoch) not in self.kept:
            self.kept.clear()
            self.kept[recipe, epoch] = list(DataSet.batches(self, recipe, epoch))
        yield from self.kept[recipe, epoch]


def shared(data: DataSet) -> SharedDataSet:
    """Return the data set in a form that several networks can be trained on at once."""
    made = {name: getattr(data, name) for name in DataSet.__dataclass_fields__}
    return SharedDataSet(**{**made, "held_out": lru_cache(maxsize=2)(data.held_out)})


def runs(network: str, seeds: Iterable[int]) -> tuple[Run, ...]:
    """Return the study's runs of one network, the whole one first where its card has no such seed.

    Example:
        >>> [run.removed for run in runs("zfnet_photos20", (20,))]
        [(7,), (6, 7), (3, 4), (3, 4, 6, 7)]
    """
    shipped = programme(network).recipe.seed
    return tuple(
        Run(network, removed, seed)
        for seed in seeds
        for removed in (*(() if seed == shipped else ((),)), *STUDY)
    )


def retrain(
    wanted: Iterable[Run],
    folder: Path,
    *,
    machine: str,
    epochs: int | None = None,
    report: Callable[[Run, dict[str, float]], None] = lambda run, row: None,
    progress: bool = True,
) -> None:
    """Train the runs that `folder` has no result of, and add each one's result to `NETWORK.json`.

    Runs of one seed and data set are trained side by side; each keeps its own checkpoint in the
    folder, and goes on from it.

    Args:
        epochs: instead of the recipe's own.
        report: called after each epoch of each run with its row of the curve.

    Raises:
        WeightsError: a checkpoint or a file of results cannot be read or written, or is of
            another recipe.
    """
    waiting: dict[tuple[int, str], list[Run]] = {}
    for run in wanted:
        if run not in {made for made, _ in results(folder, run.network)}:
            waiting.setdefault((run.seed, programme(run.network).data.name), []).append(run)
    for together in waiting.values():
        data = shared(programme(together[0].network).data)
        longest = max(_recipe(run, epochs).epochs for run in together)
        for epoch in range(1, longest + 1):
            for run in together:
                recipe = _recipe(run, epochs)
                trained = train(
                    partial(build, run),
                    data,
                    recipe,
                    folder / f"{run.name}.checkpoint",
                    stop_after=epoch,
                    report=partial(_told, report, run),
                    progress=progress,
                )
                if epoch == recipe.epochs:
                    add(folder, run, trained.network, recipe, machine)


def _told(
    report: Callable[[Run, dict[str, float]], None],
    run: Run,
    row: dict[str, float],
    network: nn.Module,
) -> None:
    report(run, row)


def build(run: Run) -> nn.Module:
    """Build a run's network; the whole one by its own builder, as `train` does."""
    what = programme(run.network)
    if not run.removed:
        return get(what.architecture).builder(num_classes=len(what.data.classes))
    return build_without(run.network, run.removed)


def add(folder: Path, run: Run, network: nn.Module, recipe: Recipe, machine: str) -> dict[str, Any]:
    """Measure a trained run as the cards are measured and add it to `NETWORK.json`."""
    what = programme(run.network)
    rounded(network)
    accuracy, predicted = card.measure(network, what.data)
    side, channels = what.data.preprocessing.crop_px, len(what.data.preprocessing.mean)
    row = {
        "removed": list(run.removed),
        "seed": run.seed,
        "params": sum(p.numel() for p in network.parameters()),
        "macs": card.multiply_adds(network, torch.zeros(1, channels, side, side)),
        **{str(part): accuracy[part] for part in card.MEASURED},
        "predictions": predicted,
        "epochs": recipe.epochs,
        "date": date.today().isoformat(),
        "machine": machine,
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
    }
    path = folder / f"{run.network}.json"
    found = _read(path) if path.exists() else _head(what, accuracy["patches"])
    others = [each for each in found["runs"] if _of(run.network, each) != run]
    found["runs"] = sorted([*others, row], key=lambda each: (each["removed"], each["seed"]))
    _write(path, found)
    return row


def results(folder: Path, network: str) -> tuple[tuple[Run, dict[str, Any]], ...]:
    """Return the runs of a network that a folder has results of, each with its row.

    Raises:
        WeightsError: the file cannot be read.
    """
    path = folder / f"{network}.json"
    if not path.exists():
        return ()
    return tuple((_of(network, row), row) for row in _read(path)["runs"])


@torch.no_grad()
def rounded(network: nn.Module) -> nn.Module:
    """Round kernels and matrices to float16, as bundled weights are stored; in place.

    Example:
        >>> layer = nn.Linear(1, 1)
        >>> _ = nn.init.constant_(layer.weight, 0.1)
        >>> float(rounded(layer).weight.detach())
        0.0999755859375
    """
    for tensor in network.state_dict().values():
        if tensor.ndim > 1:
            tensor.copy_(tensor.half().float())
    return network


def _recipe(run: Run, epochs: int | None) -> Recipe:
    recipe = replace(programme(run.network).recipe, seed=run.seed)
    return recipe if epochs is None else replace(recipe, epochs=epochs)


def _head(what: Programme, patches: dict[str, int]) -> dict[str, Any]:
    recipe = asdict(what.recipe)
    del recipe["seed"], recipe["epochs"]
    return {
        "network": what.name,
        "data": what.data.name,
        "patches": patches,
        "recipe": recipe,
        "classes": list(what.data.classes),
        "runs": [],
    }


def _of(network: str, row: dict[str, Any]) -> Run:
    return Run(network, tuple(row["removed"]), int(row["seed"]))


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not all(math.isfinite(row["test"]) for row in found["runs"]):
            raise ValueError("an accuracy is not finite")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"The results {path.name} cannot be read: {error}") from error
    return found


def _write(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_suffix(".writing")
    text = json.dumps(content, indent=None, separators=(",", ": "))
    text = text.replace('"runs": [', '"runs": [\n').replace('},{"removed"', '},\n{"removed"')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise WeightsError(
            f"The results {path} cannot be written: {error.strerror}. Allowed: a folder that can "
            "be written to.",
            received=str(path),
        ) from error
