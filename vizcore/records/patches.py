"""Frozen results about which places of which pictures excite the channels of a layer most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.records import ReceptiveField, Window


@dataclass(frozen=True, slots=True)
class StrongestPatches:
    """The places where each channel of a layer was greatest, one place a picture.

    Attributes:
        layer: torch's dotted name.
        values_ck: float32, greatest first.
        pictures_ck: int64, the number of the picture.
        places_ckp: int64, (row, column) in the layer's map of that picture.
    """

    layer: str
    values_ck: npt.NDArray[np.float32] = field(repr=False)
    pictures_ck: npt.NDArray[np.int64] = field(repr=False)
    places_ckp: npt.NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PatchPlace:
    """A place of a network whose units' strongest patches can be looked for.

    Attributes:
        name, op, leaf: as in `vizcore.records.MapLayer`.
        channels: its units.
        convolution: whether it is a run of a convolution.
        field: what a value of it sees; None where that is not known.
        macs: multiply-adds of a pass of one picture that ends with it.
    """

    name: str
    op: str
    channels: int
    leaf: bool
    convolution: bool
    field: ReceptiveField | None
    macs: int


@dataclass(frozen=True, slots=True)
class NotRead:
    """A file that was not looked at.

    Attributes:
        name: as its folder or archive calls it.
        reason: one sentence.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Patch:
    """One of the places that excite a unit most.

    Attributes:
        value: the activation there, the greatest in this picture.
        number, picture: which picture, and its name.
        place: (row, column) in the layer's map.
        window: the pixels of the network's input that the value sees; None where not known.
    """

    value: float
    number: int
    picture: str
    place: tuple[int, int]
    window: Window | None


@dataclass(frozen=True, slots=True)
class TopPatches:
    """What excites the units of a network most, of a set of pictures.

    Attributes:
        key, weights: of the network, by name; `random_weights` where nothing was learned.
        pictures: the set's title; `data_sha256` of what is in it.
        names: every picture's name; its place here is its number.
        looked_at: how many could be read.
        skipped: the files that were not looked at.
        top: how many places of each unit were asked for.
        input_px: side of the square that the network looks at.
        fields: each layer's receptive field; None where it is not known.
        found: each layer's strongest places, in the order the layers run.
    """

    key: str
    weights: str
    random_weights: bool
    pictures: str
    data_sha256: str
    names: tuple[str, ...] = field(repr=False)
    looked_at: int
    skipped: tuple[NotRead, ...] = field(repr=False)
    top: int
    input_px: int
    fields: Mapping[str, ReceptiveField | None] = field(repr=False)
    found: Mapping[str, StrongestPatches] = field(repr=False)

    def patches(self, layer: str, channel: int) -> tuple[Patch, ...]:
        """The places that excite one unit most, the strongest first.

        Raises:
            KeyError: the layer was not searched.
            IndexError: it has not so many channels.
        """
        found = self.found[layer]
        seen = self.fields[layer]
        patches = []
        for rank, value in enumerate(found.values_ck[channel].tolist()):
            number = int(found.pictures_ck[channel, rank])
            row, column = (int(at) for at in found.places_ckp[channel, rank])
            window = None if seen is None else seen.window((row, column))
            patches.append(Patch(value, number, self.names[number], (row, column), window))
        return tuple(patches)
