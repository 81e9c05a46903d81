"""One hidden volume over one image: fully connected, locally connected, or shared weights."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from vizcore.blocks.cards import CARDS
from vizcore.blocks.idea import At, Draft, Idea, LectureNumber, Values, Variants
from vizcore.blocks.wording import compare, square
from vizcore.errors import BadChoice
from vizcore.figures.numbers import exact
from vizcore.records.lectures import SumPart


class LocallyConnected(nn.Module):
    """A convolution whose filters are not shared: each position has its own.

    The patches are cut out side by side as channels, and each group of a grouped 1x1
    convolution sees the patch of one position.
    """

    def __init__(self, channels: int, filters: int, kernel: int, stride: int, side: int) -> None:
        super().__init__()
        self.places, self.filters, self.side = side * side, filters, side
        self.cut = nn.Unfold(kernel, stride=stride)
        self.own = nn.Conv2d(
            self.places * channels * kernel**2,
            self.places * filters,
            1,
            groups=self.places,
            bias=False,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = self.cut(x).transpose(1, 2).reshape(x.shape[0], -1, 1, 1)
        values = self.own(patches).reshape(x.shape[0], self.places, self.filters)
        return values.transpose(1, 2).reshape(x.shape[0], self.filters, self.side, self.side)


def positions(v: Values) -> int:
    """Places of the kernel along one side, without padding."""
    return (v["size"] - v["kernel"]) // v["stride"] + 1


def _drafts(v: Values) -> tuple[Draft, ...]:
    size, c, k, f, stride = (v[n] for n in ("size", "channels", "kernel", "filters", "stride"))
    side = positions(v)
    shape = (1, c, size, size)
    inputs, outputs = size**2 * c, side**2 * f
    return (
        Draft(
            "full",
            "Fully connected",
            lambda: nn.Sequential(
                OrderedDict(flatten=nn.Flatten(), full=nn.Linear(inputs, outputs, bias=False))
            ),
            shape,
            f"({size}²·{c}) × ({side}²·{f})",
            inputs * outputs,
        ),
        Draft(
            "local",
            "Locally connected",
            lambda: LocallyConnected(c, f, k, stride, side),
            shape,
            f"({side}²·{f}) × ({k}²·{c})",
            outputs * k**2 * c,
            labels=(("cut", "cut the patches"), ("own", f"{k}×{k} unshared, {f}")),
            sees=k,
        ),
        Draft(
            "shared",
            "Shared weights (convolution)",
            lambda: nn.Sequential(OrderedDict(shared=nn.Conv2d(c, f, k, stride, bias=False))),
            shape,
            f"{f} × ({k}²·{c})",
            f * k**2 * c,
        ),
    )


def _check(v: Values) -> None:
    if v["kernel"] > v["size"]:
        raise BadChoice(
            f"kernel cannot be '{v['kernel']}' on an image of {v['size']} px. Allowed: whole "
            f"numbers from 1 to {v['size']}.",
            received=str(v["kernel"]),
            suggestions=[str(v["size"])],
        )


def _answer(variants: Variants, v: Values) -> str:
    full, local, shared = (
        exact(variants[name].table.totals.params) for name in ("full", "local", "shared")
    )
    side = positions(v)
    return (
        f"From a {v['size']}×{v['size']}×{v['channels']} image to {side}×{side}×{v['filters']}: "
        f"{full} weights fully connected, {local} if each place looks at "
        f"{square(v['kernel'])} pixels, {shared} if all places share their filters."
    )


def _notes(variants: Variants, v: Values) -> tuple[str, ...]:
    full, local, shared = (variants[name].table.totals for name in ("full", "local", "shared"))
    return (
        f"Looking locally saves multiply-adds ({compare(full.macs, local.macs)}); sharing saves "
        f"only weights ({compare(local.params, shared.params)}): {exact(shared.macs)} "
        "multiply-adds either way.",
    )


def _weights(at: At, name: str, **knobs: int) -> int:
    return at(**knobs)[name].table.totals.params


def _without_depth(at: At) -> str:
    one, five = _weights(at, "local", filters=1), _weights(at, "local")
    return (
        f"{one:,} is one filter per place; with the stated 5 filters it is 5 × {one:,} = {five:,}."
    )


def _filters(at: At) -> tuple[SumPart, ...]:
    """One filter at every place, as often as the volume is deep: the lecture has the first."""
    one, depth = _weights(at, "local", filters=1), at()["local"].out_shape[1]
    return tuple(SumPart(f"filter {number}", one) for number in range(1, depth + 1))


IDEA = Idea(
    card=CARDS["sharing"],
    drafts=_drafts,
    check=_check,
    answer=_answer,
    compared=("full", "shared"),
    formula=(
        "Fully connected: all inputs × all outputs.",
        "Locally connected: outputs × k²·C. Shared: filters × k²·C.",
    ),
    notes=_notes,
    lecture=(
        LectureNumber("conv_fc_equivalent", lambda at: (_weights(at, "full"),)),
        LectureNumber("conv_423k_local", lambda at: (_weights(at, "local"),)),
        LectureNumber("conv_735_shared", lambda at: (_weights(at, "shared"),)),
        LectureNumber("conv_735_neurons", lambda at: (_weights(at, "shared"),)),
        LectureNumber("conv_24_positions", lambda at: (at()["shared"].out_shape[2],)),
        LectureNumber("conv_depth5", lambda at: (at()["shared"].out_shape[1],)),
        LectureNumber("conv_30_85k", lambda at: (_weights(at, "local"),), _without_depth, _filters),
        LectureNumber("conv_256_46m", lambda at: (_weights(at, "local", size=256),)),
    ),
    sources=(
        "LeCun et al., Backpropagation Applied to Handwritten Zip Code Recognition, Neural "
        "Computation 1(4), 1989: shared weights",
        "Taigman et al., DeepFace, CVPR 2014: locally connected layers",
    ),
)
