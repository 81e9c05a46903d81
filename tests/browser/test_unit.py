"""The Unit page in a real browser: opened from the wall, gone through, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"
MAIN = "stMain"


def test_from_the_wall_to_a_unit_to_the_next_and_back(server: Server, page: Page):
    # Few pictures, so that a scan of them takes no time.
    network = "network=zfnet_photos20&pictures=photographs"
    page.goto(f"{server.address}/strongest?{network}&layer=conv4&unit=9")
    expect(page.locator(ANSWER)).to_contain_text("excites unit 9")
    page.get_by_test_id(MAIN).get_by_role("link", name="Open unit 9 of conv4").click()
    page.wait_for_url("**/unit?*channel=9*")
    expect(page.locator(ANSWER)).to_contain_text("Unit 9 of conv4")
    expect(page.locator(ANSWER)).to_contain_text("feeds the class")
    assert "layer=conv4" in page.url
    assert "network=zfnet_photos20" in page.url
    assert "weights=photos20" in page.url
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator(ANSWER)).to_contain_text("Unit 10 of conv4")
    page.wait_for_url("**channel=10*")
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("Unit 9 of conv4")
    page.go_back()
    page.wait_for_url("**/strongest?*")
    expect(page.locator(ANSWER)).to_contain_text("excites unit 9")


def test_neighbours_are_links_and_everything_is_downloaded(
    server: Server, page: Page, tmp_path: Path
):
    few = "network=zfnet_photos20&pictures=photographs"
    page.goto(f"{server.address}/unit?{few}&layer=conv3&channel=17&picture=coffee")
    expect(page.locator(ANSWER)).to_contain_text("feeds the class")
    main = page.get_by_test_id(MAIN)
    expect(main.get_by_text("Kernel norm")).to_be_visible()
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Everything here, JSON").click()
    file = tmp_path / "unit.json"
    coming.value.save_as(file)
    found = json.loads(file.read_text())
    assert (found["layer"], found["channel"]) == ("conv3", 17)
    values = [each["value"] for each in found["strongest"]]
    assert len(values) == 9
    assert values == sorted(values, reverse=True)
    assert found["statistics"]["maximum"] == pytest.approx(values[0], rel=1e-4)
    main.locator("h1").click()  # closes the list of downloads
    main.get_by_role("button", name="layer after: conv4").click()
    page.wait_for_url("**layer=conv4*")
    expect(page.locator(ANSWER)).to_contain_text("of conv4")
    expect(page.get_by_role("combobox", name="Layer")).to_have_value("conv4 · 128 units")
