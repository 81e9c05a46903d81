"""Pictures prepared in the background: all of them, in order, and no more than asked for."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from vizcore.data.loading import AHEAD, Views, loaded
from vizcore.data.picture_folder import Digest
from vizcore.data.picture_sets import PictureSet
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import BadImage

HOW = Preprocessing(8, 8, (0.5,), (0.25,))


class Reader:
    """Pictures whose grey value is their number; some cannot be read."""

    def __init__(self, spoilt: frozenset[int] = frozenset()) -> None:
        self.spoilt = spoilt
        self.asked: list[int] = []
        self.threads: set[str] = set()

    def read(self, number: int) -> np.ndarray:
        self.asked.append(number)
        self.threads.add(threading.current_thread().name)
        if number in self.spoilt:
            raise BadImage(f"Number {number} is spoilt.")
        return np.full((9, 10, 3), number, np.uint8)

    def digest(self) -> Digest:
        yield 1.0
        return f"numbers but {sorted(self.spoilt)}"


def pictures(reader: Reader, count: int = 23) -> PictureSet:
    return PictureSet("t", tuple(f"{n}.png" for n in range(count)), reader)


@pytest.mark.parametrize("batch", [1, 5, 23, 64])
@pytest.mark.parametrize("first", [0, 5, 22, 23])
def test_every_picture_once_in_order(batch: int, first: int) -> None:
    reader = Reader(frozenset({0, 7, 8, 22}))
    seen = list(loaded(pictures(reader), HOW, first=first, batch=batch))
    assert reader.asked == list(range(first, 23))
    numbers = [number for each in seen for number in each.numbers]
    assert numbers == [n for n in range(first, 23) if n not in reader.spoilt]
    assert [each.name for part in seen for each in part.not_read] == [
        f"{n}.png" for n in sorted(reader.spoilt) if n >= first
    ]
    assert not seen or seen[-1].after == 23
    for each in seen:
        if not each.numbers:
            assert each.images_nchw is None
            continue
        grey = each.images_nchw[:, 0, 0, 0] * 0.25 + 0.5
        np.testing.assert_allclose(grey * 255, each.numbers, atol=1e-3)
        assert each.images_nchw.shape[1:] == (1, 8, 8)


def test_reading_is_not_done_by_who_asks_and_stops_when_nobody_asks() -> None:
    reader = Reader()
    steps = loaded(pictures(reader, 1000), HOW, batch=2)
    assert next(steps).numbers == (0, 1)
    steps.close()
    assert threading.current_thread().name not in reader.threads
    assert len(reader.asked) <= 2 * (AHEAD + 1)
    assert not [t for t in threading.enumerate() if t.name.startswith("convscope-pictures")]


def test_an_error_that_is_no_pictures_own_is_raised() -> None:
    class Broken(Reader):
        def read(self, number: int) -> np.ndarray:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(loaded(pictures(Broken()), HOW))


def test_views_are_held_up_to_a_number_of_bytes() -> None:
    reader = Reader()
    views = Views(pictures(reader), HOW, max_bytes=3 * 3 * 64)
    for number in (0, 1, 2, 0, 3, 0, 1):
        assert views(number).tolist() == np.full((8, 8, 3), number).tolist()
    assert reader.asked == [0, 1, 2, 3, 1]
