"""Weights in a real browser: fetched from a mirror of this machine, brought, and marked."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import timm
import torch
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from safetensors.torch import save, save_file

from tests.browser.conftest import Server, start_server, stop_server
from tests.mirror import Mirror
from vizcore.networks.offers import weights
from vizcore.runtime.settings import CACHE_VARIABLE, MIRROR_VARIABLE, WEIGHTS_VARIABLE
from vizcore.zoo import build

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"
#: A pretrained network whose library states no hash, so that this test may say what its file is.
FETCHED = weights("mnasnet_a1")


@pytest.fixture(scope="module")
def mirror() -> Iterator[Mirror]:
    """A mirror that has one file of weights, drawn at random for this test."""
    torch.manual_seed(0)
    assert FETCHED.file is not None
    assert not FETCHED.file.sha256
    content = save(timm.create_model("semnasnet_100").state_dict())
    with Mirror({FETCHED.file.name: content}, piece_bytes=1 << 18) as serving:
        yield serving


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory: pytest.TempPathFactory, mirror: Mirror) -> Iterator[Server]:
    """A server that has fetched nothing yet and knows the mirror."""
    folder = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as settings:
        for name in (CACHE_VARIABLE, "TORCH_HOME", "HF_HOME"):
            settings.setenv(name, str(folder / name))
        settings.setenv(MIRROR_VARIABLE, mirror.address)
        settings.delenv(WEIGHTS_VARIABLE, raising=False)
        running = start_server(folder)
    yield running
    stop_server(running)


def test_weights_are_fetched_with_progress_cancelled_and_gone_on_with(
    empty_server: Server, mirror: Mirror, page: Page, browser: Browser
):
    mirror.pause_s = 2.0  # for each of sixty pieces: it will not be whole before it is stopped
    page.goto(f"{empty_server.address}/feature-maps?network={FETCHED.architecture}")
    panel = page.locator(".st-key-weights-missing")
    expect(panel).to_contain_text("from the mirror 127.0.0.1")
    panel.get_by_role("button", name="Fetch, 16 MB").click()
    expect(panel).to_contain_text(re.compile(r"[\d.]+ MB of 15.\d MB, [\d.]+ MB/s, \d+ s left"))
    expect(panel.get_by_role("progressbar")).to_be_visible()

    other = browser.new_context().new_page()  # somebody else asks for the same file meanwhile
    other.set_default_timeout(60_000)
    other.goto(page.url)
    theirs = other.locator(".st-key-weights-missing")
    theirs.get_by_role("button", name="fetch").or_(
        theirs.get_by_role("button", name="Fetch")
    ).first.click()
    expect(theirs).to_contain_text("MB/s")
    theirs.get_by_role("button", name="Cancel").click()
    expect(theirs.get_by_role("button", name="Go on fetching")).to_be_visible()
    other.context.close()
    assert len(mirror.asked) == 1, "one transfer for two people"

    expect(panel).to_contain_text("MB/s")
    panel.get_by_role("button", name="Cancel").click()
    expect(panel).to_contain_text("MB have come")
    mirror.pause_s = 0.0
    panel.get_by_role("button", name="Go on fetching").click()
    expect(page.locator(ANSWER)).to_contain_text("channels")
    expect(page.get_by_test_id("stSidebar")).to_contain_text("On this machine, 16 MB")
    assert [status for _, _, status in mirror.asked] == [200, 206], "what had come was kept"
    page.get_by_role("button", name="Look").click()
    page.get_by_role("radio", name="Grey").click()  # the choice is still the same weights
    expect(page.locator(ANSWER)).to_contain_text("channels")
    assert f"weights={FETCHED.name}" in page.url


def test_a_file_the_mirror_lacks_is_named_and_random_weights_are_marked_on_the_picture(
    empty_server: Server, page: Page
):
    page.goto(f"{empty_server.address}/saliency?network=resnet18")
    panel = page.locator(".st-key-weights-missing")
    panel.get_by_role("button", name="Fetch").click()
    expect(panel).to_contain_text("404")
    expect(panel).to_contain_text("resnet18-f37072fd.pth")
    panel.get_by_role("button", name="Use random weights").click()
    expect(page.locator(ANSWER)).to_contain_text("Random weights, not trained.")
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Map alone, PNG").click()
    assert "random-weights-not-trained" in waiting.value.suggested_filename
    picture = Image.open(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert picture.height > picture.width, "the square map, and the words under it"


def test_own_weights_are_brought_with_their_class_names(
    empty_server: Server, page: Page, browser: Browser, tmp_path: Path
):
    state = build("resnet18", seed=3, num_classes=4).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, tmp_path / "mine.st")
    torch.save(state, tmp_path / "mine.pth")
    (tmp_path / "names.txt").write_text("ant\nbee\ncat\ndog\n")
    page.goto(f"{empty_server.address}/saliency?network=resnet18&weights=random")
    expect(page.locator(ANSWER)).to_contain_text("Random weights")
    page.get_by_role("button", name="Own weights").click()
    form = page.locator(".st-key-own-weights-form")
    files = form.locator("input[type=file]")

    files.nth(0).set_input_files(tmp_path / "mine.pth")
    form.get_by_role("button", name="Check and use").click()
    expect(form).to_contain_text("can run any program")
    expect(form).to_contain_text("torch.load('mine.pth', weights_only=True")

    files.nth(0).set_input_files(tmp_path / "mine.st")
    files.nth(1).set_input_files(tmp_path / "names.txt")
    expect(form).to_contain_text("names.txt")
    form.get_by_role("button", name="Check and use").click()
    expect(form).to_contain_text("In use: mine.st, 4 classes.")
    page.wait_for_url("**weights=own-*")
    expect(page.locator(ANSWER)).not_to_contain_text("Random")
    said = page.locator(ANSWER).inner_text()
    assert any(f"For {name} " in said for name in ("ant", "bee", "cat", "dog"))

    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(other.locator(ANSWER)).to_have_text(said, timeout=60_000)
    other.context.close()
