"""Accuracy against cost: the points are the cards' numbers, the title is what they show."""

from __future__ import annotations

from math import log10
from pathlib import Path

import pytest

import vizcore as vc
from tests.fleet_cards import CAT, ROCKET, photos_card, small_fleet, write
from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.fleet import draw_fleet
from vizcore.figures.fleet_words import finding, label
from vizcore.figures.palette import FONT_SIZE, theme
from vizcore.records.fleet import TrainedNetwork, trained_network


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[TrainedNetwork]:
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, *small_fleet())))
    return [network for network in vc.fleet() if network.data == "Photos-20"]


def points(figure):
    return next(trace for trace in figure.data if trace.customdata is not None)


@pytest.mark.parametrize("cost", ["macs", "params"])
def test_a_point_is_a_networks_mean_accuracy_and_cost(fleet, cost: str):
    figure = draw_fleet(fleet, cost=cost)
    trace = points(figure)
    assert [key for (key,) in trace.customdata] == [network.key for network in fleet]
    assert list(trace.x) == [getattr(network, cost) for network in fleet]
    assert list(trace.y) == pytest.approx([100 * network.mean_test for network in fleet])
    low, high = figure.layout.xaxis.range
    assert low < log10(min(trace.x)) < log10(max(trace.x)) < high
    bottom, top = figure.layout.yaxis.range
    assert bottom < 100 * min(min(network.test_runs) for network in fleet)
    assert top > 100 * max(max(network.test_runs) for network in fleet)


def test_pairs_are_joined_and_every_seed_is_seen(fleet):
    figure = draw_fleet(fleet)
    by_key = {network.key: network for network in fleet}
    joins = [trace for trace in figure.data if trace.mode == "lines"]
    ends = {tuple(trace.y) for trace in joins}
    for depth in (14, 50):
        plain, residual = by_key[f"plain{depth}_photos20"], by_key[f"resnet{depth}_photos20"]
        assert (100 * plain.mean_test, 100 * residual.mean_test) in ends
    assert len(joins) == 2
    seeds = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert sorted(value for trace in seeds for value in trace.y) == pytest.approx(
        sorted(100 * run for n in fleet for run in n.test_runs if len(n.test_runs) > 1)
    )


def test_every_network_is_named_beside_its_point_and_can_be_read(fleet):
    figure = draw_fleet(fleet)
    named = {note.text: note for note in figure.layout.annotations}
    assert set(named) == {label(network) for network in fleet}
    for network in fleet:
        note = named[label(network)]
        assert note.x == pytest.approx(log10(network.macs))
        assert note.y == pytest.approx(100 * network.mean_test)
        assert note.font.size == FONT_SIZE


def test_the_title_says_what_skips_did_where_the_seeds_are_clear(fleet):
    plain, residual = (
        next(network for network in fleet if network.key == f"{kind}50_photos20")
        for kind in ("plain", "resnet")
    )
    points_apart = 100 * (residual.mean_test - plain.mean_test)
    title = draw_fleet(fleet).layout.title.text
    assert title == finding(fleet)
    assert title == (
        f"Skip connections add {points_apart:.1f} points at 50 layers, "
        "make no clear difference at 14 layers"
    )


def test_a_pair_that_is_worse_with_skips_is_told_so_and_one_seed_claims_nothing():
    def network(key: str, *tests: float) -> TrainedNetwork:
        card = photos_card(key, {})
        card["seeds"] = [{"seed": i, "validation": 0.9, "test": t} for i, t in enumerate(tests)]
        return trained_network(card, depth=14)

    worse = [network("plain14_photos20", 0.95, 0.96), network("resnet14_photos20", 0.90, 0.91)]
    assert finding(worse) == "Skip connections cost 5.0 points at 14 layers"
    once = [network("plain14_photos20", 0.5), network("resnet14_photos20", 0.9)]
    assert finding(once) == "resnet14_photos20 names most of the test part rightly, 90.0%"


def test_without_pairs_the_best_is_named():
    cards = [photos_card("vgg_photos20", {CAT: {ROCKET: 3}}), photos_card("se_photos20", {})]
    fleet = [trained_network(card, name=card["key"]) for card in cards]
    assert finding(fleet) == "se_photos20 names most of the test part rightly, 100.0%"


def test_the_hover_holds_seeds_interval_and_exact_costs(fleet):
    hover = dict(
        zip(
            [key for (key,) in points(draw_fleet(fleet)).customdata],
            points(draw_fleet(fleet)).hovertext,
            strict=True,
        )
    )["plain50_photos20"]
    network = next(network for network in fleet if network.key == "plain50_photos20")
    assert "mean of 3 seeds" in hover
    for run in network.test_runs:
        assert f"{100 * run:.1f}%" in hover
    assert "700,000 parameters" in hover
    assert "40,000,000 multiply-adds" in hover
    low, high = network.interval("test") or (0, 0)
    assert f"95% interval {100 * low:.1f} to {100 * high:.1f}%" in hover


def test_several_data_sets_on_one_axis_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, *small_fleet())))
    with pytest.raises(NotApplicable, match="Digits-10 and Photos-20 cannot stand on one axis"):
        draw_fleet(vc.fleet())


def test_other_costs_and_cards_that_do_not_say_are_refused(fleet):
    with pytest.raises(BadChoice, match="macs, params"):
        draw_fleet(fleet, cost="time")
    card = photos_card("se_photos20", {})
    del card["macs"]
    silent = trained_network(card)
    with pytest.raises(NotApplicable):
        draw_fleet([silent])
    assert len(points(draw_fleet([silent, *fleet])).x) == len(fleet)
    assert len(points(draw_fleet([silent, *fleet], cost="params")).x) == len(fleet) + 1


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_drawn_for_both_themes(fleet, dark: bool):
    assert draw_fleet(fleet, dark=dark).layout.template.layout.paper_bgcolor == theme(dark).paper
