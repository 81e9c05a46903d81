"""What is kept of a run while it goes on: the curves, and a few frames to go back to."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vizcore.records.class_images import FRAMES_BYTES, MOST_FRAMES, Frame


class Film:
    """Curves of all steps, and evenly spaced frames in bounded memory, the last among them.

    Example:
        >>> film = Film(6, 1, (2, 2), ("score",), most_frames=4)
        >>> for step in range(7):
        ...     film.write(step, np.array([[step]]))
        ...     if film.wants(step):
        ...         film.keep(step, np.zeros((1, 2, 2, 3), np.uint8))
        >>> [frame.step for frame in film.frames], film.curve("score", 2).ravel().tolist()
        ([0, 2, 4, 6], [0.0, 1.0, 2.0])
    """

    def __init__(
        self,
        steps: int,
        images: int,
        sides: tuple[int, int],
        curves: tuple[str, ...],
        most_frames: int = MOST_FRAMES,
    ) -> None:
        frame_bytes = images * sides[0] * sides[1] * 3
        count = max(2, min(most_frames, FRAMES_BYTES // frame_bytes))
        self._every = math.ceil(steps / (count - 1))
        self._steps = steps
        self._names = {name: place for place, name in enumerate(curves)}
        self._values = np.full((len(curves), steps + 1, images), np.nan, np.float32)
        self.frames: tuple[Frame, ...] = ()

    def write(self, step: int, values_kn: npt.NDArray[np.floating]) -> None:
        """Note a step's values in the curves, in their order."""
        self._values[:, step] = values_kn

    def curve(self, name: str, step: int) -> npt.NDArray[np.float32]:
        """A curve up to a step; what is written later does not change it."""
        return self._values[self._names[name], : step + 1]

    def wants(self, step: int) -> bool:
        """Whether a frame is to be kept of this step, and is not yet."""
        is_due = step % self._every == 0 or step == self._steps
        return is_due and (not self.frames or self.frames[-1].step < step)

    def keep(self, step: int, pictures_nhwc: npt.NDArray[np.uint8]) -> None:
        """Keep a frame."""
        self.frames = (*self.frames, Frame(step, pictures_nhwc))
