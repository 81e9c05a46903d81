"""Windows of receptive fields: exact to the pixel, also past the border."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vizcore.data.windows import cut_window, window_of
from vizcore.records import ReceptiveField

BLANK = (1, 2, 3)


def picture(height: int = 6, width: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(10, 255, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("size", [1, 3, 5, 6, 7, 8, 9, 20])
def test_every_pixel_is_the_pictures_or_blank(size):
    rgb = picture()
    height, width = rgb.shape[:2]
    for top, left in itertools.product(range(-size - 1, height + 2), range(-size - 1, width + 2)):
        cut = cut_window(rgb, (left, top, left + size, top + size), BLANK)
        first_row = top if size <= height else 0
        first_column = left if size <= width else 0
        assert cut.shape == (min(size, height), min(size, width), 3)
        for i, j in itertools.product(range(cut.shape[0]), range(cut.shape[1])):
            row, column = first_row + i, first_column + j
            inside = 0 <= row < height and 0 <= column < width
            seen = inside and top <= row < top + size and left <= column < left + size
            assert tuple(cut[i, j]) == (tuple(rgb[row, column]) if seen else BLANK)


def test_the_window_is_what_the_value_depends_on():
    """Changing a pixel changes the value if, and only if, the pixel is in its window."""
    import torch
    from torch import nn

    from vizcore.anatomy import trace

    network = nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), nn.MaxPool2d(3, 2), nn.Conv2d(1, 1, 3))
    row = trace(network, (1, 33, 31)).rows[-1]
    assert row.receptive_field is not None
    for module in network:
        if isinstance(module, nn.Conv2d):
            module.weight.data.fill_(1.0)
            module.bias.data.zero_()  # so that all sums are whole numbers, whatever their order
    field = row.receptive_field
    with torch.no_grad():
        base = torch.zeros(1, 1, 33, 31)
        bright = torch.eye(33 * 31).reshape(-1, 1, 33, 31)  # all pictures with one bright pixel
        changed = (network(bright) != network(base))[:, 0]
    for place in ((0, 0), (1, 2), (changed.shape[1] - 1, changed.shape[2] - 1)):
        left, top, right, bottom = window_of(field, place)
        expected = np.zeros((33, 31), bool)
        expected[max(0, top) : bottom, max(0, left) : right] = True
        np.testing.assert_array_equal(
            changed[:, place[0], place[1]].reshape(33, 31).numpy(), expected
        )


def test_height_and_width_are_not_mixed_up():
    field = ReceptiveField((3, 5), (2, 4), (-1, 7))
    assert window_of(field, (2, 3)) == (19, 3, 24, 6)
