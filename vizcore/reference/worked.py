"""The small grids of the lecture's worked examples, read from its claims."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from vizcore.records.lectures import LectureClaim
from vizcore.reference.lectures import lecture_claim

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """An input, a kernel, and the output that a deck prints for them."""

    claim: LectureClaim
    input: Rows
    kernel: Rows
    printed: Rows


@lru_cache(maxsize=1)
def worked_convolution() -> WorkedExample:
    """Return the 5x5 image with the 3x3 filter.

    Example:
        >>> worked_convolution().printed
        ((4, 3, 4), (2, 4, 3), (2, 3, 4))
    """
    claim = lecture_claim("conv_example_result")
    image, kernel = _grids(claim.expression)[:2]
    return WorkedExample(claim, image, kernel, _grids(claim.stated)[0])


@lru_cache(maxsize=1)
def worked_zero_padding() -> WorkedExample:
    """Return the same image padded with zeros, with another filter."""
    claim = lecture_claim("conv_zeropad_example")
    image = worked_convolution().input
    return WorkedExample(claim, image, _grids(claim.claim)[0], _grids(claim.stated)[0])


def _grids(text: str) -> list[Rows]:
    found = re.findall(r"\[\[.*?\]\]", text)
    return [tuple(tuple(row) for row in ast.literal_eval(each)) for each in found]
