"""Where a window goes on a grid: padding by name or number, stride, dilation."""

from __future__ import annotations

from vizcore.errors import BadChoice, BadInputSize
from vizcore.records.byhand import Cell, Slide

#: Strides and dilations, and cells of padding a side, at most.
MOST_STEP = 6
MOST_PADDING = 6
PADDINGS = ("valid", "same", "full")


def slide(
    input: Cell,
    window: Cell,
    *,
    stride: int = 1,
    padding: int | str = "valid",
    dilation: int = 1,
) -> Slide:
    """Lay out a window on a grid.

    Args:
        input, window: (height, width) in cells.
        padding: "valid" (none), "same" (the output is as large as the input), "full" (every
            place where the window touches the input), or cells on each side.

    Raises:
        BadChoice: stride, dilation or padding outside their values.
        BadInputSize: the window does not fit into the padded input.

    Example:
        >>> slide((5, 5), (3, 3), padding="full").output
        (7, 7)
    """
    for option, value in (("stride", stride), ("dilation", dilation)):
        if not 1 <= value <= MOST_STEP:
            raise BadChoice(
                f"{option} cannot be '{value}'. Allowed: whole numbers from 1 to {MOST_STEP}.",
                received=str(value),
                suggestions=["1"],
            )
    laid = Slide(input, window, stride, (0, 0, 0, 0), dilation)
    laid = Slide(input, window, stride, _padding(padding, laid.reach, stride), dilation)
    (height, width), (tall, wide) = laid.padded, laid.reach
    if tall > height or wide > width:
        dilated = f" with dilation {dilation}" if dilation > 1 else ""
        raise BadInputSize(
            f"A kernel of {window[0]} × {window[1]}{dilated} spans {tall} × {wide} cells, but the "
            f"padded input has {height} × {width}. Allowed: a kernel that fits, or more padding.",
            received=f"{window[0]} × {window[1]}",
            suggestions=["full"],
        )
    return laid


def _padding(padding: int | str, reach: Cell, stride: int) -> tuple[int, int, int, int]:
    around = reach[0] - 1, reach[1] - 1
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "full":
        return around[0], around[0], around[1], around[1]
    if padding == "same":
        if stride > 1:
            raise BadChoice(
                f"padding 'same' goes with stride 1 only, not {stride}, here as in torch. Allowed "
                f"with stride {stride}: a number of cells, such as {around[0] // 2}, valid, full.",
                received=padding,
                suggestions=[str(around[0] // 2), "valid", "full"],
            )
        top, left = around[0] // 2, around[1] // 2
        return top, around[0] - top, left, around[1] - left  # an even kernel: more at the end
    try:
        cells = int(padding)
    except ValueError:
        cells = -1
    if not 0 <= cells <= MOST_PADDING:
        raise BadChoice(
            f"padding cannot be '{padding}'. Allowed: {', '.join(PADDINGS)}, or a whole number "
            f"from 0 to {MOST_PADDING}.",
            received=str(padding),
            suggestions=PADDINGS,
        )
    return cells, cells, cells, cells
