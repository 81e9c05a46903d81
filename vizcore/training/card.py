"""The card beside a bundled network's weights: what it is, measured, not remembered."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from vizcore.data.photographs import PHOTOS
from vizcore.data.photos20 import Part
from vizcore.errors import BadChoice
from vizcore.training.datasets import PHOTOS20, DataSet
from vizcore.training.loop import Trained, predictions
from vizcore.training.programmes import Programme
from vizcore.training.recipe import Recipe

#: The parts whose accuracy and predictions a card holds.
MEASURED: tuple[Part, ...] = ("validation", "test")


def write(
    programme: Programme, trained: Trained, recipe: Recipe, folder: Path, machine: str
) -> dict[str, Any]:
    """Write a network's `NAME.safetensors` and `NAME.json` into a folder and return the card.

    Args:
        recipe: what was followed, where not the programme's own.
        machine: where it was trained, in a few words.
    """
    data, name = programme.data, programme.name
    weights = _bytes(trained.network, programme)
    accuracy, predicted = measure(_filled(programme, weights), data)
    path = folder / f"{name}.json"
    card = {
        "key": programme.architecture,
        "name": data.weights_name,
        "classes": list(data.classes),
        "preprocessing": asdict(data.preprocessing),
        "sha256": hashlib.sha256(weights).hexdigest(),
        "params": sum(p.numel() for p in trained.network.parameters()),
        "macs": multiply_adds(trained.network, _one_input(data)),
        "accuracy": accuracy,
        "predictions": predicted,
        "data": data.description(),
        "recipe": asdict(recipe),
        "seed": recipe.seed,
        "epochs": len(trained.curve),
        "curve": list(trained.curve),
        "seeds": [_seed_row(recipe, accuracy)],
        "snapshots": _snapshots(programme, recipe, folder, weights, accuracy),
        "licence": "Apache-2.0 (the weights); the pictures as listed under data",
        "date": date.today().isoformat(),
        "machine": machine,
    }
    if path.exists():
        card["seeds"] = _with_other_seeds(card, json.loads(path.read_text(encoding="utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(weights)
    _write_json(path, card)
    return card


def add_seed(
    programme: Programme, trained: Trained, recipe: Recipe, folder: Path
) -> dict[str, Any]:
    """Measure a run of another seed, add its row to the card in `folder` and return the row."""
    network = _filled(programme, _bytes(trained.network, programme))
    row = _seed_row(recipe, measure(network, programme.data)[0])
    path = folder / f"{programme.name}.json"
    card = json.loads(path.read_text(encoding="utf-8"))  # now: another run may have added its own
    other = [each for each in card["seeds"] if each["seed"] != recipe.seed]
    card["seeds"] = sorted([*other, row], key=lambda each: int(each["seed"]))
    _write_json(path, card)
    return row


def check_can_add(programme: Programme, recipe: Recipe, folder: Path) -> None:
    """Refuse a run that is no other seed of the network whose card is in `folder`.

    Raises:
        BadChoice: the card tells of another recipe, such as one with more epochs.
    """
    card = json.loads((folder / f"{programme.name}.json").read_text(encoding="utf-8"))
    before, now = card.get("recipe", {}), asdict(recipe)
    differ = [name for name in now if name != "seed" and before.get(name) != now[name]]
    if differ:
        raise BadChoice(
            f"Seed {recipe.seed} cannot be added to the card in {folder}: its runs had another "
            f"{', '.join(differ)}. Allowed: the same recipe, or another --out.",
            received=str(folder),
        )


def snapshot_file(programme: Programme, epoch: int) -> str:
    """Return where, below the folder of weights, the weights after an epoch are kept."""
    return f"evolution/{programme.name}-epoch-{epoch:02d}.safetensors"


def write_snapshot(programme: Programme, network: nn.Module, epoch: int, folder: Path) -> None:
    """Keep the weights after an epoch."""
    path = folder / snapshot_file(programme, epoch)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_bytes(network, programme))


def measure(network: nn.Module, data: DataSet) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the accuracies (0..1) on the held-out parts, and every predicted class number."""
    measured: dict[str, Any] = {}
    patches: dict[str, int] = {}
    predicted: dict[str, list[int]] = {}
    for part in MEASURED:
        rgb, labels = data.held_out(part)
        found = predictions(network, data, rgb)
        right = found == labels
        predicted[part] = [int(k) for k in found]
        measured[part] = float(right.mean())
        patches[part] = len(labels)
        if part == "test":
            measured["test_by_class"] = {
                name: float(right[labels == k].mean()) for k, name in enumerate(data.classes)
            }
    measured["patches"] = patches
    if data is PHOTOS20:
        views = np.stack([data.preprocessing.view(photo.rgb_hwc()) for photo in PHOTOS])
        seen = predictions(network, data, views) == np.arange(len(PHOTOS))
        measured["whole_photographs"] = f"{int(seen.sum())} of {len(PHOTOS)}, not held out"
    return measured, predicted


@torch.no_grad()
def multiply_adds(network: nn.Module, one_input: Tensor) -> int:
    """Return the multiply-adds of one forward pass of convolutions and fully connected layers.

    Each output costs as many as it has inputs.

    Example:
        >>> multiply_adds(nn.Sequential(nn.Conv2d(3, 8, 3)), torch.zeros(1, 3, 5, 5))
        1944
    """
    total = 0

    def count(layer: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += made.numel() * layer.in_channels // layer.groups * math.prod(layer.kernel_size)
        elif isinstance(layer, nn.Linear):
            total += made.numel() * layer.in_features

    hooks = [layer.register_forward_hook(count) for layer in network.modules()]
    try:
        network(one_input)
    finally:
        for hook in hooks:
            hook.remove()
    return total


def _one_input(data: DataSet) -> Tensor:
    side = data.preprocessing.crop_px
    return torch.zeros(1, len(data.preprocessing.mean), side, side)


def _bytes(network: nn.Module, programme: Programme) -> bytes:
    """The network as a safetensors file, its kernels and matrices as float16 to save space.

    All else (biases, normalisation) stays as it is. What a card says is measured on these
    rounded weights.
    """
    tensors = {
        name: tensor.detach().contiguous().to(torch.float16 if tensor.ndim > 1 else tensor.dtype)
        for name, tensor in network.state_dict().items()
    }
    return save(tensors, {"key": programme.architecture})


def _seed_row(recipe: Recipe, accuracy: dict[str, Any]) -> dict[str, Any]:
    return {"seed": recipe.seed, **{str(part): accuracy[part] for part in MEASURED}}


def _with_other_seeds(card: dict[str, Any], before: dict[str, Any]) -> list[dict[str, Any]]:
    """Keep the rows of other seeds, if network and recipe but for its seed are as they were."""

    def what(of: dict[str, Any]) -> str:
        recipe = {**of.get("recipe", {}), "seed": None}
        return json.dumps([of.get("params"), of.get("macs"), recipe], sort_keys=True)

    if what(card) != what(before):
        return list(card["seeds"])
    others = [row for row in before.get("seeds", []) if row["seed"] != card["seed"]]
    return sorted([*others, *card["seeds"]], key=lambda row: int(row["seed"]))


def _snapshots(
    programme: Programme, recipe: Recipe, folder: Path, last: bytes, accuracy: dict[str, Any]
) -> list[dict[str, Any]]:
    """Measure every snapshot as it is stored; the last is the file that ships."""
    rows: list[dict[str, Any]] = []
    epochs = [epoch for epoch in programme.snapshots if epoch < recipe.epochs]
    for epoch in [*epochs, recipe.epochs] if programme.snapshots else []:
        if epoch == recipe.epochs:
            file, content, measured = f"{programme.name}.safetensors", last, accuracy
        else:
            file = snapshot_file(programme, epoch)
            if not (folder / file).exists():
                continue
            content = (folder / file).read_bytes()
            network = _filled(programme, content)
            measured = measure(network, programme.data)[0]
        row = {"epoch": epoch, "file": file, "sha256": hashlib.sha256(content).hexdigest()}
        rows.append({**row, **{str(part): measured[part] for part in MEASURED}})
    return rows


def _filled(programme: Programme, content: bytes) -> nn.Module:
    """The network as anyone gets it from the file: float32 again."""
    from vizcore.zoo import build_meta

    network = build_meta(programme.architecture, num_classes=len(programme.data.classes))
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in load(content).items()
    }
    network.load_state_dict(tensors, assign=True)
    return network.eval()


def _write_json(path: Path, card: dict[str, Any]) -> None:
    """Write in one move: a reader never sees half a card."""
    beside = path.with_suffix(".writing")
    beside.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)
