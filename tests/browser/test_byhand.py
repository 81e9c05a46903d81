"""By hand in a real browser: cells are clicked, walked to, written; the window lights up."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from vizcore.byhand import convolve
from vizcore.byhand.grids import read
from vizcore.byhand.presets import LECTURE_INPUT, LECTURE_KERNEL

pytestmark = pytest.mark.browser

ANSWER = ".cs-answer >> nth=0"


def cells(page: Page, grid: str) -> Locator:
    return page.locator(f"[data-grid={grid}] .cell")


def lit(page: Page, grid: str = "input") -> list[int]:
    kinds = cells(page, grid).evaluate_all("all => all.map(cell => cell.classList.contains('lit'))")
    return [place for place, is_lit in enumerate(kinds) if is_lit]


def open_lecture(server: Server, page: Page) -> None:
    page.goto(f"{server.address}/byhand")
    expect(cells(page, "output")).to_have_count(9)


def test_a_click_on_an_output_lights_its_window_and_writes_its_sum(server: Server, page: Page):
    open_lecture(server, page)
    found = convolve(read(LECTURE_INPUT), read(LECTURE_KERNEL))
    cells(page, "output").nth(5).click()
    page.wait_for_url("**cell=2-3*")
    expect(page.locator(ANSWER)).to_contain_text("The output in row 2, column 3 is 3")
    assert lit(page) == [row * 5 + column for row, column in found.slide.cells(1, 2)]
    corners = cells(page, "input").locator(".corner").all_inner_texts()
    assert corners == [f"×{weight:g}" for weight in found.kernel_hw.ravel()]
    products = page.locator(".sum td:not(.label):not(.op):not(.end)").all_inner_texts()
    terms = found.terms(1, 2)
    assert products == [f"{term.value:g}·{term.weight:g}" for term in terms]
    expect(page.locator(".sum p b")).to_have_text("3")


def test_pointing_at_an_output_shows_its_window_and_leaving_goes_back(server: Server, page: Page):
    open_lecture(server, page)
    assert 0 in lit(page)
    cells(page, "output").nth(8).hover()
    assert lit(page) == [12, 13, 14, 17, 18, 19, 22, 23, 24]
    page.locator("h1").hover()
    assert 0 in lit(page)
    assert "cell=" not in page.url


def test_the_keyboard_walks_over_the_outputs(server: Server, page: Page):
    open_lecture(server, page)
    cells(page, "output").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**cell=2-2*")
    expect(page.locator(ANSWER)).to_contain_text("row 2, column 2 is 4")
    expect(cells(page, "output").nth(4)).to_be_focused()


def test_a_cell_is_written_and_what_is_no_number_is_refused(server: Server, page: Page):
    open_lecture(server, page)
    box = cells(page, "input").first.locator("input")
    box.fill("-7")
    box.press("Enter")
    page.wait_for_url("**input=-71100_*")
    expect(page.locator(ANSWER)).to_contain_text("row 1, column 1 is −4")
    expect(cells(page, "input").nth(5).locator("input")).to_be_focused()
    box = cells(page, "kernel").nth(1).locator("input")
    box.fill("x")
    box.press("Tab")
    expect(page.get_by_text("Row 1, column 2 of the kernel cannot be 'x'")).to_be_visible()
    expect(box).to_have_class("refused")
    assert "kernel=" not in page.url
    box.fill("1/9")
    box.press("Tab")
    page.wait_for_url("**kernel=1~1d9~1_*")
    expect(page.get_by_text("cannot be 'x'")).to_have_count(0)
    page.reload()
    expect(cells(page, "kernel").nth(1).locator("input")).to_have_value("1/9")
    page.get_by_role("button", name="Kernel: one fewer row").click()
    expect(cells(page, "output")).to_have_count(12)


def test_a_kernel_that_does_not_fit_can_be_cut_in_place(server: Server, page: Page):
    page.goto(f"{server.address}/byhand?input=12_34&kernel=121_242")
    expect(page.get_by_text("A kernel of 2 × 3 spans 2 × 3 cells")).to_be_visible()
    page.get_by_role("button", name="Kernel: one fewer column").click()
    expect(page.locator(ANSWER)).to_contain_text("is 27: the sum of 4 products")
    page.wait_for_url("**kernel=12_24*")


def test_slide_lays_the_kernel_on_every_place(server: Server, page: Page):
    open_lecture(server, page)
    page.get_by_role("button", name="Slide").click()
    expect(page.locator("[data-grid=output] .hidden")).to_have_count(8)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(100)
    expect(page.locator("[data-grid=output] .hidden")).to_have_count(0)


def test_pooling_lights_the_winner_and_its_share(server: Server, page: Page):
    page.goto(f"{server.address}/byhand?show=pooling")
    cells(page, "output").nth(3).click()
    page.wait_for_url("**cell=2-2*")
    expect(page.locator("[data-grid=input] .tie")).to_have_count(3)
    expect(page.locator("[data-grid=back] .hit")).to_have_text("1×1")


def test_a_row_of_the_matrix_is_clicked(server: Server, page: Page):
    page.goto(f"{server.address}/byhand?show=sharing")
    matrix = page.locator("svg.rows")
    box = matrix.bounding_box()
    assert box is not None
    matrix.click(position={"x": box["width"] / 2, "y": box["height"] * 4.5 / 9})
    page.wait_for_url("**cell=2-2*")


def test_a_phone_scrolls_no_page_sideways(server: Server, page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    for show in ("convolution", "pooling", "sharing", "table"):
        page.goto(f"{server.address}/byhand?show={show}")
        expect(page.locator(ANSWER)).to_be_visible()
        page.wait_for_timeout(500)
        main = page.locator("[data-testid=stMain]")
        assert main.evaluate("each => each.scrollWidth - each.clientWidth") <= 0, show
