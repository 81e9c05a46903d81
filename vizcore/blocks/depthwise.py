"""A standard convolution against a depthwise separable one (Howard et al. 2017)."""

from __future__ import annotations

from collections import OrderedDict

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
    strided,
)
from vizcore.blocks.wording import compare, square
from vizcore.figures.numbers import short, times


def _separable(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
    return nn.Sequential(
        OrderedDict(
            depthwise=conv(inputs, inputs, kernel, stride, groups=inputs),
            pointwise=conv(inputs, outputs, 1),
        )
    )


def _drafts(v: Values) -> tuple[Draft, ...]:
    c, f, k, stride = v["channels"], v["filters"], v["kernel"], v["stride"]
    side = strided(v["size"], stride)
    shape = (1, c, v["size"], v["size"])
    return (
        Draft(
            "standard",
            f"Standard {square(k)}",
            lambda: nn.Sequential(OrderedDict(standard=conv(c, f, k, stride))),
            shape,
            f"{side}² × {k}² × {c} × {f}",
            side**2 * k**2 * c * f,
        ),
        Draft(
            "separable",
            f"Depthwise {square(k)}, then 1×1",
            lambda: _separable(c, f, k, stride),
            shape,
            f"{side}² × ({k}² × {c} + {c} × {f})",
            side**2 * (k**2 * c + c * f),
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    first, second = (variants[name].table.totals.macs for name in ("standard", "separable"))
    return (
        f"Filtering each channel alone, then mixing them with a 1×1, needs {short(second)} "
        f"multiply-adds where a standard {square(v['kernel'])} convolution needs {short(first)} "
        f"({compare(first, second)})."
    )


def _notes(variants: Variants, v: Values) -> tuple[str, ...]:
    k2 = v["kernel"] ** 2
    return (
        f"The saving is k²·F/(k² + F): {times(k2 * v['filters'] / (k2 + v['filters']))} with "
        f"{v['filters']} filters, and never more than k² = {k2} times, however wide the layer.",
        "MobileNet puts normalisation and a ReLU after each of the two; they are left out here.",
    )


def _macs(at: At, name: str, **knobs: int) -> int:
    return at(**knobs)[name].table.totals.macs


def _saving(at: At, channels: int) -> float:
    both = {"channels": channels, "filters": channels}
    return _macs(at, "standard", **both) / _macs(at, "separable", **both)


IDEA = Idea(
    card=CARDS["depthwise"],
    drafts=_drafts,
    answer=_answer,
    compared=("standard", "separable"),
    formula=(
        "Standard 3×3, C channels to C: 9·C²·H·W.",
        "Depthwise 3×3, then 1×1: 9·C·H·W + C²·H·W = C·H·W·(9 + C).",
    ),
    notes=_notes,
    lecture=(
        LectureNumber("mobilenet_standard", lambda at: (_macs(at, "standard"),)),
        LectureNumber(
            "mobilenet_depthwise",
            lambda at: (_macs(at, "separable"), _saving(at, 512), _saving(at, 64)),
        ),
    ),
    sources=(
        "Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision "
        "Applications, 2017 (arXiv:1704.04861)",
    ),
)
