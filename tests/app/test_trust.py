"""Can you trust a map: both views, their answers, their refusals."""

from __future__ import annotations

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.data.samples import sample
from vizcore.figures import trust_words as words

NETWORK = "zfnet_photos20"


def test_it_answers_what_is_left_of_the_map():
    at = open_page("trust", method="input_x_gradient", picture="coffee", steps="4", seed="3")
    check = vc.sanity_check(
        NETWORK, sample("coffee").read(), method="input_x_gradient", most=4, seed=3
    )
    assert words.sanity_answer(check, "Input × gradient") in texts(at)
    assert "Red raises the score" in texts(at)
    assert [step.name for step in check.steps] == ["fc7", "conv5", "conv3", "conv1"]
    at.selectbox(key="trust.at").set_value(1).run()
    assert not at.exception
    assert at.session_state["trust.at"] == 1
    code = code_of(at, "trust")
    assert "vc.sanity_check('zfnet_photos20'" in code
    assert "most=4, seed=3" in code


@pytest.mark.parametrize("show", ["random", "metrics"])
def test_that_the_network_was_rewritten_is_said(show: str):
    few = {"parts": "4", "orders": "1", "squares": "8", "nudges": "1", "steps": "4"}
    at = open_page("trust", show=show, method="lrp", methods="lrp", **few)
    assert "1 Flatten made a call; largest difference of its outputs 0" in texts(at)


def test_each_layer_alone():
    at = open_page("trust", order="independent", steps="4")
    assert "changes most with" in texts(at)
    at.session_state["kept.open.trust.Every step in numbers"] = True
    at.run()
    assert "edges of the picture, no network" in texts(at)
    assert "fc8 fc7" in texts(at)


def test_metrics_of_several_methods():
    few = {"parts": "8", "orders": "2", "squares": "16", "nudges": "3"}
    at = open_page(
        "trust", show="metrics", methods="gradient,input_x_gradient", deleted="zero", **few
    )
    said = texts(at)
    assert "in 8 parts; 2 random orders; 16 squares of 16 × 16 pixels" in said
    assert "3 inputs, each value moved by at most 0.02" in said
    assert "finds the pixels that matter best of 2" in said
    assert "not promised" in said
    assert "random order" in said
    code = code_of(at, "trust")
    assert "['gradient', 'input_x_gradient']" in code
    assert "MetricSettings(deletion_baseline='zero', steps=8, random_orders=2" in code
    at.session_state["kept.open.trust.How to read this"] = True
    at.run()
    assert "puts 0 in their place" in texts(at)


def test_what_a_network_refuses_is_greyed_out_with_the_reason():
    few = {"parts": "4", "orders": "1", "squares": "8", "nudges": "1"}
    at = open_page("trust", show="metrics", methods="gradient,input_x_gradient", **few)
    at.session_state["trust-methods"] = True
    at.run()
    ticks = {each.label: each for each in at.checkbox}
    assert ticks["Class activation map"].disabled
    assert "Refused: The scores are no linear function" in texts(at).replace("\\", "")
    ticks["Gradient"].uncheck().run()
    assert not at.exception
    assert at.session_state["trust.methods"] == ["input_x_gradient"]
    at = open_page("trust", show="random", steps="4")
    at.session_state["trust-method"] = True
    at.run()
    offered = {each.label: each for each in at.button}
    assert offered["Class activation map"].disabled
    offered["Input × gradient"].click().run()
    assert at.session_state["trust.method"] == "input_x_gradient"
    assert "Input × gradient" in texts(at)


@pytest.mark.parametrize("show", ["random", "metrics"])
def test_refusals_have_buttons(show: str):
    at = open_page("trust", show=show, methods="gradient", **{"class": "coffe"})
    assert "'coffe'" in texts(at)
    next(button for button in at.button if button.label == "Use coffee").click().run()
    assert not at.exception
    assert "coffee" in texts(at)
    assert 'class="cs-answer"' in texts(at)


def test_unknown_methods_in_the_address_are_said():
    at = open_page("trust", steps="4", methods="gradient,guess")
    assert any("methods = 'gradient,guess'" in each.value for each in at.warning)
    at = open_page("trust", steps="4", method="guess")
    assert any("method = 'guess'" in each.value for each in at.warning)


def test_random_weights_are_marked():
    at = open_page("trust", weights="random", steps="4")
    assert texts(at).count("Random weights, not trained") >= 2


def test_a_grey_network():
    at = open_page("trust", network="lenet5_digits10", weights="digits10", picture="digit-3-test")
    assert not at.exception
    assert 'class="cs-answer"' in texts(at)
