"""The sets of pictures that come with ConvScope: held-out patches, photographs, digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vizcore.data import digits10, photos20
from vizcore.data.photographs import PHOTOS
from vizcore.data.picture_folder import Pixels


def _photographs() -> tuple[tuple[str, ...], Sequence[Pixels]]:
    return tuple(each.name for each in PHOTOS), [each.rgb_hwc() for each in PHOTOS]


def _photos20() -> tuple[tuple[str, ...], Sequence[Pixels]]:
    names, pictures = [], []
    for part in ("validation", "test"):
        patches, labels = photos20.held_out(part)
        names += [
            f"{photos20.CLASSES[label]}, {part} patch {place}" for place, label in enumerate(labels)
        ]
        pictures += list(patches)
    whole_names, whole = _photographs()
    return (*names, *(f"{each}, whole" for each in whole_names)), [*pictures, *whole]


def _digits10() -> tuple[tuple[str, ...], Sequence[Pixels]]:
    names, pictures = [], []
    for part in ("validation", "test"):
        digits, labels = digits10.held_out(part)
        names += [f"{label}, {part} digit {place}" for place, label in enumerate(labels)]
        pictures += list(digits)
    return tuple(names), pictures


#: Sets that come with ConvScope: their titles, and how to get names and pictures.
BUNDLED: dict[str, tuple[str, Callable[[], tuple[tuple[str, ...], Sequence[Pixels]]]]] = {
    "photos20": ("Photos-20: held-out patches, and the twenty photographs", _photos20),
    "photographs": ("The twenty photographs", _photographs),
    "digits10": ("Digits-10: held-out digits", _digits10),
}
