"""Many pictures of one size, each with the class that is asked about in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class ManyPictures:
    """Pictures of one size and the class that is asked about in each.

    Attributes:
        inputs_chw: one a picture, preprocessed.
        images_hwc: one a picture, uint8, what the network looks at.
        targets_n: output numbers.
    """

    inputs_chw: Sequence[npt.NDArray[np.float32]] = field(repr=False)
    images_hwc: Sequence[npt.NDArray[np.uint8]] = field(repr=False)
    targets_n: npt.NDArray[np.int64] = field(repr=False)

    def inputs(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Some of the inputs together, (N, C, H, W)."""
        return np.stack(self.inputs_chw[start:stop])

    def runs(self) -> list[slice]:
        """Neighbours that are asked about the same class.

        Example:
            >>> asked = np.array([4, 4, 1, 4])
            >>> ManyPictures([], [], asked).runs()
            [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
        """
        turns = np.flatnonzero(np.diff(self.targets_n)) + 1
        return [slice(int(a), int(b)) for a, b in pairwise([0, *turns, len(self.targets_n)])]
