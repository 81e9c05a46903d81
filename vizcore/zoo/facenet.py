"""FaceNet NN1: a Zeiler-Fergus style network with 1x1 convolutions that ends in an embedding.

Schroff, Kalenichenko and Philbin, "FaceNet: A Unified Embedding for Face Recognition and
Clustering" (CVPR 2015), Table 1. A face becomes a point on the unit sphere of 128 dimensions;
near points are the same person.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.zoo.parts.sequential import Conv, MaxPool, Norm, Plan, assemble, he_normal

PIECES = 2


class Maxout(nn.Module):
    """The larger of two linear functions of the input: (n, inputs) -> (n, outputs).

    Source: Goodfellow et al., "Maxout Networks" (2013).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs
        self.linear = nn.Linear(inputs, outputs * PIECES)

    def forward(self, input: Tensor) -> Tensor:
        pieces: Tensor = self.linear(input).unflatten(1, (self.outputs, PIECES))
        return pieces.amax(2)


class UnitLength(nn.Module):
    """Scale each vector to length 1: (n, values) -> (n, values)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.normalize(input, dim=1)


#: The convolutions of Table 1; `_embedding` has the rows below them.
TABLE = Plan(
    (3, 220, 220),
    features=(
        Conv("1", 64, 7, stride=2, padding=3),
        MaxPool("1", 3, 2, padding=1),
        Norm("1"),
        Conv("2a", 64, 1),
        Conv("2", 192, 3, padding=1),
        Norm("2"),
        MaxPool("2", 3, 2, padding=1),
        Conv("3a", 192, 1),
        Conv("3", 384, 3, padding=1),
        MaxPool("3", 3, 2, padding=1),
        Conv("4a", 384, 1),
        Conv("4", 256, 3, padding=1),
        Conv("5a", 256, 1),
        Conv("5", 256, 3, padding=1),
        Conv("6a", 256, 1),
        Conv("6", 256, 3, padding=1),
        MaxPool("4", 3, 2, padding=1),
    ),
    classifier=(),
    initialise=he_normal,
)


def _embedding(values: int, size: int) -> nn.Sequential:
    hidden = 32 * 128
    layers: list[tuple[str, nn.Module]] = [
        ("flatten", nn.Flatten()),
        ("fc1", Maxout(values, hidden)),
        ("fc2", Maxout(hidden, hidden)),
        ("fc7128", nn.Linear(hidden, size)),
        ("unit_length", UnitLength()),
    ]
    return nn.Sequential(OrderedDict(layers))


def build(key: str, num_classes: int = 128) -> nn.Sequential:
    """Build the network, untrained: (n, 3, 220, 220) -> (n, num_classes), vectors of length 1.

    Args:
        key: `facenet_nn1`, the only variant.
        num_classes: dimensions of the embedding.

    Example:
        >>> from vizcore import zoo
        >>> sum(p.numel() for p in zoo.build_meta("facenet_nn1").parameters())
        140025664
    """
    embedding = _embedding(256 * 7 * 7, num_classes)
    he_normal(embedding)
    features = assemble(TABLE).get_submodule("features")
    return nn.Sequential(OrderedDict(features=features, embedding=embedding))
