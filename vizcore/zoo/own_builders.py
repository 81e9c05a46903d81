"""Which file of the zoo builds which of its own architectures. Needs no torch.

A family's file has one function, `build(key, **options)`, that reads a table of variants. A new
variant is a row of that table and its key here; its identity, paper and published numbers come
from the reference facts.
"""

from __future__ import annotations

from vizcore.zoo.libraries import OwnBuilder

#: Family file -> the keys it builds.
FILES: dict[str, tuple[str, ...]] = {
    "alexnet": ("alexnet_2012",),
    "azizpour": (
        "azizpour_tiny_a",
        "azizpour_small_c",
        "azizpour_medium_e",
        "azizpour_large_f",
        "azizpour_deep8",
        "azizpour_deep11_h",
        "azizpour_deep13_i",
        "azizpour_deep16_j",
        "azizpour_deep_tiny_b",
        "azizpour_deep_small_d",
        "azizpour_deep_medium_g",
    ),
    "facenet": ("facenet_nn1",),
    "lenet": ("lenet5_1998", "lenet5_modern"),
    "nin": ("nin_imagenet",),
    "overfeat": ("overfeat_fast", "overfeat_accurate"),
    "vgg": ("vgg_a_lrn", "vgg_c"),
    "zfnet": ("zfnet", "zfnet_clarifai_like"),
    "googlenet": (
        "googlenet_2014",
        "bn_inception",
    ),
    "shufflenet_v1": (
        "shufflenet_v1_x1_0_g3",
        "shufflenet_v1_x1_0_g8",
        "shufflenet_v1_x0_5_g3",
        "shufflenet_v1_x2_0_g3",
    ),
    "resnet": (
        "plain18",
        "plain34",
        "plain20_cifar",
        "plain56_cifar",
        "resnet50_v1",
        "resnet101_v1",
        "resnet152_v1",
        "resnet20_cifar",
        "resnet56_cifar",
        "resnet110_cifar",
        "resnet1202_cifar",
        "resnet164_cifar",
    ),
    "preact_resnet": (
        "idmap110_a",
        "idmap110_b",
        "idmap110_c",
        "idmap110_d",
        "idmap110_e",
        "preact_resnet164_cifar",
        "preact_resnet1001_cifar",
        "preact_resnet200",
    ),
    "wide_resnet": ("wrn_28_10_cifar",),
    "stochastic_depth": ("stochastic_depth_resnet110_cifar",),
    "fractalnet": ("fractalnet20_cifar", "fractalnet34"),
    "searched_cells": (
        "nasnet_a_mobile",
        "amoebanet_a_n6_f190",
        "amoebanet_a_n6_f448",
        "enas_micro_cifar",
    ),
}

BUILDERS: dict[str, OwnBuilder] = {
    key: OwnBuilder(f"{file}:build", key) for file, keys in FILES.items() for key in keys
}
