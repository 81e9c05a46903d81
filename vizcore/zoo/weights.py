"""What is known about a network's weights before any of them is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from vizcore.data.preprocessing import Preprocessing
from vizcore.runtime.store import RemoteFile
from vizcore.runtime.weights import Card

#: Where weights come from.
Origin = Literal["bundled", "torchvision", "timm", "own", "random"]

#: The name of the weights that every architecture has.
RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights an architecture can be filled with; `vizcore.networks` lists, finds and loads them.

    It can be hashed, compared and sent to another process; it holds no tensors.

    Attributes:
        architecture: its key in the zoo.
        name: used in addresses (`weights=NAME`) and on the command line (`--weights NAME`):
            `photos20`, `IMAGENET1K_V2`, `a1_in1k`, `own-0123456789ab`, `random`.
        origin: bundled, torchvision, timm, own or random.
        title: for people, such as "Photos-20 (bundled)".
        classes: names of the outputs, in order; empty where the outputs are no class scores.
        preprocessing: from a picture to the input the weights were made for.
        identity: tells these weights from all others, for cache keys: the file's sha256 where it
            is known beforehand (and the name of own weights, which also depends on how they are
            used), else the name of its file, or the seed.
        accuracy: shares of 0 to 1. Bundled: the card's (validation, test, ...), measured here.
            Pretrained: top1, top5 and dataset, as published. Otherwise empty.
        licence: as stated; empty where nothing is stated.
        source: where the weights come from, in a few words or as an address.
        notes: sentences a person should know: what is left out, what cannot be verified.
        options: keyword arguments of the architecture's builder for these weights.
        left_out: what names of tensors begin with that the file has and this network has not.
        file: what to fetch, for pretrained weights.
        path: where the file lies, for bundled and own weights.
        card: of bundled weights.
    """

    architecture: str
    name: str
    origin: Origin
    title: str
    classes: tuple[str, ...] = field(repr=False)
    preprocessing: Preprocessing = field(repr=False)
    identity: str
    accuracy: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    licence: str = field(default="", repr=False)
    source: str = field(default="", repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    left_out: tuple[str, ...] = field(default=(), repr=False)
    file: RemoteFile | None = field(default=None, repr=False)
    path: Path | None = field(default=None, repr=False)
    card: Card | None = field(default=None, repr=False, compare=False)

    @property
    def is_random(self) -> bool:
        """Whether nothing was learned: every picture made with these weights has to say so."""
        return self.origin == RANDOM

    @property
    def sha256(self) -> str | None:
        """Of the whole file, where it is known without reading it."""
        if self.file is not None:
            return self.file.sha256 if len(self.file.sha256) == 64 else None
        return None if self.is_random else self.identity[:64]
