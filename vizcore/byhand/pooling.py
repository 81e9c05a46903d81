"""Max and average pooling of a small grid, and the gradient's way back through them."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt

from vizcore.byhand.convolution import patches
from vizcore.byhand.grids import checked
from vizcore.byhand.sliding import slide
from vizcore.errors import BadChoice
from vizcore.records.byhand import HandPooling, Pooling


def pool(
    image: npt.ArrayLike,
    kind: Pooling = "max",
    *,
    window: int = 2,
    stride: int | None = None,
    padding: int = 0,
    counts_padding: bool = True,
    gradient: npt.ArrayLike | None = None,
) -> HandPooling:
    """Pool an image (H, W) with a square window, as torch does.

    Padding never wins a maximum; in an average it counts as zeros, or, without
    `counts_padding`, not at all. Of equal maxima the first in reading order gets the gradient.

    Args:
        stride: cells from one window to the next; the window's side where None.
        gradient: at the outputs; ones where None.

    Raises:
        BadChoice: an option outside its values, or a gradient of another size than the output.
        BadInputSize: the window does not fit into the padded image.

    Example:
        >>> pooled = pool([[1, 2], [2, 0]], "max", gradient=[[5]])
        >>> pooled.output_hw.tolist(), pooled.input_gradient_hw.tolist()
        ([[2.0]], [[0.0, 5.0], [0.0, 0.0]])
    """
    if kind not in get_args(Pooling):
        raise BadChoice.among("pooling", kind, get_args(Pooling))
    input_hw = checked(image, "input")
    if not 0 <= padding <= window // 2:
        raise BadChoice(
            f"padding cannot be '{padding}' with a window of {window}. Allowed: 0 to "
            f"{window // 2}, half the window, here as in torch.",
            received=str(padding),
            suggestions=[str(window // 2)],
        )
    height, width = input_hw.shape
    laid = slide((height, width), (window, window), stride=stride or window, padding=padding)
    seen = patches(input_hw, laid, -np.inf if kind == "max" else 0.0)
    real = patches(np.ones_like(input_hw), laid)
    divisors = window**2 if counts_padding else real.sum(axis=1)
    output = seen.max(axis=1) if kind == "max" else seen.sum(axis=1) / divisors
    given = np.ones(laid.output) if gradient is None else checked(gradient, "gradient")
    if given.shape != laid.output:
        raise BadChoice(
            f"The gradient cannot be {given.shape[0]} × {given.shape[1]}. Allowed: "
            f"{laid.output[0]} × {laid.output[1]}, as the output."
        )
    back = np.zeros_like(input_hw)
    pooled = HandPooling(
        laid, kind, counts_padding, input_hw, output.reshape(laid.output), given, back
    )
    for place in laid.places:
        for cell, share in pooled.shares(*place).items():
            back[cell] += share * given[place]
    return pooled
