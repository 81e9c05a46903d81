"""Where a name stands beside its point, so that no name hides a point or another name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

#: Half the height of a line of text, and half the width of a letter, at 16 pixels.
_HALF_LINE_PX, _HALF_LETTER_PX = 10.0, 4.1
#: The search begins anew so often, and goes on so long each time.
_STARTS, _ROUNDS = 40, 8
#: What it costs to cross another name, and to reach outside; to hide a mark costs 1.
_CROSSING, _OUTSIDE = 3.0, 10.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a name stands: its shift from the point (right, up) in pixels, and its anchor.

    `xanchor` is the side of the text that stands there. A `far` name needs a line to its point.
    """

    right: float
    up: float
    xanchor: Literal["left", "center", "right"]
    far: bool


def spots(
    points_px: Sequence[Point],
    names: Sequence[str],
    size_px: tuple[float, float],
    *,
    radius_px: float | Sequence[float] = 8.0,
    also_px: Sequence[Point] = (),
    also_radius_px: float | Sequence[float] = 8.0,
) -> list[Spot]:
    """Where each name stands beside its point: where all together hide least, nearest first.

    Each name in turn takes its best place beside all others until nothing moves; of several such
    ends, from beginnings drawn with a fixed seed, the best is taken.

    Args:
        points_px: (right, up) on a plot of `size_px` (width, height).
        names: of the points, in the same order.
        radius_px: of the points' marks, one for all or one each.
        also_px: other marks that should not be hidden; `also_radius_px` theirs.

    Example:
        >>> spots([(50, 50)], ["ab"], (100, 100))
        [Spot(right=13.0, up=0.0, xanchor='left', far=False)]
    """
    if not names:
        return []
    radii = np.broadcast_to(np.asarray(radius_px, dtype=np.float64), len(names))
    offered = [_offered(float(radius)) for radius in radii]
    boxes = np.array(
        [
            [_box(spot, point, 2 * _HALF_LETTER_PX * len(name)) for spot in own]
            for own, point, name in zip(offered, points_px, names, strict=True)
        ]
    )  # (names, spots, left low right high)
    marks = np.array([*points_px, *also_px], dtype=np.float64)
    reach = np.concatenate([radii, np.broadcast_to(also_radius_px, len(also_px))])
    covered = (
        (boxes[:, :, None, 0] - reach < marks[:, 0])
        & (marks[:, 0] < boxes[:, :, None, 2] + reach)
        & (boxes[:, :, None, 1] - reach < marks[:, 1])
        & (marks[:, 1] < boxes[:, :, None, 3] + reach)
    ).sum(axis=2)
    outside = (boxes[..., :2] < 0).sum(axis=2) + (boxes[..., 2:] > size_px).sum(axis=2)
    taste = [
        [abs(s.up) / 1000 + (s.xanchor == "right") / 100 + s.far / 2 for s in own]
        for own in offered
    ]
    alone = covered + _OUTSIDE * outside + np.array(taste)
    chosen = _best(alone, _CROSSING * _crossings(boxes))
    return [own[choice] for own, choice in zip(offered, chosen, strict=True)]


def _best(
    alone: npt.NDArray[np.float64], together: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """The spot of each name at the least cost: `alone` (n, s) and `together` (n, s, n, s)."""
    rng, count = np.random.default_rng(0), len(alone)
    everyone = np.arange(count)
    best, least = alone.argmin(axis=1), np.inf
    for start in range(_STARTS):
        chosen = best.copy() if start == 0 else rng.integers(0, alone.shape[1], count)
        for _ in range(_ROUNDS):
            before = chosen.copy()
            for name in rng.permutation(count):
                crossed = together[name, :, everyone, chosen].sum(axis=0)
                chosen[name] = (alone[name] + crossed).argmin()
            if (chosen == before).all():
                break
        cost = alone[everyone, chosen].sum()
        cost += together[everyone, chosen][:, everyone, chosen].sum() / 2
        if cost < least:
            best, least = chosen, cost
    return best


def _crossings(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Whether the box of a name at a spot crosses that of another name: (n, s, n, s)."""
    left, low, right, high = (boxes[..., side] for side in range(4))
    crossed = (
        (left[:, :, None, None] < right)
        & (left < right[:, :, None, None])
        & (low[:, :, None, None] < high)
        & (low < high[:, :, None, None])
    ).astype(np.float64)
    for name in range(len(boxes)):
        crossed[name, :, name, :] = 0
    return crossed


def _box(spot: Spot, point: Point, width: float) -> tuple[float, float, float, float]:
    """The left, low, right and high pixels of a name."""
    x, y = point[0] + spot.right, point[1] + spot.up
    left = x - {"left": 0.0, "center": width / 2, "right": width}[spot.xanchor]
    return left, y - _HALF_LINE_PX, left + width, y + _HALF_LINE_PX


def _offered(radius_px: float) -> list[Spot]:
    """Beside, above, below, and further off."""
    aside, up = radius_px + 5, _HALF_LINE_PX + radius_px
    made = [Spot(aside, 0.0, "left", False), Spot(-aside, 0.0, "right", False)]
    for step in range(5):
        tall, far = up + 12 * step, step > 0
        for sign in (1, -1):
            made += [
                Spot(0.0, sign * tall, "center", far),
                Spot(-aside, sign * tall, "left", far),
                Spot(aside, sign * tall, "right", far),
            ]
    return made
