"""Every page, its fonts, its drawings and its server do without any other machine.

And without eyes or a pointer: axe finds nothing on any page that is ConvScope's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, start_server, stop_server
from tests.offline.sitecustomize import REFUSED
from vizcore.runtime.settings import CACHE_VARIABLE, MIRROR_VARIABLE, WEIGHTS_VARIABLE
from vizcore.ui.rooms import ROOMS

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"
LIGHT = "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as `make app` starts it, bound to every address; no weights were ever fetched."""
    folder = tmp_path_factory.mktemp("open")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv(CACHE_VARIABLE, str(folder))
        settings.delenv(WEIGHTS_VARIABLE, raising=False)
        settings.delenv(MIRROR_VARIABLE, raising=False)
        running = start_server(folder, address=None)
    yield running
    stop_server(running)


def asked_by(page: Page) -> list[str]:
    """The addresses that a page asks, from now on."""
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    return asked


def assert_only(server: Server, asked: list[str]) -> None:
    """Fail where another machine was asked, or nobody."""
    own = urlsplit(server.address).netloc
    web = [each for each in asked if urlsplit(each).scheme not in ("data", "blob")]
    assert len(web) > 10
    assert [each for each in web if urlsplit(each).netloc != own] == []


def barriers(page: Page, *, only: str = "") -> list[str]:
    """What axe finds in a page as it stands, outside of Streamlit's own list of pages."""
    rules = {"runOnly": {"type": "rule", "values": [only]}} if only else {}
    found = Axe().run(
        page,
        context={"exclude": [["[data-testid='stSidebarNav']"]]},
        options={"resultTypes": ["violations"], **rules},
    )
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


def background(page: Page) -> str:
    """The colour behind the page."""
    style = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    return str(page.evaluate(style))


def assert_fits_a_phone(page: Page) -> None:
    """Fail where the page itself scrolls sideways, or a chart is squeezed instead of scrolling."""
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 390")
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
        ".every(each => !each.checkVisibility() || each.clientWidth >= 700)"
    )
    page.set_viewport_size(wide)


@pytest.mark.parametrize("name", [room.name for room in ROOMS])
def test_a_page_asks_only_its_own_server_and_shuts_nobody_out(
    open_server: Server, page: Page, name: str
):
    asked = asked_by(page)
    page.goto(f"{open_server.address}/{name}")
    expect(page.locator(ANSWER)).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert_only(open_server, asked)

    assert barriers(page) == []
    assert_fits_a_phone(page)
    page.emulate_media(color_scheme="dark")  # as an evening does to a page that is open
    for _ in range(60):
        page.wait_for_timeout(500)
        if background(page) != LIGHT and not (found := barriers(page, only="color-contrast")):
            return
    assert (background(page), found) == ("dark", [])


def test_weights_that_are_not_here_are_asked_for_by_nobody_but_a_person(
    open_server: Server, page: Page
):
    asked = asked_by(page)
    page.goto(f"{open_server.address}/feature-maps?network=resnet18")
    expect(page.get_by_text("which are not on this machine yet")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert_only(open_server, asked)


def test_neither_does_the_server_ask_anybody(open_server: Server, page: Page):
    """Its log is that of the pages above: every refusal writes a line."""
    page.goto(open_server.address)
    expect(page.locator(ANSWER)).to_be_visible()
    log = open_server.log.read_text()
    port = open_server.address.rpartition(":")[2]
    assert f"ConvScope is at http://localhost:{port}" in log
    assert [line for line in log.splitlines() if REFUSED in line] == []


def test_where_nothing_can_be_fetched_the_reason_and_the_ways_out_are_there(
    open_server: Server, page: Page
):
    """After the test of the log, which this fetch writes to."""
    page.goto(f"{open_server.address}/feature-maps?network=resnet18")
    page.get_by_role("button", name="Fetch, ").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("download.pytorch.org")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.get_by_role("button", name="Use random weights").click()
    page.wait_for_url("**weights=random*")
    expect(page.locator(ANSWER)).to_contain_text("Random weights")
