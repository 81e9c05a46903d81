"""The piece of a picture that one value of a layer sees, cut by its receptive field."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vizcore.records import Pair, ReceptiveField


def window_of(field: ReceptiveField, place: Pair) -> tuple[int, int, int, int]:
    """The pixels (left, top, right, bottom) that the value at `place` (row, column) sees.

    The window may reach past the picture's border, into the padding.

    Example:
        >>> window_of(ReceptiveField((7, 7), (2, 2), (-3, -3)), (0, 5))
        (7, -3, 14, 4)
    """
    return field.window(place)


def cut_window(
    rgb_hwc: npt.NDArray[np.uint8],
    window: tuple[int, int, int, int],
    blank: tuple[int, int, int] = (255, 255, 255),
) -> npt.NDArray[np.uint8]:
    """Cut a window (left, top, right, bottom) out of a picture, exactly.

    What of the window is outside the picture is `blank`. Where the window is larger than the
    picture, the result is as large as the picture, with `blank` where the window does not reach:
    so the result's side is the smaller of the two.

    Example:
        >>> cut_window(np.zeros((4, 4, 3), np.uint8), (-1, 1, 2, 4))[0, :, 0].tolist()
        [255, 0, 0]
        >>> cut_window(np.zeros((2, 2, 3), np.uint8), (1, -9, 9, 9))[0, :, 0].tolist()
        [255, 0]
    """
    rows, columns = (_frame(window[1 - a], window[3 - a], rgb_hwc.shape[a]) for a in (0, 1))
    cut = np.empty((rows[1] - rows[0], columns[1] - columns[0], 3), np.uint8)
    cut[:] = blank
    inside = []
    for axis, frame in ((0, rows), (1, columns)):
        first = max(0, window[1 - axis], frame[0])
        last = max(first, min(rgb_hwc.shape[axis], window[3 - axis], frame[1]))
        inside.append((first, last))
    (top, bottom), (left, right) = inside
    into = cut[top - rows[0] : bottom - rows[0], left - columns[0] : right - columns[0]]
    into[:] = rgb_hwc[top:bottom, left:right]
    return cut


def _frame(first: int, last: int, side: int) -> Pair:
    """What is drawn along one axis: the window, or the picture where it is the smaller."""
    return (first, last) if last - first <= side else (0, side)
