"""The small networks that ship trained, as registry entries."""

from __future__ import annotations

from dataclasses import dataclass

from vizcore.reference import architecture_facts
from vizcore.zoo.architecture import Architecture, Paper
from vizcore.zoo.deviations import DEVIATIONS
from vizcore.zoo.libraries import OwnBuilder

_COUNTED = "convolutions and fully connected layers"
_LONGEST = "longest chain of convolutions and fully connected layers"


@dataclass(frozen=True, slots=True)
class _Small:
    """A small network: whose relative it is, and its depth as `note` counts it."""

    name: str
    relative: str
    depth: int
    note: str = _COUNTED


_SMALL: dict[str, _Small] = {
    "alexnet_photos20": _Small("AlexNet, small", "alexnet_2012", 8),
    "zfnet_photos20": _Small("ZFNet, small", "zfnet", 8),
    "vgg_photos20": _Small("VGG, small", "vgg_d", 11),
    "inception_naive_photos20": _Small(
        "Inception, naive modules, small", "googlenet_2014", 7, _LONGEST
    ),
    "inception_reduced_photos20": _Small(
        "Inception, 1x1 reductions, small", "googlenet_2014", 11, _LONGEST
    ),
    "plain14_photos20": _Small("Plain, 14 layers, small", "plain18", 14),
    "resnet14_photos20": _Small("Residual, 14 layers, small", "resnet18", 14, _LONGEST),
    "plain50_photos20": _Small("Plain, 50 layers, small", "plain18", 50),
    "resnet50_photos20": _Small("Residual, 50 layers, small", "resnet18", 50, _LONGEST),
    "resnext_photos20": _Small("ResNeXt, 8 groups, small", "resnext50_32x4d", 20, _LONGEST),
    "wide_photos20": _Small("Wide residual, small", "wrn_28_10_cifar", 14, _LONGEST),
    "densenet_photos20": _Small("DenseNet, small", "densenet121", 28, _LONGEST),
    "se_photos20": _Small(
        "Residual with squeeze-and-excitation, small",
        "senet154",
        14,
        f"{_LONGEST}, the squeeze layers not counted",
    ),
    "mobilenet_photos20": _Small("MobileNetV2, small", "mobilenet_v2", 20, _LONGEST),
}


def own_rows() -> tuple[Architecture, ...]:
    """Return the architectures the zoo builds itself, in the order of their relatives' years."""
    facts = {each.key: each for each in architecture_facts()}
    rows = []
    for key, small in _SMALL.items():
        relative = facts[small.relative]
        rows.append(
            Architecture(
                key=key,
                name=small.name,
                family=relative.family,
                year=relative.year,
                paper=Paper(relative.title, relative.authors, relative.venue),
                input_shape=(3, 64, 64),
                num_classes=20,
                depth=small.depth,
                depth_note=small.note,
                source="own",
                builder=OwnBuilder("photos20:build", key),
                deviations=DEVIATIONS[key],
            )
        )
    return tuple(rows)
