"""A fully connected layer through a narrow middle: two thin matrices for a square one."""

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
)
from vizcore.blocks.wording import compare
from vizcore.figures.numbers import short


def _drafts(v: Values) -> tuple[Draft, ...]:
    n, b = v["features"], v["width"]
    return (
        Draft(
            "direct",
            f"{n} → {n}",
            lambda: nn.Sequential(OrderedDict(direct=nn.Linear(n, n, bias=False))),
            (1, n),
            f"{n}²",
            n * n,
        ),
        Draft(
            "bottleneck",
            f"{n} → {b} → {n}",
            lambda: nn.Sequential(
                OrderedDict(reduce=nn.Linear(n, b, bias=False), expand=nn.Linear(b, n, bias=False))
            ),
            (1, n),
            f"2 × {n} × {b}",
            2 * n * b,
        ),
    )


def _answer(variants: Variants, v: Values) -> str:
    direct, lean = (variants[name].table.totals.params for name in ("direct", "bottleneck"))
    return (
        f"Passing {v['features']} features through {v['width']} takes {short(lean)} weights "
        f"instead of {short(direct)} ({compare(direct, lean)}), at the price of a map of rank "
        f"{min(v['width'], v['features'])} at most."
    )


def _break_even(at: At) -> tuple[float, ...]:
    """Weights of both with the middle exactly half as wide."""
    variants = at(features=1024, width=512)
    return tuple(variants[name].table.totals.params for name in ("direct", "bottleneck"))


IDEA = Idea(
    card=CARDS["linear-bottleneck"],
    drafts=_drafts,
    answer=_answer,
    compared=("direct", "bottleneck"),
    formula=("n×n weights against n×b + b×n: fewer where b < n/2.",),
    notes=lambda variants, values: (
        f"Break-even is a middle of {values['features'] / 2:g}. Nothing non-linear stands "
        "between the two layers.",
    ),
    lecture=(LectureNumber("bottleneck_linear", _break_even),),
    sources=(
        "Sainath et al., Low-rank Matrix Factorization for Deep Neural Network Training with "
        "High-dimensional Output Targets, ICASSP 2013",
    ),
)
