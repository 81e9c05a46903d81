"""The small ZFNet-like network that ships trained: 64x64 pictures, 20 classes.

Layers follow Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV
2014): a 7x7 stride-2 first convolution, a 5x5 second, three 3x3, max pooling after 1, 2 and 5,
then three fully connected. Narrower, and conv2 has stride 1, so that its maps stay legible on a
small picture. Each ReLU is a module used once and never in place; padding keeps sizes whole.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

CLASSES = 20


def zfnet_photos20(num_classes: int = CLASSES) -> nn.Sequential:
    """Build the network, untrained: (n, 3, 64, 64) -> (n, num_classes) scores.

    Maps are 32x32 after conv1, 16x16 after pool1, 8x8 after pool2 and 4x4 after pool5. The last
    layer is `fc8`.

    Example:
        >>> sum(p.numel() for p in zfnet_photos20().parameters())
        1754612
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
        ("fc6", nn.Linear(128 * 4 * 4, 512)),
        ("relu6", nn.ReLU()),
        ("drop6", nn.Dropout(0.5)),
        ("fc7", nn.Linear(512, 256)),
        ("relu7", nn.ReLU()),
        ("drop7", nn.Dropout(0.5)),
        ("fc8", nn.Linear(256, num_classes)),
    ]
    return nn.Sequential(OrderedDict(layers))
