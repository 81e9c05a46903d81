"""Measured here in a real browser: measured, given up, brought from elsewhere, opened again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, start_server, stop_server
from vizcore.runtime.measured_file import from_json
from vizcore.ui.sidebar import label

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that keeps what it measures to itself."""
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "cache"))
    running = start_server(tmp_path)
    yield running
    stop_server(running)


def test_measured_given_up_brought_and_opened_again(own_server: Server, page: Page, tmp_path: Path):
    page.goto(f"{own_server.address}/measured?find=lenet5,zfnet")
    expect(page.locator(ANSWER)).to_contain_text("ZFNet, small")
    measure = page.get_by_role("button", name="Measure", exact=True)
    page.get_by_role("button", name="Measure here").click()
    measure.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("was cancelled").first).to_be_visible()
    # Opened anew: what was kept moves the controls once, and what is open then closes.
    page.goto(f"{own_server.address}/measured?find=lenet5,zfnet")
    expect(page.locator(ANSWER)).to_contain_text("ZFNet, small")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    if not measure.is_visible():
        page.get_by_role("button", name="Measure here").click()
    networks = page.locator(".st-key-measuring-keys")
    networks.get_by_role("button", name="Clear all").click()
    expect(networks.get_by_role("button", name="Clear all")).to_be_hidden()
    for key in ("lenet5_modern", "zfnet_photos20"):
        networks.get_by_role("combobox").fill(label(key))
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(networks).to_contain_text(label(key))
    page.keyboard.press("Escape")
    if not measure.is_visible():
        page.get_by_role("button", name="Measure here").click()
    measure.click()
    expect(page.locator(ANSWER)).to_contain_text("LeNet-5", timeout=200_000)
    page.wait_for_url("**machine=*")

    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="This machine's results, JSON").click()
    file = tmp_path / "here.json"
    coming.value.save_as(file)
    results = from_json(file.read_bytes())
    measured = {(m.network, m.setup.batch) for m in results.measurements}
    assert {("lenet5_modern", 1), ("lenet5_modern", 8), ("zfnet_photos20", 8)} <= measured
    page.get_by_test_id("stMain").locator("h1").click()  # closes the list of downloads

    page.get_by_text("Results of other machines").click()
    elsewhere = file.read_text().replace(results.machine.processor, "Processor of elsewhere")
    file.write_text(elsewhere)
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(ANSWER)).to_contain_text("On Processor of elsewhere")
    page.wait_for_url("**machine=processor-of-elsewhere*-brought*")
    page.goto(page.url + "&beside=" + results.machine.slug)
    expect(page.locator(ANSWER)).to_contain_text("On Processor of elsewhere")
    expect(page.locator(".js-plotly-plot .gtitle")).to_contain_text("Processor of elsewhere")
