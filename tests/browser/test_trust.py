"""Can you trust a map, in a real browser: both views, one after the other, and a step enlarged."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser


def test_from_the_random_layers_to_the_metrics_and_back(server: Server, page: Page):
    page.goto(f"{server.address}/trust?network=zfnet_photos20&picture=coffee&steps=4"
              "&parts=4&orders=1&squares=8&nudges=1&methods=gradient,lrp")  # fmt: skip
    answer = page.locator(".cs-answer >> nth=0")
    expect(answer).to_contain_text("With all 8 layers random")
    panes = page.locator(".st-key-trust-panes")
    expect(panes.get_by_alt_text("random: rank correlation")).to_be_visible()
    page.get_by_role("radio", name="Metrics").click()
    expect(answer).to_contain_text("Layer-wise relevance propagation")
    table = page.locator("table.cs-table >> nth=0")
    expect(table).to_contain_text("random order")
    expect(table).to_contain_text("fails:")
    page.wait_for_url("**show=metrics*")
    page.get_by_role("radio", name="Random layers").click()
    expect(answer).to_contain_text("With all 8 layers random")
    expect(page.get_by_text("Traceback")).to_have_count(0)
