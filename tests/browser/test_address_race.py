"""A link that is followed while its page is still at work, or while its address is on the way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"
MAIN = "stMain"
#: Few pictures, so that a scan of them takes no time.
WALL = "network=zfnet_photos20&pictures=photographs&layer=conv4&unit=9"


class Wire:
    """What the server says, held up where a test wants the browser to hear it late."""

    def __init__(self, page: Page, first: bytes) -> None:
        """Hold everything from the first message on that has `first` in it, until `release`."""
        self.page, self.first = page, first
        self.held: list[str | bytes] = []
        self.is_holding = False
        self.is_over = False
        self.browser: WebSocketRoute | None = None
        page.route_web_socket(re.compile("/_stcore/stream"), self._route)

    def _route(self, browser: WebSocketRoute) -> None:
        self.browser = browser
        browser.connect_to_server().on_message(self._heard)

    def _heard(self, message: str | bytes) -> None:
        assert self.browser is not None
        if isinstance(message, bytes) and self.first in message and not self.is_over:
            self.is_holding = True
        if self.is_holding:
            self.held.append(message)
        else:
            self.browser.send(message)

    def wait(self) -> None:
        """Wait until something is held up."""
        for _ in range(600):
            if self.held:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("nothing was held up")

    def release(self) -> None:
        """Let the browser hear all that was held, in its order."""
        assert self.browser is not None
        self.is_holding, self.is_over = False, True
        while self.held:
            self.browser.send(self.held.pop(0))


def test_an_address_that_is_on_the_way_does_not_reach_the_page_that_a_link_opened(
    server: Server, page: Page
):
    # The page's own address comes last; what stands in it and in no link is `unit`.
    wire = Wire(page, b"&unit=9")
    page.goto(f"{server.address}/strongest?{WALL}")
    link = page.get_by_test_id(MAIN).get_by_role("link", name="unit 9").first
    expect(link).to_be_visible()
    wire.wait()
    link.click()
    page.wait_for_timeout(300)  # the server hears of the click
    wire.release()
    expect(page.locator(ANSWER)).to_contain_text("Unit 9 of conv4")
    expect(page.locator(ANSWER)).to_contain_text("feeds the class")
    page.wait_for_url(re.compile(r"/unit\?(?=.*layer=conv4)(?=.*channel=9)(?!.*unit=9)"))
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator(ANSWER)).to_contain_text("Unit 10 of conv4")
    page.wait_for_url("**channel=10*")
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("Unit 9 of conv4")
    page.go_back()  # where the browser had put the wall's address behind the unit's name
    page.wait_for_timeout(300)
    expect(page.get_by_text("this page does not know")).to_have_count(0)
    page.go_back()
    page.wait_for_url("**/strongest?*")
    expect(page.locator(ANSWER)).to_contain_text("excites unit 9")


def test_a_page_that_is_left_while_it_works_does_not_write_its_address(server: Server, page: Page):
    addresses: list[str] = []
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    # Many pictures of 224 pixels through a deep network: it would be at work for many minutes.
    page.goto(f"{server.address}/strongest?network=resnet152&weights=random&layer=layer4.1.conv2")
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="By hand").click()
    page.wait_for_url("**/byhand*")
    expect(page.locator(ANSWER)).to_contain_text("The output in row 1")
    page.get_by_test_id(MAIN).get_by_text("Pooling", exact=True).click()
    page.wait_for_url("**/byhand?show=pooling")
    assert not [each for each in addresses if "/byhand" in each and "network=" in each]
    page.go_back()
    page.go_back()
    page.wait_for_url("**/strongest?*layer=layer4*")
    expect(page.get_by_text("What excites resnet152")).to_be_visible()
    cancel.click()
    expect(cancel).to_have_count(0)
