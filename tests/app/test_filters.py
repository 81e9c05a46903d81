"""The Filters page: its views, its answers, its refusals."""

from __future__ import annotations

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.figures import filter_words as words

NETWORK = "zfnet_photos20"


def test_the_first_layer_is_answered_with_its_numbers():
    at = open_page("filters")
    bank = vc.filters(NETWORK)
    assert words.bank_answer(bank) in texts(at)
    assert "filter" not in at.query_params or at.session_state
    assert at.number_input[0].value == bank.by_norm()[0]


@pytest.mark.parametrize("scale", ["filter", "layer", "stretch"])
def test_every_scale_says_what_zero_is(scale: str):
    at = open_page("filters", scale=scale, numbers="1")
    assert {"filter": "Mid-grey", "layer": "share one scale", "stretch": "stretched by itself"}[
        scale
    ] in texts(at)


def test_a_deeper_layer_shows_one_filter_by_what_it_reads():
    at = open_page("filters", layer="conv3", filter="17")
    assert "Filter <b>17</b> of <code>conv3</code> reads <b>96 channels</b>" in texts(at)
    for _ in range(2):
        at.run()
        assert at.number_input[0].value == 17
    assert "'conv3'" in code_of(at, "filters")


def test_a_filter_of_the_first_layer_stays_chosen():
    at = open_page("filters", filter="5")
    at.run()
    assert at.number_input[0].value == 5
    named = open_page("filters", layer="conv1", filter="6")
    named.run()
    assert named.number_input[0].value == 6
    assert not named.warning


def test_textbook_filters():
    at = open_page("filters", show="textbook", picture="coffee")
    assert "of 12</b> textbook filters" in texts(at)
    assert "vc.textbook_filters" in code_of(at, "filters")


def test_all_layers_in_numbers():
    at = open_page("filters")
    at.session_state["kept.open.filters.Every layer in numbers: dead, silent, nearly the same"] = 1
    at.run()
    assert not at.exception
    assert list(at.dataframe[0].value["layer"]) == [f"conv{n}" for n in range(1, 6)]
    assert "544 filters in 5 convolutions" in texts(at)


def test_refusals_have_buttons():
    at = open_page("filters", layer="conv9")
    assert "'conv9'" in texts(at)
    next(button for button in at.button if button.label == "Use conv5").click().run()
    assert not at.exception
    assert "of <code>conv5</code>" in texts(at)
    at = open_page("filters", filter="64")
    assert "no filter 64" in texts(at)
    next(button for button in at.button if button.label.startswith("Use ")).click().run()
    assert "no filter 64" not in texts(at)


def test_random_weights_are_marked():
    at = open_page("filters", weights="random")
    assert texts(at).count("Random weights, not trained") == 4  # answer, picture, filter, its map


def test_a_network_for_grey_pictures():
    at = open_page("filters", network="lenet5_modern", weights="random", picture="digit-3-test")
    assert "1 channel" in texts(at)
    assert "White is a weight of 0" in texts(at)
    at = open_page(
        "filters",
        network="lenet5_modern",
        weights="random",
        picture="digit-3-test",
        show="textbook",
    )
    assert "of 12</b> textbook filters" in texts(at)
