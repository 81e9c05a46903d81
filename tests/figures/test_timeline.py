"""The timeline: every circle is an entry, and the sentence above it is counted."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from vizcore.figures.timeline import draw_timeline
from vizcore.figures.timeline_entries import (
    QUANTITIES,
    TimelineEntry,
    diameter_px,
    finding,
    hover_text,
)
from vizcore.figures.timeline_layout import (
    PLOT_PX,
    WIDTH_PX,
    Circle,
    label_shift,
    lay_out,
    sidesteps,
)
from vizcore.reference import architecture_facts

FACTS = [facts for facts in architecture_facts() if facts.eval_dataset == "ImageNet-1k val"]
ENTRIES = [
    TimelineEntry(
        facts.key,
        facts.display_name,
        facts.family,
        facts.year,
        facts.params,
        facts.macs,
        facts.top1_err_pct,
        facts.error_protocol,
    )
    for facts in FACTS
]


def circles_of(figure):
    """Key -> (x, y, size, colour) of every circle."""
    found = {}
    for trace in figure.data:
        if trace.customdata is None:
            continue
        colours = trace.marker.color
        for index, (key,) in enumerate(trace.customdata):
            colour = colours if isinstance(colours, str) else colours[index]
            found[key] = (trace.x[index], trace.y[index], trace.marker.size[index], colour)
    return found


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_circles_are_the_rows_of_the_reference(quantity):
    drawn = circles_of(draw_timeline(ENTRIES, quantity=quantity))
    column = {"params": "params", "macs": "macs", "error": "top1_err_pct"}[quantity]
    expected = {
        facts.key: getattr(facts, column) for facts in FACTS if getattr(facts, column) is not None
    }
    assert {key: y for key, (_, y, _, _) in drawn.items()} == expected
    for facts in FACTS:
        if facts.key in drawn and facts.top1_err_pct is not None:
            assert drawn[facts.key][3] == facts.top1_err_pct


def test_years_go_from_left_to_right_and_families_have_columns_of_their_own():
    drawn = circles_of(draw_timeline(ENTRIES))
    for one, other in combinations(ENTRIES, 2):
        if one.year < other.year:
            assert drawn[one.key][0] < drawn[other.key][0]
    figure = draw_timeline(ENTRIES)
    years = sorted({entry.year for entry in ENTRIES})
    written = [note.text for note in figure.layout.annotations]
    assert [int(text) for text in written if text.isdigit()] == years
    assert len(figure.layout.xaxis.ticktext) == len({(e.year, e.family) for e in ENTRIES})


def test_no_circle_hides_another():
    column = [Circle(str(i), 2014, "VGG", 0.5, 24) for i in range(8)]
    steps = sidesteps(column)
    assert len(set(steps)) == len(column)
    assert min(abs(a - b) for a, b in combinations(steps, 2)) >= 16


def test_a_larger_circle_means_more_multiply_adds():
    drawn = circles_of(draw_timeline(ENTRIES))
    ordered = sorted(ENTRIES, key=lambda entry: entry.macs)
    sizes = [drawn[entry.key][2] for entry in ordered]
    assert sizes == sorted(sizes)
    assert diameter_px(16 * 10**9) == pytest.approx(2 * diameter_px(10**9))


def test_the_finding_counts_the_better_networks():
    me = next(entry for entry in ENTRIES if entry.key == "vgg_d")
    rated = [entry for entry in ENTRIES if entry.top1_err_pct is not None]
    better = 0
    for entry in rated:
        better += entry.top1_err_pct < me.top1_err_pct and entry.params < me.params
    assert finding(ENTRIES, "params", "vgg_d").startswith(f"{better} of {len(rated)} networks have")
    assert draw_timeline(ENTRIES, selected="vgg_d").layout.title.text == finding(
        ENTRIES, "params", "vgg_d"
    )
    lower = sum(entry.top1_err_pct < me.top1_err_pct for entry in rated)
    assert finding(ENTRIES, "error", "vgg_d").startswith(f"{lower} of {len(rated)} ")


def test_without_a_selection_the_finding_names_both_ends():
    low = min(ENTRIES, key=lambda entry: entry.macs)
    high = max(ENTRIES, key=lambda entry: entry.macs)
    text = finding(ENTRIES, "macs")
    assert low.name.partition(" (")[0] in text
    assert high.name.partition(" (")[0] in text


def test_nothing_better_is_said_in_words():
    best = min((e for e in ENTRIES if e.top1_err_pct is not None), key=lambda e: e.top1_err_pct)
    assert finding(ENTRIES, "error", best.key).startswith("None of ")


def test_a_search_fades_the_others_and_names_the_few():
    found = {"resnet18", "resnet50"}
    figure = draw_timeline(ENTRIES, found=found)
    for trace in figure.data:
        if trace.customdata is not None:
            lit = {
                k for (k,), o in zip(trace.customdata, trace.marker.opacity, strict=True) if o > 0.5
            }
            assert lit == found & {key for (key,) in trace.customdata}
    words = [note.text for note in figure.layout.annotations]
    assert {"ResNet-18", "ResNet-50"} <= set(words)
    assert figure.layout.title.text == f"2 of {len(ENTRIES)} networks match"


def test_the_selected_circle_has_a_ring_and_its_name():
    figure = draw_timeline(ENTRIES, selected="vgg_d")
    rings = [trace for trace in figure.data if trace.marker.symbol == "circle-open"]
    assert [trace.y[0] for trace in rings] == [138_357_544]
    assert "<b>VGG-D</b>" in [note.text for note in figure.layout.annotations]


def test_what_is_not_known_is_left_out_or_left_empty():
    unknown = TimelineEntry("a", "A", "F", 2014, None, None, None)
    uncounted = TimelineEntry("b", "B", "F", 2015, 10**6, None, None)
    figure = draw_timeline([unknown, uncounted])
    assert set(circles_of(figure)) == {"b"}
    assert "error" not in hover_text(uncounted)
    assert draw_timeline([unknown]).layout.title.text == ""
    assert draw_timeline([]).data is not None


@pytest.mark.parametrize("dark", [False, True])
def test_texts_are_large_enough_for_a_projector(dark):
    figure = draw_timeline(ENTRIES, selected="vgg_d", dark=dark)
    assert min(note.font.size for note in figure.layout.annotations) >= 16
    assert figure.layout.template.layout.xaxis.tickfont.size >= 16
    assert figure.layout.coloraxis.colorbar.tickfont.size >= 16


def test_a_name_stays_inside_and_off_other_names():
    circles = [Circle(str(i), 2014, "VGG", i / 4, 20) for i in range(5)]
    layout = lay_out(circles)
    taken = []
    for circle in circles:
        label_shift(circle.key, f"Network {circle.key}", circles, layout, taken)
    for a, b in combinations(taken, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for left, low, right, high in taken:
        assert left >= -8
        assert right <= WIDTH_PX + 8
        assert low >= -12
        assert high <= PLOT_PX + 20


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_circle_lies_within_the_axis(quantity):
    figure = draw_timeline(ENTRIES, quantity=quantity)
    low, high = figure.layout.yaxis.range
    for _, y, size, _ in circles_of(figure).values():
        middle = math.log10(y) if quantity != "error" else y
        half = size / 2 / PLOT_PX * (high - low)
        assert low <= middle - half
        assert middle + half <= high
