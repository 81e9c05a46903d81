"""Frozen results about how far a saliency map can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from vizcore.records.saliency import Completeness, MethodFit

#: How layers lose what they learned: one after the other from the top, or each alone.
Order = Literal["cascading", "independent"]
#: What stands where a pixel was taken away.
Baseline = Literal["mean", "blur", "zero"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two maps are.

    Attributes:
        spearman: rank correlation of the signed values, -1 to 1; None where a map has one value.
        spearman_abs: the same of the magnitudes.
        ssim: structural similarity of the magnitudes, each map's 99th percentile taken as 1; None
            for maps smaller than its window.
    """

    spearman: float | None
    spearman_abs: float | None
    ssim: float | None


@dataclass(frozen=True, slots=True)
class SanityStep:
    """The map after some layers were drawn anew.

    Attributes:
        layers: the layers with weights that were drawn in this step, top first.
        values_hw: the map; None where the method made none of this network.
        likeness: to the map of the network as it is; None without a map.
        note: why there is no map.
    """

    layers: tuple[str, ...]
    values_hw: npt.NDArray[np.float32] | None = field(repr=False)
    likeness: Likeness | None
    note: str = ""

    @property
    def name(self) -> str:
        """The lowest of the layers: how far down the step reached."""
        return self.layers[-1]


@dataclass(frozen=True, slots=True)
class SanityCheck:
    """What becomes of a map when the network forgets what it learned, layer by layer.

    Attributes:
        method: what was computed, in words; `signed` whether its values have signs.
        order: "cascading" (all layers from the top down to this one) or "independent" (this alone).
        seed: of the weights that were drawn.
        target, target_class: the class whose score was explained.
        values_hw: the map of the network as it is.
        steps: from the top layer down.
        edges_hw: magnitude of the picture's grey edges by the Sobel operator.
        edges: how alike these are to `values_hw`; no network is in them.
        image_hwc: uint8, what the network looked at.
        fit: how the method fits the network as it is.
    """

    method: str
    signed: bool
    order: Order
    seed: int
    target: int
    target_class: str
    values_hw: npt.NDArray[np.float32] = field(repr=False)
    steps: tuple[SanityStep, ...]
    edges_hw: npt.NDArray[np.float32] = field(repr=False)
    edges: Likeness
    image_hwc: npt.NDArray[np.uint8] = field(repr=False)
    fit: MethodFit | None = None


@dataclass(frozen=True, slots=True)
class PixelCurve:
    """A class's probability and score while pixels are taken away or given back in an order.

    Attributes:
        shares_s: of the pixels that were changed, 0 to 1.
        probabilities_s, scores_s: of the class at each of them.
    """

    shares_s: npt.NDArray[np.float64] = field(repr=False)
    probabilities_s: npt.NDArray[np.float64] = field(repr=False)
    scores_s: npt.NDArray[np.float64] = field(repr=False)

    @property
    def area(self) -> float:
        """Area under the probabilities, by trapezia."""
        return float(np.trapezoid(self.probabilities_s, self.shares_s))


@dataclass(frozen=True, slots=True)
class PixelCurves:
    """Deletion and insertion in one order of the pixels."""

    deletion: PixelCurve
    insertion: PixelCurve


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """How maps are measured.

    Attributes:
        steps: parts into which the pixels are divided for deletion and insertion.
        deletion_baseline, insertion_baseline: what stands for a pixel that is not there.
        random_orders: orders of the pixels that a map has to beat.
        removals: squares taken away for the infidelity, one after the other.
        nudges, radius: disturbed inputs for the sensitivity, and how far each value may move.
        seed: of all that is random.
    """

    steps: int = 32
    deletion_baseline: Baseline = "mean"
    insertion_baseline: Baseline = "blur"
    random_orders: int = 5
    removals: int = 64
    nudges: int = 10
    radius: float = 0.02
    seed: int = 0


@dataclass(frozen=True, slots=True)
class MethodMetrics:
    """One method's map measured.

    Attributes:
        method: the method's key; `title` its name.
        values_hw: the map; `signed` whether its values have signs.
        curves: deletion and insertion, the pixels of the largest values first.
        infidelity: Captum's, the map scaled to fit best (`normalize`), in the score's unit squared.
        unexplained: the same as a share of what a map of zeros gets: 1 is no better than nothing;
            None where no removal changes the score.
        sensitivity: Captum's `sensitivity_max`: the largest change of the map by a disturbed input,
            as a share of the map.
        completeness: the sum of the map and the score difference it should be, where the method
            promises that.
        note: why nothing was measured.
        fit: how the method fits the network.
    """

    method: str
    title: str
    values_hw: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    signed: bool = False
    curves: PixelCurves | None = None
    infidelity: float | None = None
    unexplained: float | None = None
    sensitivity: float | None = None
    completeness: Completeness | None = None
    note: str = ""
    fit: MethodFit | None = None


@dataclass(frozen=True, slots=True)
class MapMetrics:
    """Several methods' maps of one picture and class, measured alike.

    Attributes:
        rows: a method each, in the order they were asked for.
        random: deletion and insertion in random orders.
        target, target_class: the class; `probability` and `score` are what it has.
        settings: how they were measured; `side_px` is the side of the squares taken away.
        image_hwc: uint8, what the network looked at.
        fallen_s: what the score loses with each of those squares; no map is in it.
    """

    rows: tuple[MethodMetrics, ...]
    random: tuple[PixelCurves, ...]
    target: int
    target_class: str
    probability: float
    score: float
    settings: MetricSettings
    side_px: int
    image_hwc: npt.NDArray[np.uint8] = field(repr=False)
    fallen_s: npt.NDArray[np.float64] | None = field(default=None, repr=False)

    def random_areas(self, which: Literal["deletion", "insertion"]) -> tuple[float, float]:
        """Mean and standard deviation of the random orders' areas; no deviation of a single one.

        Example:
            >>> curve = lambda p: PixelCurve(np.array([0, 1.0]), np.array([p, p]), np.zeros(2))
            >>> both = [PixelCurves(curve(p), curve(1.0)) for p in (0.25, 0.75)]
            >>> found = MapMetrics((), tuple(both), 0, "", 1, 1, MetricSettings(), 1, np.zeros(0))
            >>> [round(each, 3) for each in found.random_areas("deletion")]
            [0.5, 0.354]
        """
        areas = [getattr(each, which).area for each in self.random]
        return float(np.mean(areas)), float(np.std(areas, ddof=1)) if len(areas) > 1 else 0.0
