"""LeNet-5 as published in 1998, and as it is usually written today.

LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition"
(Proceedings of the IEEE, 1998), section II.B. The published network has three layers of its own:
a subsampling that is trained, a convolution whose maps see only some of the maps below, and an
output that compares with drawings of the digits.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import BadChoice

CLASSES = 10

#: Which of S2's six maps each of C3's sixteen maps sees (the paper's Table I).
CONNECTIONS: tuple[tuple[int, ...], ...] = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 0), (5, 0, 1),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (3, 4, 5, 0), (4, 5, 0, 1), (5, 0, 1, 2),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip

#: The digits 0 to 9, drawn side by side on 7x12 pixels each; "#" is ink.
DRAWINGS = """
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
..###.. ...##.. .#####. ######. ....##. ####### ...###. ####### .#####. .####..
.#...#. ..###.. ##...## .....## ...###. ##..... ..##... ####### ##...## ##..##.
#.....# .####.. .....## .....## ..####. ##..... .##.... .....## ##...## ##...##
#.....# ...##.. .....## .....## .##.##. ##..... ##..... ....##. ##...## ##...##
#.....# ...##.. ....##. ..####. ##..##. ######. ##.###. ....##. .#####. ##..###
#.....# ...##.. ...##.. .....## ##..##. .....## ###..## ...##.. .#####. .###.##
#.....# ...##.. ..##... .....## ####### .....## ##...## ...##.. ##...## .....##
#.....# ...##.. .##.... .....## ....##. .....## ##...## ..##... ##...## ....##.
.#...#. ...##.. ##..... #....## ....##. ##...## .##..## ..##... ##...## ...##..
..###.. .###### ####### .#####. ....##. .#####. ..####. ..##... .#####. .###...
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


class ScaledTanh(nn.Module):
    """The squashing function 1.7159 tanh(2x/3), which is 1 at 1 and -1 at -1; any shape."""

    def forward(self, input: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(input * (2 / 3))


class Subsampling(nn.Module):
    """The sum of 2x2 values, times a trained coefficient of the map, plus a trained bias.

    (n, maps, height, width) -> (n, maps, height // 2, width // 2).
    """

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(maps, 1, 1))
        self.bias = nn.Parameter(torch.empty(maps, 1, 1))

    def forward(self, input: Tensor) -> Tensor:
        sums = F.avg_pool2d(input, 2, divisor_override=1)
        return sums * self.coefficient + self.bias


class PartialConvolution(nn.Module):
    """A convolution each of whose maps sees only some of the maps below.

    Args:
        connections: for each map, the numbers of the maps it sees.
        kernel: side of the filters in pixels.
    """

    def __init__(self, connections: tuple[tuple[int, ...], ...], kernel: int) -> None:
        super().__init__()
        self.connections = connections
        self.maps = nn.ModuleList(nn.Conv2d(len(seen), 1, kernel) for seen in connections)

    def forward(self, input: Tensor) -> Tensor:
        below = input.split(1, dim=1)
        made = [
            conv(torch.cat([below[i] for i in seen], dim=1))
            for conv, seen in zip(self.maps, self.connections, strict=True)
        ]
        return torch.cat(made, dim=1)


class DistanceToDrawings(nn.Module):
    """Minus the squared distance to each class's drawing: (n, 84) -> (n, 10).

    The drawings are fixed numbers, 1 for ink and -1 for paper, and are not trained.
    """

    drawings: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("drawings", torch.tensor(drawings()))

    def forward(self, input: Tensor) -> Tensor:
        return -(input.unsqueeze(1) - self.drawings).square().sum(2)


def drawings() -> list[list[float]]:
    """The ten drawings as rows of 84 numbers, from the top left pixel, line by line.

    Example:
        >>> len(drawings()), len(drawings()[0])
        (10, 84)
    """
    lines = [line.split() for line in DRAWINGS.split("\n") if line]
    return [
        [1.0 if pixel == "#" else -1.0 for line in lines for pixel in line[digit]]
        for digit in range(CLASSES)
    ]


def _published() -> nn.Sequential:
    layers: list[tuple[str, nn.Module]] = [
        ("c1", nn.Conv2d(1, 6, 5)),
        ("squash1", ScaledTanh()),
        ("s2", Subsampling(6)),
        ("squash2", ScaledTanh()),
        ("c3", PartialConvolution(CONNECTIONS, 5)),
        ("squash3", ScaledTanh()),
        ("s4", Subsampling(16)),
        ("squash4", ScaledTanh()),
        ("c5", nn.Conv2d(16, 120, 5)),
        ("squash5", ScaledTanh()),
        ("flatten", nn.Flatten()),
        ("f6", nn.Linear(120, 84)),
        ("squash6", ScaledTanh()),
        ("output", DistanceToDrawings()),
    ]
    return nn.Sequential(OrderedDict(layers))


def _modern(num_classes: int) -> nn.Sequential:
    layers: list[tuple[str, nn.Module]] = [
        ("c1", nn.Conv2d(1, 6, 5)),
        ("tanh1", nn.Tanh()),
        ("s2", nn.AvgPool2d(2)),
        ("c3", nn.Conv2d(6, 16, 5)),
        ("tanh3", nn.Tanh()),
        ("s4", nn.AvgPool2d(2)),
        ("c5", nn.Conv2d(16, 120, 5)),
        ("tanh5", nn.Tanh()),
        ("flatten", nn.Flatten()),
        ("f6", nn.Linear(120, 84)),
        ("tanh6", nn.Tanh()),
        ("output", nn.Linear(84, num_classes)),
    ]
    return nn.Sequential(OrderedDict(layers))


def _initialise(network: nn.Module) -> None:
    """Draw every weight between -2.4/fan-in and 2.4/fan-in, as the paper's appendix A."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            reach = 2.4 / module.weight[0].numel()
        elif isinstance(module, Subsampling):
            reach = 2.4 / 4
        else:
            continue
        for parameter in module.parameters():
            nn.init.uniform_(parameter, -reach, reach)


def build(key: str, num_classes: int = CLASSES) -> nn.Sequential:
    """Build a variant, untrained: (n, 1, 32, 32) -> (n, num_classes) scores.

    Raises:
        BadChoice: `lenet5_1998` has drawings of ten digits and no other classes.

    Example:
        >>> sum(p.numel() for p in build("lenet5_1998").parameters())
        60000
    """
    if key == "lenet5_1998":
        if num_classes != CLASSES:
            raise BadChoice.among("num_classes of lenet5_1998", num_classes, (CLASSES,))
        network = _published()
    else:
        network = _modern(num_classes)
    _initialise(network)
    return network
