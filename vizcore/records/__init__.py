"""Frozen results: numbers, tuples and numpy arrays, nothing else. No torch, no streamlit.

Every lens, table and reference loader returns a record, and every figure is drawn from one; each
topic has a `records_*.py` of its own, and here is what they share.
Shapes are torch's, batch first: a feature map is `(N, C, H, W)`. Arrays name their axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Pair = tuple[int, int]
#: Pixels (left, top, right, bottom) of a picture; a part of them may lie outside it.
Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """The square of input pixels that one value of a layer can see.

    Attributes:
        size: height and width in input pixels, ignoring the picture's borders.
        stride: how many input pixels the square moves from one value to the next.
        offset: input coordinate of the first value's top left pixel (negative inside padding).
        exact: True when a path exists to every corner; False when the size is an upper bound.
        whole: True when every value sees the whole picture (global pooling, attention, flatten).
    """

    size: Pair
    stride: Pair
    offset: Pair
    exact: bool = True
    whole: bool = False

    def window(self, place: Pair) -> Window:
        """The pixels that the value at `place` (row, column) sees; past the border is padding.

        Example:
            >>> ReceptiveField((7, 7), (2, 2), (-3, -3)).window((0, 5))
            (7, -3, 14, 4)
        """
        top, left = (self.offset[a] + place[a] * self.stride[a] for a in (0, 1))
        return left, top, left + self.size[1], top + self.size[0]


def as_plain(value: Any) -> Any:
    """Turn a record into dictionaries, lists and numbers that `json` can write.

    Example:
        >>> as_plain(ReceptiveField((3, 3), (1, 1), (-1, -1)))["size"]
        [3, 3]
    """
    from dataclasses import fields, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): as_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return value
