"""The choice of weights on the picture pages: what is offered, fetched, brought, and marked."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from tests.app.opening import code_of, open_page, texts
from vizcore import api
from vizcore.data.samples import sample
from vizcore.figures.marking import RANDOM_WEIGHTS
from vizcore.networks import offers
from vizcore.runtime.jobs import Task
from vizcore.runtime.own_weights import shelf
from vizcore.ui import cache, work
from vizcore.zoo import build

PAGES = ["feature-maps", "saliency"]
SMALL = "lenet5_modern"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where nothing has been fetched."""
    for name in ("CONVSCOPE_CACHE", "TORCH_HOME", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("CONVSCOPE_WEIGHTS", "CONVSCOPE_MIRROR", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "CONVSCOPE_CACHE"


def address(at: AppTest, name: str) -> str:
    """A parameter of the address; AppTest gives a list where it was set by a page."""
    value = at.query_params[name]
    return value if isinstance(value, str) else value[0]


def titles(at: AppTest) -> list[str]:
    return list(at.selectbox(key=f"{at.session_state['network']}.weights").options)


def press(at: AppTest, label: str) -> AppTest:
    """Press the button whose label begins with this."""
    next(button for button in at.button if button.label.startswith(label)).click().run()
    assert not at.exception
    return at


def send(at: AppTest, name: str, content: bytes, labels: bytes | None = None) -> AppTest:
    """Give a file of weights, and press Check and use."""
    number = at.session_state["own_weights.round"]
    at.file_uploader(key=f"own_weights.file.{number}").set_value((name, content, ""))
    if labels is not None:
        names = at.file_uploader(key=f"own_weights.labels.{number}")
        names.set_value(("names.txt", labels, "text/plain"))
    return press(at.run(), "Check and use")


def file_of(key: str, **options: Any) -> bytes:
    return save(dict(build(key, seed=4, **options).state_dict()))


def test_the_default_weights_are_in_the_address_and_under_the_list():
    at = open_page("feature-maps")
    assert address(at, "weights") == "photos20"
    assert titles(at) == ["Photos-20 (bundled)", "Random, not trained"]
    assert any(each.value.startswith("Bundled, ") for each in at.caption)


def test_every_version_is_listed_with_its_accuracy_size_and_place():
    at = open_page("saliency", network="resnet50")
    second, first, random = titles(at)
    assert second == "IMAGENET1K_V2 · 80.9% top-1 · 103 MB · to fetch"
    assert first.startswith("IMAGENET1K_V1 · 76.1% top-1 · ")
    assert random == "Random, not trained"


def test_an_alias_and_any_network_of_the_zoo_are_taken_from_the_address():
    at = open_page("saliency", network="VGG16", weights="imagenet1k_v1")
    assert at.session_state["network"] == "vgg_d"
    assert address(at, "weights") == "IMAGENET1K_V1"


def test_unknown_weights_in_the_address_are_named_with_those_there_are():
    at = open_page("saliency", network="resnet18", weights="nonsense")
    assert "The weights of resnet18 are IMAGENET1K_V1, random." in at.warning[0].value


def test_each_network_keeps_its_own_choice_of_weights():
    at = open_page("saliency", weights="random")
    at.selectbox(key="network").set_value(SMALL).run()
    assert address(at, "weights") == offers.weights(SMALL).name
    at.selectbox(key="network").set_value("zfnet_photos20").run()
    assert address(at, "weights") == "random"


@pytest.mark.parametrize("page", PAGES)
def test_weights_that_are_not_here_are_offered_with_size_source_and_ways_out(page: str):
    at = open_page(page, network="resnet18")
    text = texts(at)
    assert "ResNet-18 needs its weights IMAGENET1K_V1" in text
    assert "47 MB from download.pytorch.org" in text
    assert "69.8% top-1 on ImageNet-1k validation, published" in text
    assert at.button(key="weights-fetch").label == "Fetch, 47 MB"
    press(at, "Open ZFNet")
    assert at.session_state["network"] == "zfnet_photos20"
    assert 'class="cs-answer"' in texts(at)


def test_a_damaged_file_is_told_and_can_be_fetched_again(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CONVSCOPE_MIRROR", "http://127.0.0.1:9")
    empty_cache.mkdir()
    (empty_cache / "resnet18-f37072fd.pth").write_bytes(b"not these")
    at = open_page("saliency", network="resnet18")
    assert "resnet18-f37072fd.pth is damaged" in texts(at)
    assert at.button(key="weights-fetch").label == "Fetch, 47 MB"
    press(at, "Fetch")
    assert "127.0.0.1:9" in at.error[0].value  # it was tried
    press(at, "Use random weights")
    assert 'class="cs-answer"' in texts(at)


def test_a_fetch_that_fails_says_why_and_the_page_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CONVSCOPE_MIRROR", "http://127.0.0.1:9")
    at = open_page("feature-maps", network="resnet18")
    assert "from the mirror 127.0.0.1" in texts(at)
    press(at, "Fetch")
    assert "127.0.0.1:9" in at.error[0].value
    assert "CONVSCOPE_WEIGHTS" in at.error[0].value
    assert at.button(key="weights-fetch").label == "Try again, 47 MB"
    press(at, "Use random weights")
    assert not at.error
    assert 'class="cs-answer"' in texts(at)


@pytest.mark.parametrize("page", PAGES)
def test_random_weights_are_marked_everywhere(page: str):
    at = press(open_page(page, network="resnet18", picture="coffee"), "Use random weights")
    assert address(at, "weights") == "random"
    text = texts(at)
    assert f'<p class="cs-answer"><b>{RANDOM_WEIGHTS}.</b>' in text
    assert f"**{RANDOM_WEIGHTS}.** " in text, "the caption"
    assert "these probabilities mean nothing" in text
    files = [each.proto.id for each in at.get("download_button")]
    assert files
    assert all("resnet18_random-weights-not-trained_" in each for each in files)
    assert "weights='random'" in code_of(at, page)


def test_trained_weights_are_not_marked():
    for page in PAGES:
        assert RANDOM_WEIGHTS not in texts(open_page(page))


def test_the_mark_is_on_the_picture_itself():
    maps = api.feature_maps(SMALL, sample("coffee").read(), "c1", weights="random")
    heights = []
    for mark in ("", RANDOM_WEIGHTS):
        drawn = cache.mosaic((SMALL, mark), maps, "map", "viridis", False, False, mark)
        heights.append(Image.open(io.BytesIO(drawn.png)).height)
    assert heights[1] - heights[0] >= 18


@pytest.mark.parametrize("page", PAGES)
def test_a_grey_network_sees_grey_pictures(page: str):
    at = open_page(page, network=SMALL, weights="random", picture="coffee")
    assert "32 × 32 pixels, grey" in texts(at)
    assert 'class="cs-answer"' in texts(at)


@pytest.mark.parametrize("page", PAGES)
def test_own_weights_are_checked_chosen_and_named_in_the_address(page: str):
    at = open_page(page, network=SMALL, picture="coffee")
    state = build(SMALL, seed=4, num_classes=3).state_dict()
    content = save({f"module.{name}": tensor.half() for name, tensor in state.items()})
    send(at, "mine.safetensors", content, b"ant\nbee\ncat\n")
    assert at.success[0].value == (
        "In use: mine.safetensors, 3 classes; 'module.' taken off every name; "
        "F16 turned into float32."
    )
    name = address(at, "weights")
    mine = offers.weights(SMALL, name)
    said = api.predict(SMALL, sample("coffee").read(), weights=mine)
    assert set(said.classes) == {"ant", "bee", "cat"}
    text = texts(at)
    assert f"<tr><td>{said.classes[0]}</td>" in text
    assert "Your own: 3 classes" in text
    assert "mine.safetensors (own)" in titles(at)
    assert "own_weights('lenet5_modern', 'mine.safetensors'" in code_of(at, page)
    again = open_page(page, network=SMALL, weights=name, picture="coffee")
    assert f"<tr><td>{said.classes[0]}</td>" in texts(again)


def test_the_answer_to_an_earlier_file_is_not_taken_for_this_ones():
    at = open_page("feature-maps", network=SMALL)
    earlier = Task(lambda: offers.weights(SMALL), "the check of a file that was exchanged")
    at.session_state["work.jobs"] = {"own_weights.check": (None, work.engine().submit(earlier))}
    send(at, "later.safetensors", file_of(SMALL, num_classes=4))
    assert at.success[0].value.startswith("In use: later.safetensors, 4 classes")
    assert len(offers.weights(SMALL, address(at, "weights")).classes) == 4


def test_weights_of_another_network_are_refused_with_a_button_for_it():
    at = open_page("feature-maps", network=SMALL)
    before = address(at, "weights")
    send(at, "mine.safetensors", file_of("resnet18", num_classes=3))
    assert "does not fit" in at.error[0].value
    assert "It is a state dict of ResNet-18 (resnet18)." in at.error[0].value
    assert any("is unexpected" in each.value for each in at.markdown)
    assert address(at, "weights") == before
    press(at, "Use ResNet-18")
    assert at.session_state["network"] == "resnet18"


def test_a_pickle_is_refused_with_the_line_that_converts_it():
    at = open_page("saliency")
    file = io.BytesIO()
    torch.save(build(SMALL).state_dict(), file)
    send(at, "mine.pth", file.getvalue())
    assert "run any program" in at.error[0].value
    assert at.code[0].value.startswith('python -c "import torch')
    assert "torch.load('mine.pth', weights_only=True" in at.code[0].value
    assert 'class="cs-answer"' in texts(at)


@pytest.mark.parametrize(
    ("content", "labels", "said"),
    [
        (b"", None, "empty"),
        (b"hello" * 100, None, "does not begin as a safetensors file"),
        (None, b"ant\nbee\n", "2 class names for 3 classes"),
        (None, b"\xff\xfe", "not text in UTF-8"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    content: bytes | None, labels: bytes | None, said: str, empty_cache: Path
):
    at = open_page("saliency", network=SMALL)
    send(
        at,
        "mine.safetensors",
        file_of(SMALL, num_classes=3) if content is None else content,
        labels,
    )
    assert said in at.error[0].value
    assert not list(empty_cache.rglob("*.safetensors"))


def test_own_weights_this_machine_does_not_know_are_asked_for_and_come_back():
    at = open_page("saliency", network=SMALL, picture="coffee")
    send(at, "mine.safetensors", file_of(SMALL, num_classes=3))
    name = address(at, "weights")
    for file in shelf().folder.iterdir():
        file.unlink()
    at = open_page("saliency", network=SMALL, weights=name, picture="coffee")
    assert "give the file again" in texts(at)
    assert address(at, "weights") == name
    send(at, "mine.safetensors", file_of(SMALL, num_classes=3))
    assert address(at, "weights") == name
    assert 'class="cs-answer"' in texts(at)


def test_the_preparation_of_own_weights_can_be_changed():
    at = open_page("saliency", network=SMALL, picture="coffee")
    send(at, "mine.safetensors", file_of(SMALL, num_classes=3))
    first = address(at, "weights")
    field = next(each for each in at.text_input if each.label.startswith("Mean"))
    field.set_value("nonsense")
    press(at, "Apply")
    assert "mean cannot be 'nonsense'" in at.error[0].value
    field = next(each for each in at.text_input if each.label.startswith("Mean"))
    field.set_value("0.25")
    press(at, "Apply")
    second = address(at, "weights")
    assert second != first
    assert offers.weights(SMALL, second).preprocessing.mean == (0.25,)
    assert offers.weights(SMALL, first).preprocessing.mean != (0.25,)


def test_what_is_on_this_machine_is_told_when_asked(empty_cache: Path):
    at = open_page("saliency")
    assert str(empty_cache) not in texts(at)
    at.session_state["kept.open.saliency.Weights on this machine"] = True
    at.run()
    assert "No pretrained weights are on this machine yet" in texts(at)
    assert str(empty_cache) in texts(at)
    empty_cache.mkdir()
    file = offers.weights("resnet18").file
    assert file is not None
    (empty_cache / file.name).write_bytes(np.zeros(3_000_000, np.uint8).tobytes())
    at.run()
    assert "resnet18 `IMAGENET1K_V1`: 3.0 MB, cache" in texts(at)


def test_class_names_from_anybody_are_text_and_nothing_else():
    at = open_page("saliency", network=SMALL, picture="coffee")
    names = ["![a](http://b)", "<b>c</b>", "**d**"]
    send(at, "mine.safetensors", file_of(SMALL, num_classes=3), "\n".join(names).encode())
    answer = next(each.proto.body for each in at.get("html") if "cs-answer" in each.proto.body)
    assert "<b>c</b>" not in answer
    caption = next(
        each.value for each in at.caption if "pixels" in each.value and "score" in each.value
    )
    assert all(name not in caption for name in names)
    at.session_state["kept.open.saliency.About this network and this picture"] = True
    at.run()
    classes = next(each.value for each in at.markdown if each.value.startswith("Classes"))
    assert all(name not in classes for name in names)


def test_an_address_from_anybody_is_text_and_nothing_else():
    at = open_page("saliency", method="![a](http://b)")
    assert r"method = '!\[a](http://b)'" in at.warning[0].value


def test_a_copy_that_many_use_may_fetch_nothing(empty_cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CONVSCOPE_FETCH", "off")
    page = open_page("saliency", network="resnet50")
    assert "This copy of ConvScope fetches nothing" in texts(page)
    keys = [button.key for button in page.button]
    assert "weights-fetch" not in keys
    assert "weights-random" in keys
    monkeypatch.setenv("CONVSCOPE_FETCH", "sometimes")
    page.run()
    assert not page.exception
    assert "sometimes" in page.error[0].value
