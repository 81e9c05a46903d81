"""The plots of accuracy against cost: every pairing of axes, areas, names, what is pointed out."""

from __future__ import annotations

import html

import pytest

from vizcore.accuracy import SETS, accuracy_points, family_lines, field_points, published_points
from vizcore.errors import NotApplicable
from vizcore.figures.accuracy import Shown, draw_accuracy
from vizcore.figures.accuracy_areas import diameters, legend_of_areas
from vizcore.figures.accuracy_layout import PLOT_PX
from vizcore.figures.accuracy_ranking import MOST, draw_ranking
from vizcore.figures.accuracy_words import said_of, short_label
from vizcore.figures.fleet import decades
from vizcore.figures.palette import FONT_SIZE, theme
from vizcore.records.accuracy import AXES
from vizcore.records.bench import Measurement, Setup

AREAS = dict(zip(AXES, [*list(AXES)[1:], None], strict=True))


def measured(points):
    """Made measurements, for all but the last network that can be counted."""
    known = [point for point in points if point.macs][:-1]
    return [
        Measurement(
            "n", (3, 224, 224), Setup(), "2026-01-02", point.params, point.macs,
            (point.macs / 1e7,), (1.0, 1.0), 1,
            peak_bytes=point.params * 4, energy_j=point.macs / 1e9, power_w=50.0,
        )
        if point in known
        else None
        for point in points
    ]  # fmt: skip


def circles(figure):
    return next(trace for trace in figure.data if trace.customdata is not None)


@pytest.mark.parametrize("x", AXES)
@pytest.mark.parametrize("which", ["study", "fleet"])
def test_every_pairing_of_axes_is_drawn_and_no_point_is_lost(x, which):
    """Two others along the height, and one as the area, for every axis."""
    points = accuracy_points(which)
    found = measured(points)
    keys = list(AXES)
    for y in ("top1", keys[keys.index(x) - 1]):
        shown = Shown(AXES[x], AXES[y], AREAS[x] and AXES[AREAS[x]], lines=family_lines(points))
        figure = draw_accuracy(points, found, shown)
        drawn = circles(figure)
        expected = {
            number: (a, b)
            for number, pair in enumerate(zip(points, found, strict=True))
            if (a := AXES[x].value(*pair)) is not None and (b := AXES[y].value(*pair)) is not None
        }
        assert {
            data[0]: (a, b) for data, a, b in zip(drawn.customdata, drawn.x, drawn.y, strict=True)
        } == expected
        assert figure.layout.title.text
        assert "unknown" not in figure.layout.title.text


@pytest.mark.parametrize("pair", [("energy", "top1"), ("top1", "power"), ("rate", "memory")])
def test_a_pairing_that_nobody_measured_names_both_quantities(pair):
    points = accuracy_points("study")
    with pytest.raises(NotApplicable, match="measure some"):
        draw_accuracy(points, [None] * len(points), Shown(AXES[pair[0]], AXES[pair[1]]))
    with pytest.raises(NotApplicable, match="measure some"):
        draw_ranking(points, [None] * len(points), AXES["energy"])


def test_one_network_alone_is_drawn():
    points = accuracy_points("study", find="vgg-16")
    figure = draw_accuracy(points, [None], Shown(AXES["gops"], AXES["top1"], AXES["params"]))
    assert list(circles(figure).x) == [points[0].gops]
    assert figure.layout.title.text == "VGG-16: 71.5% with 30.9G operations"


def test_a_network_whose_area_is_unknown_is_a_cross_and_not_the_smallest_circle():
    points = accuracy_points("fleet")
    found = measured(points)
    shown = Shown(AXES["macs"], AXES["top1"], AXES["latency"])
    drawn = circles(draw_accuracy(points, found, shown))
    crossed = [
        found[data[0]]
        for data, symbol in zip(drawn.customdata, drawn.marker.symbol, strict=True)
        if symbol != "circle"
    ]
    assert crossed == [None]


@pytest.mark.parametrize("which", SETS)
def test_each_plotted_number_tells_its_source(which):
    """On the plane and on the bars: the accuracy's, and of what was measured the day and setup."""
    points = accuracy_points(which)
    found = measured(points)
    plane = draw_accuracy(points, found, Shown(AXES["latency"], AXES["top1"], AXES["energy"]))
    bars = draw_ranking(points, found, AXES["latency"])
    assert len(circles(plane).hovertext) == sum(each is not None for each in found)
    for trace in (circles(plane), circles(bars)):
        for (number,), words in zip(trace.customdata, trace.hovertext, strict=True):
            plain = words.replace("<br>", " ")
            assert f"source: {html.escape(points[number].source)}" in plain
            assert "measured 2026-01-02, batch 1, fp32" in plain
            assert f"{points[number].top1_pct:.2f}%" in plain


@pytest.mark.parametrize("largest", [0.95, 1.0, 7.3, 95.0, 950.0, 1e9])
def test_the_legend_s_areas_are_round_numbers_not_above_the_largest(largest):
    (trace,) = legend_of_areas(AXES["params"], [largest, None], [0, 1], theme())
    shown = [float(text.removesuffix("M parameters")) for text in trace["text"]]
    assert 0 < shown[0] < shown[1] < shown[2] <= largest
    assert shown[2] >= largest / 2
    whole, _ = diameters([largest, None], [0, 1])
    for value, diameter in zip(shown, trace["marker"]["size"], strict=True):
        assert (diameter / whole) ** 2 == pytest.approx(value / largest, rel=1e-3)


def test_what_is_pointed_out_alone_has_the_accent():
    points = published_points()
    chosen = frozenset(n for n, point in enumerate(points) if point.family == "VGG")
    shown = Shown(AXES["gops"], AXES["top1"], chosen=chosen)
    drawn = circles(draw_accuracy(points, [None] * len(points), shown))
    accent = {
        data[0]
        for data, colour in zip(drawn.customdata, drawn.marker.line.color, strict=True)
        if colour == theme().accent
    }
    assert accent == chosen


def boxes(figure):
    """Where the names are, in pixels of a window of 1280, for those without a line of their own."""
    x_low, x_high = figure.layout.xaxis.range
    y_low, y_high = figure.layout.yaxis.range
    found = []
    for note in figure.layout.annotations:
        x = (note.x - x_low) / (x_high - x_low) * PLOT_PX[0]
        y = (note.y - y_low) / (y_high - y_low) * PLOT_PX[1]
        x += note.ax if note.showarrow else note.xshift
        y += -note.ay if note.showarrow else note.yshift
        width = 7.0 * len(note.text)
        left = x - {"left": 0, "center": width / 2, "right": width}[note.xanchor]
        found.append((left, y - 9, left + width, y + 9, note.text))
    return found


def test_names_of_the_whole_field_hide_no_other_name():
    points = field_points()
    shown = Shown(AXES["macs"], AXES["top1"], AXES["params"], lines=family_lines(points))
    figure = draw_accuracy(points, [None] * len(points), shown)
    names = boxes(figure)
    assert len(names) >= 15
    for place, one in enumerate(names):
        assert one[0] > -10
        assert one[2] < PLOT_PX[0] + 40
        for other in names[place + 1 :]:
            apart = (
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            )
            assert apart, (one, other)
    assert all(note.font.size >= FONT_SIZE for note in figure.layout.annotations)


def test_the_title_is_the_best_and_what_nearly_as_good_costs():
    points = {point.label: point for point in published_points()}
    figure = draw_accuracy(
        published_points(), [None] * len(points), Shown(AXES["gops"], AXES["top1"])
    )
    best, near = points["Inception-v4"], points["ResNet-50"]
    cheaper = [
        point
        for point in points.values()
        if point.gops and point.top1_pct >= best.top1_pct - 5 and point.gops < near.gops
    ]
    assert cheaper == []
    assert figure.layout.title.text.replace("<br>", " ") == (
        f"Inception-v4: 80.2% with {said_of(AXES['gops'], best.gops)}; ResNet-50 is "
        f"{best.top1_pct - near.top1_pct:.1f} points behind at {near.gops / best.gops:.0%} of that"
    )


def test_equal_costs_are_told_apart_by_accuracy():
    """AlexNet and BN-AlexNet cost the same: the cheapest is the better of the two."""
    points = accuracy_points("study", find="alexnet, vgg")
    figure = draw_accuracy(points, [None] * len(points), Shown(AXES["gops"], AXES["density"]))
    assert figure.layout.title.text.startswith("BN-AlexNet")


def test_bars_are_in_order_and_at_most_so_many():
    points = field_points()
    figure = draw_ranking(points, [None] * len(points), AXES["macs"])
    (bars,) = figure.data
    assert len(bars.x) == MOST
    assert list(bars.x) == sorted(AXES["macs"].value(point, None) for point in points)[:MOST]
    assert [name.strip() for name in figure.layout.yaxis.ticktext] == [
        short_label(points[data[0]]) for data in bars.customdata
    ]


def test_a_short_logarithmic_axis_has_three_ticks_at_least():
    for low, high in ((1.35, 1.5), (0.0, 0.4), (3.0, 6.0)):
        ticks = decades((low, high))
        assert len(ticks["tickvals"]) >= 3
        assert all(10**low <= value <= 10**high for value in ticks["tickvals"])
        assert len(set(ticks["ticktext"])) == len(ticks["ticktext"])


@pytest.mark.parametrize("which", ["study", "fleet", "field"])
def test_names_beside_circles_tell_networks_and_trainings_apart(which):
    names = [short_label(point) for point in accuracy_points(which)]
    assert len(set(names)) == len(names)
