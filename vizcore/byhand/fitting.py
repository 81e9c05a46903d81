"""Which filter gives a table? One linear equation a cell; solved, or shown to contradict itself."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import comb, gcd, lcm

import numpy as np
import numpy.typing as npt

from vizcore.byhand.convolution import patches
from vizcore.byhand.grids import checked
from vizcore.byhand.sliding import slide
from vizcore.errors import BadChoice
from vizcore.records.byhand import Contradiction, Grid, KernelSearch, Slide

#: Sets of cells that are tried for the smallest contradiction, at most.
_MOST_SETS = 16_000
#: Rows up to which a guess in floats is confirmed in fractions at every step.
_CHECKED = 40
#: Rows of whole numbers (weights, then the right side), and what they were multiplied with.
Equations = tuple[list[list[int]], int]


def find_kernel(
    image: npt.ArrayLike,
    table: npt.ArrayLike,
    size: tuple[int, int] = (3, 3),
    *,
    padding: int | str = "same",
    bias: bool = False,
) -> KernelSearch:
    """Seek the kernel (and bias) that gives a table from an image at stride 1.

    Whether there is one is decided in exact fractions of the numbers as they are written. Where
    there is none, the nearest by least squares is returned, with cells that prove it. As any
    kernel is sought, the answer is the same for correlation and for true convolution.

    Raises:
        BadChoice: a grid that is none, or a table of another size than the output.
        BadInputSize: the kernel does not fit into the padded image.

    Example:
        >>> find_kernel([[1, 1]], [[2, 3]], (1, 1)).contradiction
        Contradiction(cells=((0, 0), (0, 1)), factors=(1, -1), gives=-1.0, is_smallest=True)
    """
    input_hw, target_hw = checked(image, "input"), checked(table, "table")
    height, width = input_hw.shape
    laid = slide((height, width), size, padding=padding)
    if target_hw.shape != laid.output:
        raise BadChoice(
            f"The table cannot be {target_hw.shape[0]} × {target_hw.shape[1]}. Allowed: "
            f"{laid.output[0]} × {laid.output[1]}, as the output."
        )
    seen = patches(input_hw, laid)
    system = np.hstack([seen, np.ones((len(seen), 1))]) if bias else seen
    wanted = target_hw.ravel()
    weights, _, rank, _ = np.linalg.lstsq(system, wanted, rcond=None)
    fitted = system @ weights
    contradiction = _contradiction(system, wanted, laid)
    return KernelSearch(
        laid,
        input_hw,
        target_hw,
        np.asarray(weights[: seen.shape[1]], dtype=np.float64).reshape(size),
        float(weights[-1]) if bias else 0.0,
        fitted.reshape(laid.output),
        float(((fitted - wanted) ** 2).sum()) if contradiction else 0.0,
        system.shape[1],
        int(rank),
        contradiction,
    )


def _contradiction(system: Grid, wanted: Grid, laid: Slide) -> Contradiction | None:
    if _clash(_exact(system, wanted), remember=False) is None:
        return None
    places = _few(system, wanted)
    is_smallest = places is not None
    if places is None:
        places = _irreducible(system, wanted)
    factors, gives = _clash(_exact(system[places], wanted[places])) or ([], Fraction(0))
    cells = list(laid.places)
    common = gcd(*factors) * (-1 if factors[0] < 0 else 1)
    return Contradiction(
        tuple(cells[place] for place in places),
        tuple(factor // common for factor in factors),
        float(gives / common),
        is_smallest,
    )


def _exact(system: Grid, wanted: Grid) -> Equations:
    """The equations in whole numbers: all times one scale, of the numbers as they are written."""
    both = np.hstack([system, wanted[:, None]])
    rows = [[_fraction(float(value)) for value in row] for row in both]
    scale = lcm(*(value.denominator for row in rows for value in row))
    return [[int(value * scale) for value in row] for row in rows], scale


@lru_cache(maxsize=4096)
def _fraction(value: float) -> Fraction:
    """The number as it is written: 1/9 and 0.1, and not their nearest binary fractions."""
    near = Fraction(value).limit_denominator(999)
    return near if float(near) == value else Fraction(repr(value))


def _few(system: Grid, wanted: Grid) -> list[int] | None:
    """The first smallest set of rows that contradict each other, if few sets have to be tried."""
    tried = 0
    for size in range(1, len(system) + 1):
        tried += comb(len(system), size)
        if tried > _MOST_SETS:
            break
        sets = np.array(list(combinations(range(len(system)), size)))
        for places in sets[_seem_to_clash(system[sets], wanted[sets])]:
            if _clash(_exact(system[places], wanted[places]), remember=False) is not None:
                return [int(place) for place in places]
    return None


def _irreducible(system: Grid, wanted: Grid) -> list[int]:
    """Rows that contradict each other, none of which can be left out."""
    kept = list(range(len(system)))
    for place in range(len(system)):
        fewer = [each for each in kept if each != place]
        if _seem_to_clash(system[fewer], wanted[fewer]) and (
            len(fewer) > _CHECKED or _clash(_exact(system[fewer], wanted[fewer]), remember=False)
        ):
            kept = fewer
    return kept


def _seem_to_clash(system: Grid, wanted: Grid) -> npt.NDArray[np.bool_]:
    """Whether equations contradict each other, as far as floats can tell; for many sets at once."""
    both = np.concatenate([system, wanted[..., None]], axis=-1)
    return np.asarray(np.linalg.matrix_rank(both) > np.linalg.matrix_rank(system))


def _clash(equations: Equations, *, remember: bool = True) -> tuple[list[int], Fraction] | None:
    """Factors that bring the left sides to zero and the right sides to another number; None if
    the equations have a solution.

    Gauss's elimination in whole numbers, which can remember how each row was made.
    """
    rows, scale = equations
    count, unknowns = len(rows), len(rows[0]) - 1
    made = [[int(i == j) for j in range(count if remember else 0)] for i in range(count)]
    work = [[*row, *how] for row, how in zip(rows, made, strict=True)]
    done = 0
    for column in range(unknowns):
        pivot = next((i for i in range(done, count) if work[i][column]), None)
        if pivot is None:
            continue
        work[done], work[pivot] = work[pivot], work[done]
        top = work[done]
        for i in range(done + 1, count):
            if factor := work[i][column]:
                row = [top[column] * a - factor * b for a, b in zip(work[i], top, strict=True)]
                common = gcd(*row) or 1
                work[i] = [value // common for value in row]
        done += 1
    for row in work[done:]:
        if row[unknowns]:
            return row[unknowns + 1 :], Fraction(row[unknowns], scale)
    return None
