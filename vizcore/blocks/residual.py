"""Residual blocks: two 3x3 convolutions, or a 1x1-3x3-1x1 bottleneck (He et al. 2016)."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from vizcore.blocks.cards import CARDS
from vizcore.blocks.idea import (
    At,
    Draft,
    Idea,
    LectureNumber,
    Values,
    Variants,
    conv,
    require_divisible,
    row_of,
    strided,
)
from vizcore.blocks.wording import compare
from vizcore.figures.numbers import short


class Residual(nn.Module):
    """relu(body(x) + x), with a strided 1x1 convolution on the skip where the size changes."""

    def __init__(self, body: nn.Module, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.body = body
        self.project = conv(channels, channels, 1, stride) if stride > 1 else None
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = x if self.project is None else self.project(x)
        return self.relu(self.body(x) + skip)


def basic(channels: int, stride: int = 1) -> Residual:
    """Return a block of two 3x3 convolutions."""
    body = nn.Sequential(
        OrderedDict(
            conv1=conv(channels, channels, 3, stride),
            relu1=nn.ReLU(),
            conv2=conv(channels, channels, 3),
        )
    )
    return Residual(body, channels, stride)


def bottleneck(channels: int, width: int, stride: int = 1, groups: int = 1) -> Residual:
    """Return a 1x1-3x3-1x1 block; the stride is in the 3x3, as in today's libraries."""
    body = nn.Sequential(
        OrderedDict(
            reduce=conv(channels, width, 1),
            relu1=nn.ReLU(),
            conv=conv(width, width, 3, stride, groups=groups),
            relu2=nn.ReLU(),
            expand=conv(width, channels, 1),
        )
    )
    return Residual(body, channels, stride)


def _drafts(v: Values) -> tuple[Draft, ...]:
    c, stride, width = v["channels"], v["stride"], v["channels"] // v["reduction"]
    shape = (1, c, v["size"], v["size"])
    extra = (f" + {c}²", c**2) if stride > 1 else ("", 0)
    narrow = (f" + {width}²", width**2) if stride > 1 else ("", 0)
    return (
        Draft(
            "basic",
            f"Basic, {c} channels",
            lambda: basic(c, stride),
            shape,
            f"2 × 9 × {c}²{extra[0]}",
            18 * c**2 + extra[1],
        ),
        Draft(
            "bottleneck",
            f"Bottleneck, {c} → {width} → {c}",
            lambda: bottleneck(c, width, stride),
            shape,
            f"{c}·{width} + 9·{width}² + {width}·{c}{extra[0]}",
            2 * c * width + 9 * width**2 + extra[1],
        ),
        Draft(
            "narrow",
            f"Basic, {width} channels",
            lambda: basic(width, stride),
            (1, width, v["size"], v["size"]),
            f"2 × 9 × {width}²{narrow[0]}",
            18 * width**2 + narrow[1],
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    wide, lean, narrow = (
        variants[name].table.totals.params for name in ("basic", "bottleneck", "narrow")
    )
    width = v["channels"] // v["reduction"]
    return (
        f"A bottleneck carries {v['channels']} channels with {short(lean)} weights; two 3×3 "
        f"convolutions as wide need {short(wide)} ({compare(lean, wide)}), and "
        f"{short(narrow)} buys them only {width} channels."
    )


def _notes(variants: Variants, v: Values) -> tuple[str, ...]:
    size, stride = v["size"], v["stride"]
    skip = (
        "The skip adds no weights."
        if stride == 1
        else f"The skip needs a 1×1 convolution because {size} px become {strided(size, stride)}."
    )
    return (
        skip,
        "The paper strides in the first 1×1 of a bottleneck, today's libraries in the 3×3, "
        "which costs more multiply-adds.",
    )


def _3x3(at: At, name: str) -> int:
    return sum(row.kernel == (3, 3) for row in at()[name].table.rows)


def _stage_macs(at: At, channels: int, size: int) -> int:
    return row_of(at(channels=channels, size=size)["basic"], "body.conv1").macs


IDEA = Idea(
    card=CARDS["residual"],
    drafts=_drafts,
    check=lambda values: require_divisible(values, "channels", "reduction"),
    answer=_answer,
    compared=("basic", "bottleneck"),
    formula=(
        "Basic: two 3×3 convolutions, 2·9·C² weights.",
        "Bottleneck to C/r: C·C/r + 9·(C/r)² + C/r·C weights, which is (2/r + 9/r²)·C².",
    ),
    notes=_notes,
    lecture=(
        LectureNumber("resnet_two_3x3", lambda at: (_3x3(at, "basic"), _3x3(at, "bottleneck"))),
        LectureNumber(
            "resnet_half_size_double_filters",
            lambda at: tuple(
                _stage_macs(at, channels, size)
                for channels, size in ((64, 56), (128, 28), (256, 14), (512, 7))
            ),
        ),
        LectureNumber("resnet_stride2", lambda at: (at(stride=2)["basic"].out_shape[2],)),
    ),
    sources=(
        "He et al., Deep Residual Learning for Image Recognition, CVPR 2016 (arXiv:1512.03385)",
    ),
)
