"""Networks that can look at pictures: the zoo's builders joined with bundled weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import UnknownClass
from vizcore.runtime.jobs import NetworkSource
from vizcore.runtime.weights import Card, card, cards, load_into
from vizcore.zoo import get

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A trained network on a device, with what is needed to use it.

    Attributes:
        module: in evaluation mode, in-place activations off.
        card: what the weights are, with the names of the classes.
        preprocessing: from a picture to the network's input.
        weights_hash: sha256 of the weights, hexadecimal.
    """

    module: nn.Module = field(repr=False)
    card: Card
    preprocessing: Preprocessing
    weights_hash: str


def trained_keys() -> tuple[str, ...]:
    """The keys of the networks that come with weights."""
    return tuple(each.key for each in cards())


def card_of(name: str) -> Card:
    """The card of a network's weights, by key or alias.

    Raises:
        UnknownArchitecture: no architecture has this name.
        WeightsError: it comes without weights; says which come with.
    """
    return card(get(name).key)


def preprocessing_of(card: Card) -> Preprocessing:
    """What the network of a card expects to be done to a picture."""
    given = card.preprocessing
    red, green, blue = (float(value) for value in given["mean"])
    std_red, std_green, std_blue = (float(value) for value in given["std"])
    return Preprocessing(
        int(given["resize_px"]),
        int(given["crop_px"]),
        (red, green, blue),
        (std_red, std_green, std_blue),
    )


def load_network(name: str, device: str = "cpu") -> LoadedNetwork:
    """Build a network and fill it with its bundled weights.

    Raises:
        UnknownArchitecture: no architecture has this name.
        WeightsError: it comes without weights, or they are damaged.
    """
    found = card_of(name)
    return LoadedNetwork(_load(found, device), found, preprocessing_of(found), found.sha256)


def source_of(card: Card) -> NetworkSource:
    """The same for an engine, which loads it on its device and keeps it."""
    return NetworkSource(f"{card.key}@{card.sha256[:16]}", partial(_load, card))


def class_number(wanted: str | int, classes: Sequence[str]) -> int:
    """The output number of a class given by name (in any case) or by number.

    A name wins over a number written as text.

    Raises:
        UnknownClass: with the nearest names, or the numbers there are.

    Example:
        >>> class_number("Dog", ["cat", "dog"]), class_number("0", ["cat", "dog"])
        (1, 0)
    """
    text = str(wanted).strip()
    lowered = [name.lower() for name in classes]
    if isinstance(wanted, str) and text.lower() in lowered:
        return lowered.index(text.lower())
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit():
        if 0 <= int(text) < len(classes):
            return int(text)
        raise UnknownClass(
            f"There is no class number {text}. Allowed: 0 to {len(classes) - 1}.", received=text
        )
    raise UnknownClass.among("class", text, classes)


def _load(card: Card, device: str) -> nn.Module:
    from vizcore.zoo import build_meta

    network = build_meta(card.key, num_classes=len(card.classes))
    load_into(network, card)
    return network.to(device)
