"""Inputs and kernels to begin with, by name, as an address writes them."""

from __future__ import annotations

import numpy as np

from vizcore.byhand.grids import write
from vizcore.reference.worked import worked_convolution, worked_zero_padding

_POINT = np.zeros((7, 7))
_POINT[3, 3] = 1
_BINOMIAL = np.outer([1, 2, 1], [1, 2, 1])

LECTURE_INPUT = write(worked_convolution().input)
LECTURE_KERNEL = write(worked_convolution().kernel)
CORNER_KERNEL = write(worked_zero_padding().kernel)
PRINTED_TABLE = write(worked_zero_padding().printed)

#: What a person calls it -> its text.
INPUTS: dict[str, str] = {
    "Lecture's 5 × 5": LECTURE_INPUT,
    "One point": write(_POINT),
    "Edge": write([[0, 0, 0, 9, 9, 9]] * 6),
    "Ramp": write([[0, 1, 2, 3, 4, 5]] * 6),
    "Square": write(
        [[9 if 2 <= r <= 5 and 2 <= c <= 5 else 0 for c in range(8)] for r in range(8)]
    ),
}
KERNELS: dict[str, str] = {
    "Lecture's X": LECTURE_KERNEL,
    "Lecture's corner": CORNER_KERNEL,
    "Identity": write([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "Shift by one": write([[0, 0, 0], [1, 0, 0], [0, 0, 0]]),
    "Mean": write(np.full((3, 3), 1 / 9)),
    "Gaussian": write(_BINOMIAL / 16),
    "Gaussian 5 × 5": write(np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256),
    "Sobel, across": write([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel, down": write([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Laplacian": write([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "Sharpen": write([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
}
POOLED: dict[str, str] = {
    "With a tie": write([[1, 3, 2, 1], [4, 6, 5, 5], [7, 2, 8, 8], [0, 4, 1, 8]]),
    "Lecture's 5 × 5": LECTURE_INPUT,
    "Ramp": INPUTS["Ramp"],
    "Negative": write([[-1, -3, -2, -1], [-4, -6, -5, -5], [-7, -2, -8, -8], [-9, -4, -1, -8]]),
}
