"""Frozen results about one unit: one channel of one layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.records import Pair, ReceptiveField


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The greatest channel of another layer at about the same place of the picture.

    Attributes:
        place: (row, column) in that layer's map, the nearest to the unit's place.
        value: of the channel there.
    """

    layer: str
    channel: int
    place: Pair
    value: float


@dataclass(frozen=True, slots=True)
class Unit:
    """One channel of a layer, and what it does with a picture.

    Attributes:
        layer: as `vizcore.records.maps.MapLayer` names it.
        channels: how many the layer has.
        map_hw: float32, its map of the picture.
        place: where the map is greatest (of equal values the first), and `value` there.
        receptive_field: what a value of the layer sees; None where that is not known.
        image_hwc: uint8, the picture as the network sees it.
        norm: L2 norm of its kernel; `norms_median` of the layer's; None where there is no kernel.
        nearest: (channel, cosine similarity) of the layer's other filters, most alike first.
        before, after: at `place`, in the convolutions before and after the layer.
        op: the class of the module that runs here, or the function.
        module: its name, by which its kernel and filters are found; None for a function.
        run: how often that module had run before in the pass.
    """

    layer: str
    channel: int
    channels: int
    map_hw: npt.NDArray[np.float32] = field(repr=False)
    place: Pair
    value: float
    receptive_field: ReceptiveField | None
    image_hwc: npt.NDArray[np.uint8] = field(repr=False)
    norm: float | None = None
    norms_median: float | None = None
    nearest: tuple[tuple[int, float], ...] = ()
    before: Neighbour | None = None
    after: Neighbour | None = None
    op: str = ""
    module: str | None = None
    run: int = 0


@dataclass(frozen=True, slots=True)
class ClassesFed:
    """What one channel contributes to the score of every class.

    Attributes:
        layer: where it was measured: the unit's layer, or the normalisation between it and the
            ReLU that follows, so that what the ReLU lets through is what counts.
        classes: the names of the outputs.
        contributions_nk: float32, for each picture and class, the gradient of the class score
            (before softmax) times the activation, summed over the channel's map.
    """

    layer: str
    channel: int
    classes: tuple[str, ...] = field(repr=False)
    contributions_nk: npt.NDArray[np.float32] = field(repr=False)

    @property
    def mean_k(self) -> npt.NDArray[np.float32]:
        """The mean over the pictures."""
        mean: npt.NDArray[np.float32] = self.contributions_nk.mean(axis=0)
        return mean


@dataclass(frozen=True, slots=True)
class ChannelNumbers:
    """Every channel of one layer in numbers, over all places of some pictures.

    Attributes:
        mean_c, maximum_c: of the values.
        zeros_c: share of the values that are 0, of those that the ReLU after the layer lets
            through or stops where `after_relu`; else of the layer's own.
    """

    layer: str
    mean_c: npt.NDArray[np.float64] = field(repr=False)
    maximum_c: npt.NDArray[np.float64] = field(repr=False)
    zeros_c: npt.NDArray[np.float64] = field(repr=False)
    after_relu: bool


@dataclass(frozen=True, slots=True)
class NetworkNumbers:
    """The channels of layers in numbers.

    Attributes:
        title: of the set of pictures; `pictures` of it were looked at.
    """

    title: str
    pictures: int
    layers: Mapping[str, ChannelNumbers] = field(repr=False)
