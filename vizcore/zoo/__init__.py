"""Architectures as data, and the networks they describe.

Importing the zoo, listing it and searching it load neither torch nor any model library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vizcore.zoo.architecture import Architecture, Paper, PublishedError
from vizcore.zoo.registry import architectures, find, get

if TYPE_CHECKING:
    from vizcore.zoo.networks import build, build_meta

__all__ = [
    "Architecture",
    "Paper",
    "PublishedError",
    "architectures",
    "build",
    "build_meta",
    "find",
    "get",
]


def __getattr__(name: str) -> Any:
    if name in ("build", "build_meta"):
        return getattr(import_module("vizcore.zoo.networks"), name)
    raise AttributeError(f"module 'vizcore.zoo' has no attribute '{name}'")
