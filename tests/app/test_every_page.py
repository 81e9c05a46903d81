"""What every page must do, whatever it shows."""

from __future__ import annotations

import pytest

from tests.app.opening import code_of, open_page, texts
from vizcore.ui.rooms import ROOMS

NAMES = [room.name for room in ROOMS]


@pytest.mark.parametrize("name", NAMES)
def test_two_reruns_without_an_exception(name: str):
    at = open_page(name)
    for _ in range(2):
        at.run()
        assert not at.exception
    assert len(at.title) == 1
    assert 'class="cs-answer"' in texts(at)


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_the_code_behind_it(name: str):
    at = open_page(name)
    assert not at.code
    assert code_of(at, name).startswith("import vizcore as vc")


@pytest.mark.parametrize("name", NAMES)
def test_an_address_with_nonsense_is_said_and_the_page_goes_on(name: str):
    at = open_page(name, nonsense="1")
    assert any("'nonsense'" in warning.value for warning in at.warning)
    assert 'class="cs-answer"' in texts(at)


@pytest.mark.parametrize("name", [room.name for room in ROOMS if "architecture" in room.sidebar])
def test_an_unknown_architecture_names_the_nearest(name: str):
    at = open_page(name, arch="vgg99")
    warning = at.warning[0].value
    assert "'vgg99'" in warning
    assert "vgg19" in warning
    assert at.session_state["arch"] == "vgg_d"


def test_the_architecture_is_kept_from_page_to_page():
    at = open_page("layers", arch="resnet18")
    at.switch_page("../../pages/atlas.py").run()
    assert at.session_state["arch"] == "resnet18"
    at.switch_page("../../pages/feature_maps.py").run()
    at.switch_page("../../pages/layers.py").run()
    assert at.session_state["arch"] == "resnet18"
    assert "ResNet-18" in texts(at)


def test_an_alias_is_accepted_in_the_address():
    at = open_page("layers", arch="VGG16")
    assert at.session_state["arch"] == "vgg_d"
    assert not at.warning
