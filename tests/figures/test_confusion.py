"""The confusion matrix and the learning curves are the records' numbers."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.errors import NotApplicable
from vizcore.figures.confusion import draw_confusion, finding
from vizcore.figures.curves import draw_curves
from vizcore.figures.curves import finding as curve_finding
from vizcore.figures.palette import FONT_SIZE
from vizcore.figures.patches import GUTTER_PX, draw_patches
from vizcore.records.fleet import Confusion, Epoch

CLASSES = ("cat", "moon", "rocket")
#: Of four cats one is named moon; of three moons two are named cat; two rockets are right.
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])
NAMED = np.array([0, 0, 1, 0, 0, 1, 0, 2, 2])
FOUND = Confusion("k", "test", CLASSES, LABELS, NAMED)
CURVE = tuple(Epoch(i, 0.1 / i, 2.0 / i, 1 - 0.5 / i, 0.9 - 0.4 / i) for i in range(1, 11))


def cells(figure):
    return next(trace for trace in figure.data if trace.type == "scatter")


def test_every_filled_cell_has_its_count_and_can_be_chosen():
    trace = cells(draw_confusion(FOUND))
    filled = zip(trace.customdata, trace.text, strict=True)
    counted = {tuple(cell): int(text) for cell, text in filled}
    assert counted == {(0, 0): 3, (0, 1): 1, (1, 0): 2, (1, 1): 1, (2, 2): 2}
    for (true, named), x, y in zip(trace.customdata, trace.x, trace.y, strict=True):
        assert (y, x) == (true, named)
    assert trace.textfont.size == FONT_SIZE


def test_the_colour_is_the_share_of_the_true_class_and_empty_cells_are_empty():
    figure = draw_confusion(FOUND)
    shares = np.array(figure.data[0].z, dtype=float)
    assert shares[0, 1] == pytest.approx(1 / 4)
    assert shares[1, 0] == pytest.approx(2 / 3)
    assert np.isnan(shares[2, 0])
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)


def test_recall_stands_at_the_edge_and_the_title_names_the_hardest():
    figure = draw_confusion(FOUND)
    said = [note.text for note in figure.layout.annotations]
    assert said[:3] == ["3 of 4", "1 of 3", "2 of 2"]
    assert figure.layout.title.text == "Hardest is moon: 1 of 3 right, 2 named cat"
    assert finding(Confusion("k", "test", CLASSES, LABELS, LABELS)) == "All 9 are named rightly"


def test_a_class_without_pictures_is_not_the_hardest():
    found = Confusion("k", "test", CLASSES, LABELS[:7], NAMED[:7])
    assert finding(found).startswith("Hardest is moon")
    assert np.isnan(found.recall_t[2])
    assert [note.text for note in draw_confusion(found).layout.annotations][2] == "0 of 0"


def test_the_chosen_cell_is_framed():
    assert len(draw_confusion(FOUND).layout.shapes) == 0
    (frame,) = draw_confusion(FOUND, selected=(1, 0), dark=True).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 0.5, 1.5)


def test_true_classes_run_down_and_ink_can_be_read_on_every_cell():
    figure = draw_confusion(FOUND)
    top, bottom = figure.layout.yaxis.range
    assert (top, bottom) == (2.5, -0.5)
    assert set(cells(figure).textfont.color) <= {"#ffffff", "#000000"}


def test_curves_draw_every_epoch_of_the_card():
    figure = draw_curves(CURVE)
    drawn = {trace.name: list(trace.y) for trace in figure.data}
    assert drawn["validation"] == pytest.approx([100 * row.validation for row in CURVE])
    assert drawn["training"] == pytest.approx([100 * (row.training or 0) for row in CURVE])
    assert drawn["loss"] == [row.loss for row in CURVE]
    assert drawn["learning rate"] == [row.learning_rate for row in CURVE]
    assert all(list(trace.x) == list(range(1, 11)) for trace in figure.data)


def test_an_older_curve_without_training_accuracy_is_drawn_without_it():
    older = [Epoch(row.epoch, row.learning_rate, row.loss, None, row.validation) for row in CURVE]
    assert {trace.name for trace in draw_curves(older).data} == {
        "validation",
        "loss",
        "learning rate",
    }
    assert len(draw_curves(older[:1]).data) == 3
    with pytest.raises(NotApplicable, match="no learning curve"):
        draw_curves(())


def test_the_curves_title_is_when_it_settled():
    values = [0.5, 0.9, 0.7, 0.89, 0.9]  # 0.89: within a point, not within 1% of the end
    curve = [Epoch(i, 0.1, 1.0, None, value) for i, value in enumerate(values, 1)]
    assert curve_finding(curve) == (
        "Validation accuracy ends at 90.0%; from epoch 4 of 5 it is within a point of that or above"
    )


@pytest.mark.parametrize("shape", [(5, 32, 32), (5, 32, 32, 3)])
def test_patches_are_enlarged_by_whole_numbers_and_keep_their_values(shape):
    pictures = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    drawn = draw_patches(pictures, columns=3, side_px=128)
    step = 128 + GUTTER_PX
    assert drawn.shape == (2 * step - GUTTER_PX, 3 * step - GUTTER_PX, 3)
    for place, picture in enumerate(pictures):
        top, left = place // 3 * step, place % 3 * step
        tile = drawn[top : top + 128, left : left + 128][::4, ::4]
        expected = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
        assert np.array_equal(tile, expected)
    assert (drawn[step:, 2 * step :] == 255).all()  # the empty place is paper
    with pytest.raises(NotApplicable):
        draw_patches(pictures[:0], columns=3)
