"""Feature maps and saliency: choices, refusals, uploads."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from tests.app.opening import open_page, texts
from vizcore import zoo
from vizcore.data.samples import sample


def png(size: tuple[int, int] = (80, 60)) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_feature_maps_say_what_the_network_says():
    at = open_page("feature-maps", picture="coffee")
    said = vc.predict("zfnet_photos20", sample("coffee").read())
    assert f"<b>{said.classes[0]}</b>" in texts(at)


def test_every_sorting_and_colour_draws():
    at = open_page("feature-maps", sort="sparsity", scale="layer", colours="signed", numbers="1")
    assert "sparsity" in texts(at)
    assert "red is positive" in texts(at) or "white is 0" in texts(at)


def test_a_layer_that_does_not_exist_is_refused_with_buttons():
    at = open_page("feature-maps", layer="conv9")
    assert "'conv9'" in texts(at)
    assert "Layer" in [box.label for box in at.selectbox]
    use = next(button for button in at.button if button.label.startswith("Use conv"))
    use.click().run()
    assert not at.exception
    assert "'conv9'" not in texts(at)


def test_an_unknown_class_is_refused_with_buttons():
    at = open_page("saliency", **{"class": "catt"})
    assert "'catt'" in texts(at)
    next(button for button in at.button if button.label == "Use cat").click().run()
    assert not at.exception
    assert "For <b>cat</b>" in texts(at)


@pytest.mark.parametrize("page", ["feature-maps", "saliency"])
def test_an_uploaded_picture_is_used(page: str):
    at = open_page(page)
    at.file_uploader(key="pictures.file").set_value(("mine.png", png(), "image/png")).run()
    assert not at.exception
    assert at.session_state["picture"].startswith("upload-")
    assert "80 × 60 pixels" in texts(at)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"hello", "mine.png"), (png()[:200], "mine.png")],
)
def test_a_bad_upload_is_refused_and_the_picture_stays(content: bytes, said: str):
    at = open_page("saliency", picture="coffee")
    at.file_uploader(key="pictures.file").set_value(("mine.png", content, "image/png")).run()
    assert not at.exception
    assert any(said in warning.value for warning in at.warning)
    assert at.session_state["picture"] == "coffee"


def test_somebody_elses_upload_is_explained():
    at = open_page("saliency", picture="upload-0123456789ab")
    assert any("another session" in warning.value for warning in at.warning)


def test_the_network_is_called_by_its_name():
    at = open_page("saliency")
    at.session_state["kept.open.saliency.About this network and this picture"] = True
    at.run()
    assert f"{zoo.get('zfnet_photos20').name} knows 20 classes" in texts(at)


def test_a_network_whose_outputs_are_no_class_scores_still_shows_its_maps():
    at = open_page("feature-maps", network="facenet_nn1", weights="random", picture="coffee")
    said = texts(at)
    assert 'class="cs-answer"' in said
    assert "The network says" not in said
    assert "it names no class" in said
    at.session_state["kept.open.feature-maps.About this network and this picture"] = True
    at.run()
    assert not at.exception
    assert "Classes:" not in texts(at)
    refused = open_page("saliency", network="facenet_nn1", weights="random", picture="coffee")
    assert "no class scores" in texts(refused)


def test_a_grey_network_starts_with_a_digit_and_keeps_its_own_picture() -> None:
    page = open_page("feature-maps", network="lenet5_modern")
    names = page.selectbox(key="grey.picture")
    assert names.value == "digit-3-test"
    assert names.options[0].startswith("Handwritten 0")
    assert "says <b>3</b>" in texts(page)
    colour = open_page("feature-maps", network="zfnet_photos20")
    assert colour.selectbox(key="picture").value == "coffee"
    asked = open_page("feature-maps", network="lenet5_modern", picture="coffee")
    assert asked.selectbox(key="grey.picture").value == "coffee"
