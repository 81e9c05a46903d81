"""Does a saliency map depend on what the network has learned?

Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim, "Sanity Checks for Saliency Maps" (2018): the
network's layers are drawn anew, from the scores down, and the map is made again after each. A map
that stays as it was does not explain the network. The edges of the picture alone, which no network
has touched, say how much likeness comes from the picture.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import get_args

import numpy as np
import numpy.typing as npt
from torch import nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images
from vizcore.lenses.contribution import rank_correlation
from vizcore.lenses.explaining import Explain, within
from vizcore.lenses.sanity_layers import Stage, draw_anew, own_tensors, restore, stages
from vizcore.records.saliency import SaliencyMap
from vizcore.records.trust import Likeness, Order, SanityCheck, SanityStep
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress

#: Deviation of the window that structural similarity weighs pixels with, and its side.
_SIGMA_PX, _WINDOW_PX = 1.5, 11
#: Percentile of a map's magnitudes that counts as 1.
_FULL = 99


def sanity_check(
    network: nn.Module,
    image_nchw: Images,
    explain: Explain,
    *,
    order: Order = "cascading",
    most: int | None = None,
    seed: int = 0,
) -> Generator[Progress, None, SanityCheck]:
    """Draw the layers with weights anew, from the scores down, and compare the map after each.

    The network that is given is not changed: a copy with tensors of its own forgets.

    Args:
        explain: the method; it must stay with one class, or the maps are not of one question.
        order: "cascading" (a step draws its layers and keeps all above it drawn) or
            "independent" (a step draws its own layers only).
        most: so many steps at most; neighbouring layers share a step then.
        seed: of the weights that are drawn.

    Yields:
        the check so far in `Progress.partial`.

    Raises:
        BadChoice: another order, or `most` below 1.
        NotApplicable: the network has no layer with weights, or the method does not apply to it.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> from vizcore.lenses.explaining import explain_by
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
        >>> photo, x = np.zeros((2, 2, 3), np.uint8), np.ones((1, 3, 2, 2), np.float32)
        >>> check = finish(sanity_check(net, x, explain_by("gradient", photo, target=1)))
        >>> [step.layers for step in check.steps]
        [('1',)]
    """
    if order not in get_args(Order):
        raise BadChoice.among("order", order, get_args(Order))
    found = stages(network, image_nchw, most=most)
    total = len(found) + 1
    first = yield from within(explain(network, image_nchw), 0, total, "the network as it is")
    check = _begin(first, order, seed)
    yield Progress(1, total, "the network as it is", check)
    copy = private_copy(network)
    own_tensors(copy)
    steps: list[SanityStep] = []
    for place, stage in enumerate(found, start=1):
        draw_anew(copy, stage.modules, seed)
        note = f"random from {stage.layers[-1]} up" if order == "cascading" else stage.layers[-1]
        # What explains works on a copy of the copy; no step of it is open while weights change.
        steps.append(
            (yield from _step(copy, image_nchw, explain, stage, first, place, total, note))
        )
        if order == "independent":
            restore(copy, network, stage.modules)
        check = replace(check, steps=tuple(steps))
        yield Progress(place + 1, total, note, check)
    return check


def _begin(first: SaliencyMap, order: Order, seed: int) -> SanityCheck:
    values = np.array(first.values_hw, np.float32)
    if not np.isfinite(values).all():
        raise NotApplicable("The map of this network holds values that are not finite.")
    edges = edges_of(first.image_hwc)
    return SanityCheck(
        method=first.method,
        signed=first.signed,
        order=order,
        seed=seed,
        target=first.target,
        target_class=first.target_class,
        values_hw=values,
        steps=(),
        edges_hw=edges,
        edges=likeness(np.abs(values), edges),
        image_hwc=first.image_hwc,
        fit=first.fit,
    )


def _step(
    copy: nn.Module,
    image_nchw: Images,
    explain: Explain,
    stage: Stage,
    first: SaliencyMap,
    place: int,
    total: int,
    note: str,
) -> Generator[Progress, None, SanityStep]:
    layers = tuple(name or type(copy).__name__ for name in stage.layers)
    try:
        there = yield from within(explain(copy, image_nchw), place, total, note)
    except NotApplicable as error:
        return SanityStep(layers, None, None, str(error))
    if there.target != first.target:
        raise BadChoice(
            f"The class went from {first.target} to {there.target} when layers were drawn anew; "
            "the method must be given one class.",
            received="None",
        )
    values = np.array(there.values_hw, np.float32)
    if not np.isfinite(values).all():
        return SanityStep(layers, None, None, "The map holds values that are not finite.")
    return SanityStep(layers, values, likeness(values, first.values_hw))


def likeness(values_hw: npt.NDArray[np.floating], other_hw: npt.NDArray[np.floating]) -> Likeness:
    """How alike two maps of one size are: rank correlations and structural similarity.

    Structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004) has their Gaussian window of
    deviation 1.5 and is taken of magnitudes, each map's 99th percentile taken as 1.

    Raises:
        BadChoice: maps of different sizes.

    Example:
        >>> ramp = np.arange(256.0).reshape(16, 16)
        >>> likeness(ramp, -ramp)
        Likeness(spearman=-1.0, spearman_abs=1.0, ssim=1.0)
    """
    if values_hw.shape != other_hw.shape:
        raise BadChoice(f"Maps of {values_hw.shape} and {other_hw.shape} cannot be compared.")
    first, second = np.abs(values_hw), np.abs(other_hw)
    return Likeness(
        spearman=rank_correlation(values_hw.ravel(), other_hw.ravel()),
        spearman_abs=rank_correlation(first.ravel(), second.ravel()),
        ssim=_structural(_scaled(first), _scaled(second)),
    )


def edges_of(image_hwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The magnitude of a picture's edges by the Sobel operator, on its luminance: (H, W)."""
    from skimage.color import rgb2gray
    from skimage.filters import sobel

    edges: npt.NDArray[np.float32] = sobel(rgb2gray(image_hwc)).astype(np.float32)
    return edges


def _scaled(sizes_hw: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Magnitudes as a picture shows them: 0 to 1, everything above the percentile 1."""
    sizes = sizes_hw.astype(np.float64)
    full = float(np.percentile(sizes, _FULL)) or float(sizes.max())
    return np.minimum(sizes / full, 1.0) if full > 0 else sizes


def _structural(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float | None:
    from skimage.metrics import structural_similarity

    if min(first.shape) < _WINDOW_PX:
        return None
    return float(
        structural_similarity(
            first,
            second,
            data_range=1.0,
            gaussian_weights=True,
            sigma=_SIGMA_PX,
            use_sample_covariance=False,
        )
    )
