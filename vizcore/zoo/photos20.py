"""The small networks that ship trained: members of the families, for 64x64 pictures, 20 classes.

Each keeps what its family is known for and is otherwise cut down until a CPU trains it in
minutes. They are built from the zoo's own parts, DenseNet and MobileNetV2 by torchvision's classes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import nn

from vizcore.zoo.light_import import torchvision_models
from vizcore.zoo.parts.inception import Inception, Step, conv_relu
from vizcore.zoo.parts.sequential import (
    FC,
    Conv,
    Drop,
    MaxPool,
    Norm,
    Plan,
    Row,
    assemble,
    he_normal,
)
from vizcore.zoo.parts.staged import Staged, staged

CLASSES = 20
_INPUT = (3, 64, 64)
_WIDTHS = (16, 32, 64)
_WIDER = (32, 64, 128)
_CLASSIFIER: tuple[Row, ...] = (
    FC("6", 256),
    Drop("6"),
    FC("7", 128),
    Drop("7"),
    FC("8", CLASSES, relu=False),
)


def zfnet_photos20(num_classes: int = CLASSES) -> nn.Sequential:
    """Build the ZFNet-like network, untrained: (n, 3, 64, 64) -> (n, num_classes) scores.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014): a 7x7
    stride-2 first convolution, a 5x5 second, three 3x3, max pooling after 1, 2 and 5, then three
    fully connected. Conv2 has stride 1, so that its maps stay legible on a small picture. Each
    ReLU is a module used once and never in place. Maps are 32x32 after conv1, 16x16 after pool1,
    8x8 after pool2 and 4x4 after pool5.

    Example:
        >>> sum(p.numel() for p in zfnet_photos20().parameters())
        1129076
    """
    layers: list[tuple[str, nn.Module]] = [
        ("conv1", nn.Conv2d(3, 64, 7, stride=2, padding=3)),
        ("relu1", nn.ReLU()),
        ("pool1", nn.MaxPool2d(3, stride=2, padding=1)),
        ("conv2", nn.Conv2d(64, 96, 5, padding=2)),
        ("relu2", nn.ReLU()),
        ("pool2", nn.MaxPool2d(3, stride=2, padding=1)),
        ("conv3", nn.Conv2d(96, 128, 3, padding=1)),
        ("relu3", nn.ReLU()),
        ("conv4", nn.Conv2d(128, 128, 3, padding=1)),
        ("relu4", nn.ReLU()),
        ("conv5", nn.Conv2d(128, 128, 3, padding=1)),
        ("relu5", nn.ReLU()),
        ("pool5", nn.MaxPool2d(3, stride=2, padding=1)),
        ("flatten", nn.Flatten()),
        ("fc6", nn.Linear(128 * 4 * 4, 256)),
        ("relu6", nn.ReLU()),
        ("drop6", nn.Dropout(0.5)),
        ("fc7", nn.Linear(256, 128)),
        ("relu7", nn.ReLU()),
        ("drop7", nn.Dropout(0.5)),
        ("fc8", nn.Linear(128, num_classes)),
    ]
    return nn.Sequential(OrderedDict(layers))


def _alexnet() -> Plan:
    """11x11 at stride 4, local response normalisation, pools of 3x3 at stride 2."""
    features = (
        Conv("1", 64, 11, stride=4, padding=5),
        Norm("1"),
        MaxPool("1", 3, 2, padding=1),
        Conv("2", 96, 5, padding=2),
        Norm("2"),
        MaxPool("2", 3, 2, padding=1),
        Conv("3", 128, 3, padding=1),
        Conv("4", 128, 3, padding=1),
        Conv("5", 128, 3, padding=1),
        MaxPool("5", 3, 2, padding=1),
    )
    return Plan(_INPUT, features, _CLASSIFIER, he_normal)


def _vgg() -> Plan:
    """Four pairs of 3x3, each pair followed by a pool of 2x2."""
    features: list[Row] = []
    for stage, filters in enumerate((16, 32, 64, 128), start=1):
        features += [Conv(f"{stage}_{place}", filters, 3, padding=1) for place in (1, 2)]
        features.append(MaxPool(str(stage), 2, 2))
    return Plan(_INPUT, tuple(features), _CLASSIFIER, he_normal)


def _inception(*, reduced: bool, num_classes: int = CLASSES) -> nn.Sequential:
    """Four inception modules: naive ones, or with 1x1 reductions and a projection."""
    branches: tuple[tuple[str, tuple[Step, ...]], ...] = (
        ("branch_1x1", (("conv1x1", 24, 1),)),
        ("branch_3x3", (("conv3x3", 32, 3),)),
        ("branch_5x5", (("conv5x5", 16, 5),)),
    )
    if reduced:
        one, (name3, steps3), (name5, steps5) = branches
        reductions: tuple[Step, Step] = ("reduce", 24, 1), ("reduce", 8, 1)
        branches = (
            one,
            (name3, (reductions[0], *steps3)),
            (name5, (reductions[1], *steps5)),
        )
    layers: list[tuple[str, nn.Module]] = [
        ("conv1", conv_relu(3, 48, 7, stride=2)),
        ("pool1", nn.MaxPool2d(3, stride=2, padding=1)),
        ("conv2", conv_relu(48, 64, 3)),
    ]
    width = 64
    for name in ("3a", "3b", "4a", "4b"):
        if name == "4a":
            layers.append(("pool3", nn.MaxPool2d(3, stride=2, padding=1)))
        module = Inception(width, branches, "max", 16 if reduced else None)
        layers.append((f"inception_{name}", module))
        width = module.out_channels
    layers += [
        ("pool", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("fc", nn.Linear(width, num_classes)),
    ]
    network = nn.Sequential(OrderedDict(layers))
    he_normal(network)
    return network


def _stages(units: int, widths: tuple[int, ...] = _WIDTHS) -> Staged:
    return Staged((units,) * 3, widths, "imagenet")


#: Plain and residual networks of equal depth; then what later papers changed in the residual one.
STAGES: dict[str, Staged] = {
    "plain14_photos20": replace(_stages(2), shortcut="none"),
    "resnet14_photos20": _stages(2),
    "plain50_photos20": replace(_stages(8), shortcut="none"),
    "resnet50_photos20": _stages(8),
    "resnext_photos20": replace(_stages(2, _WIDER), bottleneck=True, groups=8, expansion=2),
    "wide_photos20": _stages(2, _WIDER),
    "se_photos20": replace(_stages(2), squeeze=4),
}


def _staged(key: str, num_classes: int = CLASSES) -> nn.Sequential:
    return staged(replace(STAGES[key], num_classes=num_classes))


def _densenet(num_classes: int = CLASSES) -> nn.Module:
    """Three blocks of four layers, each of which adds 12 channels to all that came before."""
    make: Callable[..., nn.Module] = torchvision_models().DenseNet
    return make(12, (4, 4, 4), num_init_features=32, num_classes=num_classes)


def _mobilenet(num_classes: int = CLASSES) -> nn.Module:
    """MobileNetV2's inverted residuals: expansion, channels, units and stride of each stage."""
    stages = [[1, 16, 1, 2], [4, 24, 2, 2], [4, 32, 2, 2], [4, 64, 1, 1]]
    make: Callable[..., nn.Module] = torchvision_models().MobileNetV2
    return make(num_classes, inverted_residual_setting=stages)


_BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "alexnet_photos20": lambda num_classes=CLASSES: assemble(_alexnet(), num_classes),
    "zfnet_photos20": zfnet_photos20,
    "vgg_photos20": lambda num_classes=CLASSES: assemble(_vgg(), num_classes),
    "inception_naive_photos20": partial(_inception, reduced=False),
    "inception_reduced_photos20": partial(_inception, reduced=True),
    **{key: partial(_staged, key) for key in STAGES},
    "densenet_photos20": _densenet,
    "mobilenet_photos20": _mobilenet,
}


def build(key: str, num_classes: int = CLASSES) -> nn.Module:
    """Build one of the small networks, untrained: (n, 3, 64, 64) -> (n, num_classes) scores.

    Example:
        >>> sum(p.numel() for p in build("resnet14_photos20").parameters())
        192948
    """
    return _BUILDERS[key](num_classes=num_classes)
