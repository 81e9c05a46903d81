"""Networks that are one chain of layers, written as rows: the table of a paper, read downwards.

A row is labelled as its paper labels it: `Conv("2", 256, 5)` is the modules `conv2` and `relu2`.
Channels and the length of a flattened map follow from the rows above.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor, nn

from vizcore.errors import BadChoice


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution with a bias, and a ReLU unless it is the last layer."""

    label: str
    out: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    relu: bool = True


@dataclass(frozen=True, slots=True)
class MaxPool:
    """The largest value of each window; windows that would cross the edge are left out."""

    label: str
    kernel: int
    stride: int
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Norm:
    """Local response normalisation over neighbouring maps, with AlexNet's constants by default.

    `alpha` multiplies each of the `size` squares. PyTorch divides it by `size`, the paper does not.
    """

    label: str
    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0


@dataclass(frozen=True, slots=True)
class Drop:
    """Dropout: in training, each value is zero with this probability."""

    label: str
    p: float = 0.5


@dataclass(frozen=True, slots=True)
class FC:
    """A fully connected layer; a map is flattened first. A ReLU unless it is the last layer."""

    label: str
    out: int
    relu: bool = True


@dataclass(frozen=True, slots=True)
class GlobalPool:
    """The mean of each map, as one vector."""

    label: str


Row = Conv | MaxPool | Norm | Drop | FC | GlobalPool
Shape = tuple[int, int, int]
Layers = OrderedDict[str, nn.Module]


@dataclass(frozen=True, slots=True)
class Plan:
    """A network as rows.

    Attributes:
        input_shape: (channels, height, width) the rows are meant for.
        features, classifier: rows of the two parts, `nn.Sequential`s of these names.
        initialise: fills the new network's weights.
    """

    input_shape: Shape
    features: tuple[Row, ...]
    classifier: tuple[Row, ...]
    initialise: Callable[[nn.Module], None]


def assemble(plan: Plan, num_classes: int | None = None) -> nn.Sequential:
    """Build a plan's network: `features.conv1`, `features.relu1`, ..., `classifier.fc8`.

    Args:
        num_classes: outputs of the last layer with weights, where not the plan's.

    Raises:
        BadChoice: a map would shrink below one pixel.

    Example:
        >>> plan = Plan((3, 8, 8), (Conv("1", 4, 3),), (FC("2", 10, relu=False),), he_normal)
        >>> [name for name, module in assemble(plan).named_modules() if not len(list(
        ...     module.children()))]
        ['features.conv1', 'features.relu1', 'classifier.flatten', 'classifier.fc2']
    """
    classifier = plan.classifier
    if num_classes is not None:
        classifier = with_outputs(classifier, num_classes)
    shape = plan.input_shape
    parts: Layers = OrderedDict()
    for name, rows in (("features", plan.features), ("classifier", classifier)):
        layers: Layers = OrderedDict()
        for row in rows:
            shape = _add(layers, row, shape)
        parts[name] = nn.Sequential(layers)
    network = nn.Sequential(parts)
    plan.initialise(network)
    return network


def with_outputs(rows: tuple[Row, ...], outputs: int) -> tuple[Row, ...]:
    """Give the last row with weights another number of outputs."""
    last = max(i for i, row in enumerate(rows) if isinstance(row, (Conv, FC)))
    return tuple(
        replace(row, out=outputs) if i == last and isinstance(row, (Conv, FC)) else row
        for i, row in enumerate(rows)
    )


def _add(layers: Layers, row: Row, shape: Shape) -> Shape:
    """Add a row's modules; return the shape of what they make (a vector is 1x1)."""
    channels, height, width = shape
    label = row.label
    match row:
        case Conv(_, out, kernel, stride, padding, groups, relu):
            layers[f"conv{label}"] = nn.Conv2d(
                channels, out, kernel, stride, padding, groups=groups
            )
            if relu:
                layers[f"relu{label}"] = nn.ReLU(inplace=True)
            return (out, _side(row, height), _side(row, width))
        case MaxPool(_, kernel, stride, padding):
            layers[f"pool{label}"] = nn.MaxPool2d(kernel, stride, padding)
            return (channels, _side(row, height), _side(row, width))
        case Norm(_, size, alpha, beta, k):
            layers[f"norm{label}"] = nn.LocalResponseNorm(size, size * alpha, beta, k)
            return shape
        case Drop(_, p):
            layers[f"drop{label}"] = nn.Dropout(p)
            return shape
        case FC(_, out, relu):
            if not any(isinstance(layer, nn.Linear) for layer in layers.values()):
                layers["flatten"] = nn.Flatten()
            layers[f"fc{label}"] = nn.Linear(channels * height * width, out)
            if relu:
                layers[f"relu{label}"] = nn.ReLU(inplace=True)
            return (out, 1, 1)
        case GlobalPool(_):
            layers[f"pool{label}"] = nn.AdaptiveAvgPool2d(1)
            layers["flatten"] = nn.Flatten()
            return (channels, 1, 1)


def _side(row: Conv | MaxPool, side: int) -> int:
    """The side of the map a window makes, rounded down."""
    room = side + 2 * row.padding - row.kernel
    if room < 0:
        raise BadChoice(
            f"Row {row.label}: a window of {row.kernel} does not fit into a side of "
            f"{side} + 2 x {row.padding} pixels.",
            received=str(side),
        )
    return room // row.stride + 1


def gaussian(network: nn.Module) -> None:
    """Draw weights from a normal distribution of standard deviation 0.01; biases are 0."""
    for weight, bias in _weights(network):
        nn.init.normal_(weight, std=0.01)
        nn.init.zeros_(bias)


def he_normal(network: nn.Module) -> None:
    """Draw weights as He et al., "Delving Deep into Rectifiers" (2015), for ReLU; biases are 0."""
    for weight, bias in _weights(network):
        nn.init.kaiming_normal_(weight, nonlinearity="relu")
        nn.init.zeros_(bias)


def glorot(network: nn.Module) -> None:
    """Draw weights as Glorot and Bengio (2010), uniformly; biases are 0."""
    for weight, bias in _weights(network):
        nn.init.xavier_uniform_(weight)
        nn.init.zeros_(bias)


def _weights(network: nn.Module) -> list[tuple[Tensor, Tensor]]:
    return [
        (module.weight, module.bias)
        for module in network.modules()
        if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None
    ]
