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


def test_images_form_pause_go_on_and_are_gone_back_through(server: Server, page: Page):
    page.goto(f"{server.address}/class-images?classes=6&steps=900")
    image = page.get_by_role("img", name=re.compile(r"^Images for coffee after"))
    expect(image).to_be_visible()
    first = image.get_attribute("src")
    expect(image).not_to_have_attribute("src", first or "")  # another frame, without a click
    expect(page.locator(ANSWER)).to_contain_text("the image for coffee scores")

    # One press each: the buttons stand still, whatever forms beside and under them.
    buttons = {name: page.get_by_role("button", name=name) for name in ("Pause", "Continue")}
    bar = page.get_by_test_id("stProgress")
    place = buttons["Pause"].bounding_box()
    for _ in range(3):
        buttons["Pause"].click()
        expect(bar).to_contain_text(", paused")  # the step that was in hand is shown
        paused = step_of(bar.inner_text())
        assert buttons["Continue"].bounding_box() == place
        page.wait_for_timeout(2500)  # longer than from one look at a paused job to the next
        assert step_of(bar.inner_text()) == paused
        buttons["Continue"].click()
        expect(buttons["Pause"]).to_be_visible()

    slider = page.get_by_role("slider")
    expect(slider).to_be_visible(timeout=200_000)  # it has gone on to its end
    expect(page.locator(ANSWER)).to_contain_text("After 900 steps")
    expect(image).to_have_attribute("alt", "Images for coffee after 900 steps")
    slider.focus()
    slider.press("Home")
    expect(image).to_have_attribute("alt", "Images for coffee after 0 steps")
    expect(page).to_have_url(re.compile(r"[?&]step=0(&|$)"))
    page.reload()
    expect(image).to_have_attribute("alt", "Images for coffee after 0 steps")
    slider.focus()
    slider.press("End")
    expect(image).to_have_attribute("alt", "Images for coffee after 900 steps")
    expect(page).not_to_have_url(re.compile("[?&]step="))


def test_cancel_is_heard_at_the_first_press(server: Server, page: Page):
    page.goto(f"{server.address}/class-images?classes=6,4,2&steps=5000")
    expect(page.get_by_role("img", name=re.compile("^Images for coffee"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    expect(page.get_by_role("slider")).to_be_visible()
