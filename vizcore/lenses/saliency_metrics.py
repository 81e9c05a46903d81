"""Does a map name the pixels that matter? Take them away, or give them back, and look.

Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models" (2018):
deletion takes pixels away in the order of the map, largest values first; insertion gives them back
to a picture that has lost all. A good map makes the class's probability fall fast and rise fast. A
random order is what a map has to beat.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images
from vizcore.lenses.scoring import scoring
from vizcore.records.trust import Baseline, PixelCurve, PixelCurves
from vizcore.runtime.jobs import Progress

#: The blur's deviation as a share of the picture's shorter side.
BLUR_SHARE = 1 / 16


def pixel_curves(
    network: nn.Module,
    image_nchw: Images,
    orders: Sequence[npt.NDArray[np.intp]],
    target: int,
    *,
    steps: int = 32,
    deletion_baseline: Baseline = "mean",
    insertion_baseline: Baseline = "blur",
    note: str = "pixels taken away and given back",
) -> Generator[Progress, None, tuple[PixelCurves, ...]]:
    """Deletion and insertion of one picture (1, C, H, W), for each order of its pixels.

    Args:
        orders: pixel numbers (row by row), the first to be changed first; see `pixel_order`.
        target: output number of the class.
        steps: into how many equal parts the pixels are divided; at most as many as there are.
        deletion_baseline: what stands for a pixel that was taken away.
        insertion_baseline: the same for one that has not been given yet.

    Raises:
        BadChoice: an order that is not each pixel once, another baseline, or steps below 1.
        BadInputSize: the network cannot take this shape.
        NotApplicable: scores that are not finite.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
        >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 0]]))
        >>> order, x = np.array([3, 2, 1, 0]), torch.ones(1, 1, 2, 2)
        >>> found = finish(pixel_curves(net, x, [order], 0, steps=4, deletion_baseline="zero"))
        >>> found[0].deletion.scores_s.tolist()
        [10.0, 6.0, 3.0, 1.0, 0.0]
    """
    ready = scoring(network, image_nchw)
    image = ready.image
    pixels = image.shape[2] * image.shape[3]
    if not orders:
        return ()
    if steps < 1:
        raise BadChoice.among("steps", steps, ["1 and more"])
    for order in orders:
        if not np.array_equal(np.sort(order), np.arange(pixels)):
            raise BadChoice(f"An order must name each of the {pixels} pixels once.")
    ends = np.rint(np.linspace(0, pixels, min(steps, pixels) + 1)).astype(np.intp)
    blank = {name: baseline_of(image, name) for name in (deletion_baseline, insertion_baseline)}
    ranked = [torch.from_numpy(np.argsort(order)).reshape(image.shape[2:]) for order in orders]
    # All orders begin and end alike: the picture, and what is left when all of it is taken away.
    inner = [
        (ranks, end, deletes) for ranks in ranked for deletes in (True, False) for end in ends[1:-1]
    ]
    alike = [(ranked[0], end, deletes) for end, deletes in ((0, True), (pixels, True), (0, False))]

    def make(part: list[tuple[Tensor, int, bool]]) -> Tensor:
        made = []
        for ranks, end, deletes in part:
            changed = (ranks < end).to(image.device)
            without = blank[deletion_baseline if deletes else insertion_baseline]
            made.append(
                torch.where(changed, without, image)
                if deletes
                else torch.where(changed, image, without)
            )
        return torch.cat(made)

    found = yield from ready.scores(make, [*alike, *inner], note)
    if not np.isfinite(found).all():
        raise NotApplicable("The network's class scores are not finite without some pixels.")
    whole, taken, blurred = found[:3]
    between = found[3:].reshape(len(orders), 2, len(ends) - 2, found.shape[1])
    scores = np.stack(
        [
            np.concatenate([np.broadcast_to(first, (len(orders), 1, len(first))), between[:, way],
                            np.broadcast_to(last, (len(orders), 1, len(last)))], axis=1)
            for way, (first, last) in enumerate(((whole, taken), (blurred, whole)))
        ],
        axis=1,
    )  # fmt: skip
    probabilities = _softmax(scores)[..., target]
    of_class = scores[..., target]
    shares = ends / pixels
    return tuple(
        PixelCurves(*(PixelCurve(shares, p[n], s[n]) for n in (0, 1)))
        for p, s in zip(probabilities, of_class, strict=True)
    )


def pixel_order(values_hw: npt.NDArray[np.floating], seed: int = 0) -> npt.NDArray[np.intp]:
    """Pixel numbers (row by row), the largest value first; equal values in a random order.

    Example:
        >>> pixel_order(np.array([[0.5, -2.0], [3.0, 1.0]])).tolist()
        [2, 3, 0, 1]
    """
    chance = np.random.default_rng(seed).permutation(values_hw.size)
    return np.lexsort((chance, -values_hw.ravel().astype(np.float64)))


def random_orders(pixels: int, count: int, seed: int = 0) -> list[npt.NDArray[np.intp]]:
    """So many random orders of the pixels."""
    source = np.random.default_rng(seed)
    return [source.permutation(pixels) for _ in range(count)]


def baseline_of(image_nchw: Tensor, name: Baseline) -> Tensor:
    """A picture (1, C, H, W) that has lost what it shows, as large as the one given.

    "mean" is the picture's own mean of each channel, "blur" a Gaussian blur with a deviation of a
    sixteenth of the shorter side, "zero" the input 0 (the training data's mean colour, where the
    preprocessing takes it away).

    Raises:
        BadChoice: another name.
    """
    if name not in get_args(Baseline):
        raise BadChoice.among("baseline", name, get_args(Baseline))
    if name == "zero":
        return torch.zeros_like(image_nchw)
    if name == "mean":
        return image_nchw.mean((2, 3), keepdim=True).expand_as(image_nchw)
    from skimage.filters import gaussian

    deviation = BLUR_SHARE * min(image_nchw.shape[2:])
    values = image_nchw[0].double().cpu().numpy()
    blurred = gaussian(values, deviation, mode="nearest", channel_axis=0)
    return torch.from_numpy(blurred[None]).to(image_nchw)


def _softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: npt.NDArray[np.float64] = odds / odds.sum(axis=-1, keepdims=True)
    return shares
