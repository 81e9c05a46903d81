"""Measured networks by the names people call them, and by what is searched for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vizcore import zoo
from vizcore.errors import UnknownArchitecture
from vizcore.records.bench import Measurement


def name_of(key: str) -> str:
    """What people call a network; its key where the zoo does not know it.

    Example:
        >>> name_of("vgg_d"), name_of("somebody's")
        ('VGG-D (VGG-16)', "somebody's")
    """
    try:
        return zoo.get(key).name
    except UnknownArchitecture:
        return key


def named(measurement: Measurement) -> Measurement:
    """The same with the network's name, for a picture."""
    return replace(measurement, network=name_of(measurement.network))


def found_by(text: str, measurements: Sequence[Measurement]) -> list[Measurement]:
    """Those whose network has one of the words in its key or its name; all without a word."""
    words = text.lower().replace(",", " ").split()
    return [
        m
        for m in measurements
        if not words or any(word in f"{m.network} {name_of(m.network)}".lower() for word in words)
    ]
