"""Captum's two numbers for a map: infidelity and sensitivity.

Yeh, Hsieh, Suggala, Inouye, Ravikumar, "On the (In)fidelity and Sensitivity of Explanations"
(2019). Both are asked of the map as it is drawn, one value a pixel: a pixel is taken away with all
of its colours.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice
from vizcore.lenses.capture import Images, as_input
from vizcore.lenses.explaining import Explain, within
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.saliency_metrics import baseline_of
from vizcore.lenses.scoring import Scoring, scoring
from vizcore.records.trust import Baseline
from vizcore.runtime.jobs import Progress


def infidelity(
    network: nn.Module,
    image_nchw: Images,
    values_hw: npt.NDArray[np.floating],
    target: int,
    *,
    removals: int = 64,
    side_px: int | None = None,
    baseline: Baseline = "mean",
    seed: int = 0,
    fallen_s: npt.NDArray[np.float64] | None = None,
) -> Generator[Progress, None, tuple[float, float | None]]:
    """How badly a map foretells what the score loses with a square of the picture.

    Captum's `infidelity` with `normalize`: the mean squared error, over random squares, between
    the score's fall and the sum of the map inside the square, the map scaled to fit best. The
    second number is its share of what a map of zeros gets: 0 is foretold exactly, 1 is no better
    than nothing; None where no square changes the score.

    Args:
        values_hw: the map.
        removals: random squares.
        side_px: of the squares; None takes a quarter of the shorter side.
        baseline: what stands in a square that was taken away.
        fallen_s: what the score loses with each square, where `falls` has told it already.

    Raises:
        BadChoice: a map or a square that does not fit the picture, or no removals.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(16, 1, bias=False))
        >>> weights = net[1].weight.detach().numpy().reshape(4, 4)
        >>> steps = infidelity(net, torch.ones(1, 1, 4, 4), weights, 0, baseline="zero")
        >>> found, share = finish(steps)
        >>> round(found, 6), round(share, 6)
        (0.0, 0.0)
    """
    from captum.metrics import infidelity as captum_infidelity

    height, width = one_picture(image_nchw).shape[2:]
    if values_hw.shape != (height, width):
        raise BadChoice(f"The map is {values_hw.shape}, the picture {(height, width)}.")
    squares = removed_squares((height, width), removals, side_px, seed)
    if fallen_s is None:
        ready = scoring(network, image_nchw)
        fallen_s = yield from _falls(ready, squares, target, baseline)
    fallen = torch.tensor(fallen_s, dtype=torch.float32).unsqueeze(1)

    def measured(values: npt.NDArray[np.floating], normalize: bool) -> float:
        return float(
            captum_infidelity(
                lambda there: -fallen if bool((there == 0).any()) else torch.zeros(1, 1),
                lambda there: (squares, there - squares),
                torch.ones_like(squares[:1]),
                torch.from_numpy(np.array(values, np.float32))[None, None],
                target=0,
                n_perturb_samples=removals,
                normalize=normalize,
            ).item()
        )

    largest = float(np.abs(values_hw).max())
    # Captum expands the square: an exact map comes out a rounding error from 0, on either side.
    found = max(0.0, measured(values_hw / largest if largest else values_hw, normalize=True))
    nothing = measured(np.zeros_like(values_hw), normalize=False)
    return found, found / nothing if nothing else None


def falls(
    network: nn.Module,
    image_nchw: Images,
    target: int,
    *,
    removals: int = 64,
    side_px: int | None = None,
    baseline: Baseline = "mean",
    seed: int = 0,
) -> Generator[Progress, None, npt.NDArray[np.float64]]:
    """What the score loses with each of the random squares of `infidelity`: (removals,).

    No map is in it: one answer serves all maps of a class.
    """
    ready = scoring(network, image_nchw)
    size = ready.image.shape[2], ready.image.shape[3]
    squares = removed_squares(size, removals, side_px, seed)
    return (yield from _falls(ready, squares, target, baseline))


def _falls(
    ready: Scoring, squares: Tensor, target: int, baseline: Baseline
) -> Generator[Progress, None, npt.NDArray[np.float64]]:
    without = baseline_of(ready.image, baseline)
    parts = torch.cat([torch.zeros_like(squares[:1]), squares])

    def make(part: Tensor) -> Tensor:
        return torch.where(part.to(ready.image.device) > 0, without, ready.image)

    scores = yield from ready.scores(make, parts, "squares taken away")
    lost: npt.NDArray[np.float64] = scores[0, target] - scores[1:, target]
    return lost


def sensitivity(
    network: nn.Module,
    image_nchw: Images,
    explain: Explain,
    *,
    nudges: int = 10,
    radius: float = 0.02,
    seed: int = 0,
    values_hw: npt.NDArray[np.floating] | None = None,
) -> Generator[Progress, None, float]:
    """Captum's `sensitivity_max`: the largest relative change of a map in a small neighbourhood.

    The norm of the map's change, divided by the map's norm, at most over inputs each value of which
    was moved by at most `radius` at random.

    Args:
        explain: the method, with one class.
        nudges: disturbed inputs.
        radius: in the units of the network's input.
        values_hw: the map of the picture itself, where it is known already.

    Raises:
        BadChoice: no nudges, or a radius that is not above 0.
        NotApplicable: the method does not apply.
    """
    from captum.metrics import sensitivity_max

    if nudges < 1:
        raise BadChoice.among("nudges", nudges, ["1 and more"])
    if not radius > 0:
        raise BadChoice.among("radius", radius, ["a number above 0"])
    image = as_input(network, one_picture(image_nchw))
    moved = disturbed(image, nudges, radius, seed)
    known = [] if values_hw is None else [values_hw]
    asked = [*([] if known else [image]), *moved.split(1)]
    maps = [torch.from_numpy(np.array(each, np.float64))[None, None] for each in known]
    for place, each in enumerate(asked):
        note = f"disturbed input {len(maps)} of {nudges}" if maps else "the map itself"
        found = yield from within(explain(network, each), place, len(asked), note)
        maps.append(torch.from_numpy(np.array(found.values_hw, np.float64))[None, None])
        yield Progress(place + 1, len(asked), note)
    answers = iter((maps[0], torch.cat(maps[1:])))
    largest: Tensor = sensitivity_max(
        lambda _inputs: next(answers),
        image.double().cpu(),
        perturb_func=lambda _inputs: moved,
        n_perturb_samples=nudges,
    )
    return float(largest.item())


def disturbed(image_nchw: Tensor, nudges: int, radius: float, seed: int) -> Tensor:
    """So many copies of a picture, each value moved by at most `radius`, evenly distributed."""
    source = torch.Generator().manual_seed(seed)
    noise = torch.empty(nudges, *image_nchw.shape[1:]).uniform_(-radius, radius, generator=source)
    return image_nchw + noise.to(image_nchw)


def square_side(size: tuple[int, int]) -> int:
    """The side of the squares that are taken away, unless somebody says otherwise.

    Example:
        >>> square_side((64, 48))
        12
    """
    return max(1, min(size) // 4)


def removed_squares(size: tuple[int, int], count: int, side_px: int | None, seed: int) -> Tensor:
    """Random squares inside a picture of this size, 1 inside and 0 outside: (count, 1, H, W).

    Raises:
        BadChoice: a square larger than the picture, or none.
    """
    side = square_side(size) if side_px is None else side_px
    if not 1 <= side <= min(size):
        raise BadChoice.among("side_px", side, [f"1 to {min(size)}"])
    if count < 1:
        raise BadChoice.among("removals", count, ["1 and more"])
    source = np.random.default_rng(seed)
    made = torch.zeros(count, 1, *size)
    for each in made:
        top, left = (int(source.integers(0, length - side + 1)) for length in size)
        each[0, top : top + side, left : left + side] = 1
    return made
