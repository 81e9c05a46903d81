"""The training is scrubbed with the keyboard, and the address follows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


def test_the_epochs_are_scrubbed_with_the_arrow_keys(server: Server, page: Page):
    page.goto(f"{server.address}/evolution?layer=conv1&epoch=5")
    expect(page.locator(ANSWER)).to_contain_text("At epoch 5 the network names")
    picture = page.get_by_alt_text("conv1 at epoch 5, large").or_(
        page.get_by_role("img", name="conv1 at epoch 5, large")
    )
    expect(picture.first).to_be_visible()
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator(ANSWER)).to_contain_text("At epoch 10 the network names")
    page.wait_for_url("**epoch=10*")
    slider.press("Home")
    expect(page.locator(ANSWER)).to_contain_text("At epoch 1 the network names")
    slider.press("End")
    expect(page.locator(ANSWER)).to_contain_text("At epoch 64 the network names")
    page.wait_for_url("**epoch=64*")


def test_the_view_is_changed_and_the_epoch_stays(server: Server, page: Page):
    page.goto(f"{server.address}/evolution?epoch=20")
    expect(page.locator(ANSWER)).to_contain_text("At epoch 20")
    page.get_by_role("radio", name="Settling").click()
    expect(page.locator(ANSWER)).to_contain_text("half of the way was done by epoch")
    page.wait_for_url("**show=settling*")
    assert "epoch=20" in page.url
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("At epoch 20 the network names")
