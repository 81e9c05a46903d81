"""Sample pictures for the pages: whole photographs, and what no training has seen of them and of
handwritten digits."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

from PIL import Image

from vizcore.data import digits10
from vizcore.data.photographs import PHOTOS, Photo
from vizcore.data.photos20 import Box
from vizcore.errors import UnknownName

#: Of each photograph the whole test block with the most contrast: chosen by that rule alone,
#: without asking any network. A test finds them again; here they cost no decoding.
_PIECES: dict[str, Box] = {
    "astronaut": (256, 256, 384, 384),
    "brick wall": (0, 128, 128, 256),
    "cameraman": (0, 128, 128, 256),
    "cat": (0, 75, 75, 150),
    "cell": (471, 330, 549, 408),
    "clock": (200, 150, 250, 200),
    "coffee": (300, 0, 400, 100),
    "coins": (154, 152, 229, 227),
    "flower": (213, 214, 319, 320),
    "galaxies": (667, 523, 833, 689),
    "grass": (256, 256, 384, 384),
    "gravel": (0, 128, 128, 256),
    "handwriting": (280, 57, 336, 113),
    "moon": (384, 0, 512, 128),
    "motorcycle": (618, 125, 741, 248),
    "printed page": (192, 0, 255, 63),
    "retina": (0, 282, 282, 564),
    "rocket": (427, 320, 533, 426),
    "temple": (533, 107, 639, 213),
    "tissue": (384, 0, 512, 128),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture that comes with ConvScope.

    Attributes:
        name: how addresses and the command line call it: `cat`, `cat-test`, `digit-7-test`.
        title, source, licence: for the caption.
        class_name: its class in Photos-20 or, for a digit, in Digits-10.
        held_out: True for a piece of the test part, of which no pixel was trained on, and for a
            digit of the test part; False for a whole photograph, which contains the training part.
        photo, box: the photograph, and which piece of it; None for a digit.
    """

    name: str
    title: str
    source: str
    licence: str
    class_name: str
    held_out: bool
    photo: Photo | None = None
    box: Box | None = None

    def read(self) -> bytes:
        """Return the bytes of a picture file (the photograph's own, or a PNG)."""
        if self.photo is None:
            return _first_test_digit(self.class_name)
        return self.photo.read() if self.box is None else self.photo.cut(self.box)


@cache
def sample_pictures() -> tuple[Sample, ...]:
    """Return the whole photographs, one held-out piece of each, and ten held-out digits.

    Example:
        >>> len(sample_pictures())
        50
    """
    pieces = (*(_whole(photo) for photo in PHOTOS), *(_piece(photo) for photo in PHOTOS))
    return (*pieces, *(_digit(name) for name in digits10.CLASSES))


def sample_pictures_for(channels: int) -> tuple[Sample, ...]:
    """Return the samples that suit a network: digits for one grey channel, else photographs.

    Only what to offer first: every network can look at every sample. Nothing is read from a disk.

    Example:
        >>> [each.name for each in sample_pictures_for(1)][:2], sample_pictures_for(3)[0].name
        (['digit-0-test', 'digit-1-test'], 'astronaut')
    """
    return tuple(each for each in sample_pictures() if (each.photo is None) == (channels == 1))


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
    name = photo.name.replace(" ", "-") + "-test"
    title = f"{photo.title}: a piece not seen in training"
    return Sample(
        name, title, photo.source, photo.licence, photo.name, True, photo, _PIECES[photo.name]
    )


def _digit(name: str) -> Sample:
    title = f"Handwritten {name}, not seen in training"
    return Sample(f"digit-{name}-test", title, digits10.SOURCE, digits10.LICENCE, name, True)


@cache
def _first_test_digit(name: str) -> bytes:
    """Return a PNG of the first digit of a class in the test part: no network was asked for it."""
    pictures, labels = digits10.held_out("test")
    file = io.BytesIO()
    Image.fromarray(pictures[labels == digits10.CLASSES.index(name)][0]).save(file, "PNG")
    return file.getvalue()
