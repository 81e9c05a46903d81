"""Architectures whose builder is in this package."""

from __future__ import annotations

from vizcore.zoo.architecture import Architecture, Paper
from vizcore.zoo.deviations import DEVIATIONS
from vizcore.zoo.libraries import OwnBuilder


def own_rows() -> tuple[Architecture, ...]:
    """Return the architectures the zoo builds itself."""
    return (
        Architecture(
            key="zfnet_photos20",
            name="ZFNet, small (photos20)",
            family="ZFNet",
            year=2013,
            paper=Paper(
                "Visualizing and Understanding Convolutional Networks",
                "Zeiler, Fergus",
                "ECCV 2014 (arXiv:1311.2901, Nov 2013)",
            ),
            input_shape=(3, 64, 64),
            num_classes=20,
            depth=8,
            depth_note="convolutions and fully connected layers",
            source="own",
            builder=OwnBuilder("photos20:zfnet_photos20"),
            deviations=DEVIATIONS["zfnet_photos20"],
        ),
    )
