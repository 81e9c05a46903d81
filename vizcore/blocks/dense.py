"""The dense block: every layer reads all before it (Huang et al. 2017)."""

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
)
from vizcore.blocks.wording import compare
from vizcore.figures.numbers import short


class DenseLayer(nn.Module):
    """ReLU and a 3x3 convolution to `growth` channels; with a `factor`, a 1x1 comes first."""

    def __init__(self, channels: int, growth: int, factor: int) -> None:
        super().__init__()
        steps: OrderedDict[str, nn.Module] = OrderedDict()
        if factor:
            steps.update(relu1=nn.ReLU(), reduce=conv(channels, factor * growth, 1))
            channels = factor * growth
        steps.update(relu2=nn.ReLU(), conv=conv(channels, growth, 3))
        self.steps = nn.Sequential(steps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.steps(x)], 1)


def dense_block(channels: int, layers: int, growth: int, factor: int = 0) -> nn.Sequential:
    """Return a block of dense layers; `factor` 0 means no 1x1 bottlenecks."""
    return nn.Sequential(
        OrderedDict(
            (f"layer{i + 1}", DenseLayer(channels + i * growth, growth, factor))
            for i in range(layers)
        )
    )


def _compressed(channels: int, layers: int, growth: int, factor: int, kept: int) -> nn.Sequential:
    block = dense_block(channels, layers, growth, factor)
    block.add_module("transition", conv(channels + layers * growth, kept, 1))
    block.add_module("pool", nn.AvgPool2d(2))
    return block


def _plain(channels: int, layers: int, wide: int) -> nn.Sequential:
    steps: OrderedDict[str, nn.Module] = OrderedDict()
    for i in range(layers):
        steps[f"conv{i + 1}"] = conv(wide if i else channels, wide, 3)
        steps[f"relu{i + 1}"] = nn.ReLU()
    return nn.Sequential(steps)


def _drafts(v: Values) -> tuple[Draft, ...]:
    c, layers, k, factor = v["channels"], v["layers"], v["growth"], v["factor"]
    wide = c + layers * k
    kept = max(1, wide * v["compression"] // 100)
    shape = (1, c, v["size"], v["size"])
    inputs = [c + i * k for i in range(layers)]
    sums = f"({' + '.join(map(str, inputs))})"
    direct = 9 * k * sum(inputs)
    lean = factor * k * sum(inputs) + layers * 9 * factor * k * k
    lean_text = f"{factor}·{k} × {sums} + {layers} × 9·{factor}·{k}·{k}"
    return (
        Draft(
            "plain",
            f"{layers} plain 3×3, {wide} wide",
            lambda: _plain(c, layers, wide),
            shape,
            f"9 × ({c}·{wide} + {layers - 1}·{wide}²)",
            9 * (c * wide + (layers - 1) * wide**2),
        ),
        Draft(
            "dense",
            f"Dense, growth {k}",
            lambda: dense_block(c, layers, k),
            shape,
            f"9·{k} × {sums}",
            direct,
        ),
        Draft(
            "compressed",
            "Dense, bottlenecks and transition",
            lambda: _compressed(c, layers, k, factor, kept),
            shape,
            f"{lean_text} + {wide}·{kept}",
            lean + wide * kept,
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    plain, dense = (variants[name].table.totals.params for name in ("plain", "dense"))
    return (
        f"{v['layers']} layers that each add {v['growth']} channels turn {v['channels']} into "
        f"{variants['dense'].out_shape[1]} with {short(dense)} weights; plain 3×3 layers as wide "
        f"need {short(plain)} ({compare(dense, plain)})."
    )


def _notes(variants: Variants, v: Values) -> tuple[str, ...]:
    factor, k = v["factor"], v["growth"]
    pays = (
        f"A 1×1 to {factor}·k channels saves weights only in layers with more than "
        f"9·{factor}·k/(9 - {factor}) = {9 * factor * k / (9 - factor):.0f} input channels."
    )
    kept = variants["compressed"].out_shape[1]
    links = v["layers"] * (v["layers"] + 1) // 2
    return (
        f"{v['layers']} layers have {links} direct connections, L(L + 1)/2.",
        pays,
        f"The transition keeps {kept} of {variants['dense'].out_shape[1]} channels and halves "
        "the size.",
    )


def _growth(at: At) -> tuple[float, ...]:
    """Direct connections and added channels of the lecture's block, read off the trace."""
    dense = at(layers=5, growth=4, channels=4)["dense"]
    inputs = [row.in_shape[1] for row in dense.table.rows if row.kind == "conv"]
    return (sum(channels // 4 for channels in inputs), dense.out_shape[1] - inputs[0])


IDEA = Idea(
    card=CARDS["dense"],
    drafts=_drafts,
    answer=_answer,
    compared=("plain", "dense"),
    formula=(
        "Layer i reads k0 + i·k channels: 9·k·(k0 + i·k) weights.",
        "With a 1×1 to b·k channels first: b·k·(k0 + i·k) + 9·b·k² weights.",
    ),
    notes=_notes,
    lecture=(LectureNumber("densenet_growth4", _growth),),
    sources=(
        "Huang et al., Densely Connected Convolutional Networks, CVPR 2017 (arXiv:1608.06993)",
    ),
)
