"""Where a name stands beside its point, so that no name hides a point or another name."""

from __future__ import annotations

from collections.abc import Sequence

#: Half the height of a line of text, and half the width of a letter, at 16 pixels.
_HALF_LINE_PX, _HALF_LETTER_PX = 10.0, 4.1
Point = tuple[float, float]


def shifts(
    points_px: Sequence[Point],
    names: Sequence[str],
    size_px: tuple[float, float],
    *,
    radius_px: float = 8.0,
    also_px: Sequence[Point] = (),
) -> list[Point]:
    """How far (right, up) from its point the centre of each name stands, in pixels.

    The names of crowded points are placed first, each where it hides least, nearest first.

    Args:
        points_px: (right, up) on a plot of `size_px` (width, height).
        names: of the points, in the same order.
        also_px: other marks that should not be hidden.

    Example:
        >>> shifts([(50, 50)], ["ab"], (100, 100))
        [(18.2, 0.0)]
    """
    marks = [*points_px, *also_px]
    boxes: list[tuple[float, float, float, float]] = []
    found: dict[int, Point] = {}

    def crowd(place: int) -> int:
        x, y = points_px[place]
        return sum(abs(x - a) < 120 and abs(y - b) < 40 for a, b in marks)

    for place in sorted(range(len(names)), key=crowd, reverse=True):
        x, y = points_px[place]
        half = _HALF_LETTER_PX * len(names[place])

        def hidden(shift: Point, x: float = x, y: float = y, half: float = half) -> float:
            left, right = x + shift[0] - half, x + shift[0] + half
            low, high = y + shift[1] - _HALF_LINE_PX, y + shift[1] + _HALF_LINE_PX
            covered = sum(
                left - radius_px < a < right + radius_px and low - radius_px < b < high + radius_px
                for a, b in marks
            )
            crossed = sum(
                left < b[2] and b[0] < right and low < b[3] and b[1] < high for b in boxes
            )
            outside = (left < 0) + (right > size_px[0]) + (low < 0) + (high > size_px[1])
            far = abs(shift[1]) / 1000 + (shift[0] < 0) / 100
            return covered + 3 * crossed + 10 * outside + far

        best = min(_places(half, radius_px), key=hidden)
        left, low = x + best[0] - half, y + best[1] - _HALF_LINE_PX
        boxes.append((left, low, left + 2 * half, low + 2 * _HALF_LINE_PX))
        found[place] = best
    return [found[place] for place in range(len(names))]


def _places(half: float, radius_px: float) -> list[Point]:
    """Beside, above, below, and further off."""
    aside, up = half + radius_px + 2, _HALF_LINE_PX + radius_px
    made = [(aside, 0.0), (-aside, 0.0)]
    for step in range(4):
        tall = up + 14 * step
        for shift in (0.0, 0.7 * half, -0.7 * half, aside, -aside):
            made += [(shift, tall), (shift, -tall)]
    return made
