"""Frozen results of finding an object from a saliency map: seeds, segmentation, box, and scores."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.errors import BadChoice
from vizcore.records.saliency import MethodFit

#: (left, top, right, bottom) in pixels, right and bottom not included.
Rectangle = tuple[float, float, float, float]
Mask = npt.NDArray[np.bool_]

#: An intersection over union above which an object counts as found: in ILSVRC's task the boxes
#: must overlap by more than half (Russakovsky and others 2015, section 4.2).
FOUND_ABOVE = 0.5
#: Guesses that a network has in ILSVRC's task.
GUESSES = 5


@dataclass(frozen=True, slots=True)
class LocalisationSettings:
    """How a box is made from a map; the defaults are those of Simonyan et al. (2014), 3.2.

    Attributes:
        foreground: quantile (0..1) of the map above which pixels are seeds of the object.
        background: quantile below which they are seeds of the background.
        blur_px: deviation of a Gaussian that the map is smoothed with first; 0: not at all.
        absolute: of a map with signs, take the magnitude (else what raises the score most is the
            object's).

    Raises:
        BadChoice: quantiles outside 0..1 or in the wrong order, or a blur outside 0..16.
    """

    foreground: float = 0.95
    background: float = 0.30
    blur_px: float = 0.0
    absolute: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.background < self.foreground < 1:
            raise BadChoice(
                f"The quantiles cannot be {self.background:g} (background) and "
                f"{self.foreground:g} (foreground). Allowed: above 0, below 1, the background's "
                "below the foreground's."
            )
        if not 0 <= self.blur_px <= 16:
            raise BadChoice.among("blur_px", self.blur_px, ["0 to 16"])


@dataclass(frozen=True, slots=True)
class Localisation:
    """An object found from a saliency map.

    Attributes:
        image_hwc: uint8, the picture whose colours were segmented.
        map_hw: float64, the map whose quantiles were taken (smoothed, or its magnitude).
        foreground_hw, background_hw: the seeds.
        segment_hw: what the graph cut gave to the object; `component_hw` its largest connected
            part (with neighbours across corners).
        box: around that part.
        thresholds: the map's values at the background's and the foreground's quantile.
        settings: how it was made.
    """

    image_hwc: npt.NDArray[np.uint8] = field(repr=False)
    map_hw: npt.NDArray[np.float64] = field(repr=False)
    foreground_hw: Mask = field(repr=False)
    background_hw: Mask = field(repr=False)
    segment_hw: Mask = field(repr=False)
    component_hw: Mask = field(repr=False)
    box: Rectangle
    thresholds: tuple[float, float]
    settings: LocalisationSettings

    def iou(self, box: Rectangle) -> float:
        """Intersection over union (0..1) of the found box with another."""
        return iou(self.box, box)


@dataclass(frozen=True, slots=True)
class BoxScores:
    """Boxes beside the true ones, for all scenes of a set.

    Attributes:
        title: what found them.
        boxes: one a scene, None where there was no box.
        ious_n: float64, intersection over union with the true box; 0 where there was none.
    """

    title: str
    boxes: tuple[Rectangle | None, ...]
    ious_n: npt.NDArray[np.float64]

    @property
    def mean(self) -> float:
        """The mean intersection over union."""
        return float(self.ious_n.mean())

    @property
    def median(self) -> float:
        """The median intersection over union."""
        return float(np.median(self.ious_n))

    @property
    def error(self) -> float:
        """The localisation error: the share (0..1) of scenes with `FOUND_ABOVE` or less."""
        return float((~self.found_n).mean())

    @property
    def found_n(self) -> Mask:
        """Where the object is found."""
        return np.asarray(self.ious_n > FOUND_ABOVE)

    @property
    def missing(self) -> int:
        """Scenes without a box, whose maps were flat or whose segments were empty."""
        return sum(box is None for box in self.boxes)

    def among(self, chosen_n: Mask) -> BoxScores:
        """The same for some of the scenes."""
        kept = tuple(box for box, keep in zip(self.boxes, chosen_n, strict=True) if keep)
        return BoxScores(self.title, kept, self.ious_n[chosen_n])


@dataclass(frozen=True, slots=True)
class SceneBaselines:
    """What boxes reach on the scenes without any network.

    Attributes:
        centred: the one centred square whose mean is best on these very scenes; `side_px` its
            side.
        random: a map of random numbers, made into boxes as the network's maps are.
        edges: the same with the picture's edges (Sobel).
    """

    centred: BoxScores
    side_px: int
    random: BoxScores
    edges: BoxScores

    @property
    def all(self) -> tuple[BoxScores, ...]:
        """The three."""
        return (self.centred, self.random, self.edges)


@dataclass(frozen=True, slots=True)
class LocalisationStudy:
    """One method of one network on the scenes, or on the first of them while it is computed.

    Attributes:
        scores: the boxes; the class of the object was given to the method.
        method: its key.
        targets_n: int64, output number of each object's class; `behind_n` of the background's.
        said_n: int64, the most probable output for each scene; `ranks_n` how many outputs are more
            probable than the object's class.
        settings: how boxes were made.
        fit: how the method fits the network: what was rewritten for it, with the largest difference
            of the scores over all scenes; None while it is computed.
    """

    scores: BoxScores
    method: str
    targets_n: npt.NDArray[np.int64]
    behind_n: npt.NDArray[np.int64]
    said_n: npt.NDArray[np.int64]
    ranks_n: npt.NDArray[np.int64]
    settings: LocalisationSettings
    fit: MethodFit | None = None

    @property
    def named_n(self) -> Mask:
        """Where the network names the object's class first."""
        return np.asarray(self.said_n == self.targets_n)

    @property
    def accuracy(self) -> float:
        """The share (0..1) of scenes whose object's class is named first."""
        return float(self.named_n.mean())

    @property
    def background_share(self) -> float:
        """The share (0..1) of scenes whose background's class is named first."""
        return float((self.said_n == self.behind_n).mean())

    def error_named(self, guesses: int = GUESSES) -> float:
        """The error where the class must be told too: found, and among so many most probable ones.

        As ILSVRC counts, where each of five guesses is a class with a box. A guess at the true
        class has the box of its map, so no other map is needed.
        """
        return float((~(self.scores.found_n & (self.ranks_n < guesses))).mean())

    @property
    def where_named(self) -> BoxScores | None:
        """The scores where the object's class is named first; None where it never is."""
        return self.scores.among(self.named_n) if self.named_n.any() else None


def iou(first: Rectangle, second: Rectangle) -> float:
    """Intersection over union (0..1) of two rectangles.

    Example:
        >>> iou((0, 0, 2, 2), (1, 0, 3, 2))  # 2 pixels common, 6 in all
        0.3333333333333333
    """
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    common = max(width, 0.0) * max(height, 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    both = sum(areas) - common
    return common / both if both > 0 else 0.0
