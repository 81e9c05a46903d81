"""Frozen results about small grids: convolution, pooling, sharing, the filter of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[np.float64]
Cell = tuple[int, int]
Pooling = Literal["max", "avg"]
Regime = Literal["full", "local", "shared"]


@dataclass(frozen=True, slots=True)
class Slide:
    """A window that slides over a padded grid.

    Attributes:
        input, window: (height, width) in cells.
        stride: cells from one place of the window to the next.
        padding: cells of padding (top, bottom, left, right).
        dilation: cells from one place inside the window to the next.
    """

    input: Cell
    window: Cell
    stride: int = 1
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: int = 1

    @property
    def padded(self) -> Cell:
        """(height, width) with the padding."""
        top, bottom, left, right = self.padding
        return self.input[0] + top + bottom, self.input[1] + left + right

    @property
    def reach(self) -> Cell:
        """(height, width) that the window spans: more than its own size where it is dilated."""
        return (
            self.dilation * (self.window[0] - 1) + 1,
            self.dilation * (self.window[1] - 1) + 1,
        )

    @property
    def output(self) -> Cell:
        """(height, width) of the output.

        Example:
            >>> Slide((5, 5), (3, 3)).output, Slide((5, 5), (3, 3), 2, (1, 1, 1, 1)).output
            ((3, 3), (3, 3))
        """
        (height, width), (tall, wide) = self.padded, self.reach
        return (height - tall) // self.stride + 1, (width - wide) // self.stride + 1

    @property
    def places(self) -> Iterator[Cell]:
        """The output's cells in reading order."""
        rows, columns = self.output
        return ((row, column) for row in range(rows) for column in range(columns))

    def cells(self, row: int, column: int) -> list[Cell]:
        """The cells under the window for one output cell, in reading order.

        Counted in the input: those outside it (below 0, or beyond the last) are padding.

        Example:
            >>> Slide((5, 5), (1, 2), 2, (0, 0, 1, 1)).cells(1, 0)
            [(2, -1), (2, 0)]
        """
        top = row * self.stride - self.padding[0]
        left = column * self.stride - self.padding[2]
        return [
            (top + i * self.dilation, left + j * self.dilation)
            for i in range(self.window[0])
            for j in range(self.window[1])
        ]

    def is_inside(self, cell: Cell) -> bool:
        """Whether a cell is one of the input's, and not padding."""
        return 0 <= cell[0] < self.input[0] and 0 <= cell[1] < self.input[1]

    def size_sum(self, axis: int) -> str:
        """The arithmetic of the output's height (axis 0) or width (1).

        Example:
            >>> Slide((5, 5), (3, 3), 2, (1, 1, 1, 1)).size_sum(0)
            '(5 + 2 − 3)/2 + 1 = 3'
        """
        pad = sum(self.padding[2 * axis : 2 * axis + 2])
        words = f"{self.input[axis]}{f' + {pad}' if pad else ''} − {self.reach[axis]}"
        left = (self.padded[axis] - self.reach[axis]) % self.stride
        divided = f"({words})/{self.stride}"
        shown = f"⌊{divided}⌋" if left else divided if self.stride > 1 else words
        return f"{shown} + 1 = {self.output[axis]}"


@dataclass(frozen=True, slots=True)
class Term:
    """One product of a sum: `value` at `cell` of the input (or its padding) times `weight`."""

    cell: Cell
    value: float
    weight: float
    is_padding: bool

    @property
    def product(self) -> float:
        """What it adds to the sum."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class HandConvolution:
    """A convolution of two small grids.

    Attributes:
        slide: where the kernel goes.
        input_hw, kernel_hw: as given.
        applied_hw: the kernel as it lies on the input: turned by 180 degrees where `is_flipped`.
        output_hw: the sums.
    """

    slide: Slide
    input_hw: Grid = field(repr=False)
    kernel_hw: Grid = field(repr=False)
    bias: float
    is_flipped: bool
    output_hw: Grid = field(repr=False)

    @property
    def applied_hw(self) -> Grid:
        """The kernel as it lies on the input: turned by 180 degrees where `is_flipped`."""
        return self.kernel_hw[::-1, ::-1] if self.is_flipped else self.kernel_hw

    @property
    def is_symmetric(self) -> bool:
        """Whether the kernel is the same turned by 180 degrees: both operations then agree."""
        return bool((self.kernel_hw == self.kernel_hw[::-1, ::-1]).all())

    def terms(self, row: int, column: int) -> tuple[Term, ...]:
        """The products of one output cell, row by row of the kernel."""
        return tuple(
            Term(cell, float(self.input_hw[cell]) if inside else 0.0, float(weight), not inside)
            for cell, weight in zip(
                self.slide.cells(row, column), self.applied_hw.ravel(), strict=True
            )
            for inside in [self.slide.is_inside(cell)]
        )


@dataclass(frozen=True, slots=True)
class HandPooling:
    """Pooling of a small grid, and the way of the gradient back through it.

    Attributes:
        kind: "max" or "avg".
        counts_padding: whether an average divides by padding cells too.
        output_hw: the results.
        gradient_hw: gradient at the outputs, as given.
        input_gradient_hw: the gradient that arrives at the inputs.
    """

    slide: Slide
    kind: Pooling
    counts_padding: bool
    input_hw: Grid = field(repr=False)
    output_hw: Grid = field(repr=False)
    gradient_hw: Grid = field(repr=False)
    input_gradient_hw: Grid = field(repr=False)

    def inside(self, row: int, column: int) -> list[Cell]:
        """The input's cells under the window of one output cell."""
        return [cell for cell in self.slide.cells(row, column) if self.slide.is_inside(cell)]

    def tied(self, row: int, column: int) -> list[Cell]:
        """The cells that hold the window's maximum, in reading order."""
        most = max(self.input_hw[cell] for cell in self.inside(row, column))
        return [cell for cell in self.inside(row, column) if self.input_hw[cell] == most]

    def divisor(self, row: int, column: int) -> int:
        """What an average of this window is divided by."""
        if self.counts_padding:
            return self.slide.window[0] * self.slide.window[1]
        return len(self.inside(row, column))

    def shares(self, row: int, column: int) -> dict[Cell, float]:
        """The part of one output's gradient that each input cell under the window gets.

        Of equal maxima the first in reading order gets all, as in torch.
        """
        if self.kind == "max":
            winner = self.tied(row, column)[0]
            return {cell: float(cell == winner) for cell in self.inside(row, column)}
        share = 1 / self.divisor(row, column)
        return dict.fromkeys(self.inside(row, column), share)


@dataclass(frozen=True, slots=True)
class Connections:
    """What one layer costs: `weights` and `biases` to learn, `macs` a picture, and its matrix.

    Attributes:
        weight_oi: which weight joins an output (row) and an input (column), from 1; 0 for none.
    """

    regime: Regime
    weights: int
    biases: int
    macs: int
    weights_sum: str
    macs_sum: str
    weight_oi: npt.NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SharingRegimes:
    """One input and one output grid joined in three ways.

    Attributes:
        padding_macs: multiply-adds of the sliding window that fall on padding.
    """

    slide: Slide
    full: Connections
    local: Connections
    shared: Connections
    padding_macs: int

    @property
    def all(self) -> tuple[Connections, ...]:
        """The three, from the most weights to the fewest."""
        return self.full, self.local, self.shared


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Cells of a table that no filter can give together.

    The windows times the `factors` add up to zero at every place (with a bias, the factors do
    too), so any filter's values do; the table's add up to `gives`.

    Attributes:
        cells: in reading order.
        is_smallest: whether no fewer cells contradict each other; else only that none of these
            can be left out.
    """

    cells: tuple[Cell, ...]
    factors: tuple[int, ...]
    gives: float
    is_smallest: bool


@dataclass(frozen=True, slots=True)
class KernelSearch:
    """The filter that gives a table from an input, or why there is none.

    Attributes:
        kernel_hw, bias: the filter; where none gives the table, the nearest by least squares.
        fitted_hw: what it gives.
        residual: sum of the squared differences to the table; 0 where the filter gives it.
        unknowns: weights (and bias) sought; `rank` how many the equations determine.
        contradiction: why no filter gives the table; None where one does.
    """

    slide: Slide
    input_hw: Grid = field(repr=False)
    target_hw: Grid = field(repr=False)
    kernel_hw: Grid = field(repr=False)
    bias: float
    fitted_hw: Grid = field(repr=False)
    residual: float
    unknowns: int
    rank: int
    contradiction: Contradiction | None
