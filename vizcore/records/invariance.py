"""Frozen results of how far a network's features and answer move when the photograph does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vizcore.errors import UnknownLayer
from vizcore.records.layers import Kind

#: How far features are apart: as a part of the original's length, or as it is.
Distance = Literal["relative", "euclidean"]
DISTANCES: tuple[Distance, ...] = ("relative", "euclidean")


@dataclass(frozen=True, slots=True)
class FeatureLayer:
    """A layer whose features are compared: its dotted name, operation, kind, and values a picture.

    A module that runs several times is there once for each run: `relu`, `relu_1`.
    """

    name: str
    op: str
    kind: Kind
    values: int


@dataclass(frozen=True, slots=True)
class FeatureShifts:
    """How far each layer's features moved for each of several pictures, and what was said.

    Attributes:
        layers: in the order they run.
        distances_ln: float64, length of the difference of the features from those of the original
            picture, divided by the length of the original's: 0 where nothing moved. NaN where the
            original's features are all zero.
        angles_ln: float64, 1 minus the cosine between the two; NaN where either is all zero.
        probabilities_nc: float64, softmax over the classes for each picture.
        original_c: float64, the same for the original.
        first, last: places among `layers` of the first layer's features (after its activation,
            where it has one), and of the layer that runs before the last weighted one.
        euclidean_ln: float64, length of the difference itself, as Zeiler and Fergus (2014) plot it.
    """

    layers: tuple[FeatureLayer, ...]
    distances_ln: npt.NDArray[np.float64]
    angles_ln: npt.NDArray[np.float64]
    probabilities_nc: npt.NDArray[np.float64]
    original_c: npt.NDArray[np.float64]
    first: int
    last: int
    euclidean_ln: npt.NDArray[np.float64]

    def measured_ln(self, distance: Distance) -> npt.NDArray[np.float64]:
        """The distances of this kind, layers by pictures."""
        return self.distances_ln if distance == "relative" else self.euclidean_ln


@dataclass(frozen=True, slots=True)
class Invariance:
    """A photograph at several amounts of one transformation, as a network takes it.

    Attributes:
        kind: "translation", "sideways", "scale", "rotation", "blur" or "contrast".
        label, unit: of the amount, for people; `neutral` the amount that changes nothing.
        amounts: one for each view.
        beyond: as `vizcore.data.transforms.transform` takes it: "mirror", "edge" or "inside".
        beyond_n: share (0..1) of each view that lies beyond the photograph's edge.
        views_nhwc: uint8, what the network saw; `original_hwc` what nothing was done to.
        shifts: how far the features moved.
        classes: names of the outputs.
        target: number of the class whose probability is followed.
    """

    kind: str
    label: str
    unit: str
    neutral: float
    amounts: tuple[float, ...]
    beyond: str
    beyond_n: npt.NDArray[np.float64]
    views_nhwc: npt.NDArray[np.uint8]
    original_hwc: npt.NDArray[np.uint8]
    shifts: FeatureShifts
    classes: tuple[str, ...]
    target: int

    @property
    def target_class(self) -> str:
        """The name of the class that is followed."""
        return self.classes[self.target]

    @property
    def probabilities_n(self) -> npt.NDArray[np.float64]:
        """The probability (0..1) of the followed class for each view."""
        found: npt.NDArray[np.float64] = self.shifts.probabilities_nc[:, self.target]
        return found

    @property
    def said_n(self) -> tuple[str, ...]:
        """The name of the most probable class of each view."""
        return tuple(self.classes[int(k)] for k in self.shifts.probabilities_nc.argmax(axis=1))

    @property
    def said(self) -> str:
        """The name of the original's most probable class."""
        return self.classes[int(self.shifts.original_c.argmax())]

    @property
    def held(self) -> tuple[float, float] | None:
        """The amounts (least, greatest) around the neutral one up to which the answer stays.

        None where already the nearest amount changes it. Amounts between two looked at are not
        known. Turns go both ways from the neutral one: 350 degrees are -10.
        """
        amounts = np.array(self.amounts)
        same = np.array([name == self.said for name in self.said_n])
        if same.all():
            return float(amounts.min()), float(amounts.max())
        if self.unit == "°":
            amounts = (amounts - self.neutral + 180) % 360 - 180 + self.neutral
        order = np.argsort(amounts, kind="stable")
        amounts, same = amounts[order], same[order]
        at = int(np.abs(amounts - self.neutral).argmin())
        if not same[at]:
            return None
        low = high = at
        while low > 0 and same[low - 1]:
            low -= 1
        while high < len(amounts) - 1 and same[high + 1]:
            high += 1
        return float(amounts[low]), float(amounts[high])

    def layer(self, name: str) -> int:
        """The place of a layer by its name.

        Raises:
            UnknownLayer: with the nearest names.
        """
        names = [each.name for each in self.shifts.layers]
        if name not in names:
            raise UnknownLayer.among("layer", name, names)
        return names.index(name)

    def rows(self) -> list[dict[str, object]]:
        """One flat row for each view, as CSV and JSON hold it: amount, answers, distances."""
        made: list[dict[str, object]] = []
        for n, amount in enumerate(self.amounts):
            row: dict[str, object] = {
                self.kind: amount,
                "beyond the edge": float(self.beyond_n[n]),
                f"probability of {self.target_class}": float(self.probabilities_n[n]),
                "most probable": self.said_n[n],
            }
            for number, layer in enumerate(self.shifts.layers):
                row[f"distance in {layer.name}"] = float(self.shifts.distances_ln[number, n])
                row[f"Euclidean in {layer.name}"] = float(self.shifts.euclidean_ln[number, n])
            made.append(row)
        return made
