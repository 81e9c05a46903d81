"""The challenge's chart: the bars are the reference's rows, and nothing is invented."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import vizcore.reference
from vizcore.figures.challenge import depth_text, draw_challenge, finding, short_name
from vizcore.figures.palette import FONT_SIZE, theme
from vizcore.reference import challenge_winners

SOURCE = Path(vizcore.reference.__file__).parent / "ilsvrc_winners.csv"
ROWS = list(csv.DictReader(SOURCE.read_text(encoding="utf-8").splitlines()))
ENTRIES = challenge_winners()


def bars(figure):
    return [trace for trace in figure.data if trace.type == "bar"]


def test_the_bars_are_the_rows_of_the_reference():
    error, depth = bars(draw_challenge(ENTRIES))
    assert list(error.y) == [float(row["err_supplied_data_only_pct"]) for row in ROWS]
    assert list(depth.y) == [int(row["depth"]) if row["depth"].isdigit() else 0 for row in ROWS]
    ticks = draw_challenge(ENTRIES).layout.xaxis2.ticktext
    assert [row["year"] in tick for row, tick in zip(ROWS, ticks, strict=True)] == [True] * 9


def test_a_depth_that_nobody_published_is_said_and_not_drawn():
    figure = draw_challenge(ENTRIES)
    words = [note.text for note in figure.layout.annotations]
    assert words.count("shallow") == 2
    assert words.count("not<br>published") == 2
    unknown = [entry.year for entry in ENTRIES if depth_text(entry) == "not published"]
    assert unknown == [2013, 2016]
    _, depth = bars(figure)
    assert [text for text in depth.text if text] == ["8", "22", "19", "152", "154"]


def test_results_with_outside_data_are_marked_apart():
    words = [note.text for note in draw_challenge(ENTRIES).layout.annotations]
    assert {"15.3%*", "11.2%*", "* the same team with outside training data"} <= set(words)
    plain = [entry for entry in ENTRIES if entry.top5_err_pct == entry.err_supplied_data_only_pct]
    without = [note.text for note in draw_challenge(plain).layout.annotations]
    assert not any("*" in text for text in without)


def test_the_hover_tells_one_network_from_an_ensemble():
    error, _ = bars(draw_challenge(ENTRIES))
    alexnet = error.hovertext[2]
    assert "16.422%" in alexnet
    assert "15.315% with outside data" in alexnet
    assert "18.2" in alexnet
    assert "7 CNNs" in alexnet


def test_the_second_place_is_hatched():
    error, _ = bars(draw_challenge(ENTRIES))
    assert [bool(shape) for shape in error.marker.pattern.shape] == [
        row["rank"] == "2" for row in ROWS
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_a_selected_architecture_is_marked_in_both_panels(dark):
    keys = [None] * 6 + ["resnet152", None, None]
    plain = draw_challenge(ENTRIES, keys, dark=dark)
    marked = draw_challenge(ENTRIES, keys, selected="resnet152", dark=dark)
    assert len(plain.layout.shapes) == 0
    assert {(shape.x0, shape.x1) for shape in marked.layout.shapes} == {(5.5, 6.5)}
    assert [data[0] for data in bars(marked)[0].customdata] == keys
    assert marked.layout.template.layout.paper_bgcolor == theme(dark).paper


def test_every_text_can_be_read_from_the_back():
    figure = draw_challenge(ENTRIES)
    assert all(note.font.size in (None, FONT_SIZE) for note in figure.layout.annotations)
    assert figure.layout.template.layout.font.size >= 16
    assert all(trace.constraintext == "none" for trace in bars(figure))


def test_the_title_is_the_finding_of_the_entries_given():
    assert finding(ENTRIES) == draw_challenge(ENTRIES).layout.title.text
    three = [entry for entry in ENTRIES if entry.year in (2012, 2014, 2015)]
    assert finding(three) == (
        "From 2012 to 2015 the top-5 error fell from 16.4% to 3.6%; depth grew from 8 to 152 layers"
    )


def test_names_are_networks_where_there_is_one():
    assert [short_name(entry) for entry in ENTRIES] == [
        "NEC-UIUC",
        "XRCE",
        "AlexNet",
        "Clarifai",
        "GoogLeNet",
        "VGG-16/19",
        "ResNet-152",
        "Trimps-Soushen",
        "SENet-154",
    ]
