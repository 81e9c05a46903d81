"""Squeeze-and-excitation: a block that weighs its own channels (Hu et al. 2018)."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from vizcore.blocks.cards import CARDS
from vizcore.blocks.idea import (
    Draft,
    Idea,
    LectureNumber,
    Values,
    Variants,
    quantity_of,
    require_divisible,
)
from vizcore.blocks.residual import Residual, bottleneck
from vizcore.figures.numbers import percent


class SqueezeExcite(nn.Module):
    """x times a weight per channel, computed from the channels' means by two small layers."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Linear(channels, channels // reduction, bias=False)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(channels // reduction, channels, bias=False)
        self.gate = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        means = self.squeeze(x).flatten(1)
        weights = self.gate(self.fc2(self.relu(self.fc1(means))))
        return x * weights.reshape(*weights.shape, 1, 1)


def with_squeeze_excite(channels: int, width: int, reduction: int) -> Residual:
    """Return a bottleneck block whose body ends in squeeze-and-excitation."""
    block = bottleneck(channels, width)
    block.body = nn.Sequential(
        OrderedDict([*block.body.named_children(), ("se", SqueezeExcite(channels, reduction))])
    )
    return block


def _drafts(v: Values) -> tuple[Draft, ...]:
    c, width, r = v["channels"], v["width"], v["reduction"]
    shape = (1, c, v["size"], v["size"])
    plain = 2 * c * width + 9 * width**2
    return (
        Draft(
            "plain",
            "Bottleneck block",
            lambda: bottleneck(c, width),
            shape,
            f"{c}·{width} + 9·{width}² + {width}·{c}",
            plain,
        ),
        Draft(
            "se",
            "With squeeze-and-excitation",
            lambda: with_squeeze_excite(c, width, r),
            shape,
            f"{c}·{width} + 9·{width}² + {width}·{c} + 2 × {c}²/{r}",
            plain + 2 * c * (c // r),
            labels=(("body.se.mul", "scale channels"),),
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    def more(quantity: str) -> tuple[int, str]:
        plain, se = (quantity_of(variants[name], quantity) for name in ("plain", "se"))
        return se - plain, percent((se - plain) / plain)

    weights, weights_share = more("params")
    macs, macs_share = more("macs")
    return (
        f"Weighing {v['channels']} channels costs {weights:,} more weights ({weights_share}) and "
        f"{macs:,} more multiply-adds ({macs_share})."
    )


def _notes(variants: Variants, v: Values) -> tuple[str, ...]:
    scaled = v["channels"] * v["size"] ** 2
    return (
        f"Scaling multiplies each of the {scaled:,} values once; like other elementwise work it "
        "is not counted as multiply-adds.",
    )


def _fully_connected(variants: Variants) -> int:
    rows = variants["se"].table.rows
    return sum(row.name.startswith("body.se.fc") for row in rows)


IDEA = Idea(
    card=CARDS["squeeze-excite"],
    drafts=_drafts,
    check=lambda values: require_divisible(values, "channels", "reduction"),
    answer=_answer,
    compared=("plain", "se"),
    formula=("Two fully connected layers, C to C/r and back: 2·C²/r weights and multiply-adds.",),
    notes=_notes,
    lecture=(LectureNumber("senet_2fc", lambda at: (_fully_connected(at()),)),),
    sources=("Hu, Shen, Sun, Squeeze-and-Excitation Networks, CVPR 2018 (arXiv:1709.01507)",),
)
