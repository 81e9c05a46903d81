"""ResNeXt: many narrow paths at the cost of one wide one (Xie et al. 2017)."""

from __future__ import annotations

from math import sqrt

from vizcore.blocks.cards import CARDS
from vizcore.blocks.idea import (
    Draft,
    Idea,
    LectureNumber,
    Values,
    Variants,
    row_of,
)
from vizcore.blocks.residual import bottleneck
from vizcore.blocks.wording import compare, count


def path_width(channels: int, width: int, cardinality: int) -> int:
    """Width d of each of C paths so that C·(2·D·d + 9·d²) comes nearest the weights of one.

    Example, the widths of the paper's Table 2 for D = 256:
        >>> [path_width(256, 64, c) for c in (1, 2, 4, 8, 32)]
        [64, 40, 24, 14, 4]
    """
    budget = (2 * channels * width + 9 * width**2) / cardinality
    return max(1, round((sqrt(channels**2 + 9 * budget) - channels) / 9))


def _drafts(v: Values) -> tuple[Draft, ...]:
    c, width, paths = v["channels"], v["width"], v["cardinality"]
    each = path_width(c, width, paths)
    total = paths * each
    shape = (1, c, v["size"], v["size"])
    return (
        Draft(
            "resnet",
            f"1 path of {width}",
            lambda: bottleneck(c, width),
            shape,
            f"{c}·{width} + 9·{width}² + {width}·{c}",
            2 * c * width + 9 * width**2,
        ),
        Draft(
            "resnext",
            f"{paths} paths of {each}",
            lambda: bottleneck(c, total, groups=paths),
            shape,
            f"{paths} × ({c}·{each} + 9·{each}² + {each}·{c})",
            paths * (2 * c * each + 9 * each**2),
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    one, many = (variants[name].table.totals.params for name in ("resnet", "resnext"))
    paths = v["cardinality"]
    each = path_width(v["channels"], v["width"], paths)
    return (
        f"{count(paths, 'path')} of {each} channels cost {many:,} weights against {one:,} for one "
        f"path of {v['width']} ({compare(one, many)}), and the 3×3 works on {paths * each} "
        f"channels instead of {v['width']}."
    )


def _notes(variants: Variants, v: Values) -> tuple[str, ...]:
    return (
        "The width of a path is the whole number that comes nearest the weights of the single "
        "path; with the paper's 256 channels and width 64 this gives the widths of its Table 2.",
        "A grouped convolution is the paper's form (c): it computes the same as separate paths "
        "whose outputs are added.",
    )


IDEA = Idea(
    card=CARDS["resnext"],
    drafts=_drafts,
    answer=_answer,
    compared=("resnet", "resnext"),
    formula=("C paths of width d on D channels: C·(D·d + 9·d² + d·D) weights.",),
    notes=_notes,
    lecture=(
        LectureNumber(
            "resnext_block_params",
            lambda at: tuple(at()[name].table.totals.params for name in ("resnet", "resnext")),
        ),
        LectureNumber(
            "resnext_cardinality",
            lambda at: (row_of(at()["resnext"], "body.conv").groups or 1,),
        ),
    ),
    sources=(
        "Xie et al., Aggregated Residual Transformations for Deep Neural Networks, CVPR 2017 "
        "(arXiv:1611.05431)",
    ),
)
