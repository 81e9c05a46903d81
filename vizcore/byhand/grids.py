"""Small grids of numbers as text: what a person writes into a cell, and a grid in an address."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vizcore.errors import BadChoice
from vizcore.records.byhand import Grid

#: Cells along a side of a grid, and the magnitude of its numbers, at most.
MOST_CELLS = 12
MOST = 9999
_TOLERANCE = 1e-12
#: A number is written as a fraction of at most so many parts.
_MOST_PARTS = 256
_SMALL = re.compile(r"-?\d")
_LONGEST = 40


def number(text: str, where: str = "a cell") -> float:
    """Read what a person writes into a cell: `3`, `-0.5` or `1/16`.

    Raises:
        BadChoice: it is no number, or one of more than 9999.

    Example:
        >>> number("1/16"), number("−2")
        (0.0625, -2.0)
    """
    shown = text.strip() if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    plain = text.strip().replace("−", "-")
    try:
        if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)(/\d+)?", plain) or len(plain) > _LONGEST:
            raise ValueError
        value = float(Fraction(*map(Fraction, plain.split("/"))))
    except (ValueError, ZeroDivisionError):
        value = float("inf")
    if abs(value) > MOST:
        raise BadChoice(
            f"{where[0].upper()}{where[1:]} cannot be '{shown}'. Allowed: a number from -{MOST} to "
            f"{MOST}, such as 3, -0.5 or 1/16.",
            received=text,
        )
    return value + 0.0  # no minus zero


@lru_cache(maxsize=8192)
def number_text(value: float, digits: int = 4) -> str:
    """Write a number as short as it is exact, else with some significant digits.

    Example:
        >>> [number_text(v) for v in (3.0, -0.5, 1.25, 1 / 8, 1 / 9, 2**0.5)]
        ['3', '−0.5', '1.25', '1/8', '1/9', '1.414']
    """
    near = Fraction(value).limit_denominator(999)
    if abs(float(near) - value) > _TOLERANCE * max(1.0, abs(value)):
        text = f"{value:.{digits}g}"
    elif near.denominator == 1:
        text = str(near.numerator)
    elif 1000 % near.denominator == 0:
        decimal, fraction = f"{float(near):.3f}".rstrip("0"), str(near)
        text = fraction if abs(value) < 1 and len(fraction) < len(decimal) else decimal
    elif near.denominator <= _MOST_PARTS:
        text = str(near)
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", "−")


def checked(values: npt.ArrayLike, name: str, *, most_cells: int = MOST_CELLS) -> Grid:
    """Return a grid of numbers as float64 (H, W).

    Raises:
        BadChoice: no rectangle of 1 to 12 rows and columns, or not of finite numbers.
    """
    try:
        grid = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadChoice(f"The {name} has to be rows of numbers, all equally long.") from None
    if grid.ndim != 2 or not all(1 <= side <= most_cells for side in grid.shape):
        shape = " × ".join(map(str, grid.shape)) or "one number"
        raise BadChoice(
            f"The {name} cannot be {shape}. Allowed: 1 to {most_cells} rows and columns."
        )
    if not np.isfinite(grid).all():
        raise BadChoice(f"The {name} holds values that are not finite; no sum is true for them.")
    return grid


def write(grid: npt.ArrayLike) -> str:
    """Write a grid for an address: digits run together where they can.

    Example:
        >>> write([[-1, 0, 1], [-2, 0, 2]]), write([[0.5, 12], [1 / 9, 0]])
        ('-101_-202', '0.5~12_1d9~0')
    """
    return "_".join(_write_row([float(v) for v in row]) for row in np.asarray(grid))


def _write_row(row: list[float]) -> str:
    if len(row) > 1 and all(value == int(value) and abs(value) < 10 for value in row):
        return "".join(str(int(value)) for value in row)
    alone = "~" if len(row) == 1 and row[0] == int(row[0]) and abs(row[0]) >= 10 else ""
    return "~".join(map(_plain, row)) + alone  # 12~ is one cell, 12 are two


def _plain(value: float) -> str:
    """The shortest text that reads back as the same number."""
    near = Fraction(value).limit_denominator(999)
    decimal = f"{value:.15g}"
    if float(decimal) != value:
        decimal = repr(value)
    if float(near) == value and len(str(near)) < len(decimal):
        return str(near).replace("/", "d")
    return decimal if "e" not in decimal else f"{value:.20f}".rstrip("0")


def read(text: str, name: str = "grid", *, runs: bool = True) -> Grid:
    """Read a grid from an address, or one copied from a spreadsheet (where digits do not run
    together: without `runs`).

    Raises:
        BadChoice: a cell is no number, rows of unequal length, or too many cells.

    Example:
        >>> read("-101_-202").tolist(), read("1 2\\n3 4").tolist(), read("1d9~0").shape
        ([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]], (1, 2))
    """
    lines = [line for line in re.split(r"[_\n\r]+", text.strip()) if line.strip()]
    cells = [_cells(line.strip(), runs) for line in lines[: MOST_CELLS + 1]]
    if not cells:
        raise BadChoice(f"The {name} is empty. Allowed: 1 to {MOST_CELLS} rows and columns.")
    for row, line in enumerate(cells, 1):
        if len(line) != len(cells[0]):
            raise BadChoice(
                f"Row {row} of the {name} has {len(line)} cells and row 1 has {len(cells[0])}. "
                "Allowed: rows that are equally long."
            )
    if len(cells) > MOST_CELLS or len(cells[0]) > MOST_CELLS:
        raise BadChoice(
            f"The {name} cannot have more than {MOST_CELLS} rows or columns. "
            f"Allowed: 1 to {MOST_CELLS} of each."
        )
    return np.array(
        [
            [number(cell, place(name, row, column)) for column, cell in enumerate(line)]
            for row, line in enumerate(cells)
        ]
    )


def _cells(line: str, runs: bool) -> list[str]:
    if line.endswith("~"):
        found = [line[:-1]]
    elif re.search(r"[~\s,;]", line):
        found = re.split(r"[~\t]|\s*[,;]\s*|\s+", line)
    elif runs and re.fullmatch(f"({_SMALL.pattern})+", line):
        found = _SMALL.findall(line)
    else:
        found = [line]
    return [re.sub(r"(?<=\d)d(?=\d)", "/", cell) for cell in found]


def place(name: str, row: int, column: int) -> str:
    """Say where a cell is, counted from 1."""
    return f"row {row + 1}, column {column + 1} of the {name}"


def resized(grid: Grid, rows: int, columns: int, name: str = "grid") -> Grid:
    """The same grid with other sides: rows and columns are cut at the end, or added as zeros.

    Raises:
        BadChoice: a side that is not from 1 to 12.
    """
    checked(np.zeros((max(0, rows), max(0, columns))), name)
    new = np.zeros((rows, columns))
    height, width = min(rows, grid.shape[0]), min(columns, grid.shape[1])
    new[:height, :width] = grid[:height, :width]
    return new
