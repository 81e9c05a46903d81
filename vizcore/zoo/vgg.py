"""The two VGG networks that torchvision leaves out: A-LRN and C.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (ICLR
2015), Table 1. The weights start as Glorot and Bengio's, which the authors found to need no
trained network A to start from.
"""

from __future__ import annotations

from torch import nn

from vizcore.zoo.parts.sequential import (
    FC,
    Conv,
    Drop,
    MaxPool,
    Norm,
    Plan,
    Row,
    assemble,
    glorot,
)

#: (kernel, filters) of the convolutions of one stage.
Stage = tuple[tuple[int, int], ...]
_HEAD = (FC("6", 4096), Drop("6"), FC("7", 4096), Drop("7"), FC("8", 1000, relu=False))


def _plan(*stages: Stage, norm_after_first: bool = False) -> Plan:
    rows: list[Row] = []
    for s, stage in enumerate(stages, 1):
        for c, (kernel, filters) in enumerate(stage, 1):
            rows.append(Conv(f"{s}_{c}", filters, kernel, padding=kernel // 2))
        if norm_after_first and s == 1:
            rows.append(Norm("1"))
        rows.append(MaxPool(str(s), 2, 2))
    return Plan((3, 224, 224), tuple(rows), _HEAD, glorot)


PLANS: dict[str, Plan] = {
    "vgg_a_lrn": _plan(
        ((3, 64),),
        ((3, 128),),
        ((3, 256), (3, 256)),
        ((3, 512), (3, 512)),
        ((3, 512), (3, 512)),
        norm_after_first=True,
    ),
    "vgg_c": _plan(
        ((3, 64), (3, 64)),
        ((3, 128), (3, 128)),
        ((3, 256), (3, 256), (1, 256)),
        ((3, 512), (3, 512), (1, 512)),
        ((3, 512), (3, 512), (1, 512)),
    ),
}


def build(key: str, num_classes: int | None = None) -> nn.Sequential:
    """Build a variant, untrained: (n, 3, 224, 224) -> (n, num_classes) scores.

    Example:
        >>> from vizcore import zoo
        >>> sum(p.numel() for p in zoo.build_meta("vgg_c").parameters())
        133638952
    """
    return assemble(PLANS[key], num_classes)
