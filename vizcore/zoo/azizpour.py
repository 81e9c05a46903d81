"""The networks of the transferability study: the same task, varied in width and in depth.

Azizpour, Razavian, Sullivan, Maki and Carlsson, "Factors of Transferability for a Generic ConvNet
Representation" (IEEE TPAMI 2016). The tables give filters, the last map and the fully connected
layers. Inputs, kernels, strides and where the pools stand are assumed here.
"""

from __future__ import annotations

from torch import nn

from vizcore.zoo import overfeat
from vizcore.zoo.parts.sequential import (
    FC,
    Conv,
    Drop,
    MaxPool,
    Plan,
    Row,
    assemble,
    gaussian,
    he_normal,
)


def _head(first: int, second: int) -> tuple[Row, ...]:
    return (FC("6", first), Drop("6"), FC("7", second), Drop("7"), FC("8", 1000, relu=False))


def _wide(maps: tuple[int, int, int, int, int], second: int) -> Plan:
    """AlexNet's layout without groups and normalisation."""
    return Plan(
        (3, 227, 227),
        features=(
            Conv("1", maps[0], 11, stride=4),
            MaxPool("1", 3, 2),
            Conv("2", maps[1], 5, padding=2),
            MaxPool("2", 3, 2),
            Conv("3", maps[2], 3, padding=1),
            Conv("4", maps[3], 3, padding=1),
            Conv("5", maps[4], 3, padding=1),
            MaxPool("5", 3, 2),
        ),
        classifier=_head(4096, second),
        initialise=gaussian,
    )


def _deep(side: int, stages: tuple[tuple[int, ...], ...], second: int = 4096) -> Plan:
    """Stages of 3x3 convolutions, each with these numbers of filters and a pool at its end."""
    rows: list[Row] = []
    for s, stage in enumerate(stages, 1):
        rows += [Conv(f"{s}_{c}", filters, 3, padding=1) for c, filters in enumerate(stage, 1)]
        rows.append(MaxPool(str(s), 2, 2))
    return Plan((3, side, side), tuple(rows), _head(4096, second), he_normal)


def _even(filters: int, second: int) -> Plan:
    """Thirteen convolutions of one width."""
    return _deep(192, tuple((filters,) * count for count in (2, 3, 3, 3, 2)), second)


PLANS: dict[str, Plan] = {
    "azizpour_tiny_a": _wide((24, 64, 96, 96, 64), 1024),
    "azizpour_small_c": _wide((48, 128, 192, 192, 128), 2048),
    "azizpour_medium_e": _wide((96, 256, 384, 384, 256), 4096),
    "azizpour_large_f": overfeat.PLANS["overfeat_accurate"],
    "azizpour_deep8": _deep(256, ((64,), (128,), (256,), (256,), (256,))),
    "azizpour_deep11_h": _deep(256, ((64,), (128,) * 3, (256,) * 2, (256,), (256,))),
    "azizpour_deep13_i": _deep(256, ((64,) * 2, (128,) * 4, (256,) * 2, (256,), (256,))),
    "azizpour_deep16_j": _deep(256, ((64,) * 2, (128,) * 5, (256,) * 2, (256,) * 2, (256,) * 2)),
    "azizpour_deep_tiny_b": _even(64, 1024),
    "azizpour_deep_small_d": _even(128, 2048),
    "azizpour_deep_medium_g": _even(256, 4096),
}


def build(key: str, num_classes: int | None = None) -> nn.Sequential:
    """Build a variant, untrained: (n, 3, height, width) -> (n, num_classes) scores.

    Example:
        >>> from vizcore import zoo
        >>> sum(p.numel() for p in zoo.build_meta("azizpour_tiny_a").parameters())
        14902600
    """
    return assemble(PLANS[key], num_classes)
