"""Frozen results about a network's filters: their kernels, statistics, and what they resemble.

A filter is all weights that make one output channel of a convolution: one kernel (height, width)
for each input channel it reads. Biases are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.records import Pair

#: Below this share of the layer's median L2 norm a filter is dead by its norm.
DEAD_BELOW = 0.1
#: Above this cosine similarity two filters are nearly the same.
TWIN_ABOVE = 0.95
#: Below this share of the layer's greatest magnitude a weight counts as nearly zero.
SMALL_BELOW = 0.01


@dataclass(frozen=True, slots=True)
class FilterLayer:
    """One convolution of a network: something to choose from.

    Attributes:
        name: torch's dotted name.
        op: the module's class.
        filters: output channels.
        inputs: input channels that one filter reads.
        kernel: height and width.
        groups: of the convolution.
        reads_picture: whether its input is the picture (its first such convolution).
        before_relu: the layer whose values go into a ReLU next, with none but a batch
            normalisation between: where they never rise above zero, the channel is silent. None
            where no ReLU follows like this.
    """

    name: str
    op: str
    filters: int
    inputs: int
    kernel: Pair
    groups: int
    reads_picture: bool
    before_relu: str | None


@dataclass(frozen=True, slots=True)
class FilterStatistics:
    """A layer's filters in numbers.

    Attributes:
        norms_f: L2 norm of each filter.
        dead_f: norm below `DEAD_BELOW` of the layer's median.
        small_f: share of each filter's weights below `SMALL_BELOW` of the layer's greatest.
        sparsity: the same share, of all weights of the layer.
        twins: pairs of filters of one group, and their cosine similarity above `TWIN_ABOVE`, most
            alike first.
    """

    norms_f: npt.NDArray[np.float64] = field(repr=False)
    dead_f: npt.NDArray[np.bool_] = field(repr=False)
    small_f: npt.NDArray[np.float64] = field(repr=False)
    sparsity: float
    twins: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class FilterBank:
    """All filters of one layer.

    Attributes:
        weights_fihw: float32, (filters, inputs that each reads, height, width).
        colour_f: of a layer that reads a colour picture, the share of each filter's squared
            weights that is not the same for red, green and blue; None elsewhere.
    """

    layer: FilterLayer
    weights_fihw: npt.NDArray[np.float32] = field(repr=False)
    statistics: FilterStatistics
    colour_f: npt.NDArray[np.float64] | None = field(repr=False)

    def by_norm(self) -> tuple[int, ...]:
        """The filters' numbers, greatest norm first."""
        order = np.argsort(-self.statistics.norms_f, kind="stable")
        return tuple(int(number) for number in order)


@dataclass(frozen=True, slots=True)
class FilterSlices:
    """One filter by the input channels it reads.

    Attributes:
        inputs_i: numbers of the input channels, greatest kernel norm first.
        kernels_ihw, norms_i: the filter's kernel for each, and its L2 norm.
        maps_ihw: what each input channel holds for the picture; None without one.
        output_hw: what the filter makes of them; None without a picture.
    """

    layer: str
    number: int
    inputs_i: tuple[int, ...] = field(repr=False)
    kernels_ihw: npt.NDArray[np.float32] = field(repr=False)
    norms_i: npt.NDArray[np.float64] = field(repr=False)
    maps_ihw: npt.NDArray[np.float32] | None = field(repr=False)
    output_hw: npt.NDArray[np.float32] | None = field(repr=False)

    def needed(self, share: float) -> int:
        """How many input channels, largest first, hold this share of the squared weights."""
        squares = np.cumsum(self.norms_i**2)
        return int(np.searchsorted(squares, share * squares[-1])) + 1 if squares[-1] else 0


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A textbook filter, and the learned one nearest to it.

    Attributes:
        name: "Sobel x", "Gabor 45° odd", ...
        kernel_hw: the textbook filter at the size and shift that fit best, norm 1.
        side, shift: its side in pixels, and where its top left corner stands in the kernel.
        number: the learned filter.
        cosine: between the two; negative where the learned filter is its negative.
        chance: the greatest magnitude that layers of random filters of the same shape reached.
        map_hw: the textbook filter on the picture (the mean of its channels); None without one.
        learned_hw: the learned filter's map, None without a picture.
    """

    name: str
    kernel_hw: npt.NDArray[np.float32] = field(repr=False)
    side: int
    shift: Pair
    number: int
    cosine: float
    chance: float
    map_hw: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    learned_hw: npt.NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LayerActivity:
    """One layer's filters in numbers, and how high each rose on some pictures.

    Attributes:
        maxima_f: the greatest value before the ReLU that follows; None where none follows.
    """

    layer: FilterLayer
    statistics: FilterStatistics
    maxima_f: npt.NDArray[np.float32] | None = field(repr=False)

    @property
    def silent_f(self) -> npt.NDArray[np.bool_] | None:
        """Which never rose above zero, so that nothing came out of the ReLU."""
        return None if self.maxima_f is None else self.maxima_f <= 0


@dataclass(frozen=True, slots=True)
class NetworkFilters:
    """Every convolution of a network in numbers.

    Attributes:
        pictures: how many the filters were watched on.
    """

    key: str
    layers: tuple[LayerActivity, ...]
    pictures: int
