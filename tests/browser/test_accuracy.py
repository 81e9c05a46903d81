"""The journey through accuracy and cost: filter, axes, a circle, its layers, the address again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from vizcore.accuracy import accuracy_points

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"
#: Where a circle is on the page: plotly's own pixels of a point's centre.
CENTRE = """label => {
  const plot = document.querySelector('.st-key-accuracy-chart .js-plotly-plot');
  const box = plot.getBoundingClientRect(), layout = plot._fullLayout;
  for (const trace of plot._fullData) {
    const place = (trace.hovertext || []).findIndex?.(text => text.startsWith(`<b>${label}`));
    if (trace.customdata && place >= 0)
      return [box.left + layout.xaxis._offset + layout.xaxis.d2p(trace.x[place]),
              box.top + layout.yaxis._offset + layout.yaxis.d2p(trace.y[place])];
  }
  return null;
}"""


def test_from_a_circle_of_the_whole_field_to_its_layers(server: Server, page: Page):
    page.goto(f"{server.address}/accuracy?set=field")
    every = len(accuracy_points("field"))
    expect(page.locator(ANSWER)).to_contain_text(f"Of {every} networks")

    named = page.get_by_role("textbox", name="Only networks named")
    named.fill("efficientnet-b")
    named.press("Enter")
    kept = accuracy_points("field", find="efficientnet-b")
    expect(page.locator(ANSWER)).to_contain_text(f"Of {len(kept)} networks")
    page.wait_for_url("**find=efficientnet-b*")

    across = page.get_by_role("combobox", name="Across")
    across.click()
    across.fill("Parameters")
    across.press("Enter")
    page.wait_for_url("**x=params*")
    expect(page.locator(ANSWER)).to_contain_text("parameters")
    said = page.locator(ANSWER).inner_text()

    chart = page.locator(".st-key-accuracy-chart .js-plotly-plot")
    expect(chart).to_contain_text("Parameters")
    expect(chart.locator(".scatterlayer .point").first).to_be_visible()
    chart.scroll_into_view_if_needed()
    page.wait_for_function(f"({CENTRE})('EfficientNet-B2') !== null")
    x, y = page.evaluate(CENTRE, "EfficientNet-B2")
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    card = page.locator(".st-key-one-point")
    expect(card).to_contain_text("EfficientNet-B2")
    page.wait_for_url("**point=EfficientNet-B2*")

    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator(ANSWER)).to_have_text(said)
    expect(page.get_by_role("textbox", name="Only networks named")).to_have_value("efficientnet-b")
    expect(card).to_contain_text("288 px")

    card.get_by_role("link", name="Its layers").click()
    page.wait_for_url("**/layers?*arch=efficientnet_b2*")
    expect(page.locator("h1")).not_to_contain_text("accuracy cost")
    expect(page.locator(ANSWER)).to_contain_text("EfficientNet-B2")
    page.wait_for_url("**size=288*")
