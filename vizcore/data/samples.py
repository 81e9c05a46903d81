"""Sample pictures for the pages: whole photographs, and pieces that no training has seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from vizcore.data.photographs import PHOTOS, Photo
from vizcore.data.photos20 import Box, contrast, windows
from vizcore.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture that comes with ConvScope.

    Attributes:
        name: how addresses and the command line call it: `cat`, `cat-test`.
        title, source, licence: for the caption.
        class_name: its class in Photos-20.
        held_out: True for a piece of the test part, of which no pixel was trained on. A whole
            photograph contains the training part, and shows it smaller than training did.
    """

    name: str
    title: str
    source: str
    licence: str
    class_name: str | None
    held_out: bool
    photo: Photo
    box: Box | None = None

    def read(self) -> bytes:
        """Return the bytes of a picture file (the photograph's own, or a PNG of the piece)."""
        return self.photo.read() if self.box is None else self.photo.cut(self.box)


@cache
def sample_pictures() -> tuple[Sample, ...]:
    """Return the whole photographs, then one held-out piece of each.

    The piece is the fixed test window with the most contrast: chosen by that rule alone, without
    asking any network.

    Example:
        >>> len(sample_pictures())
        40
    """
    return (*(_whole(photo) for photo in PHOTOS), *(_piece(photo) for photo in PHOTOS))


def sample(name: str) -> Sample:
    """Return one sample by name.

    Raises:
        UnknownName: there is no such sample; the message lists the nearest.
    """
    by_name = {each.name: each for each in sample_pictures()}
    if name not in by_name:
        raise UnknownName.among("sample picture", name, by_name)
    return by_name[name]


def _whole(photo: Photo) -> Sample:
    name = photo.name.replace(" ", "-")
    return Sample(name, photo.title, photo.source, photo.licence, photo.name, False, photo)


def _piece(photo: Photo) -> Sample:
    box = max(windows(photo, "test"), key=lambda each: contrast(photo, each))
    name = photo.name.replace(" ", "-") + "-test"
    title = f"{photo.title}: a piece not seen in training"
    return Sample(name, title, photo.source, photo.licence, photo.name, True, photo, box)
