"""Every architecture by name. Nothing here imports torch, torchvision or timm."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec

from vizcore.errors import UnknownArchitecture
from vizcore.zoo.architecture import Architecture
from vizcore.zoo.facts_rows import facts_rows
from vizcore.zoo.own_rows import own_rows
from vizcore.zoo.torchvision_rows import torchvision_rows


class Registry:
    """Architectures under their keys and aliases; a name taken twice is an error.

    Example:
        >>> registry = Registry()
        >>> registry.add(get("vgg_d"))
        >>> registry.add(get("vgg_d"))
        Traceback (most recent call last):
        ValueError: the name 'vgg_d' is registered twice: for vgg_d and vgg_d
    """

    def __init__(self) -> None:
        self.by_key: dict[str, Architecture] = {}
        self.by_name: dict[str, Architecture] = {}

    def add(self, architecture: Architecture) -> None:
        """Register an architecture under its key and aliases, or raise ValueError."""
        names = [name.lower() for name in (architecture.key, *architecture.aliases)]
        for name in names:
            if name in self.by_name:
                raise ValueError(
                    f"the name '{name}' is registered twice: for {self.by_name[name].key} "
                    f"and {architecture.key}"
                )
        self.by_key[architecture.key] = architecture
        self.by_name.update(dict.fromkeys(names, architecture))


@lru_cache(maxsize=1)
def _registry() -> Registry:
    registry = Registry()
    for architecture in (*facts_rows(), *torchvision_rows(), *own_rows()):
        registry.add(architecture)
    return registry


def architectures() -> tuple[Architecture, ...]:
    """Return every registered architecture, oldest first.

    Example:
        >>> len(architectures()) > 80
        True
    """
    return tuple(sorted(_registry().by_key.values(), key=lambda a: a.year or 9999))


def get(name: str) -> Architecture:
    """Return the architecture with this key or alias, in any case.

    `timm:NAME` finds every classifier of timm, which is loaded only when such a name is asked for.

    Raises:
        UnknownArchitecture: nothing has this name; the message lists the nearest ones.

    Example:
        >>> get("VGG16").key
        'vgg_d'
    """
    registry = _registry()
    wanted = name.strip().lower()
    if wanted in registry.by_name:
        return registry.by_name[wanted]
    if wanted.startswith("timm:") and find_spec("timm") is not None:
        from vizcore.zoo.timm_names import timm_architecture

        return timm_architecture(wanted)
    raise UnknownArchitecture.among("architecture", name, registry.by_name)


def find(text: str) -> tuple[Architecture, ...]:
    """Return the architectures whose name, key, alias, family or year hold every word of `text`.

    Example:
        >>> [a.key for a in find("vgg 16")]
        ['vgg_d', 'vgg_d_bn']
    """
    words = text.lower().split()
    return tuple(a for a in architectures() if all(word in _searchable(a) for word in words))


@lru_cache(maxsize=512)
def _searchable(architecture: Architecture) -> str:
    return " ".join(
        (
            architecture.key,
            architecture.name,
            architecture.family,
            str(architecture.year or ""),
            *architecture.aliases,
        )
    ).lower()
