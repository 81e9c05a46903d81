"""Arithmetic on small grids, as one does it by hand: exact, cell by cell, in numpy alone.

>>> convolve([[1, 2], [3, 4]], [[1, 0], [0, 1]]).output_hw
array([[5.]])
"""

from vizcore.byhand.convolution import convolve
from vizcore.byhand.fitting import find_kernel
from vizcore.byhand.pooling import pool
from vizcore.byhand.sharing import share

__all__ = ["convolve", "find_kernel", "pool", "share"]
