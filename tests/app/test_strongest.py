"""The page What excites a unit: its wall, its unit, its refusals, an archive of one's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from tests.data.test_library_sets import make_eurosat
from vizcore.data.picture_sets import from_arrays, open_pictures
from vizcore.records.patches import TopPatches

NETWORK = "zfnet_photos20"
SMALL = {"network": NETWORK, "pictures": "photographs"}


@pytest.fixture(autouse=True)
def alone(empty_cache: Path, drawn_weights: Path) -> None:
    """A cache and weights of this test's own."""


def test_the_wall_the_unit_and_the_answer_are_the_apis() -> None:
    at = open_page("strongest", **SMALL, layer="conv3", unit="5")
    found = vc.top_patches(NETWORK, "photographs", device="cpu")
    patch = found.patches("conv3", 5)[0]
    assert f"Of <b>20</b> pictures, <b>{patch.picture}</b> excites unit <b>5</b>" in texts(at)
    assert "Flat grey is outside the picture" in texts(at)
    assert all(each.picture in texts(at) for each in found.patches("conv3", 5))
    for _ in range(2):
        at.run()
        assert not at.exception
        assert at.number_input[0].value == 5
    assert "found.patches('conv3', 5)" in code_of(at, "strongest")


def test_it_begins_with_a_layer_that_sees_half_of_the_picture() -> None:
    at = open_page("strongest", **SMALL)
    found = vc.top_patches(NETWORK, "photographs", device="cpu")
    sizes = {layer: max(found.fields[layer].size) for layer in found.found}
    assert at.selectbox(key=_key(at, "layer")).value == min(
        sizes, key=lambda layer: abs(sizes[layer] - 32)
    )


def _key(at, name: str) -> str:
    return next(each.key for each in at.selectbox if each.key and each.key.endswith(name))


def test_units_are_shown_some_at_a_time() -> None:
    at = open_page("strongest", **SMALL, layer="conv1", **{"from": "40"})
    assert at.selectbox(key=_key(at, "from")).value == 32
    assert at.selectbox(key=_key(at, "from")).options == ["0 to 31", "32 to 63"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"layer": "conv9"}, "There is no layer called 'conv9'. The nearest names are: conv"),
        ({"layer": "fc6"}, "Layer 'fc6' has no maps for this picture: what it gives has no height"),
        ({"unit": "999"}, "has no unit 999"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(query: dict[str, str], message: str) -> None:
    at = open_page("strongest", **{**SMALL, "layer": "conv1", **query})
    assert message in texts(at)
    assert not at.exception


@pytest.mark.parametrize("layer", ["relu2", "pool2"])
def test_a_place_that_is_no_convolution_is_searched_alone(layer: str) -> None:
    at = open_page("strongest", **SMALL, layer=layer, unit="7")
    found = vc.top_patches(NETWORK, "photographs", [layer], device="cpu")
    assert found.found[layer].values_ck.shape == (96, 9)
    assert all(each.picture in texts(at) for each in found.patches(layer, 7))
    assert "96 units of 1 place" in texts(at)
    assert at.selectbox(key=_key(at, "scan")).value == "layer"
    assert f"vc.top_patches('{NETWORK}', 'photographs', ['{layer}'])" in code_of(at, "strongest")


def test_a_scan_of_every_place_serves_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page("strongest", **SMALL, scan="places", layer="conv2", unit="7")
    labels = at.selectbox(key=_key(at, "layer")).options
    assert "units of 13 places" in texts(at)
    assert "pool2 · MaxPool2d · 96 units" in labels
    assert labels.index("conv5 · 128 units") < labels.index("relu1 · ReLU · 64 units")

    def read_again(*_args: object, **_more: object) -> None:
        raise AssertionError("the scan of every place has it")

    monkeypatch.setattr("vizcore.tasks.patches._look_through", read_again)
    at.selectbox(key=_key(at, "layer")).set_value("pool2").run()
    found = vc.top_patches(NETWORK, "photographs", "places", device="cpu")
    unit = next(each.value for each in at.number_input if each.key.endswith("unit"))
    assert unit == int(found.found["pool2"].values_ck[:32, 0].argmax()), "the strongest of the wall"
    assert all(each.picture in texts(at) for each in found.patches("pool2", unit))
    at.selectbox(key=_key(at, "scan")).set_value("layer").run()
    assert not at.exception
    assert "96 units of 1 place" in texts(at)
    at.selectbox(key=_key(at, "layer")).set_value("conv1").run()
    at.selectbox(key=_key(at, "scan")).set_value("convolutions").run()
    assert not at.exception
    assert "units of 5 places" in texts(at)


def test_an_archive_is_waited_for() -> None:
    at = open_page("strongest", network=NETWORK, pictures="zip")
    assert "Give a zip archive of pictures" in at.info[0].value
    assert at.selectbox(key=_key(at, "pictures")).value == "zip"


def test_a_data_set_of_torchvision_is_offered_where_it_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path))
    at = open_page("strongest", **SMALL, layer="conv1", scan="layer")
    offered = at.selectbox(key=_key(at, "pictures")).options
    assert "EuroSAT" not in offered
    make_eurosat(tmp_path)
    at.run()
    assert "EuroSAT" in at.selectbox(key=_key(at, "pictures")).options
    at.selectbox(key=_key(at, "pictures")).set_value("eurosat").run()
    assert "Of <b>6</b> pictures" in texts(at)
    assert "EuroSAT: MIT (https" in texts(at).replace("\\", "")
    assert f"vc.top_patches('{NETWORK}', 'eurosat', ['conv1'])" in code_of(at, "strongest")
    at.selectbox(key=_key(at, "pictures")).set_value("photographs").run()
    assert "Of <b>20</b> pictures" in texts(at)


def test_a_data_set_that_is_not_here_is_refused_with_the_way_to_fetch_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path))
    at = open_page("strongest", network=NETWORK, pictures="cifar10", layer="conv1")
    assert "CIFAR-10, test is not there" in texts(at)
    assert "--images cifar10 --fetch" in texts(at)
    assert at.selectbox(key=_key(at, "pictures")).value == "cifar10"
    at.selectbox(key=_key(at, "pictures")).set_value("photographs").run()
    assert "Of <b>20</b> pictures" in texts(at)


def test_random_weights_say_so() -> None:
    at = open_page("strongest", **SMALL, weights="random", layer="conv1")
    assert texts(at).count("Random weights, not trained") >= 2


def test_a_stopped_scan_shows_what_it_had_found_until_it_is_told_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vizcore.errors import JobCancelled
    from vizcore.ui import work

    run = work.run

    def stopped(task, *, slot, show=None, **rest):  # as if Cancel were pressed after a batch
        if show is None:
            return run(task, slot=slot, **rest)
        show(_half())
        raise JobCancelled("stopped")

    monkeypatch.setattr(work, "run", stopped)
    at = open_page("strongest", **SMALL, layer="conv1", unit="3")
    patch = _half().patches("conv1", 3)[0]
    for _ in range(2):
        assert "stopped after 8 of 20 pictures" in texts(at)
        assert f"Of the first <b>8</b> pictures, <b>{patch.picture}</b> excites" in texts(at)
        at.run()
        assert not at.exception
    monkeypatch.setattr(work, "run", run)
    at.run()
    assert "stopped after 8 of 20" in texts(at), "nothing is begun again unasked"
    at.button(key="strongest-go-on").click().run()
    assert "stopped" not in texts(at)
    assert "Of <b>20</b> pictures" in texts(at)


def test_a_scan_that_was_stopped_before_its_first_picture_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vizcore.errors import JobCancelled
    from vizcore.ui import work

    run = work.run

    def stopped(task, *, slot, show=None, **rest):
        if show is None:
            return run(task, slot=slot, **rest)
        raise JobCancelled("stopped")

    monkeypatch.setattr(work, "run", stopped)
    at = open_page("strongest", **SMALL, layer="conv1")
    assert "stopped after 0 of 20 pictures" in texts(at)
    assert at.selectbox(key=_key(at, "pictures")).value == "photographs"


@cache
def _half() -> TopPatches:
    """What the scan of the twenty photographs has found in the first eight of them."""
    from dataclasses import replace

    whole = open_pictures("photographs")
    few = from_arrays([whole.read(each) for each in range(8)], whole.title, whole.names[:8])
    return replace(vc.top_patches(NETWORK, few, device="cpu"), names=whole.names)
