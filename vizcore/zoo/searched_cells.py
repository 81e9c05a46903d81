"""Networks stacked from searched cells: NASNet-A, AmoebaNet-A and ENAS.

Zoph and others, "Learning Transferable Architectures" (CVPR 2018); Real and others, "Regularized
Evolution" (AAAI 2019); Pham and others, "Efficient Neural Architecture Search" (ICML 2018). Cells
and stacking as in the released code of each.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Literal

from torch import Tensor, nn

from vizcore.zoo.parts.auxiliary import TrainingScores
from vizcore.zoo.parts.searched_cell import Branch, Cell, CellModule

_ENAS_OPS = ("sep3", "sep5", "avg3", "max3", "none")


def enas_cell(arc: str, concat: tuple[int, ...]) -> Cell:
    """Read a cell as ENAS's scripts print it: "input op input op" for each node.

    ENAS counts the cell before last as input 0 and the last as input 1; a `Cell` has them the
    other way round.

    Example:
        >>> enas_cell("0 2 1 4", (2,)).nodes
        ((('avg3', 1), ('none', 0)),)
    """
    numbers = [int(word) for word in arc.split()]
    branches: list[Branch] = [
        (_ENAS_OPS[op], {0: 1, 1: 0}.get(state, state))
        for state, op in zip(numbers[::2], numbers[1::2], strict=True)
    ]
    return Cell(tuple(zip(branches[::2], branches[1::2], strict=True)), concat)


NASNET_NORMAL = Cell(
    (
        (("sep5", 0), ("sep3", 1)),
        (("sep5", 1), ("sep3", 1)),
        (("avg3", 0), ("none", 1)),
        (("avg3", 1), ("avg3", 1)),
        (("sep3", 0), ("none", 0)),
    ),
    (1, 2, 3, 4, 5, 6),
)
NASNET_REDUCTION = Cell(
    (
        (("sep5", 0), ("sep7", 1)),
        (("max3", 0), ("sep7", 1)),
        (("avg3", 0), ("sep5", 1)),
        (("avg3", 2), ("none", 3)),
        (("sep3", 2), ("max3", 0)),
    ),
    (3, 4, 5, 6),
)
AMOEBANET_NORMAL = Cell(
    (
        (("avg3", 0), ("max3", 0)),
        (("sep3", 1), ("none", 1)),
        (("none", 0), ("avg3", 1)),
        (("sep3", 0), ("sep5", 2)),
        (("avg3", 5), ("sep3", 0)),
    ),
    (1, 3, 4, 6),
)
AMOEBANET_REDUCTION = Cell(
    (
        (("sep3", 1), ("avg3", 0)),
        (("max3", 0), ("sep7", 2)),
        (("max3", 1), ("max3", 0)),
        (("sep3", 4), ("conv1x7_7x1", 0)),
        (("avg3", 1), ("sep7", 0)),
    ),
    (2, 3, 4, 5, 6),
)
ENAS_NORMAL = enas_cell("0 2 0 0  0 4 0 1  0 4 1 1  1 0 0 1  0 2 1 1", (2, 3, 4, 5, 6))
ENAS_REDUCTION = enas_cell("1 0 1 0  0 3 0 2  1 1 3 1  1 0 0 4  0 3 1 1", (2, 4, 5, 6))


@dataclass(frozen=True, slots=True)
class Variant:
    """A stacking of two cells.

    Attributes:
        normal, reduction: the cells.
        repeats: normal cells in each of the three stacks; a reduction cell stands between two.
        filters: of the first stack's operations; each reduction doubles them.
        input_px: side of the input, which the auxiliary classifier is built for.
        imagenet_stem: a 3x3 stride 2 convolution to 32 channels and two reduction cells with a
            quarter and a half of the filters; otherwise a 3x3 convolution to 3 * filters.
        num_classes: outputs.
        projections: 1x1 convolutions in front of a cell's newest input.
        drop_path: highest probability that an operation is dropped in training.
        drop_by_depth: the probability grows with the cell's place; otherwise it is the same.
        dropout: before the classifier.
        biased: whether the classifiers have a bias.
        auxiliary_after: the cell that the training-time classifier reads.
        auxiliary_filters: of its two convolutions.
        norm_eps: added to the variance by batch normalisation.
        fan: what the first weights' variance is divided by.
    """

    normal: Cell
    reduction: Cell
    repeats: int
    filters: int
    input_px: int
    drop_path: float
    drop_by_depth: bool = True
    imagenet_stem: bool = True
    num_classes: int = 1000
    projections: int = 1
    dropout: float = 0.5
    biased: bool = True
    auxiliary_after: str = ""
    auxiliary_filters: tuple[int, int] = (128, 768)
    norm_eps: float = 1e-3
    fan: Literal["fan_in", "fan_out"] = "fan_in"


_AMOEBANET = Variant(
    AMOEBANET_NORMAL,
    AMOEBANET_REDUCTION,
    repeats=6,
    filters=190,
    input_px=331,
    drop_path=0.3,
    drop_by_depth=False,
    auxiliary_after="stack2_cell6",
    auxiliary_filters=(51, 307),
    fan="fan_out",
)
VARIANTS: dict[str, Variant] = {
    "nasnet_a_mobile": Variant(
        NASNET_NORMAL,
        NASNET_REDUCTION,
        repeats=4,
        filters=44,
        input_px=224,
        drop_path=0.0,
        auxiliary_after="stack2_cell4",
    ),
    "amoebanet_a_n6_f190": _AMOEBANET,
    "amoebanet_a_n6_f448": replace(_AMOEBANET, filters=448, input_px=299),
    "enas_micro_cifar": Variant(
        ENAS_NORMAL,
        ENAS_REDUCTION,
        repeats=5,
        filters=36,
        input_px=32,
        drop_path=0.4,
        imagenet_stem=False,
        num_classes=10,
        projections=2,
        dropout=0.2,
        biased=False,
        auxiliary_after="stack3_cell1",
        norm_eps=1e-5,
    ),
}


def _plan(variant: Variant) -> list[tuple[str, int, bool]]:
    """Name, filters and whether it reduces, of every cell from the input on."""
    filters = variant.filters
    rows = [("stem_1", filters // 4, True), ("stem_2", filters // 2, True)]
    rows = rows if variant.imagenet_stem else []
    for stack in (1, 2, 3):
        width = filters * 2 ** (stack - 1)
        if stack > 1:
            rows.append((f"reduction_{stack - 1}", width, True))
        rows += [(f"stack{stack}_cell{n}", width, False) for n in range(1, variant.repeats + 1)]
    return rows


def _auxiliary_head(variant: Variant, channels: int, side: int) -> nn.Sequential:
    """The training-time classifier; its loss weighs 0.4. ENAS pads its second convolution."""
    narrow, wide = variant.auxiliary_filters
    side = (side - 5) // 3 + 1
    layers: list[tuple[str, nn.Module]] = [
        ("relu", nn.ReLU()),
        ("pool", nn.AvgPool2d(5, stride=3)),
        ("project", nn.Conv2d(channels, narrow, 1, bias=False)),
        ("project_norm", nn.BatchNorm2d(narrow)),
        ("project_relu", nn.ReLU()),
        ("conv", nn.Conv2d(narrow, wide, side, bias=False)),
        ("norm", nn.BatchNorm2d(wide)),
        ("relu2", nn.ReLU()),
        ("pool2", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("fc", nn.Linear(wide, variant.num_classes, bias=variant.biased)),
    ]
    if not variant.imagenet_stem:
        layers.insert(5, ("pad", nn.ZeroPad2d((0, side - 1, 0, side - 1))))
    return nn.Sequential(OrderedDict(layers))


class SearchedNetwork(nn.Module):
    """A stem, stacked cells and one linear layer: (N, 3, H, W) -> (N, classes) scores.

    In train mode a network with an auxiliary classifier returns `TrainingScores`; its input then
    has the side of the variant.
    """

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        on_imagenet = variant.imagenet_stem
        width = 32 if on_imagenet else 3 * variant.filters
        stride, padding = (2, 0) if on_imagenet else (1, 1)
        conv = nn.Conv2d(3, width, 3, stride, padding, bias=False)
        self.stem = nn.Sequential(OrderedDict(conv=conv, norm=nn.BatchNorm2d(width)))
        self.cells = nn.ModuleDict()
        self.auxiliary: nn.Sequential | None = None
        self.auxiliary_after = variant.auxiliary_after
        side = (variant.input_px - 3) // 2 + 1 if on_imagenet else variant.input_px
        channels, sides = (width, width), (side, side)
        plan = _plan(variant)
        names = [name for name, _, _ in plan]
        if self.auxiliary_after and self.auxiliary_after not in names:
            raise ValueError(f"no cell {self.auxiliary_after!r}, only {', '.join(names)}")
        for number, (name, filters, reduces) in enumerate(plan, start=1):
            depth = number / len(plan) if variant.drop_by_depth else 1.0
            cell = CellModule(
                variant.reduction if reduces else variant.normal,
                channels,
                filters,
                stride=2 if reduces else 1,
                halve_previous=sides[1] > sides[0],
                raw_previous=on_imagenet and number == 1,
                projections=variant.projections,
                drop_path=variant.drop_path * depth,
            )
            self.cells[name] = cell
            channels = (cell.out_channels, channels[0])
            sides = (-(-sides[0] // 2) if reduces else sides[0], sides[0])
            if name == self.auxiliary_after:
                self.auxiliary = _auxiliary_head(variant, channels[0], sides[0])
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(variant.dropout)
        self.fc = nn.Linear(channels[0], variant.num_classes, bias=variant.biased)

    def forward(self, x: Tensor) -> Tensor | TrainingScores:
        previous = current = self.stem(x)
        auxiliary = None
        for name, cell in self.cells.items():
            previous, current = current, cell(current, previous)
            if self.training and self.auxiliary is not None and name == self.auxiliary_after:
                auxiliary = self.auxiliary(current)
        scores = self.fc(self.dropout(self.flatten(self.pool(self.relu(current)))))
        return scores if auxiliary is None else TrainingScores(scores, (auxiliary,))


def _initialise(network: nn.Module, variant: Variant) -> None:
    """Draw He's weights, set the biases to 0, and normalise as the released code does."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, mode=variant.fan, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.eps = variant.norm_eps


def build(key: str, **changes: Any) -> SearchedNetwork:
    """Build a network of searched cells.

    Args:
        key: of `VARIANTS`.
        changes: fields of the variant to build differently, such as `filters`, `repeats`,
            `input_px`, `drop_path`, `num_classes`; `auxiliary_after=""` leaves the
            training-time classifier out.

    Example:
        >>> tiny = build("enas_micro_cifar", filters=4, repeats=1, auxiliary_after="")
        >>> list(tiny.cells)
        ['stack1_cell1', 'reduction_1', 'stack2_cell1', 'reduction_2', 'stack3_cell1']
    """
    variant = replace(VARIANTS[key], **changes)
    network = SearchedNetwork(variant)
    _initialise(network, variant)
    return network
