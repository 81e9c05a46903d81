"""The Saliency room: methods and classes side by side, what is said of a map, what is refused."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.data.samples import sample
from vizcore.figures.numbers import percent
from vizcore.figures.saliency_words import agreement, half_share
from vizcore.lenses.saliency.methods import METHODS
from vizcore.ui import saliency_views
from vizcore.ui.room import Room

KEY = "zfnet_photos20"


def answer(at: AppTest) -> str:
    """The page's first line, without its marks."""
    found = next(each.proto.body for each in at.get("html") if "cs-answer" in each.proto.body)
    return re.sub(r"<[^>]+>", "", found)


def saliency(target: str, method: str = "gradient", **options: Any) -> Any:
    return vc.saliency(KEY, sample("coffee").read(), target, method=method, **options)


def test_the_default_is_the_gradient_of_the_most_probable_class():
    at = open_page("saliency", picture="coffee")
    said = vc.predict(KEY, sample("coffee").read())
    share = percent(half_share(saliency(said.classes[0]).values_hw))
    sure = percent(said.probabilities[0])
    assert answer(at) == (
        f"For {said.classes[0]} ({sure} probable), half of all influence is in {share} of the "
        "pixels."
    )
    assert "largest of the colour channels" in texts(at)


def test_methods_stand_side_by_side_and_their_agreement_is_said():
    at = open_page("saliency", picture="coffee", method="input_x_gradient,gradient")
    first, second = saliency("coffee"), saliency("coffee", "input_x_gradient")
    correlation = agreement(first.values_hw, second.values_hw)
    assert f"rank with correlation {correlation:.2f}" in answer(at)
    said = texts(at)
    assert "Yellow counts most for the score" in said
    assert "Red raises the score, blue lowers it" in said


def test_classes_stand_side_by_side_and_can_share_a_scale():
    query = {"class": ";cat", "picture": "coffee", "method": "gradient"}
    maps = [saliency("coffee"), saliency("cat")]
    limits = [float(np.percentile(np.abs(m.values_hw), 99)) for m in maps]
    own = texts(open_page("saliency", **query))
    for limit in limits:
        assert f"<span>{limit:.3g}</span>" in own
    shared = texts(open_page("saliency", scale="row", **query))
    assert f"<span>{max(limits):.3g}</span>" in shared
    assert f"<span>{min(limits):.3g}</span>" not in shared
    assert "maps that share this scale" in shared


def test_the_difference_of_two_classes_is_named_and_drawn():
    at = open_page("saliency", picture="coffee", minus="cat", method="input_x_gradient")
    assert "For coffee minus cat" in answer(at)
    assert "minus that of 'cat'" in texts(at)
    assert "against='cat'" in code_of(at, "saliency")


def test_a_sum_is_shown_and_one_that_misses_is_said_to_fail():
    query = {"method": "integrated_gradients", "picture": "coffee"}
    fine = texts(open_page("saliency", set="integrated_gradients.steps:60", **query))
    sums = saliency("coffee", "integrated_gradients", options={"steps": 60}).completeness
    assert sums.holds
    assert f"sum to {sums.attributed:.3g}" in fine
    coarse = open_page("saliency", set="integrated_gradients.steps:2", **query)
    sums = saliency("coffee", "integrated_gradients", options={"steps": 2}).completeness
    assert not sums.holds
    assert any("Fails completeness" in each.value for each in coarse.markdown)


def test_an_addition_is_a_layer_and_a_branch_is_told_from_a_failure():
    start = {"network": "resnet14_photos20", "picture": "coffee"}
    at = open_page("saliency", method="grad_cam", layer="stage1.unit2.add", **start)
    assert "'stage1.unit2.add' made a module; largest difference of its outputs 0" in texts(at)
    assert "layer='stage1.unit2.add'" in code_of(at, "saliency")
    branch = "stage1.unit2.residual.bn2"
    said = texts(open_page("saliency", method="layer_conductance", layer=branch, **start))
    assert "A part only: its values sum to" in said
    assert "ways that do not pass it come in at stage1.unit2.add" in said
    assert "Fails completeness" not in said


def test_a_layer_that_is_not_there_is_replaced_by_a_click():
    at = open_page("saliency", picture="coffee", method="grad_cam", layer="convv4")
    assert answer(at) == "No map can be made of this."
    next(button for button in at.button if button.label == "Use conv4").click().run()
    assert not at.exception
    assert at.session_state["saliency.layer"] == "conv4"
    assert "half of all influence" in answer(at)


def test_an_unknown_class_is_replaced_and_the_others_stay():
    at = open_page("saliency", picture="coffee", **{"class": "rocket;catt"})
    assert "'catt'" in texts(at)
    next(button for button in at.button if button.label == "Use cat").click().run()
    assert not at.exception
    assert at.session_state["saliency.class"] == ["rocket", "cat"]
    assert "By Gradient" in answer(at)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"method": "gradcam9"}, "'gradcam9' is unknown"),
        ({"set": "gradient.steps:4"}, "is not a method"),
        ({"set": "smoothgrad.samples:1000000"}, "Allowed: whole numbers from"),
        ({"class": "a;b;c;d;e;f;g"}, "at most 6 classes"),
        ({"clip": "7"}, "a whole number from 50 to 100"),
    ],
)
def test_an_address_that_makes_no_sense_is_said(query: dict[str, str], said: str):
    at = open_page("saliency", **query)
    assert any(said in warning.value for warning in at.warning)
    assert "half of all influence" in answer(at)


def test_addresses_of_before_still_open():
    at = open_page("saliency", picture="coffee", method="gradient x input")
    assert at.session_state["saliency.method"] == ["input_x_gradient"]


def test_options_are_remembered_by_value_and_defaults_forgotten():
    options = {"smoothgrad.samples": 5}
    text = saliency_views.write_options(options)
    assert saliency_views.parse_options(text) == options
    at = open_page("saliency", picture="coffee", method="smoothgrad", set=text, seed="3")
    assert "options={'samples': 5}" in code_of(at, "saliency")
    assert "seed=3" in at.code[0].value
    samples = at.number_input(key="saliency.option.smoothgrad.samples")
    assert samples.value == 5
    default = next(m for m in METHODS if m.key == "smoothgrad").option("samples").default
    samples.set_value(default).run()
    assert not at.exception
    assert at.session_state["saliency.set"] == {}


def test_a_refused_method_says_why_and_the_others_are_drawn():
    at = open_page("saliency", picture="coffee", method="cam,gradient")
    assert any("global average pooling" in each.value for each in at.markdown)
    assert answer(at).startswith("For coffee")
    assert answer(at).endswith("of the pixels.")


def test_a_rewritten_network_is_said_with_the_proof():
    at = open_page("saliency", picture="coffee", network=KEY, method="lrp")
    assert any(
        each.value.startswith(r"Network rewritten\: 1 Flatten") and "difference" in each.value
        for each in at.caption
    )


def test_a_layer_is_chosen_among_those_that_run():
    at = open_page("saliency", picture="coffee", method="grad_cam", layer="conv3")
    box = next(each for each in at.selectbox if each.label == "Layer")
    assert any(option.startswith("conv5 · Conv2d") for option in box.options)
    assert "layer='conv3'" in code_of(at, "saliency")
    unknown = open_page("saliency", picture="coffee", method="grad_cam", layer="conv9")
    assert any("'conv9'" in each.value for each in unknown.markdown)
    assert "No map can be made of this." in answer(unknown)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("layer_gradient_shap", {"samples": 3}),
        ("layer_deep_lift_shap", {}),
        ("layer_lrp", {}),
        ("layer_feature_ablation", {"side": 4}),
    ],
)
def test_a_layers_method_is_offered_and_drawn(method: str, options: dict[str, int]):
    text = saliency_views.write_options({f"{method}.{key}": n for key, n in options.items()})
    at = open_page("saliency", picture="coffee", method=method, layer="conv3", set=text)
    found = saliency("coffee", method, layer="conv3", options=options)
    assert found.layer == "conv3"
    share = percent(half_share(found.values_hw))
    title = next(each.title for each in METHODS if each.key == method)
    assert answer(at).endswith(f"half of all influence is in {share} of the pixels by {title}.")
    assert f"method='{method}'" in code_of(at, "saliency")
    assert found.completeness is None or f"sum to {found.completeness.attributed:.3g}" in texts(at)


def test_no_class_can_be_subtracted_where_none_is_explained():
    def minus(method: str) -> bool:
        at = open_page("saliency", picture="coffee", method=method)
        return next(each.disabled for each in at.selectbox if each.label == "Minus")

    assert minus("layer_activation")
    assert minus("neuron_gradient,layer_activation")
    assert not minus("gradient,layer_activation")


def test_a_units_map_is_not_called_a_classs():
    at = open_page("saliency", picture="coffee", method="neuron_gradient", layer="conv3")
    unit = saliency("coffee", "neuron_gradient", layer="conv3").unit
    assert f"For unit {unit[0]} of conv3" in answer(at)
    assert "score of 'coffee'" not in texts(at)


def test_the_list_of_methods_greys_out_what_the_network_refuses():
    at = open_page("saliency", picture="coffee")
    at.session_state["saliency-methods"] = True
    at.run()
    assert not at.exception
    boxes = {each.label: each for each in at.checkbox}
    assert len(boxes) == len(METHODS)
    assert boxes["Class activation map"].disabled
    assert any(each.value.startswith("Refused") for each in at.caption)
    boxes["Input × gradient"].check().run()
    assert not at.exception
    assert at.session_state["saliency.method"] == ["gradient", "input_x_gradient"]


def test_every_file_holds_what_it_says(monkeypatch: pytest.MonkeyPatch):
    files: dict[str, bytes] = {}
    monkeypatch.setattr(
        Room, "offer", lambda _, *offered: files.update({d.label: d.make() for d in offered})
    )
    open_page("saliency", picture="coffee", method="grad_cam", layer="conv3")
    found = saliency("coffee", "grad_cam", layer="conv3")
    np.testing.assert_array_equal(np.load(io.BytesIO(files["Values, NumPy"])), found.values_hw)
    own = np.load(io.BytesIO(files["Values at the layer's own size, NumPy"]))
    np.testing.assert_array_equal(own, found.layer_values_hw)
    alone = Image.open(io.BytesIO(files["Map alone, PNG"]))
    assert alone.height > alone.width, "the square map, its scale and its words"
    files.clear()
    open_page("saliency", picture="coffee", method="gradient,input_x_gradient,cam")
    assert "All maps on a sheet, PNG" in files
    assert "Values, NumPy" not in files
    archive = zipfile.ZipFile(io.BytesIO(files["Values of all maps, .npy in a zip"]))
    target = found.target
    names = {f"{key}_{target}.{end}" for key in ("gradient", "input_x_gradient")
             for end in ("npy", "png")}  # fmt: skip
    assert set(archive.namelist()) == names
    values = np.load(io.BytesIO(archive.read(f"input_x_gradient_{target}.npy")))
    np.testing.assert_array_equal(values, saliency("coffee", "input_x_gradient").values_hw)


def test_a_photo_smaller_than_the_network_takes_is_said_to_be_enlarged():
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    at = open_page("saliency", picture="coffee")
    assert "Enlarged" not in texts(at)
    at.file_uploader(key="pictures.file").set_value(("a.png", file.getvalue(), "image/png")).run()
    assert not at.exception
    assert "the picture has 40 × 30 pixels, and the network takes 64" in texts(at)
