"""ZFNet: AlexNet with a finer first layer, found by looking at what AlexNet had learnt.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), Figure 3.
Variant (b) of their Table 2 has 512, 1024 and 512 maps in layers 3, 4 and 5.
"""

from __future__ import annotations

from torch import nn

from vizcore.zoo.parts.sequential import FC, Conv, Drop, MaxPool, Norm, Plan, assemble, gaussian


def _plan(maps3: int, maps4: int, maps5: int) -> Plan:
    return Plan(
        (3, 224, 224),
        features=(
            Conv("1", 96, 7, stride=2, padding=1),
            MaxPool("1", 3, 2, padding=1),
            Norm("1"),
            Conv("2", 256, 5, stride=2),
            MaxPool("2", 3, 2, padding=1),
            Norm("2"),
            Conv("3", maps3, 3, padding=1),
            Conv("4", maps4, 3, padding=1),
            Conv("5", maps5, 3, padding=1),
            MaxPool("5", 3, 2),
        ),
        classifier=(FC("6", 4096), Drop("6"), FC("7", 4096), Drop("7"), FC("8", 1000, relu=False)),
        initialise=gaussian,
    )


PLANS: dict[str, Plan] = {
    "zfnet": _plan(384, 384, 256),
    "zfnet_clarifai_like": _plan(512, 1024, 512),
}


def build(key: str, num_classes: int | None = None) -> nn.Sequential:
    """Build a variant, untrained: (n, 3, 224, 224) -> (n, num_classes) scores.

    Example:
        >>> from vizcore import zoo
        >>> sum(p.numel() for p in zoo.build_meta("zfnet").parameters())
        62357608
    """
    return assemble(PLANS[key], num_classes)
