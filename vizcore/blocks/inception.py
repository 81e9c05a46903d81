"""The Inception module, naive and with 1x1 reductions (Szegedy et al. 2015)."""

from __future__ import annotations

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
    row_of,
)
from vizcore.blocks.wording import compare
from vizcore.figures.numbers import short
from vizcore.figures.wording import layer_label
from vizcore.records.lectures import SumPart


class Naive(nn.Module):
    """1x1, 3x3 and 5x5 convolutions and a pool side by side, concatenated."""

    def __init__(self, channels: int, n1x1: int, n3x3: int, n5x5: int) -> None:
        super().__init__()
        self.conv_1x1 = conv(channels, n1x1, 1)
        self.conv_3x3 = conv(channels, n3x3, 3)
        self.conv_5x5 = conv(channels, n5x5, 5)
        self.pool_3x3 = nn.MaxPool2d(3, stride=1, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branches = [self.conv_1x1(x), self.conv_3x3(x), self.conv_5x5(x), self.pool_3x3(x)]
        return torch.cat(branches, 1)


class Reduced(nn.Module):
    """The same, with a 1x1 convolution before the 3x3 and the 5x5 and after the pool."""

    def __init__(
        self,
        channels: int,
        n1x1: int,
        n3x3: int,
        n5x5: int,
        reduce3x3: int,
        reduce5x5: int,
        pool_proj: int,
    ) -> None:
        super().__init__()
        self.conv_1x1 = conv(channels, n1x1, 1)
        self.reduce_3x3 = conv(channels, reduce3x3, 1)
        self.conv_3x3 = conv(reduce3x3, n3x3, 3)
        self.reduce_5x5 = conv(channels, reduce5x5, 1)
        self.conv_5x5 = conv(reduce5x5, n5x5, 5)
        self.pool_3x3 = nn.MaxPool2d(3, stride=1, padding=1)
        self.project_pool = conv(channels, pool_proj, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branches = [
            self.conv_1x1(x),
            self.conv_3x3(self.reduce_3x3(x)),
            self.conv_5x5(self.reduce_5x5(x)),
            self.project_pool(self.pool_3x3(x)),
        ]
        return torch.cat(branches, 1)


def _drafts(v: Values) -> tuple[Draft, ...]:
    c, side, a, b, d = v["channels"], v["size"], v["n1x1"], v["n3x3"], v["n5x5"]
    r3, r5, p = v["reduce3x3"], v["reduce5x5"], v["pool_proj"]
    shape = (1, c, side, side)
    return (
        Draft(
            "naive",
            "Naive",
            lambda: Naive(c, a, b, d),
            shape,
            f"{side}² × ({a}·{c} + {b}·9·{c} + {d}·25·{c})",
            side**2 * c * (a + 9 * b + 25 * d),
        ),
        Draft(
            "reduced",
            "With 1×1 reductions",
            lambda: Reduced(c, a, b, d, r3, r5, p),
            shape,
            f"{side}² × ({a}·{c} + {r3}·{c} + {b}·9·{r3} + {r5}·{c} + {d}·25·{r5} + {p}·{c})",
            side**2 * (a * c + r3 * c + 9 * b * r3 + r5 * c + 25 * d * r5 + p * c),
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    naive, reduced = variants["naive"], variants["reduced"]
    first, second = naive.table.totals.macs, reduced.table.totals.macs
    return (
        f"1×1 convolutions before the large ones take the module from {short(first)} to "
        f"{short(second)} multiply-adds ({compare(first, second)}), and its output from "
        f"{naive.out_shape[1]} to {reduced.out_shape[1]} channels."
    )


def _counted_twice(at: At) -> str:
    reduced = at()["reduced"]
    total, conv_3x3 = reduced.table.totals.macs, row_of(reduced, "conv_3x3").macs
    return (
        f"The rows add to {total:,}. With the 3×3 convolution counted twice: "
        f"{total:,} + {conv_3x3:,} = {total + conv_3x3:,}."
    )


def _rows_and_3x3_again(at: At) -> tuple[SumPart, ...]:
    """What adds to the lecture's 358M: every row, and the 3x3 a second time."""
    rows = [row for row in at()["reduced"].table.rows if row.macs]
    again = next(row for row in rows if row.name == "conv_3x3")
    parts = [SumPart(layer_label(row), row.macs) for row in rows]
    return (*parts, SumPart(f"{layer_label(again)}, again", again.macs, belongs=False))


#: The lecture's products: claim -> variant, row.
ROW_MACS = {
    "incep_naive_1x1": ("naive", "conv_1x1"),
    "incep_naive_3x3": ("naive", "conv_3x3"),
    "incep_naive_5x5": ("naive", "conv_5x5"),
    "incep_red_1x1_a": ("reduced", "reduce_3x3"),
    "incep_red_1x1_b": ("reduced", "reduce_5x5"),
    "incep_red_1x1_128": ("reduced", "conv_1x1"),
    "incep_red_3x3_192": ("reduced", "conv_3x3"),
    "incep_red_5x5_96": ("reduced", "conv_5x5"),
    "incep_red_pool_proj": ("reduced", "project_pool"),
}
#: The lecture's output sizes of the naive module: claim -> row.
ROW_OUTPUTS = {
    "incep_naive_out_1x1_128": "conv_1x1",
    "incep_naive_out_3x3_192": "conv_3x3",
    "incep_naive_out_5x5_96": "conv_5x5",
    "incep_naive_out_pool_256": "pool_3x3",
    "incep_naive_concat_size": "cat",
}


def _row_macs(claim_id: str) -> LectureNumber:
    variant, row = ROW_MACS[claim_id]
    return LectureNumber(claim_id, lambda at: (row_of(at()[variant], row).macs,))


def _row_outputs(claim_id: str) -> LectureNumber:
    row = ROW_OUTPUTS[claim_id]
    return LectureNumber(claim_id, lambda at: (row_of(at()["naive"], row).activations,))


def _ratios(at: At) -> tuple[float, ...]:
    """Naive over reduced: with the 3x3 counted twice, as the lecture has it, and as it is."""
    naive, reduced = (at()[name].table.totals.macs for name in ("naive", "reduced"))
    return (naive / (reduced + row_of(at()["reduced"], "conv_3x3").macs), naive / reduced)


LECTURE = (
    *(_row_macs(claim_id) for claim_id in ROW_MACS),
    *(_row_outputs(claim_id) for claim_id in ROW_OUTPUTS),
    LectureNumber("incep_naive_total", lambda at: (at()["naive"].table.totals.macs,)),
    LectureNumber("incep_naive_concat_depth", lambda at: (at()["naive"].out_shape[1],)),
    LectureNumber(
        "incep_red_total",
        lambda at: (at()["reduced"].table.totals.macs,),
        _counted_twice,
        _rows_and_3x3_again,
    ),
    LectureNumber("incep_red_vs_naive", _ratios),
    LectureNumber("incep_red_concat_depth", lambda at: (at()["reduced"].out_shape[1],)),
)

IDEA = Idea(
    card=CARDS["inception"],
    drafts=_drafts,
    answer=_answer,
    compared=("naive", "reduced"),
    formula=(
        "One convolution: height × width × filters × kernel² × input channels.",
        "A 1×1 reduction to r channels replaces k²·C·F by C·r + k²·r·F at every position.",
    ),
    lecture=LECTURE,
    sources=("Szegedy et al., Going Deeper with Convolutions, CVPR 2015 (arXiv:1409.4842)",),
)
