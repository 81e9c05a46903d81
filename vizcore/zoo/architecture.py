"""What the zoo knows about one architecture before anything is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vizcore.zoo.novelty import WHAT_WAS_NEW

if TYPE_CHECKING:
    from torch import nn

#: (channels, height, width) of one picture.
PictureShape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Paper:
    """The publication an architecture comes from."""

    title: str
    authors: str
    venue: str


@dataclass(frozen=True, slots=True)
class PublishedError:
    """A published classification error, in percent, with the protocol that gave it.

    Attributes:
        top1, top5: percent wrong; None where it was not published.
        dataset: what was classified, such as "ImageNet-1k val".
        protocol: crops, scales and number of networks.
        source: where the numbers are printed.
    """

    top1: float | None
    top5: float | None
    dataset: str
    protocol: str
    source: str


@dataclass(frozen=True, slots=True)
class Architecture:
    """One entry of the registry.

    Attributes:
        key: the name used in addresses and files, such as `vgg_d`.
        name: for people, such as "VGG-D (VGG-16)".
        family, year: "VGG", 2014; `year` is None where the library does not say.
        paper: None for networks of the project's own.
        input_shape: (channels, height, width) the network is published with.
        num_classes: outputs of the last layer.
        depth, depth_note: layers as `depth_note` counts them; None where nobody counts them.
        source: `torchvision:NAME`, `timm:NAME` or `own`.
        aliases: other names that find it, such as `vgg16`.
        deviations: how this build differs from its paper, one sentence each.
        published: the main published error, and `other_results` as text.
        builder: makes the network with its library's own initialisation; keyword arguments go
            to the library's constructor.
    """

    key: str
    name: str
    family: str
    year: int | None
    paper: Paper | None
    input_shape: PictureShape
    num_classes: int
    depth: int | None
    depth_note: str
    source: str
    builder: Callable[..., nn.Module] = field(repr=False, compare=False)
    aliases: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    published: PublishedError | None = None
    other_results: str = ""

    @property
    def what_was_new(self) -> str:
        """A few sentences for a student; empty for networks found by a library's name alone."""
        return WHAT_WAS_NEW.get(self.key, "")
