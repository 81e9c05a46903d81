"""The challenge by protocol: every number is one of the reference's, under its own protocol."""

from __future__ import annotations

from vizcore.challenge import protocol_points
from vizcore.figures.protocols import draw_protocols, kind_of
from vizcore.reference import challenge_winners
from vizcore.zoo import get


def told(name: str) -> dict[float, str]:
    return {p.top5_err_pct: kind_of(p) for p in protocol_points() if p.name == name}


def test_alexnet_has_three_errors_for_three_questions() -> None:
    assert told("AlexNet") == {16.422: "entry", 15.315: "outside", 18.2: "single"}
    assert get("alexnet_2012").published.top5 == 18.2


def test_zfnet_is_told_apart_from_clarifai() -> None:
    assert told("Clarifai") == {11.743: "entry", 11.197: "outside", 12.5: "single"}
    assert told("ZFNet") == {16.5: "single", 15.3: "entry", 14.8: "entry"}


def test_every_official_number_is_there_and_every_point_says_its_protocol() -> None:
    points = protocol_points()
    drawn = {(point.year, point.top5_err_pct) for point in points}
    for entry in challenge_winners():
        assert (entry.year, entry.top5_err_pct) in drawn
        assert (entry.year, entry.err_supplied_data_only_pct) in drawn
    assert all(point.protocol and point.source and point.part for point in points)
    assert {point.year for point in points if kind_of(point) == "features"} == {2010, 2011}


def test_one_network_never_beats_the_same_team_s_ensemble_but_where_it_came_later() -> None:
    for entry in challenge_winners():
        own = [p for p in protocol_points() if p.year == entry.year and p.rank == entry.rank]
        singles = [p.top5_err_pct for p in own if kind_of(p) == "single"]
        if singles and "post-submission" not in entry.single_model_top5:
            assert min(singles) > entry.err_supplied_data_only_pct


def test_the_chart_has_each_point_once() -> None:
    figure = draw_protocols(protocol_points())
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in marks) == len(protocol_points())
    assert len(figure.layout.annotations) == len(protocol_points())
    said = [words for trace in marks for words in trace.hovertext]
    assert all("source:" in words.replace("<br>", " ") for words in said)


def test_one_network_s_error_names_who_printed_it():
    """Not the sources of the ensemble's error beside it."""
    sources = {(p.name, p.top5_err_pct): p.source for p in protocol_points()}
    assert sources["AlexNet", 18.2] == get("alexnet_2012").published.source
    assert sources["ResNet-152", 6.7] == get("resnet152_v1").published.source
    assert sources["SENet-154", 4.47] == get("senet154").published.source
    assert "7.89" in sources["GoogLeNet", 7.89]
    assert "5.71" in sources["ResNet-152", 5.71]


def test_the_official_entry_of_one_network_is_there():
    official = {8.434: "single", 7.325: "entry", 7.0: "single"}
    assert told("VGG") == official
