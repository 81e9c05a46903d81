"""Methods that cover parts of the picture and watch the score: no gradient is taken.

What is covered is decided first, one row a picture: True where a part stays. The scores of all
rows are computed a batch at a time, and the map is made of them.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.saliency.look import Attributed, Look
from vizcore.lenses.saliency.paths import baseline_of, completeness
from vizcore.lenses.saliency.units import values_at
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

Steps = Generator[Progress, None, Attributed]
#: Which parts stay in each picture, (n, parts).
Kept = npt.NDArray[np.bool_]


def occlusion(look: Look) -> Steps:
    """What the score loses when a window is covered; a pixel's value is the mean of its windows."""
    height, width = look.image.shape[2:]
    windows = _windows(height, width, look.whole("window"), look.whole("stride"))
    baseline = baseline_of(look)

    def step(part: list[tuple[slice, slice]]) -> Tensor:
        pictures = look.image.repeat(len(part), 1, 1, 1)
        for number, (rows, columns) in enumerate(part):
            pictures[number, :, rows, columns] = baseline[0, :, rows, columns]
        with torch.no_grad():
            return look.score(pictures)[:, 0]

    parts = yield from in_batches(
        step, windows, batch=look.batch(), device=look.device, note="windows"
    )
    with torch.no_grad():
        whole = look.score(look.image)[0, 0]
    lost = whole - torch.cat(parts)
    total, times = torch.zeros_like(look.image), torch.zeros_like(look.image)
    for loss, (rows, columns) in zip(lost, windows, strict=True):
        total[:, :, rows, columns] += loss
        times[:, :, rows, columns] += 1
    return Attributed(total / times)


def feature_ablation(look: Look) -> Steps:
    """What the score loses without each superpixel."""
    segments = superpixels(look)
    parts = int(segments.max()) + 1
    kept = ~np.eye(parts, dtype=bool)
    scores = yield from scores_of(look, segments, np.vstack([np.ones((1, parts), bool), kept]))
    return Attributed(spread(look, segments, scores[0] - scores[1:]), segments_hw=segments)


def layer_feature_ablation(look: Look) -> Steps:
    """What the score loses when all channels of a square of the layer's places are replaced."""
    layer, last = look.settle_layer()
    given = values_at(look.plain, layer, look.image, last)
    instead = torch.zeros_like(given)
    if look.word("baseline") != "nothing":
        instead = values_at(look.plain, layer, baseline_of(look), last)
    squares = _squares(given.shape[1], given.shape[2], look.whole("side")).to(given.device)
    score = look.score_of(look.plain)

    def step(part: range) -> Tensor:
        numbers = torch.arange(part.start, part.stop, device=given.device).view(-1, 1, 1)
        maps = torch.where((squares != numbers).unsqueeze(1), given, instead)
        output = maps.permute(0, 2, 3, 1).contiguous() if last else maps
        handle = layer.register_forward_hook(lambda *_: output)
        try:
            with torch.no_grad():
                return score(look.image.expand(len(part), -1, -1, -1))[:, 0]
        finally:
            handle.remove()

    parts = yield from in_batches(
        step, range(int(squares.max()) + 1), batch=look.batch(), device=look.device, note="squares"
    )
    with torch.no_grad():
        whole = score(look.image)[0, 0]
    return Attributed((whole - torch.cat(parts))[squares][None, None])


def shapley_value_sampling(look: Look) -> Steps:
    """What each superpixel adds when they are put in one after the other, over random orders."""
    segments = superpixels(look)
    parts = int(segments.max()) + 1
    draw = look.noise()
    orders = [torch.randperm(parts, generator=draw).numpy() for _ in range(look.whole("orders"))]
    rows = [np.zeros((1, parts), bool), *(_one_by_one(order) for order in orders)]
    scores = yield from scores_of(look, segments, np.vstack(rows))
    added = torch.zeros(parts, dtype=scores.dtype)
    for number, order in enumerate(orders):
        first = 1 + number * parts
        along = torch.cat([scores[:1], scores[first : first + parts]])
        added[torch.from_numpy(order)] += along.diff()
    added = added / len(orders)
    told = completeness(look, added.sum(), baseline_of(look))
    return Attributed(spread(look, segments, added), told, segments)


def superpixels(look: Look) -> Tensor:
    """The number of each pixel's region of like colour (H, W), from 0 without gaps.

    SLIC of Achanta et al. (2012), by scikit-image, on the input scaled to 0 to 1.
    """
    from skimage.segmentation import slic

    image = look.image[0].float().cpu().numpy().transpose(1, 2, 0)
    low, high = float(image.min()), float(image.max())
    scaled = (image - low) / (high - low) if high > low else np.zeros_like(image)
    found = slic(
        scaled.astype(np.float64),
        n_segments=look.whole("superpixels"),
        compactness=look.number("compactness"),
        start_label=0,
        channel_axis=-1,
        convert2lab=image.shape[2] == 3,
    )
    _, numbers = np.unique(found, return_inverse=True)
    segments = torch.from_numpy(numbers.reshape(found.shape).astype(np.int64))
    if int(segments.max()) == 0:
        raise BadChoice(
            f"{look.whole('superpixels')} superpixels of this picture came out as one. "
            "Allowed: more of them, or another compactness.",
            received=str(look.whole("superpixels")),
        )
    return segments


def scores_of(look: Look, segments: Tensor, kept: Kept) -> Generator[Progress, None, Tensor]:
    """The score (n,) of the picture with only some superpixels kept, the others as the baseline.

    Raises:
        NotApplicable: a score is not finite.
    """
    baseline = baseline_of(look)
    places = segments.to(look.image.device)

    def step(part: Kept) -> Tensor:
        stays = torch.from_numpy(part).to(look.image.device)[:, places].unsqueeze(1)
        with torch.no_grad():
            return look.score(torch.where(stays, look.image, baseline))[:, 0].float().cpu()

    parts = yield from in_batches(
        step, kept, batch=look.batch(), device=look.device, note="pictures with parts covered"
    )
    scores = torch.cat(parts)
    if not bool(scores.isfinite().all()):
        raise NotApplicable(
            f"{int((~scores.isfinite()).sum())} of {len(scores)} pictures with parts covered get "
            "a score that is not finite."
        )
    return scores


def spread(look: Look, segments: Tensor, values: Tensor) -> Tensor:
    """The value of each superpixel at each of its numbers, (1, C, H, W), as Captum gives it."""
    return values.float()[segments].expand_as(look.image).to(look.image.device)


def _one_by_one(order: npt.NDArray[np.int64]) -> Kept:
    """The parts that are in after each step of an order, (parts, parts)."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[None, :] <= np.arange(len(order))[:, None]


def _squares(height: int, width: int, side: int) -> Tensor:
    """The number of each place's square (H, W), row by row; the last ones are cut at the edges.

    Example:
        >>> _squares(2, 3, 2).tolist()
        [[0, 0, 1], [0, 0, 1]]
    """
    rows, columns = (torch.arange(length) // side for length in (height, width))
    return rows[:, None] * (int(columns.max()) + 1) + columns


def _windows(height: int, width: int, side: int, stride: int) -> list[tuple[slice, slice]]:
    """Square windows that cover the whole picture; the last ones are cut at its edges.

    Raises:
        BadChoice: a window larger than the picture, or steps that leave gaps.

    Example:
        >>> [(rows.stop, columns.stop) for rows, columns in _windows(3, 4, 2, 2)]
        [(2, 2), (2, 4), (3, 2), (3, 4)]
    """
    if side > min(height, width):
        raise BadChoice.among("window", side, [f"1 to {min(height, width)}, the picture's side"])
    if stride > side:
        raise BadChoice.among("stride", stride, [f"1 to {side}, the window's side"])
    rows, columns = (
        [slice(at, min(at + side, length)) for at in range(0, length - side + stride, stride)]
        for length in (height, width)
    )
    return [(down, across) for down in rows for across in columns]
