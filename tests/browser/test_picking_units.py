"""From a picture of all units to one of them: pointed at, clicked, opened; alike on every page."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import Page, expect

import vizcore as vc
from tests.browser.conftest import Server
from vizcore.data.samples import sample

pytestmark = pytest.mark.browser

NETWORK = "zfnet_photos20"
ANSWER = ".cs-answer >> nth=0"
CELLS = ".cells img"


def second_filter() -> int:
    return vc.filters(NETWORK).by_norm()[1]


def second_map() -> int:
    return vc.feature_maps(NETWORK, sample("coffee").read(), "conv2").order[1]


def test_a_click_shows_the_unit_and_one_more_opens_its_page(server: Server, page: Page):
    wall, kernels = "strongest?pictures=photographs&layer=conv3", "filters?picture=coffee"
    maps = "feature-maps?picture=coffee&layer=conv2"
    for address, picture, across, says, layer, channel in (
        (wall, CELLS, 8, "Unit", "conv3", 1),
        (kernels, CELLS, 10, "Filter", "conv1", second_filter()),
        (maps, ".tiles canvas", 12, "Channel", "conv2", second_map()),
    ):
        page.goto(f"{server.address}/{address}")
        shown = page.locator(picture).first
        expect(page.get_by_text("Point at a").first).to_be_visible()
        box = shown.bounding_box()
        assert box is not None
        place = {"x": 1.5 * box["width"] / across, "y": 0.05 * box["height"]}
        shown.hover(position=place)
        expect(page.locator(".note").first).to_contain_text(f"{says} {channel}: ")
        shown.click(position=place)
        link = page.get_by_role("link", name=f"Open unit {channel} of {layer}")
        expect(link).to_be_visible()
        expect(link).to_be_in_viewport()
        link.click()
        page.wait_for_url(f"**/unit?*channel={channel}*")
        expect(page.locator(ANSWER)).to_contain_text(f"Unit {channel} of {layer}")


def test_an_archive_is_looked_through_on_the_units_page_too_and_after_a_reload(
    server: Server, page: Page
):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("cat", "coffee", "flower"):
            archive.writestr(f"{name}.png", sample(name).read())
    page.goto(f"{server.address}/strongest?network={NETWORK}&layer=conv2&unit=4&pictures=zip")
    field = page.locator("input[type=file][accept*=zip]")
    field.set_input_files(
        {"name": "mine.zip", "mimeType": "application/zip", "buffer": file.getvalue()}
    )
    expect(page.locator(ANSWER)).to_contain_text("Of 3 pictures")
    page.wait_for_url("**pictures=zip-*")
    page.get_by_role("link", name="Open unit 4 of conv2").click()
    page.wait_for_url("**/unit?*pictures=zip-*")
    expect(page.locator(ANSWER)).to_contain_text("Of 3 pictures")
    page.reload()
    expect(page.locator(ANSWER)).to_contain_text("Of 3 pictures")
    expect(page.get_by_role("combobox", name="Pictures")).to_have_value("mine.zip")
