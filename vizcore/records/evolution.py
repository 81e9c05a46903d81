"""Frozen results about a network's training: how its filters, patches and saliency changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from vizcore.records import Pair, ReceptiveField
from vizcore.records.layers import Kind
from vizcore.records.maps import Prediction
from vizcore.records.patches import StrongestPatches
from vizcore.records.saliency import SaliencyMap


@dataclass(frozen=True, slots=True)
class LayerHistory:
    """One layer's filters at every snapshot of a training, without their biases.

    A filter is all weights that make one output channel (or unit). Distances between snapshots
    are of neighbouring ones, one value a gap.

    Attributes:
        layer: torch's dotted name; `kind` "conv" or "linear".
        filters: how many the layer has.
        cosine_g: mean over the filters of 1 - cosine similarity, across each gap.
        relative_g: L2 distance of the layer's weights across each gap, of the mean of the two
            norms: 0 for no change, at most 2.
        way_left_e: L2 distance to the finished weights, of the first snapshot's distance: 1 at
            the first snapshot, 0 at the last.
        turn_left_e: the same for the mean of 1 - cosine similarity to the finished filters.
        kernels_eshwp: float32 (epochs, shown, height, width, planes): the filters of a layer that
            reads colours (3 planes), else the kernels with the greatest norms (1 plane). None
            for a layer without kernels.
        shown: what they are: (filter, input channel), the finished network's greatest norm
            first; input -1 where all inputs are shown.
        kernels: how many there were to choose from.
    """

    layer: str
    kind: Kind
    filters: int
    cosine_g: npt.NDArray[np.float64]
    relative_g: npt.NDArray[np.float64]
    way_left_e: npt.NDArray[np.float64]
    turn_left_e: npt.NDArray[np.float64]
    kernels_eshwp: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    shown: tuple[Pair, ...] = field(default=(), repr=False)
    kernels: int = 0


@dataclass(frozen=True, slots=True)
class FilterHistory:
    """How far every layer's filters were at every snapshot of a training.

    Attributes:
        key: of the architecture.
        epochs: of the snapshots, rising; the last is the finished network.
        validation: share (0..1) of the validation patches named rightly at each.
        layers: convolutions and fully connected layers, lowest first.
    """

    key: str
    epochs: tuple[int, ...]
    validation: tuple[float, ...]
    layers: tuple[LayerHistory, ...]

    @property
    def convolutions(self) -> tuple[LayerHistory, ...]:
        """The layers that have kernels."""
        return tuple(each for each in self.layers if each.kind == "conv")

    def layer(self, name: str) -> LayerHistory | None:
        """The layer of this name, if there is one."""
        return next((each for each in self.layers if each.layer == name), None)

    def halfway(self, left_e: npt.NDArray[np.float64]) -> float:
        """The epoch from which at most half is left for good, straight lines between snapshots."""
        above = np.flatnonzero(left_e > 0.5)
        if not above.size:
            return float(self.epochs[0])
        last = int(above[-1])
        if last + 1 == len(left_e):
            return float(self.epochs[last])
        share = (left_e[last] - 0.5) / (left_e[last] - left_e[last + 1])
        return float(self.epochs[last] + share * (self.epochs[last + 1] - self.epochs[last]))

    def lower_first(self, what: str = "way_left_e") -> tuple[int, int, int]:
        """Which of two convolutions was halfway first, counted over all pairs of them.

        Args:
            what: the measure, "way_left_e" or "turn_left_e".

        Returns:
            How often the lower one was first, how often the two were within one epoch of each
            other, and how often the upper one was first.
        """
        halves = [self.halfway(getattr(each, what)) for each in self.convolutions]
        behind = [high - low for low, high in combinations(halves, 2)]
        lower, upper = sum(each > 1 for each in behind), sum(each < -1 for each in behind)
        return lower, len(behind) - lower - upper, upper


@dataclass(frozen=True, slots=True)
class PatchHistory:
    """The strongest patches of every convolution at every snapshot of a training.

    Attributes:
        epochs: of the snapshots.
        pictures: how many were looked at, and `said` which.
        fields: each layer's receptive field: the input pixels one value sees.
        found: for each snapshot, each layer's patches.
    """

    epochs: tuple[int, ...]
    pictures: int
    said: str
    fields: dict[str, ReceptiveField]
    found: tuple[dict[str, StrongestPatches], ...] = field(repr=False)

    def changed_g(self, layer: str) -> npt.NDArray[np.float64]:
        """Share of a layer's channels whose strongest picture is another one after each gap."""
        first = [each[layer].pictures_ck[:, 0] for each in self.found]
        return np.array([float((late != early).mean()) for early, late in pairwise(first)])


@dataclass(frozen=True, slots=True)
class SaliencyHistory:
    """One class's saliency in one picture, and what the network said, at every snapshot.

    Attributes:
        maps: all of the same class: the one the finished network finds most probable.
        predictions: the most probable classes at each snapshot.
    """

    epochs: tuple[int, ...]
    maps: tuple[SaliencyMap, ...] = field(repr=False)
    predictions: tuple[Prediction, ...] = field(repr=False)
