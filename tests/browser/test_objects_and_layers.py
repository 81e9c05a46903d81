"""Localisation, invariance and layer ablation as a person goes through them in a real browser."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
ANSWER = ".cs-answer >> nth=0"
#: The address is written when a page is whole, which waits for the work of others.
SLOW_MS = 150_000


def choose(page: Page, name: str) -> None:
    """Choose one of several, and see that it is chosen."""
    radio = page.get_by_role("radio", name=name, exact=True)
    radio.click()
    expect(radio).to_be_checked()


def taken(page: Page, label: str) -> str:
    """The text of a file that the page offers."""
    page.get_by_role("button", name="Download", exact=False).first.click()
    with page.expect_download() as coming:
        page.get_by_role("button", name=label).click()
    page.keyboard.press("Escape")
    return Path(coming.value.path()).read_text(encoding="utf-8")


def test_a_method_is_chosen_from_those_that_apply_and_a_long_study_is_given_up(
    server: Server, page: Page
):
    page.goto(f"{server.address}/localisation?network=zfnet_photos20&scene=3")
    expect(page.locator(ANSWER)).to_contain_text("The box that Gradient points at")
    page.locator(".st-key-localisation-method button").first.click()
    listed = page.locator(".st-key-localisation-list")
    expect(listed.get_by_role("button", name="Class activation map")).to_be_disabled()
    expect(listed).to_contain_text("Refused: The scores are no linear function")
    listed.get_by_role("button", name="Guided backpropagation").click()
    expect(page.locator(ANSWER)).to_contain_text("The box that Guided backpropagation points at")
    page.wait_for_url("**method=guided_backprop*", timeout=SLOW_MS)
    page.keyboard.press("Escape")
    page.locator(".st-key-localisation-next button").first.click()
    page.wait_for_url("**scene=4*", timeout=SLOW_MS)
    told = json.loads(taken(page, "Box and numbers, JSON"))
    said = page.locator(ANSWER)
    expect(said).to_contain_text(f"an IoU of {told['iou']:.2f}")
    page.reload()
    expect(said).to_contain_text(f"an IoU of {told['iou']:.2f}")

    page.goto(f"{server.address}/localisation?network=zfnet_photos20&show=all&methods=kernel_shap")
    page.get_by_role("button", name="Cancel").click()
    refusal = page.locator(".st-key-refusal-localisation")
    expect(refusal).to_contain_text("Cancelled: ")
    expect(page.get_by_role("button", name="Compute it")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    choose(page, "Scene")
    expect(said).to_contain_text("points at shares an IoU")


def test_a_photograph_is_changed_and_its_distances_are_read_as_published(
    server: Server, page: Page
):
    page.goto(f"{server.address}/invariance?network=zfnet_photos20&picture=coffee")
    expect(page.locator(ANSWER)).to_contain_text("relu7")
    choose(page, "Contrast")
    page.wait_for_url("**kind=contrast*", timeout=SLOW_MS)
    page.get_by_text("Which layers are plotted").click()
    choose(page, "Euclidean")
    page.wait_for_url("**distance=euclidean*", timeout=SLOW_MS)
    chart = page.locator(".st-key-invariance-chart")
    expect(chart).to_contain_text("Euclidean distance")
    rows = list(csv.DictReader(taken(page, "Every view and layer, CSV").splitlines()))
    assert [float(row["contrast"]) for row in rows] == [n / 10 for n in range(21)]
    assert float(rows[10]["Euclidean in relu1"]) == 0
    assert float(rows[0]["Euclidean in relu1"]) > float(rows[0]["distance in relu1"]) > 0
    page.reload()
    expect(chart).to_contain_text("Euclidean distance")


def test_the_network_that_is_left_opens_in_the_design_room(server: Server, page: Page):
    page.goto(f"{server.address}/ablation?network=vgg16")
    page.get_by_role("button", name="Use zfnet_photos20").click()
    expect(page.locator(ANSWER)).to_contain_text("ZFNet, small without layers 6 and 7 saves 46%")
    choose(page, "top-5")
    page.wait_for_url("**error=top5*", timeout=SLOW_MS)
    rows = list(csv.DictReader(taken(page, "Study, CSV").splitlines()))
    assert [row["removed"] for row in rows] == ["7", "6 7", "3 4", "3 4 6 7"]
    for row in rows:
        ends = float(row["drop_interval_low"]), float(row["drop_interval_high"])
        assert ends[0] < float(row["drop_points"]) < ends[1]
    page.get_by_text("The networks that are left").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Without layers 3, 4, 6 and 7").click()
    expect(opened.value.locator(ANSWER)).to_contain_text("315K")
