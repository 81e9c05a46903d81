"""Class images side by side, their curves and their words."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures import ascent_curves as curves
from vizcore.figures import class_image_words as words
from vizcore.figures.class_images import Label, draw_gallery, lay_out, png, shortened, zipped
from vizcore.records.ascent_options import AscentOptions, InversionOptions
from vizcore.records.class_images import AscentImages, Frame, Goal, Inversions
from vizcore.records.maps import Prediction

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)


def said(name: str, index: int, share: float) -> Prediction:
    return Prediction((name, "other"), (index, 99), (share, 1 - share), (2.0, 1.0))


def made(step: int = 2, *, over: bool = True, lambdas: tuple[float, ...] = (0.1, 0.2)):
    """Two images, of which the network knows the first."""
    rows = np.arange(step + 1, dtype=np.float32)
    scores = np.stack([rows, 2 * rows], 1)
    goals = (Goal("cat", lambdas[0], 3), Goal("dog", lambdas[1], 5))
    return AscentImages(
        goals=goals,
        options=AscentOptions(steps=10),
        step=step,
        images_nchw=np.zeros((2, 3, 8, 8), np.float32),
        mean=(0.5,) * 3,
        std=(0.2,) * 3,
        scores_sn=scores,
        penalties_sn=scores / 4,
        variations_sn=np.zeros_like(scores),
        probabilities_sn=scores / 10,
        frames=tuple(Frame(number, PIXELS[:2]) for number in range(step + 1)),
        predictions=(said("cat", 3, 0.8), said("cat", 3, 0.6)) if over else (),
        notes=("", ""),
    )


def inverted() -> Inversions:
    return Inversions(
        layers=("conv1", "fc8"),
        options=InversionOptions(steps=10),
        step=1,
        photo_hwc=PIXELS[0],
        images_nchw=np.zeros((2, 3, 8, 8), np.float32),
        mean=(0.5,) * 3,
        std=(0.2,) * 3,
        errors_sn=np.float32([[1.0, 1.5], [0.1, 0.25]]),
        bounds_sn=np.zeros((2, 2), np.float32),
        variations_sn=np.zeros((2, 2), np.float32),
        frames=(),
        photo_prediction=said("cat", 3, 0.9),
        predictions=(said("cat", 3, 0.8), said("dog", 5, 0.6)),
    )


@pytest.mark.parametrize("side", [8, 32, 64, 224, 299, 480])
@pytest.mark.parametrize("count", [1, 2, 5, 12, 20])
def test_images_fit_the_room_they_have(count: int, side: int):
    layout = lay_out(count, (side, side), (640, 540))
    shown = -(-side // layout.reduce) * layout.zoom
    assert layout.columns * (max(shown, 150) + 12) - 12 <= 640
    assert min(layout.zoom, layout.reduce) == 1
    assert shown >= 96


def test_every_image_stands_unchanged_in_its_place():
    layout = lay_out(3, (8, 8))
    sheet = draw_gallery(PIXELS, [Label(name) for name in "abc"], layout=layout)
    zoom, cell = layout.zoom, max(8 * layout.zoom, 150) + 12
    for number, picture in enumerate(PIXELS):
        row, column = divmod(number, layout.columns)
        top = row * (8 * zoom + 2 * 22 + 12) + 22
        left = column * cell
        there = sheet[top : top + 8 * zoom, left : left + 8 * zoom]
        assert np.array_equal(there, picture.repeat(zoom, 0).repeat(zoom, 1))


def test_a_name_of_a_colour_is_underlined_in_it():
    sheet = draw_gallery(PIXELS, [Label("a", colour="#0072b2"), Label("b"), Label("c")])
    assert tuple(sheet[19, 2]) == (0x00, 0x72, 0xB2)


def test_large_images_are_means_and_the_caption_says_so():
    large = np.zeros((12, 224, 224, 3), np.uint8)
    large[:, ::2] = 200
    layout = lay_out(12, (224, 224))
    assert layout.reduce == 2
    sheet = draw_gallery(large, [Label("")] * 12, layout=layout)
    assert (sheet[30, 10] == 100).all()
    assert "at 1/2 of their size" in words.caption(made(), layout.reduce)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(NotApplicable, match="no images"):
        draw_gallery(PIXELS[:0], [])
    with pytest.raises(BadChoice, match="3, one an image"):
        draw_gallery(PIXELS, [Label("a")])


def test_long_names_end_in_points():
    assert shortened("short", 100) == "short"
    long = shortened("a class with a name that goes on", 100)
    assert long.endswith("...")
    assert len(long) < 20


def test_the_archive_holds_the_images_and_is_the_same_each_time():
    first, again = (zipped(PIXELS, ["a", "b", "c"]) for _ in range(2))
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["00_a.png", "01_b.png", "02_c.png"]
        back = np.asarray(Image.open(io.BytesIO(archive.read("01_b.png"))))
    assert np.array_equal(back, PIXELS[1])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(PIXELS[2])))), PIXELS[2])


def test_the_answer_counts_what_is_recognised_by_the_predictions():
    text = words.answer_classes(made())
    assert "After 2 steps the network recognises <b>1 of its 2</b> own images" in text
    assert "that for dog it takes for <b>cat</b> (60%)" in text
    assert "<b>0 of 2</b> images have more than half" in words.answer_classes(made(over=False))
    assert [each.quiet for each in words.labels(made(), 2)] == [False, True]
    assert words.labels(made(), 1)[1].foot == "20% probable"


def test_lambdas_units_and_layers_are_answered():
    assert "at λ = 0.1 reach a score of <b>2</b>, at λ = 0.2 of <b>4</b>" in words.answer_lambdas(
        made()
    )
    text = words.answer_inversion(inverted())
    assert "<code>conv1</code> has the photo's activations up to an error of <b>10%</b>" in text
    assert "takes 1 of 2 images for the same as the photo, cat" in text
    assert [each.foot for each in words.inverse_labels(inverted(), 1)] == [
        "cat, 90%",
        "error 10%",
        "error 25%",
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_the_curves_are_the_records(dark: bool):
    found = made()
    figure = curves.draw_ascent(found, 1, at=1, dark=dark)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines) == ["score", "penalty", "objective", "cat", "dog"]
    assert np.array_equal(lines["objective"].y, found.objectives_sn[:, 1])
    assert list(lines["dog"].y) == pytest.approx([0, 20, 40])
    assert figure.data[-1].name == "dog"  # the followed one lies over the others
    assert "score 4" in figure.layout.meta["alt"]


def test_both_terms_stand_against_lambda():
    figure = curves.draw_lambdas(made())
    score, penalty = figure.data[-2:]
    assert list(score.y) == [2, 4]
    assert list(penalty.y) == [0.5, 1]
    assert list(score.text) == ["0.1", "0.2"]


def test_errors_are_in_per_cent_and_named_by_layer():
    figure = curves.draw_errors(inverted())
    assert [trace.name for trace in figure.data] == ["conv1", "fc8"]
    assert list(figure.data[1].y) == pytest.approx([150, 25])


def test_a_long_run_is_drawn_with_few_points_the_last_among_them():
    figure = curves.draw_ascent(made(step=4000), 0)
    assert len(figure.data[0].x) == 200
    assert (figure.data[0].x[0], figure.data[0].x[-1]) == (0, 4000)


def test_the_terms_against_lambda_are_those_of_the_step_that_is_shown():
    figure = curves.draw_lambdas(made(), at=1)
    ends = [list(trace.y) for trace in figure.data[-2:]]
    assert ends == [[1.0, 2.0], [0.25, 0.5]]
    assert "after 1 step at" in figure.layout.meta["alt"]


def test_how_alike_neighbours_are_is_their_cosine():
    found = made()
    images = np.zeros_like(found.images_nchw)
    images[0, 0, 0, :2], images[1, 0, 0, 1] = 3.0, 2.0
    assert words.neighbours_alike(replace(found, images_nchw=images)) == [pytest.approx(0.5**0.5)]
    assert "alike by 0.71 (" in words.likeness(replace(found, images_nchw=images))
    assert words.neighbours_alike(found) == [0.0]  # images that have not moved
