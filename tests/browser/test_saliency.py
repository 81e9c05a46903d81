"""Saliency in a real browser: quick maps do not wait for a long one, which can be given up."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser


def test_a_long_map_is_given_up_and_the_quick_one_stays(server: Server, page: Page):
    page.goto(
        f"{server.address}/saliency?network=resnet50_photos20&picture=coffee"
        "&method=gradient,smoothgrad&set=smoothgrad.samples:500"
    )
    cells = page.locator("[class*=st-key-saliency-cell-saliency]")
    quick, slow = cells.nth(0), cells.nth(1)
    expect(quick.locator("img")).to_be_visible()
    slow.get_by_role("button", name="Cancel").click()
    expect(slow).to_contain_text("Cancelled")
    expect(slow.get_by_role("button", name="Compute it")).to_be_visible()
    expect(quick.locator("img")).to_be_visible()
    expect(page.locator(".cs-answer >> nth=0")).to_contain_text("half of all influence")


def test_a_click_on_the_matrix_gives_the_reason(server: Server, page: Page):
    page.goto(f"{server.address}/methods?network=zfnet_photos20&kind=class+activation+map")
    chart = page.locator(".st-key-methods-matrix .js-plotly-plot")
    cells = chart.locator(".scatterlayer .point")
    expect(cells.first).to_be_attached()
    cells.nth(2).click(force=True)
    panel = page.locator(".st-key-methods-cell")
    expect(panel).to_contain_text("Class activation map on ZFNet, small: refused")
    page.wait_for_url("**method=cam*")
