"""The cost of architectural ideas: real blocks built without weights, traced and compared.

    >>> study("inception").variant("naive").table.totals.macs
    854196224

`names`, `titles` and `card` need no torch; `study` does.
"""

from __future__ import annotations

from importlib import import_module

from vizcore.blocks.cards import CARDS, Card
from vizcore.errors import UnknownName
from vizcore.records.blocks import BlockStudy


def titles() -> dict[str, str]:
    """Return every study's name and title, in the order they are told."""
    return {name: card.title for name, card in CARDS.items()}


def names() -> tuple[str, ...]:
    """Return the names of the studies.

    Example:
        >>> names()[:3]
        ('inception', 'stacked-3x3', 'depthwise')
    """
    return tuple(CARDS)


def card(name: str) -> Card:
    """Return what a study is about: its question and its knobs.

    Raises:
        UnknownName: there is no such study; the message lists the nearest names.

    Example:
        >>> [knob.default for knob in card("linear-bottleneck").knobs]
        [1024, 128]
    """
    if name not in CARDS:
        raise UnknownName.among("building block", name, CARDS)
    return CARDS[name]


def study(name: str, **knobs: int) -> BlockStudy:
    """Trace a block with these knobs (the others at their defaults) and state the finding.

    Raises:
        UnknownName: there is no such study; the message lists the nearest names.
        BadChoice: an unknown knob or a value outside its range.

    Example:
        >>> round(study("depthwise", channels=64, filters=64).ratio, 2)
        7.89
    """
    card(name)
    module = import_module(f"vizcore.blocks.{name.replace('-', '_')}")
    from vizcore.blocks.idea import make_study

    return make_study(module.IDEA, knobs)


__all__ = ["card", "names", "study", "titles"]
