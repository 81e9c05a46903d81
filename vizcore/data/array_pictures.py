"""Readers of pictures that are no files: arrays in memory, and what a data set gives by number."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vizcore.data.picture_folder import Digest, Pixels
from vizcore.errors import BadImage


@dataclass(frozen=True, slots=True)
class ArrayReader:
    """Pictures in memory: (height, width), (height, width, 1) or (height, width, 3), uint8."""

    pictures: Sequence[Pixels]

    def read(self, number: int) -> Pixels:
        picture = np.asarray(self.pictures[number])
        grey = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 1)
        if (not grey and (picture.ndim != 3 or picture.shape[2] != 3)) or picture.dtype != np.uint8:
            raise BadImage(
                f"An array of {picture.dtype} {picture.shape} came in; allowed is uint8 "
                "(height, width) or (height, width, 3)."
            )
        return picture.reshape(*picture.shape[:2], 1).repeat(3, axis=2) if grey else picture

    def digest(self) -> Digest:
        found = hashlib.sha256()
        for number, picture in enumerate(self.pictures):
            pixels = np.ascontiguousarray(picture)
            found.update(repr((pixels.shape, str(pixels.dtype))).encode())
            found.update(pixels.data)
            if number % 256 == 255:
                yield (number + 1) / len(self.pictures)
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class DatasetReader:
    """A data set that gives a picture, or (picture, label), by number; such as torchvision's."""

    dataset: Any

    def read(self, number: int) -> Pixels:
        try:
            item = self.dataset[number]
            picture = item[0] if isinstance(item, (tuple, list)) else item
            if hasattr(picture, "convert"):
                picture = picture.convert("RGB")
            pixels = np.asarray(picture)
        except Exception as error:  # other people's code raises what it likes
            raise BadImage(f"It cannot be read: {type(error).__name__}: {error}.") from error
        return ArrayReader([pixels]).read(0)

    def digest(self) -> Digest:
        found = hashlib.sha256()
        for number in range(len(self.dataset)):
            try:
                pixels = self.read(number)
                found.update(repr(pixels.shape).encode())
                found.update(np.ascontiguousarray(pixels).data)
            except BadImage:
                found.update(b"not read")
            if number % 256 == 255:
                yield (number + 1) / len(self.dataset)
        return found.hexdigest()


def class_of_each(dataset: Any) -> Sequence[str] | None:
    """The class of each picture of a data set, where it says so without reading them.

    Example:
        >>> class Two:
        ...     classes, targets = ["cat", ("dog", "hound")], [1, 0]
        >>> class_of_each(Two())
        ['dog', 'cat']
    """
    names = getattr(dataset, "classes", None)
    numbers: Any = None
    for attribute in ("targets", "labels", "_labels"):
        numbers = getattr(dataset, attribute, None)
        if numbers is not None:
            break
    else:
        samples = getattr(dataset, "_samples", None)
        numbers = None if samples is None else [number for _, number in samples]
    try:
        plain = [each if isinstance(each, str) else str(each[0]) for each in names or ()]
        found = [plain[int(number)] for number in np.asarray(numbers).tolist()]
    except (TypeError, ValueError, IndexError):
        return None
    return found or None
