"""Sample pictures for the pages: whole photographs, and pieces that no training has seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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
        name: how addresses and the command line call it: `cat`, `cat-test`.
        title, source, licence: for the caption.
        class_name: its class in Photos-20.
        held_out: True for a piece of the test part, of which no pixel was trained on; False for
            a whole photograph, which contains the training part.
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
    name = photo.name.replace(" ", "-") + "-test"
    title = f"{photo.title}: a piece not seen in training"
    return Sample(
        name, title, photo.source, photo.licence, photo.name, True, photo, _PIECES[photo.name]
    )
