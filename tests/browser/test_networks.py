"""Networks in a real browser: charts are clicked, the keyboard does the same."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import vizcore as vc
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


def click_marker(page: Page, place: int) -> None:
    """Click a marker of the last trace of the page's chart, where its middle is."""
    marker = page.locator(".js-plotly-plot .scatterlayer .trace").last.locator(".point").nth(place)
    box = marker.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_point_opens_its_network_and_a_cell_its_pictures(server: Server, page: Page):
    page.goto(f"{server.address}/networks")
    expect(page.locator(ANSWER)).to_contain_text("networks trained on the same photographs")
    expect(page.locator(".js-plotly-plot .scatterlayer .point").first).to_be_visible()
    shown = [network for network in vc.fleet() if network.data == "Photos-20"]
    click_marker(page, len(shown) - 1)
    page.wait_for_url(f"**network={shown[-1].key}*")
    right = shown[-1].right("test")
    expect(page.locator(ANSWER)).to_contain_text(f"{right} of {shown[-1].patches['test']}")

    found = vc.confusion(shown[-1])
    filled = [(t, p) for t in range(20) for p in range(20) if found.counts_tp[t, p]]
    true, named, count = found.mistakes()[0]
    expect(page.locator(".js-plotly-plot .scatterlayer .point").first).to_be_attached()
    click_marker(page, filled.index((true, named)))
    page.wait_for_url("**cell=*")
    classes = found.classes
    expect(page.get_by_text(f"pictures of {classes[true]} are named")).to_contain_text(
        f"{count} of {(found.labels_n == true).sum()} pictures of {classes[true]} "
        f"are named {classes[named]}"
    )
    page.go_back()
    expect(page.get_by_text(f"The {found.wrong} mistakes")).to_be_visible()


def test_the_keyboard_chooses_a_network_and_a_view(server: Server, page: Page):
    page.goto(f"{server.address}/networks")
    expect(page.locator(ANSWER)).to_contain_text("networks trained on the same photographs")
    box = page.get_by_role("combobox", name="Network")
    box.focus()
    box.press("Enter")
    box.press_sequentially("ZFNet")
    box.press("Enter")
    page.wait_for_url("**network=zfnet_photos20*")
    page.get_by_role("radio", name="Learning curves").press("Space")
    page.wait_for_url("**show=curves*")
    expect(page.locator(ANSWER)).to_contain_text("ZFNet")


def test_the_fleet_is_downloaded_with_the_cards_numbers(server: Server, page: Page):
    page.goto(f"{server.address}/networks")
    expect(page.locator(ANSWER)).to_contain_text("networks trained on the same photographs")
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Fleet, CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert {row["key"]: float(row["test"]) for row in rows} == {
        network.key: network.test for network in vc.fleet()
    }
