"""Every method as data: what it is called, who published it, what it takes and what it gives.

A file a family; `METHODS` is all of them. Nothing here computes and nothing imports torch:
`vizcore.lenses.saliency.maps` runs the methods.
"""

from __future__ import annotations

from collections.abc import Mapping

from vizcore.errors import BadChoice
from vizcore.lenses.saliency.methods import (
    class_activation,
    gradient,
    layer,
    path,
    perturbation,
    rules,
    unit,
)
from vizcore.records.saliency import SaliencyMethod, Value

METHODS: tuple[SaliencyMethod, ...] = (
    *gradient.METHODS,
    *path.METHODS,
    *rules.METHODS,
    *perturbation.METHODS,
    *class_activation.METHODS,
    *layer.METHODS,
    *unit.METHODS,
)


def method_of(key: str) -> SaliencyMethod:
    """The method of this name.

    Raises:
        BadChoice: there is none; lists those there are.

    Example:
        >>> method_of("gradient").signed
        False
    """
    for each in METHODS:
        if each.key == key:
            return each
    raise BadChoice.among("method", key, [each.key for each in METHODS])


def settled(method: SaliencyMethod, options: Mapping[str, Value] | None) -> dict[str, Value]:
    """All options of a method: what was given, checked, and the defaults of the rest.

    Raises:
        BadChoice: an option the method has not, or a value outside its range.

    Example:
        >>> settled(method_of("smoothgrad"), {"samples": 5})
        {'samples': 5, 'noise': 0.15, 'base': 'gradient'}
    """
    given = options or {}
    for key in given:
        method.option(key)
    return {each.key: each.check(given.get(each.key, each.default)) for each in method.options}


def base_of(method: str, options: Mapping[str, Value]) -> str:
    """The method whose rule a noise tunnel, a layer's or a unit's form of it takes over.

    Example:
        >>> base_of("smoothgrad", {"base": "deconvolution"}), base_of("neuron_deep_lift", {})
        ('deconvolution', 'deep_lift')
    """
    if "base" in options:
        return str(options["base"])
    return method.removeprefix("neuron_").removeprefix("layer_")
