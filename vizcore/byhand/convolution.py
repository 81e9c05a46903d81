"""A convolution of two small grids, written out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vizcore.byhand.grids import checked
from vizcore.byhand.sliding import slide
from vizcore.records.byhand import Grid, HandConvolution, Slide


def convolve(
    image: npt.ArrayLike,
    kernel: npt.ArrayLike,
    *,
    bias: float = 0.0,
    stride: int = 1,
    padding: int | str = "valid",
    dilation: int = 1,
    flip: bool = False,
) -> HandConvolution:
    """Slide a kernel (h, w) over an image (H, W), multiply and add.

    Without `flip` this is cross-correlation, which deep learning (and torch) calls convolution;
    with it the kernel is turned by 180 degrees first, as the definition in mathematics has it.

    Raises:
        BadChoice: a grid that is none, stride, padding or dilation outside their values.
        BadInputSize: the kernel does not fit into the padded image.

    Example:
        >>> convolve([[1, 2, 3]], [[1, 10]]).output_hw
        array([[21., 32.]])
        >>> convolve([[1, 2, 3]], [[1, 10]], flip=True).output_hw
        array([[12., 23.]])
    """
    input_hw, kernel_hw = checked(image, "input"), checked(kernel, "kernel")
    laid = slide(
        _cell(input_hw), _cell(kernel_hw), stride=stride, padding=padding, dilation=dilation
    )
    applied = kernel_hw[::-1, ::-1] if flip else kernel_hw
    output = (patches(input_hw, laid) @ applied.ravel()).reshape(laid.output) + bias
    return HandConvolution(laid, input_hw, kernel_hw, float(bias), flip, output)


def patches(input_hw: Grid, laid: Slide, outside: float = 0.0) -> Grid:
    """The numbers under the window at each place: (places, cells of the window)."""
    top, bottom, left, right = laid.padding
    padded = np.pad(input_hw, ((top, bottom), (left, right)), constant_values=outside)
    return np.array(
        [[padded[r + top, c + left] for r, c in laid.cells(*place)] for place in laid.places]
    )


def _cell(grid: Grid) -> tuple[int, int]:
    return grid.shape[0], grid.shape[1]
