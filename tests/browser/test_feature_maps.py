"""Feature maps in a real browser: a map is pointed at, clicked, opened by the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

import vizcore as vc
from tests.browser.conftest import Server
from vizcore.data.samples import sample

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


def test_a_map_says_its_numbers_and_opens_its_channel(server: Server, page: Page):
    maps = vc.feature_maps("zfnet_photos20", sample("coffee").read(), "conv2")
    page.goto(f"{server.address}/feature-maps?picture=coffee&layer=conv2")
    canvas = page.locator(".tiles canvas").first
    expect(canvas).to_have_attribute(
        "aria-label", f"96 maps of 16 × 16, channel {maps.order[0]} first"
    )
    expect(page.get_by_text("Point at a map for its numbers")).to_be_visible()
    canvas.hover(position={"x": 5, "y": 5})
    expect(page.locator(".tiles .note").first).to_contain_text(f"Channel {maps.order[0]}: largest")
    canvas.click(position={"x": 5, "y": 5})
    page.wait_for_url(f"**channel={maps.order[0]}&*")
    expect(page.get_by_role("heading", name=f"Channel {maps.order[0]} of conv2")).to_be_visible()
    expect(page.locator(".cs-worked-sum")).to_contain_text("the map holds")

    canvas.focus()
    canvas.press("ArrowRight")
    canvas.press("ArrowRight")
    canvas.press("Enter")
    expect(page.get_by_role("heading", name=f"Channel {maps.order[1]} of conv2")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".cs-worked-sum")).to_have_count(0)


def test_a_layer_of_the_strip_is_opened_by_a_click(server: Server, page: Page):
    page.goto(f"{server.address}/feature-maps?picture=coffee")
    expect(page.locator(ANSWER)).to_contain_text("conv1")
    page.get_by_text("The way through the network").click()
    strip = page.locator(".tiles canvas").nth(1)
    strip.click(position={"x": 3 * 85 + 5, "y": 5})
    page.wait_for_url("**layer=conv2*")
    expect(page.locator(ANSWER)).to_contain_text("conv2")
