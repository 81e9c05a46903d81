"""GoogLeNet and BN-Inception: the networks of inception modules of 2014 and 2015.

Szegedy and others, "Going Deeper with Convolutions" (CVPR 2015), Table 1; Ioffe and Szegedy,
"Batch Normalization" (ICML 2015), Figure 5. Both take 224x224 pictures.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from torch import Tensor, nn

from vizcore.zoo.parts.auxiliary import TrainingScores
from vizcore.zoo.parts.inception import Inception, Step, conv_relu


@dataclass(frozen=True, slots=True)
class Module:
    """One inception module, as a row of the paper's table prints it.

    Attributes:
        name: as in the table.
        one: filters of the 1x1 branch; 0 where there is none.
        three: filters of the 1x1 reduction and of the 3x3 convolution.
        wide: filters of the third branch: a reduction, then one 5x5 (two numbers) or two 3x3
            (three numbers).
        projection: filters after the pooling; None passes the pooled maps on.
        pool: "max" or "avg".
        stride: 2 halves the maps.
    """

    name: str
    one: int
    three: tuple[int, int]
    wide: tuple[int, ...]
    projection: int | None
    pool: str = "max"
    stride: int = 1

    def branches(self) -> list[tuple[str, tuple[Step, ...]]]:
        """The convolutions of each branch."""
        reduce, filters = self.three
        found: list[tuple[str, tuple[Step, ...]]] = []
        if self.one:
            found.append(("branch_1x1", (("conv1x1", self.one, 1),)))
        found.append(("branch_3x3", (("reduce", reduce, 1), ("conv3x3", filters, 3))))
        reduce, *filters_after = self.wide
        if len(filters_after) == 1:
            found.append(("branch_5x5", (("reduce", reduce, 1), ("conv5x5", filters_after[0], 5))))
        else:
            first, second = filters_after
            steps = (("reduce", reduce, 1), ("conv3x3_1", first, 3), ("conv3x3_2", second, 3))
            found.append(("branch_double_3x3", steps))
        return found


@dataclass(frozen=True, slots=True)
class Variant:
    """A network: its modules, after which it max pools, and where it has training-time heads."""

    modules: tuple[Module, ...]
    batch_norm: bool
    dropout: float
    pool_after: tuple[str, ...] = ()
    auxiliary_after: tuple[str, ...] = ()


VARIANTS: dict[str, Variant] = {
    "googlenet_2014": Variant(
        modules=(
            Module("3a", 64, (96, 128), (16, 32), 32),
            Module("3b", 128, (128, 192), (32, 96), 64),
            Module("4a", 192, (96, 208), (16, 48), 64),
            Module("4b", 160, (112, 224), (24, 64), 64),
            Module("4c", 128, (128, 256), (24, 64), 64),
            Module("4d", 112, (144, 288), (32, 64), 64),
            Module("4e", 256, (160, 320), (32, 128), 128),
            Module("5a", 256, (160, 320), (32, 128), 128),
            Module("5b", 384, (192, 384), (48, 128), 128),
        ),
        batch_norm=False,
        dropout=0.4,
        pool_after=("3b", "4e"),
        auxiliary_after=("4a", "4d"),
    ),
    "bn_inception": Variant(
        modules=(
            Module("3a", 64, (64, 64), (64, 96, 96), 32, "avg"),
            Module("3b", 64, (64, 96), (64, 96, 96), 64, "avg"),
            Module("3c", 0, (128, 160), (64, 96, 96), None, "max", 2),
            Module("4a", 224, (64, 96), (96, 128, 128), 128, "avg"),
            Module("4b", 192, (96, 128), (96, 128, 128), 128, "avg"),
            Module("4c", 160, (128, 160), (128, 160, 160), 128, "avg"),
            Module("4d", 96, (128, 192), (160, 192, 192), 128, "avg"),
            Module("4e", 0, (128, 192), (192, 256, 256), None, "max", 2),
            Module("5a", 352, (192, 320), (160, 224, 224), 128, "avg"),
            Module("5b", 352, (192, 320), (192, 224, 224), 128, "max"),
        ),
        batch_norm=True,
        dropout=0.0,
    ),
}


def _auxiliary_head(in_channels: int, num_classes: int) -> nn.Sequential:
    """The small classifier on 14x14 maps that GoogLeNet trains with; its loss weighs 0.3."""
    layers: list[tuple[str, nn.Module]] = [
        ("pool", nn.AvgPool2d(5, stride=3)),
        ("project", conv_relu(in_channels, 128, 1)),
        ("flatten", nn.Flatten()),
        ("fc1", nn.Linear(128 * 4 * 4, 1024)),
        ("relu", nn.ReLU(inplace=True)),
        ("dropout", nn.Dropout(0.7)),
        ("fc2", nn.Linear(1024, num_classes)),
    ]
    return nn.Sequential(OrderedDict(layers))


class InceptionNetwork(nn.Module):
    """A stem, inception modules and one linear layer: (N, 3, 224, 224) -> (N, classes) scores.

    In train mode a network with auxiliary classifiers returns `TrainingScores`.
    """

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__()
        norm = variant.batch_norm
        layers: list[tuple[str, nn.Module]] = [
            ("conv1", conv_relu(3, 64, 7, stride=2, norm=norm)),
            ("pool1", nn.MaxPool2d(3, stride=2, ceil_mode=True)),
            ("conv2_reduce", conv_relu(64, 64, 1, norm=norm)),
            ("conv2", conv_relu(64, 192, 3, norm=norm)),
            ("pool2", nn.MaxPool2d(3, stride=2, ceil_mode=True)),
        ]
        if not norm:
            layers.insert(2, ("norm1", nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75)))
            layers.insert(5, ("norm2", nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75)))
        self.heads_after: dict[str, str] = {}
        heads: list[tuple[str, nn.Module]] = []
        width = 192
        for row in variant.modules:
            module = Inception(
                width, row.branches(), row.pool, row.projection, stride=row.stride, norm=norm
            )
            width = module.out_channels
            layers.append((f"inception_{row.name}", module))
            if row.name in variant.pool_after:
                pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
                layers.append((f"pool{row.name[0]}", pool))
            if row.name in variant.auxiliary_after:
                self.heads_after[f"inception_{row.name}"] = f"auxiliary_{row.name}"
                heads.append((f"auxiliary_{row.name}", _auxiliary_head(width, num_classes)))
        layers += [("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())]
        if variant.dropout:
            layers.append(("dropout", nn.Dropout(variant.dropout)))
        layers.append(("fc", nn.Linear(width, num_classes)))
        self.order = tuple(name for name, _ in layers)
        for name, layer in (*layers, *heads):
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor | TrainingScores:
        auxiliary = []
        for name in self.order:
            x = self.get_submodule(name)(x)
            if self.training and name in self.heads_after:
                auxiliary.append(self.get_submodule(self.heads_after[name])(x))
        return TrainingScores(x, tuple(auxiliary)) if auxiliary else x


def _initialise(network: nn.Module, *, batch_norm: bool) -> None:
    """Uniform weights of variance 1/inputs (2/inputs under batch normalisation), biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if batch_norm and isinstance(layer, nn.Conv2d):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            else:
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def build(key: str, *, num_classes: int = 1000, auxiliary: bool = True) -> InceptionNetwork:
    """Build GoogLeNet or BN-Inception.

    Args:
        key: of `VARIANTS`.
        num_classes: outputs of every classifier.
        auxiliary: keep the classifiers that exist for training only.

    Example:
        >>> sum(p.numel() for p in build("googlenet_2014", auxiliary=False).parameters())
        6998552
    """
    variant = VARIANTS[key]
    network = InceptionNetwork(variant, num_classes)
    if not auxiliary:
        for head in network.heads_after.values():
            delattr(network, head)
        network.heads_after.clear()
    _initialise(network, batch_norm=variant.batch_norm)
    return network
