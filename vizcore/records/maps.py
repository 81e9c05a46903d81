"""Frozen results about what a network and its layers compute for one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vizcore.records import Pair


@dataclass(frozen=True, slots=True)
class Prediction:
    """The classes a network gives a picture, most probable first.

    Attributes:
        classes: class names (or numbers as text), most probable first.
        indices: their output numbers.
        probabilities: softmax of the scores, same order.
        scores: the unnormalised class scores (logits), same order.
    """

    classes: tuple[str, ...]
    indices: tuple[int, ...]
    probabilities: tuple[float, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer that gives maps for a picture: something to choose from.

    Attributes:
        name: torch's dotted name, with the number of the run where a module runs several times
            (`relu`, `relu_1`); a function called in a module has the module's name and its own
            (`layer1.0.add`).
        op: the module's class, or the function.
        channels, height, width: of its output.
        leaf: False for a module that is made of others.
    """

    name: str
    op: str
    channels: int
    height: int
    width: int
    leaf: bool


#: The ways to sort the channels of a layer.
Sorting = Literal["maximum", "mean", "sparsity", "gradient", "ablation", "channel"]


@dataclass(frozen=True, slots=True)
class FeatureMaps:
    """Every channel of one layer for one picture.

    Attributes:
        layer: the place's name, as in `MapLayer`.
        maps_chw: float32, channels in the network's own order.
        order: channel numbers, strongest first by `sorted_by`.
        sorted_by: one of `Sorting`.
        strength_c: the value each channel was sorted by, in the network's order.
    """

    layer: str
    maps_chw: npt.NDArray[np.float32]
    order: tuple[int, ...]
    sorted_by: str
    strength_c: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What each channel of a layer contributes to the score of a class, measured in two ways.

    Attributes:
        layer: the place's name.
        target: output number of the class; `target_class` its name.
        score: the unnormalised class score of the picture.
        gradient_c: float32, gradient of the score times activation, summed over the map: how much
            the score would fall without the channel if the network were linear from here on.
        ablation_c: float32, how much the score falls when the channel is set to zero and
            everything after it is computed again; None where it was not measured.
        agreement: Spearman's rank correlation of the two, 1 where they order the channels alike;
            None where there are no two orders to compare.
    """

    layer: str
    target: int
    target_class: str
    score: float
    gradient_c: npt.NDArray[np.float32]
    ablation_c: npt.NDArray[np.float32] | None = None
    agreement: float | None = None


@dataclass(frozen=True, slots=True)
class WorkedValue:
    """How a convolution came to one value of one of its maps.

    Attributes:
        layer, channel, row, column: which value.
        patch_khw: float64 (input channels of the kernel, height, width), what the kernel lay on,
            padding included.
        inside_hw: bool, False where the patch is padding.
        kernel_khw: float64, the channel's weights.
        bias: 0.0 where the layer has none.
        value: the map's value, as the network computed it.
        first_input: number of the first input channel that the kernel sees (groups).
        corner: (row, column) in the layer's input of the patch's upper left value; negative in
            the padding.
        dilation: input values from one value of the patch to the next (vertically, horizontally).
        input_shape: of the layer's input, (channels, height, width).
    """

    layer: str
    channel: int
    row: int
    column: int
    patch_khw: npt.NDArray[np.float64]
    inside_hw: npt.NDArray[np.bool_]
    kernel_khw: npt.NDArray[np.float64]
    bias: float
    value: float
    first_input: int
    corner: Pair
    dilation: Pair
    input_shape: tuple[int, int, int]

    @property
    def products_khw(self) -> npt.NDArray[np.float64]:
        """Patch times kernel, value by value."""
        return self.patch_khw * self.kernel_khw

    @property
    def sums_k(self) -> npt.NDArray[np.float64]:
        """The sum of the products of each input channel."""
        sums: npt.NDArray[np.float64] = self.products_khw.sum(axis=(1, 2))
        return sums

    @property
    def total(self) -> float:
        """The sum of all products and the bias: `value`, but for rounding."""
        return float(self.products_khw.sum()) + self.bias


@dataclass(frozen=True, slots=True)
class WorkedRule:
    """One value of a layer without kernels, worked out.

    Attributes:
        layer, op: as in `MapLayer`.
        rule: "largest" or "mean" of what a window lies on, "normalised", "activation", "sum",
            "product", or "joined" of a concatenation.
        patch_hw: float64, what is read in the channel: a window, one value, or what is added or
            multiplied in a row; 0 where `inside_hw` says that it is padding.
        corner: row and column of the window's upper left value in the layer's input.
        terms: what else counts, by name: of a mean the number of values, of a normalisation its
            mean, variance, epsilon, scale and shift, of a concatenation which input and channel.
        total: worked out in double precision; `value` is the map's.
    """

    layer: str
    op: str
    channel: int
    row: int
    column: int
    rule: str
    patch_hw: npt.NDArray[np.float64]
    inside_hw: npt.NDArray[np.bool_]
    corner: Pair
    terms: tuple[tuple[str, float], ...]
    total: float
    value: float


@dataclass(frozen=True, slots=True)
class StripPicture:
    """One layer in one picture.

    Attributes:
        layer: which.
        channel: the one with the greatest value (of equal ones the first), which is `maximum`.
        strongest_hw: float32, its map.
        mean_hw: float32, the mean of all channels.
    """

    layer: MapLayer
    channel: int
    maximum: float
    strongest_hw: npt.NDArray[np.float32]
    mean_hw: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DepthStrip:
    """A picture's way through a network, layer by layer.

    Attributes:
        pictures: one for each layer with maps, in the order they are computed.
    """

    pictures: tuple[StripPicture, ...]
