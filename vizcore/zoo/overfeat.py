"""OverFeat, fast and accurate: a classifier that is a convolution and slides over larger pictures.

Sermanet et al., "OverFeat: Integrated Recognition, Localization and Detection using Convolutional
Networks" (ICLR 2014). Layers that would be fully connected are convolutions of their map's size,
so a larger picture gives scores at several places; their mean is returned.
"""

from __future__ import annotations

from torch import nn

from vizcore.zoo.parts.sequential import Conv, Drop, GlobalPool, MaxPool, Plan, assemble, gaussian

PLANS: dict[str, Plan] = {
    "overfeat_fast": Plan(
        (3, 231, 231),
        features=(
            Conv("1", 96, 11, stride=4),
            MaxPool("1", 2, 2),
            Conv("2", 256, 5),
            MaxPool("2", 2, 2),
            Conv("3", 512, 3, padding=1),
            Conv("4", 1024, 3, padding=1),
            Conv("5", 1024, 3, padding=1),
            MaxPool("5", 2, 2),
        ),
        classifier=(
            Conv("6", 3072, 6),
            Drop("6"),
            Conv("7", 4096, 1),
            Drop("7"),
            Conv("8", 1000, 1, relu=False),
            GlobalPool("8"),
        ),
        initialise=gaussian,
    ),
    "overfeat_accurate": Plan(
        (3, 221, 221),
        features=(
            Conv("1", 96, 7, stride=2),
            MaxPool("1", 3, 3),
            Conv("2", 256, 7),
            MaxPool("2", 2, 2),
            Conv("3", 512, 3, padding=1),
            Conv("4", 512, 3, padding=1),
            Conv("5", 1024, 3, padding=1),
            Conv("6", 1024, 3, padding=1),
            MaxPool("6", 3, 3),
        ),
        classifier=(
            Conv("7", 4096, 5),
            Drop("7"),
            Conv("8", 4096, 1),
            Drop("8"),
            Conv("9", 1000, 1, relu=False),
            GlobalPool("9"),
        ),
        initialise=gaussian,
    ),
}


def build(key: str, num_classes: int | None = None) -> nn.Sequential:
    """Build a variant, untrained: (n, 3, 231, 231) or larger -> (n, num_classes) scores.

    Example:
        >>> from vizcore import zoo
        >>> sum(p.numel() for p in zoo.build_meta("overfeat_fast").parameters())
        145920872
    """
    return assemble(PLANS[key], num_classes)
