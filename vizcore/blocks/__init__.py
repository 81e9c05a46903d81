"""The cost of architectural ideas: real blocks built without weights, traced and compared.

    >>> study("inception").variant("naive").table.totals.macs
    854196224

`names` and `titles` need no torch; `study` does.
"""

from __future__ import annotations

from importlib import import_module

from vizcore.errors import UnknownName
from vizcore.records import BlockStudy

#: Name -> title. The idea `NAME` lives in the module of that name, with "_" for "-".
_TITLES = {
    "inception": "The Inception module",
    "stacked-3x3": "Small kernels, stacked",
    "depthwise": "Depthwise separable convolution",
    "residual": "Residual blocks",
    "resnext": "ResNeXt cardinality",
    "squeeze-excite": "Squeeze-and-excitation",
    "dense": "Dense block growth",
    "sharing": "Local connections and shared weights",
    "linear-bottleneck": "The linear bottleneck",
}


def titles() -> dict[str, str]:
    """Return every study's name and title, in the order they are told."""
    return dict(_TITLES)


def names() -> tuple[str, ...]:
    """Return the names of the studies.

    Example:
        >>> names()[:3]
        ('inception', 'stacked-3x3', 'depthwise')
    """
    return tuple(_TITLES)


def study(name: str, **knobs: int) -> BlockStudy:
    """Trace a block with these knobs (the others at their defaults) and state the finding.

    Raises:
        UnknownName: there is no such study; the message lists the nearest names.
        BadChoice: an unknown knob or a value outside its range.

    Example:
        >>> round(study("depthwise", channels=64, filters=64).ratio, 2)
        7.89
    """
    if name not in _TITLES:
        raise UnknownName.among("building block", name, _TITLES)
    module = import_module(f"vizcore.blocks.{name.replace('-', '_')}")
    from vizcore.blocks.idea import make_study

    return make_study(module.IDEA, _TITLES[name], knobs)


__all__ = ["names", "study", "titles"]
