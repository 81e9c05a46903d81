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
from safetensors.torch import save
from torch import nn

from vizcore.data import photos20
from vizcore.data.photographs import PHOTOS
from vizcore.training.recipe import PREPROCESSING, Recipe, Trained, predictions

KEY = "zfnet_photos20"


def write(trained: Trained, recipe: Recipe, folder: Path, machine: str) -> dict[str, Any]:
    """Write `zfnet_photos20.safetensors` and `.json` into a folder and return the card.

    Args:
        machine: where it was trained, in a few words.
    """
    tensors = {
        name: tensor.detach().contiguous().float()
        for name, tensor in trained.network.state_dict().items()
    }
    weights = save(tensors, {"key": KEY})
    card = {
        "key": KEY,
        "classes": list(photos20.CLASSES),
        "preprocessing": asdict(PREPROCESSING),
        "sha256": hashlib.sha256(weights).hexdigest(),
        "params": sum(p.numel() for p in trained.network.parameters()),
        "macs": multiply_adds(trained.network, photos20.PATCH_PX),
        "accuracy": measure(trained.network),
        "data": _data(),
        "recipe": asdict(recipe),
        "seed": recipe.seed,
        "epochs": len(trained.curve),
        "curve": list(trained.curve),
        "licence": "Apache-2.0 (the weights); the photographs as listed under data",
        "date": date.today().isoformat(),
        "machine": machine,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{KEY}.safetensors").write_bytes(weights)
    (folder / f"{KEY}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def measure(network: nn.Module) -> dict[str, Any]:
    """Return the accuracies (0..1) on the held-out parts, and the numbers behind them."""
    measured: dict[str, Any] = {}
    patches: dict[str, int] = {}
    for part in ("validation", "test"):
        rgb, labels = photos20.held_out(part)
        right = predictions(network, rgb) == labels
        measured[part] = float(right.mean())
        patches[part] = len(labels)
        if part == "test":
            measured["test_by_class"] = {
                name: float(right[labels == k].mean()) for k, name in enumerate(photos20.CLASSES)
            }
    measured["patches"] = patches
    views = np.stack([PREPROCESSING.view(photo.rgb_hwc()) for photo in PHOTOS])
    seen = predictions(network, views) == np.arange(len(PHOTOS))
    measured["whole_photographs"] = f"{int(seen.sum())} of {len(PHOTOS)}, not held out"
    return measured


@torch.no_grad()
def multiply_adds(network: nn.Module, input_px: int) -> int:
    """Return the multiply-adds of one forward pass: outputs x inputs of each, conv and linear.

    Example:
        >>> multiply_adds(nn.Sequential(nn.Conv2d(3, 8, 3)), 5)
        1944
    """
    total = 0
    values = torch.zeros(1, 3, input_px, input_px)
    for layer in network.children():
        values = layer(values)
        if isinstance(layer, nn.Conv2d):
            total += values.numel() * layer.in_channels * math.prod(layer.kernel_size)
        elif isinstance(layer, nn.Linear):
            total += values.numel() * layer.in_features
    return total


def _data() -> dict[str, Any]:
    return {
        "name": "Photos-20",
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
