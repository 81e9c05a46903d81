"""AlexNet 2012 against the numbers of its paper."""

from __future__ import annotations

import torch

from vizcore import zoo
from vizcore.api import layers


def test_map_sizes_and_order_of_the_paper() -> None:
    rows = [row for row in layers("alexnet_2012") if row.name.startswith("features")]
    assert [(row.name.partition(".")[2], row.out_shape[1:]) for row in rows] == [
        ("conv1", (96, 55, 55)),
        ("relu1", (96, 55, 55)),
        ("norm1", (96, 55, 55)),
        ("pool1", (96, 27, 27)),
        ("conv2", (256, 27, 27)),
        ("relu2", (256, 27, 27)),
        ("norm2", (256, 27, 27)),
        ("pool2", (256, 13, 13)),
        ("conv3", (384, 13, 13)),
        ("relu3", (384, 13, 13)),
        ("conv4", (384, 13, 13)),
        ("relu4", (384, 13, 13)),
        ("conv5", (256, 13, 13)),
        ("relu5", (256, 13, 13)),
        ("pool5", (256, 6, 6)),
    ]


def test_the_two_cards_meet_in_conv3_only() -> None:
    """Kernels as the paper prints them: 5x5x48, 3x3x256, 3x3x192, 3x3x192."""
    network = zoo.build_meta("alexnet_2012")
    shapes = [tuple(network.get_parameter(f"features.conv{i}.weight").shape) for i in range(2, 6)]
    assert shapes == [(256, 48, 5, 5), (384, 256, 3, 3), (384, 192, 3, 3), (256, 192, 3, 3)]


def test_the_papers_constants_of_normalisation() -> None:
    norm = zoo.build_meta("alexnet_2012").get_submodule("features.norm1")
    assert (norm.size, norm.alpha / norm.size, norm.beta, norm.k) == (5, 1e-4, 0.75, 2)


def test_first_weights_and_biases() -> None:
    network = zoo.build("alexnet_2012", seed=0)
    ones = [
        name.split(".")[1]
        for name, bias in network.named_parameters()
        if name.endswith("bias") and torch.all(bias == 1)
    ]
    zeros = [
        name.split(".")[1]
        for name, bias in network.named_parameters()
        if name.endswith("bias") and torch.all(bias == 0)
    ]
    assert ones == ["conv2", "conv4", "conv5", "fc6", "fc7"]
    assert zeros == ["conv1", "conv3", "fc8"]
    assert abs(network.get_parameter("features.conv3.weight").std().item() - 0.01) < 1e-4


def test_without_groups_it_is_the_network_of_the_courses() -> None:
    """62,378,344 parameters and 1,135,256,096 multiply-adds: the study's Medium (E)."""
    grouped, whole = layers("alexnet_2012").totals, layers("azizpour_medium_e").totals
    halves = 256 * 48 * 25 + 384 * 192 * 9 + 256 * 192 * 9
    assert whole.params - grouped.params == halves
    sides = 256 * 48 * 25 * 27**2 + (384 + 256) * 192 * 9 * 13**2
    assert whole.macs - grouped.macs == sides
