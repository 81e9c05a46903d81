"""A sanity check and the metrics drawn and said: positions, colours, numbers, sentences."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vizcore.figures import trust_tables as tables
from vizcore.figures import trust_words as words
from vizcore.figures.palette import diverging, sequential, theme
from vizcore.figures.trust import alt, draw_decline
from vizcore.figures.trust_curves import draw_pixel_curves
from vizcore.figures.trust_maps import GAP_PX, LEFT_PX, colour_map, draw_row, enlarged, labelled
from vizcore.records.saliency import Completeness
from vizcore.records.trust import (
    Likeness,
    MapMetrics,
    MethodMetrics,
    MetricSettings,
    PixelCurve,
    PixelCurves,
    SanityCheck,
    SanityStep,
)

SIDE = 32
SOURCE = np.random.default_rng(1)
PHOTO = SOURCE.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def values() -> np.ndarray:
    return SOURCE.normal(size=(SIDE, SIDE)).astype(np.float32)


def check(*kept: float | None, signed: bool = True, order: str = "cascading") -> SanityCheck:
    steps = tuple(
        SanityStep((f"conv{9 - n}",), None, None, "No gradient.")
        if each is None
        else SanityStep((f"conv{9 - n}",), values(), Likeness(each / 2, each, each / 4))
        for n, each in enumerate(kept)
    )
    return SanityCheck(
        method="m",
        signed=signed,
        order=order,  # type: ignore[arg-type]
        seed=0,
        target=1,
        target_class="<cat>",
        values_hw=values(),
        steps=steps,
        edges_hw=np.abs(values()),
        edges=Likeness(0.2, 0.2, 0.1),
        image_hwc=PHOTO,
    )


def curve(start: float, end: float) -> PixelCurve:
    shares = np.linspace(0, 1, 5)
    return PixelCurve(shares, np.linspace(start, end, 5), np.zeros(5))


def metrics(*areas: float, completeness: Completeness | None = None) -> MapMetrics:
    rows = tuple(
        MethodMetrics(
            f"m{n}",
            f"Method <{n}>",
            values(),
            True,
            PixelCurves(curve(area, area), curve(1 - area, 1 - area)),
            2.5,
            0.5,
            0.125,
            completeness,
        )
        for n, area in enumerate(areas)
    )
    chance = tuple(PixelCurves(curve(p, p), curve(p, p)) for p in (0.48, 0.5, 0.52))
    return MapMetrics(rows, chance, 3, "cup", 0.9, 4.0, MetricSettings(), 16, PHOTO)


@pytest.mark.parametrize("dark", [False, True])
def test_every_map_stands_over_its_point(dark):
    found = check(0.8, None, 0.3)
    row = draw_row(found, dark=dark)
    assert row.heads == ("picture", "as it is", "conv9", "conv8", "conv7", "edges")
    figure = draw_decline(found, dark=dark, step_px=row.step_px)
    left, right = figure.layout.margin.l, figure.layout.margin.r
    low, high = figure.layout.xaxis.range
    scale = (figure.layout.width - left - right) / (high - low)
    zoom = (row.step_px - GAP_PX) // SIDE
    maps = [found.values_hw, *(step.values_hw for step in found.steps)]
    for place, each in enumerate(maps, start=1):
        middle = left + (place - low) * scale
        tile = row.rgb_hwc[:, round(middle - zoom * SIDE / 2) : round(middle + zoom * SIDE / 2)]
        if each is None:
            assert (tile[zoom:-zoom, zoom:-zoom] == tile[zoom, zoom]).all()
        else:
            np.testing.assert_array_equal(tile[::zoom, ::zoom], colour_map(each, True))
    assert left == LEFT_PX
    assert figure.data[0].x == (1, 2, 3, 4)
    assert figure.data[0].y == (1.0, 0.8, None, 0.3)
    assert figure.data[0].line.color == theme(dark).accent


def test_lines_of_signs_only_where_there_are_some():
    assert [len(draw_decline(check(0.5, signed=s)).data) for s in (True, False)] == [5, 4]
    figure = draw_decline(check(0.5))
    edges = [each.y for each in figure.data if each.line.dash == "dash"]
    assert edges == [(0.2, 0.2), (0.1, 0.1)]
    assert "conv9 0.50, conv8 no map" in alt(check(0.5, None))


def test_large_maps_are_means():
    big = replace(
        check(0.5),
        values_hw=np.full((224, 224), 3.0, np.float32),
        steps=(SanityStep(("a",), np.ones((224, 224), np.float32), Likeness(1, 1, 1)),) * 8,
        edges_hw=np.ones((224, 224), np.float32),
        image_hwc=np.full((224, 224, 3), 7, np.uint8),
    )
    row = draw_row(big)
    assert "mean of 4 × 4 values" in row.caption
    assert row.rgb_hwc.shape == (56, LEFT_PX + 11 * 64, 3)
    np.testing.assert_array_equal(row.rgb_hwc[20, LEFT_PX + 30], (7, 7, 7))


def test_colours_end_at_the_99th_percentile():
    one = np.arange(101.0).reshape(1, 101)
    np.testing.assert_array_equal(colour_map(one, False)[0, 99:], sequential([1.0, 1.0]))
    np.testing.assert_array_equal(colour_map(-one, True)[0, 100], diverging([-1.0], 1.0)[0])
    assert Image.open(io.BytesIO(enlarged(one.repeat(101, axis=0), False))).size == (202, 202)


def test_the_picture_for_a_slide_has_a_column_for_each_map():
    with Image.open(io.BytesIO(labelled(check(0.5, None)))) as drawn:
        assert drawn.width >= 5 * 128
        assert drawn.height > 128


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        (0.9, "it hardly depends on what was learned"),
        (0.5, "it depends only in part on what was learned"),
        (0.1, "most of it comes from what was learned"),
        (-0.1, "most of it comes from what was learned"),
    ],
)
def test_the_verdict_follows_from_the_number(kept, verdict):
    said = words.sanity_answer(check(0.65, kept), "A & B")
    assert verdict in said
    assert "all 2 layers" in said
    assert "<b>A &amp; B</b> for &lt;cat&gt;" in said
    assert "rank correlation 0.20, SSIM 0.10" in said


def test_a_map_that_only_the_lowest_layers_change_is_said():
    said = words.sanity_answer(check(0.99, 0.97, 0.9, 0.5), "M")
    assert "with 3 of them random it is still <b>0.90</b>, so it hardly depends" in said
    assert "still" not in words.sanity_answer(check(0.99, 0.6, 0.9, 0.5), "M")


def test_a_check_without_a_last_map_says_why():
    assert "makes no map: No gradient." in words.sanity_answer(check(0.5, None), "M")
    alone = words.sanity_answer(check(0.5, 0.2, 0.9, order="independent"), "M")
    assert "changes most with <code>conv8</code> random" in alone
    assert "no map that could be compared" in words.sanity_answer(
        check(None, order="independent"), "M"
    )


def test_a_map_of_one_value_is_said():
    flat = replace(check(0.5), values_hw=np.zeros((SIDE, SIDE), np.float32))
    assert "is <b>0</b> everywhere on this network" in words.sanity_answer(flat, "M")


def test_the_answer_about_methods():
    said = words.metrics_answer(metrics(0.3, 0.1))
    assert "<b>Method &lt;1&gt;</b> finds the pixels that matter best of 2" in said
    assert "<b>0.10</b>, a random order 0.50 ± 0.02 (2 of 2 are clearly better" in said
    assert "no method's order of pixels is clearly better than chance" in words.metrics_answer(
        metrics(0.49)
    )
    assert "No method that was chosen makes a map" in words.metrics_answer(metrics())
    fails = metrics(0.1, completeness=Completeness(0.3, 1.0, "grey"))
    assert "fails</b>" not in words.metrics_answer(fails)
    assert "<b>Method &lt;0&gt;</b> fails completeness." in words.metrics_answer(fails)
    assert "<b>fails: 0.3 of 1</b>" in tables.metrics_table(fails)
    holds = metrics(0.1, completeness=Completeness(0.99, 1.0, "grey"))
    assert "completeness" not in words.metrics_answer(holds)
    assert "holds: 0.99 of 1" in tables.metrics_table(holds)


def test_tables_hold_every_number():
    found = metrics(0.25)
    found = replace(found, rows=(*found.rows, MethodMetrics("x", "X & Y", note="No <ReLU>.")))
    table = tables.metrics_table(found)
    for text in ("0.25", "0.75", "2.50", "50%", "12%", "X &amp; Y", "No &lt;ReLU&gt;."):
        assert text in table
    assert "0.50 ± 0.02" in table
    rows = list(csv.DictReader(io.StringIO(tables.metrics_csv(found))))
    assert [row["method"] for row in rows][:2] == ["m0", "x"]
    assert float(rows[0]["deletion area"]) == pytest.approx(0.25)
    assert float(rows[2]["deletion area"]) == pytest.approx(0.5)
    assert float(rows[3]["insertion area"]) == pytest.approx(0.02)
    curves = list(csv.DictReader(io.StringIO(tables.curves_csv(found))))
    assert len(curves) == 4 * 2 * 5
    assert {row["order"] for row in curves} == {"m0", "random 1", "random 2", "random 3"}
    steps = list(csv.DictReader(io.StringIO(tables.sanity_csv(check(0.5, None)))))
    assert [row["spearman of magnitudes"] for row in steps] == ["0.5", "", "0.2"]
    assert "No gradient." in tables.sanity_table(check(0.5, None))
    assert "of signed values" not in tables.sanity_table(check(0.5, signed=False))


def test_what_is_explained_is_what_was_done():
    found = metrics(0.5)
    how = replace(found.settings, nudges=3, radius=0.5, deletion_baseline="zero")
    said = words.metrics_explained(replace(found, settings=how))
    assert "puts 0 in their place" in said
    assert "with 3 inputs, each value of which is moved by at most 0.5" in said
    assert "squares of 16 × 16 pixels" in said


@pytest.mark.parametrize("dark", [False, True])
def test_curves_are_drawn_as_percentages_with_a_band_of_chance(dark):
    found = metrics(0.3, 0.1)
    figure = draw_pixel_curves(found, selected="m1", dark=dark)
    assert [each.name for each in figure.data] == 2 * [
        "3 random orders",
        "Method <0>",
        "Method <1>",
    ]
    assert max(figure.data[0].y) == pytest.approx(52)
    assert min(figure.data[0].y) == pytest.approx(48)
    assert figure.data[2].y == pytest.approx([10] * 5)
    assert figure.data[5].y == pytest.approx([90] * 5)
    assert figure.data[2].line.width > figure.data[1].line.width
    assert "Method <1> 0.10 and 0.90" in figure.layout.meta["alt"]
