"""What can be asked: every study's names, question and knobs. Needs no torch.

So a page can be drawn, and an address read, before torch is loaded. What a study computes is in
the module of its name (`stacked_3x3` for "stacked-3x3").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vizcore.records.blocks import Knob


@dataclass(frozen=True, slots=True)
class Card:
    """What a study is about.

    Attributes:
        name, title: the idea; `short` the title in a word or two, for a row of buttons.
        question: what the study answers.
        quantity: what the idea saves or spends.
        knobs: the numbers that can be turned, at their defaults.
    """

    name: str
    title: str
    short: str
    question: str
    quantity: Literal["macs", "params"]
    knobs: tuple[Knob, ...]


def knob(
    name: str,
    label: str,
    default: int,
    minimum: int = 1,
    maximum: int = 2048,
    step: int = 1,
    unit: str = "",
    help: str = "",
    choices: tuple[int, ...] = (),
) -> Knob:
    """Return a knob set to its default; `choices` overrides the range."""
    if choices:
        minimum, maximum = min(choices), max(choices)
    return Knob(name, label, default, minimum, maximum, step, unit, help, default, choices)


def channels_knob(name: str, label: str, default: int, help: str) -> Knob:
    """Return a knob for a number of channels."""
    return knob(name, label, default, 1, 4096, 1, "channels", help)


def size_knob(default: int, help: str = "Height and width of the input.") -> Knob:
    """Return the knob `size`: the side of a square input."""
    return knob("size", "Spatial size", default, 1, 512, 1, "px", help)


_CARDS = (
    Card(
        "inception",
        "The Inception module",
        "Inception",
        "What do 1×1 reductions save?",
        "macs",
        (
            channels_knob("channels", "Input channels", 256, "Depth of the module's input."),
            size_knob(28),
            channels_knob("n1x1", "1×1 filters", 128, "Outputs of the 1×1 branch."),
            channels_knob("n3x3", "3×3 filters", 192, "Outputs of the 3×3 branch."),
            channels_knob("n5x5", "5×5 filters", 96, "Outputs of the 5×5 branch."),
            channels_knob("reduce3x3", "1×1 before 3×3", 64, "Channels left for the 3×3."),
            channels_knob("reduce5x5", "1×1 before 5×5", 64, "Channels left for the 5×5."),
            channels_knob("pool_proj", "1×1 after pool", 64, "Outputs of the pool branch."),
        ),
    ),
    Card(
        "stacked-3x3",
        "Small kernels, stacked",
        "Stacked 3×3",
        "Why stack small kernels?",
        "params",
        (
            channels_knob("channels", "Channels", 256, "Channels in and out of every layer."),
            size_knob(28),
            knob("depth", "Stacked layers", 3, 1, 10, 1, "layers", "How many small kernels."),
            knob("kernel", "Small kernel", 3, unit="px", help="Its side.", choices=(3, 5, 7)),
        ),
    ),
    Card(
        "depthwise",
        "Depthwise separable convolution",
        "Depthwise",
        "Why filter each channel alone?",
        "macs",
        (
            channels_knob("channels", "Input channels", 512, "Channels of the input."),
            channels_knob("filters", "Filters", 512, "Channels of the output."),
            size_knob(14),
            knob("kernel", "Kernel", 3, 1, 15, 2, "px", "Side of the kernel, odd."),
            knob("stride", "Stride", 1, 1, 4, 1, "px", "Step of the kernel."),
        ),
    ),
    Card(
        "residual",
        "Residual blocks",
        "Residual",
        "Basic block or bottleneck?",
        "params",
        (
            channels_knob("channels", "Channels", 256, "Channels in and out of the block."),
            knob(
                "reduction",
                "Reduction",
                4,
                help="Channels over those of the bottleneck's 3×3.",
                choices=(1, 2, 4, 8, 16),
            ),
            size_knob(56),
            knob("stride", "Stride", 1, 1, 2, 1, "px", "2 halves the size, with a projection."),
        ),
    ),
    Card(
        "resnext",
        "ResNeXt cardinality",
        "ResNeXt",
        "One wide path or many narrow ones?",
        "params",
        (
            channels_knob("channels", "Channels", 256, "Channels in and out of the block (D)."),
            channels_knob("width", "Width of one path", 64, "Channels of the ResNet block's 3×3."),
            knob(
                "cardinality",
                "Cardinality",
                32,
                unit="paths",
                help="How many paths (C).",
                choices=(1, 2, 4, 8, 16, 32, 64),
            ),
            size_knob(56),
        ),
    ),
    Card(
        "squeeze-excite",
        "Squeeze-and-excitation",
        "Squeeze-excite",
        "What does weighing channels cost?",
        "params",
        (
            channels_knob("channels", "Channels", 256, "Channels in and out of the block."),
            channels_knob("width", "Bottleneck width", 64, "Channels of the 3×3 convolution."),
            knob(
                "reduction",
                "Reduction",
                16,
                help="Channels over those of the hidden layer.",
                choices=(1, 2, 4, 8, 16, 32, 64),
            ),
            size_knob(56),
        ),
    ),
    Card(
        "dense",
        "Dense block growth",
        "Dense",
        "What does dense connection cost?",
        "params",
        (
            channels_knob(
                "channels", "Input channels", 64, "Channels before the first layer (k0)."
            ),
            knob("layers", "Layers", 4, 1, 16, 1, "layers", "Layers of the block (L)."),
            knob("growth", "Growth rate", 32, 1, 256, 1, "channels", "Channels a layer adds (k)."),
            knob("factor", "Bottleneck", 4, 1, 8, 1, "× k", "Channels of the 1×1, over k."),
            knob(
                "compression", "Compression", 50, 10, 100, 10, "%", "Channels a transition keeps."
            ),
            knob("size", "Spatial size", 56, 2, 512, 1, "px", "Height and width of the input."),
        ),
    ),
    Card(
        "sharing",
        "Local connections and shared weights",
        "Sharing",
        "Why is a convolution so small?",
        "params",
        (
            knob("size", "Image size", 30, 1, 256, 1, "px", "Height and width of the image."),
            knob("channels", "Image channels", 3, 1, 64, 1, "channels", "3 for a colour image."),
            knob("kernel", "Kernel", 7, 1, 31, 1, "px", "Side of the patch a neuron looks at."),
            knob("filters", "Filters", 5, 1, 256, 1, "channels", "Depth of the hidden volume."),
            knob("stride", "Stride", 1, 1, 16, 1, "px", "Step from patch to patch."),
        ),
    ),
    Card(
        "linear-bottleneck",
        "The linear bottleneck",
        "Linear",
        "When do two thin layers cost less?",
        "params",
        (
            channels_knob("features", "Features", 1024, "Values in and out (n)."),
            channels_knob("width", "Bottleneck width", 128, "Values in the middle (b)."),
        ),
    ),
)

#: Every study's card by its name, in the order they are told.
CARDS: dict[str, Card] = {card.name: card for card in _CARDS}
