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
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.explaining import Explain, within
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.saliency_metrics import BATCH, BATCH_VALUES, baseline_of
from vizcore.records_trust import Baseline
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches


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

    copy = private_copy(network)
    image = as_input(copy, one_picture(image_nchw))
    size = tuple(image.shape[2:])
    side = square_side((size[0], size[1])) if side_px is None else side_px
    if values_hw.shape != size:
        raise BadChoice(f"The map is {values_hw.shape}, the picture {size}.")
    if not 1 <= side <= min(size):
        raise BadChoice.among("side_px", side, [f"1 to {min(size)}"])
    if removals < 1:
        raise BadChoice.among("removals", removals, ["1 and more"])
    without = baseline_of(image, baseline)
    squares = _squares(removals, side, (size[0], size[1]), seed).to(image)

    def step(part: Tensor) -> Tensor:
        with torch.no_grad():
            return forward(copy, torch.where(part > 0, without, image))

    note = "squares taken away"
    batch = max(1, min(BATCH, BATCH_VALUES // image[0].numel()))
    parts = yield from in_batches(step, squares, batch=batch, device=str(image.device), note=note)
    perturbed, whole = torch.cat(parts), step(torch.zeros_like(squares[:1]))

    def measured(values: npt.NDArray[np.floating], normalize: bool) -> float:
        return float(
            captum_infidelity(
                lambda there: perturbed if bool((there == 0).any()) else whole,
                lambda there: (squares, there - squares),
                torch.ones_like(squares[:1]),
                torch.from_numpy(np.array(values, np.float32))[None, None].to(squares),
                target=target,
                n_perturb_samples=removals,
                normalize=normalize,
            ).item()
        )

    largest = float(np.abs(values_hw).max())
    # Captum expands the square: an exact map comes out a rounding error from 0, on either side.
    found = max(0.0, measured(values_hw / largest if largest else values_hw, normalize=True))
    nothing = measured(np.zeros_like(values_hw), normalize=False)
    return found, found / nothing if nothing else None


def sensitivity(
    network: nn.Module,
    image_nchw: Images,
    explain: Explain,
    *,
    nudges: int = 10,
    radius: float = 0.02,
    seed: int = 0,
) -> Generator[Progress, None, float]:
    """Captum's `sensitivity_max`: the largest relative change of a map in a small neighbourhood.

    The norm of the map's change, divided by the map's norm, at most over inputs each value of which
    was moved by at most `radius` at random.

    Args:
        explain: the method, with one class.
        nudges: disturbed inputs.
        radius: in the units of the network's input.

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
    maps: list[Tensor] = []
    for place, each in enumerate((image, *moved.split(1))):
        note = f"disturbed input {place} of {nudges}"
        found = yield from within(explain(network, each), place, nudges + 1, note)
        maps.append(torch.from_numpy(np.array(found.values_hw, np.float64))[None, None])
        yield Progress(place + 1, nudges + 1, note)
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


def _squares(count: int, side: int, size: tuple[int, int], seed: int) -> Tensor:
    """Random squares inside a picture, 1 inside and 0 outside: (count, 1, H, W)."""
    source = np.random.default_rng(seed)
    made = torch.zeros(count, 1, *size)
    for each in made:
        top, left = (int(source.integers(0, length - side + 1)) for length in size)
        each[0, top : top + side, left : left + side] = 1
    return made
