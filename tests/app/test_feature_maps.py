"""The Feature maps room: every place, every sorting, one channel opened, two side by side."""

from __future__ import annotations

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.data.samples import sample
from vizcore.tasks.sight import as_picture
from vizcore.ui.pictures import Chosen

PICTURE = "coffee"


def opened(name: str, **query: str):
    """The page with one of its parts open."""
    at = open_page("feature-maps", picture=PICTURE, **query)
    at.session_state[f"kept.open.feature-maps.{name}"] = True
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("sort", ["maximum", "mean", "sparsity", "gradient", "ablation"])
def test_the_first_channel_is_the_one_that_the_code_gives(sort):
    at = open_page("feature-maps", picture=PICTURE, layer="relu5", sort=sort)
    maps = vc.feature_maps("zfnet_photos20", sample(PICTURE).read(), "relu5", sorted_by=sort)
    assert f"channel <b>{maps.order[0]}</b> comes first" in texts(at)
    assert f"sorted_by={sort!r}" in code_of(at, "feature-maps")


def test_a_sorting_by_a_class_that_is_chosen():
    at = open_page(
        "feature-maps", picture=PICTURE, layer="pool5", sort="gradient", **{"class": "cat"}
    )
    found = vc.contribution("zfnet_photos20", sample(PICTURE).read(), "pool5", "cat", ablate=False)
    assert f"channel <b>{found.gradient_c.argmax()}</b> comes first" in texts(at)
    assert "for cat" in texts(at)
    assert "target='cat'" in code_of(at, "feature-maps")


def test_a_class_that_is_not_there_is_refused():
    at = open_page("feature-maps", picture=PICTURE, sort="gradient", **{"class": "catt"})
    assert "no class called 'catt'" in texts(at)


def test_sums_and_second_runs_can_be_chosen():
    at = open_page("feature-maps", network="resnet14_photos20", layer="stage1.unit1.add")
    box = next(box for box in at.selectbox if box.label == "Layer")
    assert any(option.startswith("stage1.unit1.add · add") for option in box.options)
    assert any(option.startswith("stage1.unit1 (output)") for option in box.options)
    assert "<code>stage1.unit1.add</code>" in texts(at)


def test_a_layer_without_maps_is_refused_with_the_nearest():
    at = open_page("feature-maps", layer="fc6")
    assert "Layer 'fc6' has no maps" in texts(at)
    use = next(button for button in at.button if button.label.startswith("Use "))
    use.click().run()
    assert not at.exception
    assert "has no maps" not in texts(at)


def test_one_channel_is_opened_and_one_value_of_it_worked_out():
    at = open_page("feature-maps", picture=PICTURE, layer="conv2", channel="5", row="3", column="4")
    made = vc.worked_value("zfnet_photos20", sample(PICTURE).read(), "conv2", 5, 3, 4)
    assert [each.value for each in at.header] == ["Channel 5 of conv2"]
    assert f"<b>{made.value:.7g}</b>" in texts(at)
    next(button for button in at.button if button.label == "Close").click().run()
    assert not at.exception
    assert not at.header


@pytest.mark.parametrize(
    ("network", "layer", "said"),
    [
        ("zfnet_photos20", "relu2", "max(0, "),
        ("zfnet_photos20", "pool1", "the largest of 9 values = "),
        ("resnet14_photos20", "stem.bn", ") / √("),
        ("resnet14_photos20", "stage1.unit1.add", "Two maps are added"),
        ("se_photos20", "stage1.unit1.residual.gate.mul", "Two maps are multiplied"),
        ("inception_naive_photos20", "inception_3a.cat", "Channel 5 is channel 5 of input 0"),
    ],
)
def test_a_value_of_a_layer_without_kernels_is_worked_out(network, layer, said):
    at = open_page("feature-maps", network=network, picture=PICTURE, layer=layer, channel="5")
    maps = vc.feature_maps(network, sample(PICTURE).read(), layer).maps_chw
    assert said in texts(at)
    assert f"the map holds <b>{maps[5].max():.7g}</b>" in texts(at)
    assert not at.exception


def test_a_layer_whose_values_have_no_such_rule_says_so():
    at = open_page(
        "feature-maps", network="alexnet_photos20", picture=PICTURE, layer="features.norm1",
        channel="5",
    )  # fmt: skip
    assert "how it makes a value is shown for convolutions, poolings" in texts(at)
    assert not at.exception


@pytest.mark.parametrize(
    ("beside", "said"),
    [("picture:astronaut", "the same channels in the same order"), ("network:vgg_photos20", "vgg")],
)
def test_another_picture_and_another_network_stand_beside(beside, said):
    at = open_page("feature-maps", picture=PICTURE, layer="conv2", beside=beside)
    assert said in texts(at)


def test_a_picture_of_ones_own_stands_beside():
    at = open_page("feature-maps", picture=PICTURE, layer="conv2")
    own = Chosen("upload-0123456789ab", "mine.png", as_picture(sample("cat").read()), b"")
    at.session_state["pictures.uploads"] = {own.name: own}
    at.run()
    key = next(each.key for each in at.selectbox if each.label == "Beside it")
    assert "Picture: mine.png" in at.selectbox(key=key).options
    at.selectbox(key=key).set_value(f"picture:{own.name}").run()
    assert not at.exception
    assert "mine.png, the same channels in the same order" in texts(at).replace("\\", "")


@pytest.mark.parametrize("beside", ["picture:cofee", "picture-coffee"])
def test_something_that_cannot_stand_beside_is_said_with_the_nearest(beside):
    at = open_page("feature-maps", picture=PICTURE, beside=beside)
    assert f"called '{beside}'" in texts(at)
    next(each for each in at.button if each.label == "Use picture:coffee").click().run()
    assert not at.exception
    assert "the same channels in the same order" in texts(at)


def test_a_network_that_there_is_not_cannot_stand_beside():
    at = open_page("feature-maps", picture=PICTURE, beside="network:resnet5000")
    assert "There is no architecture called 'resnet5000'" in texts(at)


def test_another_network_begins_with_its_first_layer():
    at = open_page("feature-maps", picture=PICTURE, layer="conv2")
    at.session_state["network"] = "resnet14_photos20"
    at.run()
    assert not at.exception
    assert "There is no layer" not in texts(at)


def test_the_two_measures_are_set_against_each_other():
    at = opened("What each channel contributes, by gradient and by ablation", layer="pool5")
    assert "Spearman's rank correlation" in texts(at)


@pytest.mark.parametrize("strip", ["strongest", "mean"])
def test_the_way_through_the_network(strip):
    at = opened("The way through the network: one picture a layer", strip=strip)
    assert "Each picture has its own scale" in texts(at)
