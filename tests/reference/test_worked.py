"""The lecture's grids as their claims hold them."""

from __future__ import annotations

import ast

import numpy as np

from vizcore.byhand import convolve
from vizcore.reference.worked import worked_convolution, worked_zero_padding


def test_the_claims_own_computed_values_are_what_the_grids_give():
    example = worked_convolution()
    assert convolve(example.input, example.kernel).output_hw.tolist() == ast.literal_eval(
        example.claim.computed
    )
    example = worked_zero_padding()
    for text, flip in zip(example.claim.computed.split("|"), (False, True), strict=True):
        output = convolve(example.input, example.kernel, padding="same", flip=flip).output_hw
        assert output.tolist() == ast.literal_eval(text.strip())
    assert example.claim.verdict == "slip"
    assert np.array(example.printed).shape == (5, 5)
