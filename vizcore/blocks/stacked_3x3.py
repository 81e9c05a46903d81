"""A stack of small kernels against one large one of the same reach (Simonyan, Zisserman 2015)."""

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
)
from vizcore.blocks.wording import compare, count, square
from vizcore.figures.numbers import short


def _chain(channels: int, kernels: list[int | tuple[int, int]]) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for i, kernel in enumerate(kernels, start=1):
        layers[f"conv{i}"] = conv(channels, channels, kernel)
        layers[f"relu{i}"] = nn.ReLU()
    return nn.Sequential(layers)


def reach(depth: int, kernel: int) -> int:
    """Side of the square that a stack of `depth` kernels sees.

    Example:
        >>> reach(3, 3)
        7
    """
    return depth * (kernel - 1) + 1


def _drafts(v: Values) -> tuple[Draft, ...]:
    c, depth, small = v["channels"], v["depth"], v["kernel"]
    large = reach(depth, small)
    shape = (1, c, v["size"], v["size"])
    return (
        Draft(
            "single",
            f"One {square(large)}",
            lambda: _chain(c, [large]),
            shape,
            f"{large}² × {c}²",
            large**2 * c**2,
        ),
        Draft(
            "stack",
            f"{depth} stacked {square(small)}",
            lambda: _chain(c, [small] * depth),
            shape,
            f"{depth} × {small}² × {c}²",
            depth * small**2 * c**2,
        ),
        Draft(
            "asymmetric",
            f"1×{large} and {large}×1",
            lambda: _chain(c, [(1, large), (large, 1)]),
            shape,
            f"2 × {large} × {c}²",
            2 * large * c**2,
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    single, stack = variants["single"].table.totals.params, variants["stack"].table.totals.params
    side = variants["stack"].receptive_field
    return (
        f"{count(v['depth'], 'convolution')} of {square(v['kernel'])} in a row reach "
        f"{side}×{side} input pixels with "
        f"{short(stack)} weights where one {square(reach(v['depth'], v['kernel']))} needs "
        f"{short(single)} ({compare(single, stack)}), and apply "
        f"{count(v['depth'], 'ReLU')} instead of 1."
    )


def _relus(at: At, variant: str) -> int:
    return sum(row.kind == "activation" for row in at()[variant].table.rows)


def _weights(at: At, depth: int, *names: str) -> tuple[float, ...]:
    """Weights of these variants for one channel, that is, over C²; then first over last."""
    variants = at(depth=depth, channels=1)
    counts = [variants[name].table.totals.params for name in names]
    return (*counts, counts[0] / counts[-1])


def _two_for_one(at: At) -> tuple[float, ...]:
    """Two 3x3 for one 5x5: weights over C², and the share that is saved."""
    stack, single, ratio = _weights(at, 2, "stack", "single")
    return (stack, single, 1 - ratio)


LECTURE = (
    LectureNumber("vgg_3_3x3_rf", lambda at: (at()["stack"].receptive_field or 0,)),
    LectureNumber("vgg_2_3x3_rf", lambda at: (at(depth=2)["stack"].receptive_field or 0,)),
    LectureNumber("vgg_3x3_vs_7x7_params", lambda at: _weights(at, 3, "stack", "single")),
    LectureNumber(
        "vgg_three_more_nonlin",
        lambda at: (_relus(at, "stack") - _relus(at, "single"),),
        lambda at: f"{_relus(at, 'stack')} ReLUs - {_relus(at, 'single')} ReLU = 2 more.",
    ),
    LectureNumber("incep_v2_5x5_to_3x3", _two_for_one),
    LectureNumber(
        "incep_v3_nxn",
        lambda at: (
            _weights(at, 1, "asymmetric", "single")[-1],
            _weights(at, 3, "asymmetric", "single")[-1],
        ),
    ),
)

IDEA = Idea(
    card=CARDS["stacked-3x3"],
    drafts=_drafts,
    answer=_answer,
    compared=("single", "stack"),
    formula=(
        "n layers of k×k see n(k-1) + 1 pixels a side and have n·k²·C² weights.",
        "One kernel K = n(k-1) + 1 has K²·C² weights; 1×K and K×1 have 2·K·C².",
    ),
    lecture=LECTURE,
    sources=(
        "Simonyan, Zisserman, Very Deep Convolutional Networks for Large-Scale Image "
        "Recognition, ICLR 2015 (arXiv:1409.1556)",
        "Szegedy et al., Rethinking the Inception Architecture, CVPR 2016 (arXiv:1512.00567): "
        "1×n and n×1",
    ),
)
