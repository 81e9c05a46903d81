"""Sets of pictures to look through: bundled, a folder, a zip archive, arrays, a data set's own.

A set is listed first, without reading a picture; then each picture is read by its number. What
is not safe to open (links, names that lead out of an archive) or no picture is never looked at:
it is told by name, with the reason, and the rest goes on. Nothing is ever unpacked onto a disk.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from vizcore.data.array_pictures import ArrayReader, DatasetReader, class_of_each
from vizcore.data.bundled_pictures import BUNDLED
from vizcore.data.images import FORMATS
from vizcore.data.picture_folder import Digest, FolderReader, Pixels, list_folder, shown
from vizcore.data.zip_pictures import ZipReader, open_zip
from vizcore.errors import BadImage
from vizcore.records.patches import NotRead


class Reader(Protocol):
    """Reads pictures of a set by number; it can be sent to another thread."""

    def read(self, number: int) -> Pixels:
        """Return uint8 RGB (height, width, 3); raises BadImage."""

    def digest(self) -> Digest:
        """The sha256 of all that there is to read; yields the share that was read."""


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Pictures that are read one by one.

    Attributes:
        title: for people, such as "Photos-20, held out" or the folder's name.
        names: of each file that may be a picture; its place is the picture's number.
        reader: of the pictures.
        skipped: what was passed over while listing.
        stamp: tells this set from others in this process, without reading it.
        origin: where it comes from and its licence, in a sentence; empty where that is not known.
    """

    title: str
    names: tuple[str, ...] = field(repr=False)
    reader: Reader = field(repr=False)
    skipped: tuple[NotRead, ...] = field(default=(), repr=False)
    stamp: str = ""
    origin: str = ""

    def __len__(self) -> int:
        return len(self.names)

    def read(self, number: int) -> Pixels:
        """Return one picture, uint8 RGB (height, width, 3).

        Raises:
            BadImage: it cannot be read.
        """
        return self.reader.read(number)

    def digest(self) -> Digest:
        """The sha256 of the names and of all that there is to read; yields the share read."""
        content = yield from self.reader.digest()
        return hashlib.sha256("\n".join((content, *self.names)).encode()).hexdigest()


#: Numbers what is in memory, whose address may be used again.
_opened = itertools.count()


def open_pictures(what: Any) -> PictureSet:
    """A set of pictures, whatever it is given as.

    Args:
        what: a name of `BUNDLED`, a folder, a zip archive (its path or its bytes), a uint8 array
            (n, height, width[, 3]), a list of such pictures, a data set that gives a picture or
            (picture, label) by number (torchvision's), or a `PictureSet`.

    Raises:
        BadImage: nothing that can be looked through; says what is allowed.

    Example:
        >>> found = open_pictures(np.zeros((5, 8, 8), np.uint8))
        >>> len(found), found.read(4).shape
        (5, (8, 8, 3))
    """
    if isinstance(what, PictureSet):
        return what
    if isinstance(what, str) and what in BUNDLED:
        return bundled_pictures(what)
    if isinstance(what, bytes):
        return from_zip(what, "the zip archive")
    if isinstance(what, (str, Path)):
        path = Path(what).expanduser()
        if "\0" not in str(path) and path.is_dir():
            return from_folder(path)
        if "\0" not in str(path) and path.is_file():
            return from_zip(path, path.name)
        raise BadImage(
            f"There is no folder and no zip archive '{what}'. Allowed: one of these, or the "
            f"bundled {', '.join(BUNDLED)}.",
            received=str(what),
            suggestions=tuple(BUNDLED),
        )
    if isinstance(what, np.ndarray) or (
        isinstance(what, (list, tuple)) and all(isinstance(each, np.ndarray) for each in what)
    ):
        return from_arrays(what)
    if hasattr(what, "__len__") and hasattr(what, "__getitem__"):
        return from_dataset(what, type(what).__name__)
    raise BadImage(
        f"{type(what).__name__} is no set of pictures. Allowed: a folder, a zip archive, arrays, "
        f"a data set, or the bundled {', '.join(BUNDLED)}."
    )


def from_arrays(
    pictures: Sequence[Pixels] | Pixels,
    title: str = "arrays",
    names: Sequence[str] | None = None,
) -> PictureSet:
    """Pictures in memory, uint8 (n, height, width[, 3]), or a list of pictures of any sizes.

    Raises:
        BadImage: none, or another array than that.
    """
    if isinstance(pictures, np.ndarray) and (pictures.ndim not in (3, 4) or pictures.dtype != "u1"):
        raise BadImage(
            f"An array of {pictures.dtype} {pictures.shape} came in; allowed is uint8 "
            "(n, height, width) or (n, height, width, 3)."
        )
    given = tuple(names) if names else tuple(f"picture {each}" for each in range(len(pictures)))
    return _not_empty(
        PictureSet(title, given, ArrayReader(list(pictures)), stamp=f"arrays {next(_opened)}")
    )


def from_dataset(dataset: Any, title: str, *, stamp: str = "", origin: str = "") -> PictureSet:
    """A data set that gives a picture, or (picture, label), by number, such as torchvision's.

    Its pictures are named by their classes where it tells them.

    Args:
        stamp, origin: as of `PictureSet`.

    Raises:
        BadImage: it holds no picture.
    """
    classes = class_of_each(dataset)
    known = classes is not None and len(classes) == len(dataset)
    names = tuple(
        f"{shown(classes[number])}, picture {number}" if classes and known else f"picture {number}"
        for number in range(len(dataset))
    )
    given = stamp or f"{title} {next(_opened)}"
    return _not_empty(PictureSet(title, names, DatasetReader(dataset), stamp=given, origin=origin))


def from_folder(path: Path) -> PictureSet:
    """The files in a folder and in its folders, in the order of their names.

    Links are not followed, so nothing outside the folder is read.

    Raises:
        BadImage: the folder cannot be read, or holds no file.
    """
    found, skipped, stamp = list_folder(path)
    names = tuple(shown(name) for name in found)
    reader = FolderReader(path, found)
    title = path.resolve().name or str(path)
    key = f"{path.resolve()} {stamp}"
    return _not_empty(PictureSet(title, names, reader, skipped, key))


def from_zip(content: Path | bytes, title: str) -> PictureSet:
    """The files in a zip archive, in the order of their names.

    Raises:
        BadImage: no zip archive, too many entries, or no file in it that may be a picture.
    """
    listing = open_zip(content)
    names = tuple(shown(name) for name in listing.names)
    skipped = tuple(NotRead(shown(name), reason) for name, reason in listing.skipped)
    reader = ZipReader(content, listing.names)
    return _not_empty(PictureSet(title, names, reader, skipped, listing.stamp))


def _not_empty(found: PictureSet) -> PictureSet:
    if found.names:
        return found
    first = f" The first of {len(found.skipped)} that were passed over: " if found.skipped else ""
    told = "".join(f"{each.name}: {each.reason}" for each in found.skipped[:1])
    raise BadImage(
        f"There is no picture in '{found.title}'. Allowed: {', '.join(FORMATS)}.{first}{told}",
        received=found.title,
    )


@cache
def bundled_pictures(name: str) -> PictureSet:
    """One of the sets of `BUNDLED`."""
    title, make = BUNDLED[name]
    names, pictures = make()
    reader = ArrayReader(pictures)
    return PictureSet(title, names, reader, stamp=f"bundled {name}")


def bundled_for(channels: int) -> str:
    """The bundled set that suits a network: digits for one grey channel, else photographs."""
    return "digits10" if channels == 1 else "photos20"
