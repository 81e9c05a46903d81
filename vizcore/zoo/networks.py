"""Networks from registry entries: with real weights, or as shapes only."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from vizcore.zoo.architecture import Architecture
from vizcore.zoo.meta import WeightlessMode, settle
from vizcore.zoo.registry import get


def build(
    architecture: str | Architecture, *, seed: int | None = None, **options: Any
) -> nn.Module:
    """Build a network in eval mode, with its library's random initialisation.

    Args:
        architecture: a key, an alias or a registry entry.
        seed: makes the weights reproducible and leaves torch's own generator as it was.
        options: keyword arguments of the library's constructor, such as `num_classes`.

    Raises:
        UnknownArchitecture: no architecture has this name.
    """
    entry = get(architecture) if isinstance(architecture, str) else architecture
    with nullcontext() if seed is None else torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        return entry.builder(**options).eval()


def build_meta(architecture: str | Architecture, **options: Any) -> nn.Module:
    """Build a network in eval mode on the meta device: every shape, and no weight in memory.

    Example:
        >>> {p.device.type for p in build_meta("alexnet").parameters()}
        {'meta'}
    """
    entry = get(architecture) if isinstance(architecture, str) else architecture
    with WeightlessMode():
        network = entry.builder(**options)
    return settle(network)
