"""Class images in a real browser: watched as they form, paused, gone on with, gone back through."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


def step_of(words: str) -> int:
    found = re.search(r"Step ([\d,]+) of", words)
    assert found is not None
    return int(found[1].replace(",", ""))


def pause(page: Page) -> None:
    """Press Pause until it is paused: a press can fall between two drawings of the button."""
    going_on = page.get_by_role("button", name="Continue")
    for _ in range(5):
        page.get_by_role("button", name="Pause").click()
        try:
            expect(going_on).to_be_visible(timeout=8_000)
            return
        except AssertionError:
            continue
    expect(going_on).to_be_visible()


def test_images_form_pause_go_on_and_are_gone_back_through(server: Server, page: Page):
    page.goto(f"{server.address}/class-images?classes=6&steps=900")
    image = page.get_by_role("img", name=re.compile(r"^Images for coffee after"))
    expect(image).to_be_visible()
    first = image.get_attribute("src")
    expect(image).not_to_have_attribute("src", first or "")  # another frame, without a click
    expect(page.locator(ANSWER)).to_contain_text("the image for coffee scores")

    pause(page)
    bar = page.get_by_test_id("stProgress")
    expect(bar).to_contain_text("paused")
    page.wait_for_timeout(5000)  # two looks later the step that was in hand is shown
    paused = step_of(bar.inner_text())
    page.wait_for_timeout(5000)
    assert step_of(bar.inner_text()) == paused

    page.get_by_role("button", name="Continue").click()
    slider = page.get_by_role("slider")
    expect(slider).to_be_visible(timeout=200_000)  # it has gone on to its end
    expect(page.locator(ANSWER)).to_contain_text("After 900 steps")
    expect(image).to_have_attribute("alt", "Images for coffee after 900 steps")
    slider.focus()
    slider.press("Home")
    expect(image).to_have_attribute("alt", "Images for coffee after 0 steps")
    slider.press("End")
    expect(image).to_have_attribute("alt", "Images for coffee after 900 steps")
