"""Every page, its fonts, its drawings and its server do without any other machine."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, start_server, stop_server
from tests.offline.sitecustomize import REFUSED
from vizcore.ui.rooms import ROOMS

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for everybody in the room, as `make app` starts it: bound to every address."""
    running = start_server(tmp_path_factory.mktemp("open"), address=None)
    yield running
    stop_server(running)


@pytest.mark.parametrize("name", [room.name for room in ROOMS])
def test_a_page_asks_only_its_own_server(open_server: Server, page: Page, name: str):
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.goto(f"{open_server.address}/{name}")
    expect(page.locator(ANSWER)).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    own = urlsplit(open_server.address).netloc
    web = [each for each in asked if urlsplit(each).scheme not in ("data", "blob")]
    assert len(web) > 10
    assert [each for each in web if urlsplit(each).netloc != own] == []


def test_neither_does_the_server_ask_anybody(open_server: Server, page: Page):
    """Its log is that of the pages above: every refusal writes a line."""
    page.goto(open_server.address)
    expect(page.locator(ANSWER)).to_be_visible()
    log = open_server.log.read_text()
    port = open_server.address.rpartition(":")[2]
    assert f"ConvScope is at http://localhost:{port}" in log
    assert [line for line in log.splitlines() if REFUSED in line] == []
