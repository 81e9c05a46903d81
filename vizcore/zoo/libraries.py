"""Builders of torchvision's and timm's networks. Each library is imported at first use."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

#: Arguments that a network needs to be the one the zoo describes: no auxiliary heads.
_ALWAYS: dict[str, dict[str, Any]] = {
    "googlenet": {"aux_logits": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "init_weights": False},
}


def torchvision_name(source: str) -> str:
    """Return NAME of `torchvision:NAME`, without the remark in parentheses.

    Example:
        >>> torchvision_name("torchvision:googlenet(aux_logits=False)")
        'googlenet'
    """
    return re.sub(r"\(.*\)", "", source.partition(":")[2])


class TorchvisionBuilder:
    """Build `torchvision.models.NAME` without weights."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, **options: Any) -> nn.Module:
        from vizcore.zoo.light_import import torchvision_models

        make = getattr(torchvision_models(), self.name)
        network: nn.Module = make(weights=None, **{**_ALWAYS.get(self.name, {}), **options})
        return network


class TimmBuilder:
    """Build `timm.create_model(NAME)` without weights."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, **options: Any) -> nn.Module:
        network: nn.Module = import_module("timm").create_model(
            self.name, pretrained=False, **options
        )
        return network


class OwnBuilder:
    """Build a network of the zoo itself: `file:function` below `vizcore.zoo`.

    A family's function is given the key of the variant to build.
    """

    def __init__(self, where: str, key: str | None = None) -> None:
        self.file, self.function = where.split(":")
        self.key = key

    def __call__(self, **options: Any) -> nn.Module:
        build = getattr(import_module(f"vizcore.zoo.{self.file}"), self.function)
        network: nn.Module = build(**options) if self.key is None else build(self.key, **options)
        return network
