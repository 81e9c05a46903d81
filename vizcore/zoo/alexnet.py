"""AlexNet as of 2012: two halves on two graphics cards, which meet in conv3 and in the classifier.

Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks"
(NIPS 2012). What stayed on one card is a convolution in two groups.
"""

from __future__ import annotations

from torch import nn

from vizcore.zoo.parts.sequential import FC, Conv, Drop, MaxPool, Norm, Plan, assemble, gaussian

#: Layers whose biases start at 1, so that their ReLUs begin with positive inputs (section 5).
_BIAS_ONE = ("conv2", "conv4", "conv5", "fc6", "fc7")


def _initialise(network: nn.Module) -> None:
    gaussian(network)
    for name, parameter in network.named_parameters():
        if name.endswith(".bias") and name.split(".")[-2] in _BIAS_ONE:
            nn.init.ones_(parameter)


PLANS: dict[str, Plan] = {
    "alexnet_2012": Plan(
        (3, 227, 227),
        features=(
            Conv("1", 96, 11, stride=4),
            Norm("1"),
            MaxPool("1", 3, 2),
            Conv("2", 256, 5, padding=2, groups=2),
            Norm("2"),
            MaxPool("2", 3, 2),
            Conv("3", 384, 3, padding=1),
            Conv("4", 384, 3, padding=1, groups=2),
            Conv("5", 256, 3, padding=1, groups=2),
            MaxPool("5", 3, 2),
        ),
        classifier=(FC("6", 4096), Drop("6"), FC("7", 4096), Drop("7"), FC("8", 1000, relu=False)),
        initialise=_initialise,
    ),
}


def build(key: str, num_classes: int | None = None) -> nn.Sequential:
    """Build a variant, untrained: (n, 3, 227, 227) -> (n, num_classes) scores.

    Example:
        >>> from vizcore import zoo
        >>> sum(p.numel() for p in zoo.build_meta("alexnet_2012").parameters())
        60965224
    """
    return assemble(PLANS[key], num_classes)
