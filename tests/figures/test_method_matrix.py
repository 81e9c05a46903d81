"""The matrix of methods and networks: every cell where it belongs, none without a letter or hue."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vizcore.figures.method_matrix import VERDICT_NAMES, MatrixRow, draw_method_matrix
from vizcore.figures.palette import contrast, verdict_fill

METHODS = [("gradient", "Gradient"), ("lrp", "LRP"), ("cam", "CAM")]
ROWS = [
    MatrixRow("ResNet-18", ("applies", "rewritten", "applies"), ("a", "b", "c"), "hand", True),
    MatrixRow("VGG, all 11", ("applies", "applies", "refused"), ("d", "e", "f"), "vgg_d"),
]


@pytest.mark.parametrize("dark", [False, True])
def test_every_cell_has_its_verdicts_place_hover_and_key(dark: bool):
    heat, marks = draw_method_matrix(METHODS, ROWS, dark=dark).data
    names = list(VERDICT_NAMES)
    assert np.asarray(heat.z).tolist() == [[names.index(v) for v in row.verdicts] for row in ROWS]
    cells = list(zip(marks.y, marks.x, marks.customdata, marks.hovertext, marks.text, strict=True))
    assert len(cells) == 6
    for row, column, (of, method), hover, letter in cells:
        assert (of, method) == (ROWS[row].key, METHODS[column][0])
        assert hover == ROWS[row].hover[column]
        verdict = ROWS[row].verdicts[column]
        assert letter == {"applies": "", "rewritten": "R", "refused": "×"}[verdict]


@pytest.mark.parametrize("dark", [False, True])
def test_verdicts_differ_in_lightness_not_in_hue_alone(dark: bool):
    fills = [verdict_fill(name, dark) for name in VERDICT_NAMES]
    for first, second in pairwise(fills):
        assert contrast(first, second) > 1.5


def test_the_network_at_hand_and_the_chosen_cell_are_framed():
    shapes = draw_method_matrix(METHODS, ROWS, selected=("vgg_d", "cam")).layout.shapes
    frames = [(box.x0, box.x1, box.y0, box.y1) for box in shapes]
    assert frames == [(-0.5, 2.5, -0.5, 0.5), (1.5, 2.5, 0.5, 1.5)]
    bold = draw_method_matrix(METHODS, ROWS).layout.yaxis.ticktext[0]
    assert bold == "<b>ResNet-18</b>"
    assert not draw_method_matrix(METHODS, ROWS[1:], selected=("hand", "lrp")).layout.shapes


def test_its_words_count_the_verdicts():
    alt = draw_method_matrix(METHODS, ROWS).layout.meta["alt"]
    assert "4 applies as it is, 1 applies once rewritten, 1 refused" in alt
