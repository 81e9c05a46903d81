"""Pictures read and prepared in the background, so that the network does not wait for them."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.data.picture_sets import PictureSet
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import ConvScopeError
from vizcore.records.patches import NotRead

#: Batches that are prepared before the network asks for them.
AHEAD = 2


@dataclass(frozen=True, slots=True)
class Loaded:
    """Some pictures of a set, one after another.

    Attributes:
        numbers: of the pictures that could be read.
        images_nchw: they, as the network takes them; None where none could be read.
        not_read: the others.
        after: the number of the first picture that was not looked at.
    """

    numbers: tuple[int, ...]
    images_nchw: npt.NDArray[np.float32] | None = field(repr=False)
    not_read: tuple[NotRead, ...]
    after: int


def load(pictures: PictureSet, how: Preprocessing, numbers: Sequence[int]) -> Loaded:
    """Read and prepare some pictures, those numbered `numbers`, rising."""
    read: list[int] = []
    views: list[npt.NDArray[np.uint8]] = []
    failed: list[NotRead] = []
    for number in numbers:
        try:
            views.append(how.view(pictures.read(number)))
            read.append(number)
        except ConvScopeError as error:
            failed.append(NotRead(pictures.names[number], str(error)))
    images = how.standardise(np.stack(views)) if views else None
    return Loaded(tuple(read), images, tuple(failed), numbers[-1] + 1)


def loaded(
    pictures: PictureSet, how: Preprocessing, *, first: int = 0, batch: int = 64
) -> Generator[Loaded, None, None]:
    """All pictures from number `first` on, in batches, each read while the ones before are used.

    Close the generator to stop: what was not begun is not read.
    """
    batches = [
        range(start, min(start + batch, len(pictures)))
        for start in range(first, len(pictures), batch)
    ]
    ahead: deque[Future[Loaded]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="convscope-pictures") as pool:
        try:
            for place in range(len(batches) + AHEAD):
                if place < len(batches):
                    ahead.append(pool.submit(load, pictures, how, batches[place]))
                if place >= AHEAD:
                    yield ahead.popleft().result()
        finally:
            for each in ahead:
                each.cancel()


class Views:
    """Pictures of a set as the network saw them, uint8 (side, side, 3), by number.

    Those asked for last are held, up to a number of bytes.
    """

    def __init__(
        self, pictures: PictureSet, how: Preprocessing, *, max_bytes: int = 256_000_000
    ) -> None:
        self._pictures = pictures
        self._how = how
        self._most = max(1, max_bytes // (3 * how.crop_px**2))
        self._held: OrderedDict[int, npt.NDArray[np.uint8]] = OrderedDict()

    def __call__(self, number: int) -> npt.NDArray[np.uint8]:
        """Return one picture.

        Raises:
            BadImage: it cannot be read any more.
        """
        if number not in self._held:
            self._held[number] = self._how.view(self._pictures.read(number))
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        self._held.move_to_end(number)
        return self._held[number]
