"""What people do, in a real browser against a real server."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import vizcore as vc
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


def link(page: Page, name: str) -> None:
    """Go to a room by the navigation."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()


def test_a_deep_link_on_a_cold_server_opens_its_view(cold_server: Server, page: Page):
    page.goto(f"{cold_server.address}/layers?arch=resnet50&ops=flops")
    expect(page.locator(ANSWER)).to_contain_text("ResNet-50")
    expect(page.locator(ANSWER)).to_contain_text("FLOPs")
    expect(page.get_by_test_id("stSidebarNav")).to_contain_text("Atlas")
    assert "arch=resnet50" in page.url
    assert "ops=flops" in page.url


def test_the_architecture_is_kept_from_room_to_room(server: Server, page: Page):
    page.goto(f"{server.address}/layers?arch=resnet18")
    expect(page.locator(ANSWER)).to_contain_text("ResNet-18")
    link(page, "Atlas")
    page.wait_for_url("**/?arch=resnet18*")
    link(page, "Building blocks")
    expect(page.locator("h1")).not_to_contain_text("Atlas")
    link(page, "Layers")
    page.wait_for_url("**/layers?arch=resnet18*")
    expect(page.locator(ANSWER)).to_contain_text("ResNet-18")


def test_a_timm_name_is_typed_and_an_unknown_one_is_named(server: Server, page: Page):
    page.goto(f"{server.address}/layers?arch=vgg_d")
    expect(page.locator(ANSWER)).to_contain_text("VGG-D")
    box = page.get_by_role("combobox", name="Architecture")
    box.click()
    box.fill("timm:resnet10t")
    box.press("Enter")
    page.wait_for_url("**arch=timm*resnet10t*")
    expect(page.locator(ANSWER)).to_contain_text("resnet10t")
    box.click()
    box.fill("nonsense42")
    box.press("Enter")
    expect(page.get_by_test_id("stSidebar")).to_contain_text("'nonsense42'")
    expect(page.locator(ANSWER)).to_contain_text("resnet10t")


def test_a_copied_address_opens_the_same_view_for_somebody_else(
    server: Server, page: Page, browser: Browser
):
    page.goto(f"{server.address}/layers?arch=vgg_d")
    expect(page.locator(ANSWER)).to_contain_text("multiply-adds")
    page.get_by_role("radio", name="FLOPs").click()
    expect(page.locator(ANSWER)).to_contain_text("FLOPs")
    page.wait_for_url("**ops=flops*")
    page.get_by_role("button", name="Copy address").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()")
    assert "ops=flops" in address
    said = page.locator(ANSWER).inner_text()
    other = browser.new_context().new_page()
    other.goto(address)
    expect(other.locator(ANSWER)).to_have_text(said, timeout=60_000)
    other.context.close()


def test_the_browsers_back_button_undoes_a_choice(server: Server, page: Page):
    page.goto(f"{server.address}/layers?arch=vgg_d")
    expect(page.locator(ANSWER)).to_contain_text("multiply-adds")
    page.get_by_role("radio", name="FLOPs").click()
    page.wait_for_url("**ops=flops*")
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("multiply-adds")


def test_a_picture_is_uploaded_and_looked_at(server: Server, page: Page, tmp_path: Path):
    from vizcore.data.samples import sample

    file = tmp_path / "mine.png"
    file.write_bytes(sample("coffee-test").read())
    page.goto(f"{server.address}/saliency")
    expect(page.locator(ANSWER)).to_contain_text("%")
    page.get_by_role("button", name="Upload").click()
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_url("**picture=upload-*")
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("mine.png")
    expect(page.locator(ANSWER)).to_contain_text("%")


def test_a_file_that_is_no_picture_is_refused_in_one_sentence(
    server: Server, page: Page, tmp_path: Path
):
    file = tmp_path / "mine.png"
    file.write_bytes(b"this is no picture")
    page.goto(f"{server.address}/saliency")
    expect(page.locator(ANSWER)).to_contain_text("%")
    page.get_by_role("button", name="Upload").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_test_id("stPopoverBody")).to_contain_text("mine.png: ")
    expect(page.get_by_test_id("stPopoverBody")).to_contain_text("Allowed")
    expect(page.locator(ANSWER)).to_contain_text("%")


def test_the_table_is_downloaded_as_shown(server: Server, page: Page):
    page.goto(f"{server.address}/layers?arch=alexnet_torchvision&batch=4")
    expect(page.locator(ANSWER)).to_contain_text("AlexNet")
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Table, CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    table = vc.layers("alexnet", batch=4)
    by_name = {row["name"]: row for row in rows}
    for row in table:
        assert int(by_name[row.name]["macs"]) == row.macs
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Table, JSON").click()
    saved = json.loads(Path(waiting.value.path()).read_text())
    assert saved["totals"]["macs"] == table.totals.macs


def test_nonsense_in_the_address_is_named_and_the_view_is_there(server: Server, page: Page):
    page.goto(f"{server.address}/layers?arch=vgg_d&batch=lots&size=7")
    expect(page.get_by_text("batch = 'lots'")).to_be_visible()
    expect(page.get_by_text("7 × 7").or_(page.get_by_text("7x7")).first).to_be_visible()
    assert not page.get_by_text("Traceback").count()


def test_the_server_says_how_it_is(server: Server):
    health = json.loads(urllib.request.urlopen(f"{server.address}/healthz", timeout=10).read())
    assert health["status"] == "ok"
    numbers = urllib.request.urlopen(f"{server.address}/metrics", timeout=10).read().decode()
    assert "convscope_warm" in numbers
