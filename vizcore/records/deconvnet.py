"""Frozen results about the way back from a unit to the pixels that excited it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.records import ReceptiveField


@dataclass(frozen=True, slots=True)
class Projections:
    """What of some pictures excited one unit in each, projected back to the input.

    Attributes:
        layer: torch's dotted name.
        channels_n: the channel of each picture's unit.
        places_np: int64 (n, 2), its row and column in the map.
        values_n: the unit's activation, which was sent down.
        projections_nchw: float32, as large as the network's input and in its units; 0 is nothing.
        receptive_field: which pixels a value of the layer sees; None where that is not known.
        images_nhwc: uint8, what the network looked at; None where only its input was given.
        notes: what the way down met that the paper's networks did not have, one sentence each.
    """

    layer: str
    channels_n: npt.NDArray[np.int64]
    places_np: npt.NDArray[np.int64]
    values_n: npt.NDArray[np.float32]
    projections_nchw: npt.NDArray[np.float32] = field(repr=False)
    receptive_field: ReceptiveField | None = None
    images_nhwc: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def crop(self, n: int) -> npt.NDArray[np.float32]:
        """One projection inside its unit's receptive field, as far as the picture reaches.

        All of it where the field is not known. Outside the field every projection is 0.
        """
        whole = self.projections_nchw[n]
        if self.receptive_field is None:
            return whole
        inside = []
        for axis in (0, 1):
            field = self.receptive_field
            first = field.offset[axis] + field.stride[axis] * int(self.places_np[n, axis])
            inside.append(slice(max(0, first), max(0, first + field.size[axis])))
        return whole[:, inside[0], inside[1]]
