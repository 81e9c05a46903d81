"""The graph on the page: what is handed over, the layout's geometry, and clicks in a real Chromium.

The component's scripts run here without Streamlit: a bare page, the same data, and a function in
place of Streamlit's that notes what was selected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from streamlit.testing.v1 import AppTest

import vizcore
from vizcore.figures.graph import outline
from vizcore.ui import graph

ADDRESS = "http://graph.test/"
NETWORKS = ["vgg16", "resnet50", "googlenet", "densenet121", "mobilenet_v2", "vit_b_16"]


def data_of(name: str, column: str = "kind", selected: int | None = None) -> dict[str, Any]:
    made = graph.graph_data(outline(vizcore.layers(name), column), dark=False)
    return {**made, "selected": selected}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page that holds the component's elements and scripts, 900 x 620."""
    parts = {name: (graph._HERE / f"graph.{name}").read_text() for name in ("html", "css")}
    scripts = "".join((graph._HERE / name).read_text() for name in graph.SCRIPTS)
    module = scripts.replace("export default function", "window.mount = function")
    content = (
        f"<!doctype html><style>{parts['css']}</style>"
        f"<div id='host' style='width:900px'>{parts['html']}</div>"
        f"<script type='module'>{module}\n"
        "Object.assign(window, { readNetwork, layNetwork, rankGroup, SPACE });</script>"
    )
    opened = browser.new_page(viewport={"width": 1000, "height": 800})
    opened.route(ADDRESS, lambda route: route.fulfill(body=content, content_type="text/html"))
    yield opened
    opened.close()


@pytest.fixture
def show(page: Page) -> Any:
    """Opens the page anew, draws a network on it, and forgets what earlier tests opened."""
    page.goto(ADDRESS)
    page.evaluate("sessionStorage.clear()")

    def draw(data: dict[str, Any]) -> None:
        page.evaluate(
            """data => window.mount({
                parentElement: document.getElementById('host'), data,
                setTriggerValue: (name, value) => { (window.sent ??= []).push([name, value]); },
            })""",
            data,
        )

    return draw


# --- what is handed over


def test_data_is_json_and_small() -> None:
    data = data_of("efficientnet_v2_l", "receptive_field")
    text = json.dumps(data, allow_nan=False)
    assert len(data["nodes"]) > 1000
    assert len(text) < 400_000


def test_version_names_what_is_drawn() -> None:
    versions = {data_of("vgg16", column)["version"] for column in ("kind", "params", "macs")}
    assert len(versions) == 3
    assert data_of("vgg16")["version"] == data_of("vgg16")["version"]


def test_runs_twice_in_an_app() -> None:
    def script() -> None:
        import streamlit as st

        import vizcore
        from vizcore.ui.graph import draw_graph

        clicked = draw_graph(vizcore.layers("vgg16"), column="params", selected=3, key="graph")
        st.text(f"clicked {clicked}")

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    app.run()
    assert not app.exception
    assert app.text[0].value == "clicked None"


# --- the layout

LAY = """([data, isDown, opens]) => {
    const network = readNetwork(data);
    const wanted = opens === 'all' ? network.groups : network.groups.filter((g, i) =>
        opens === 'first' ? data.opened.includes(i) : i % 3 !== 0);
    const open = new Set(wanted.map((group) => group.id));
    const sheet = layNetwork(network, {
        open, isDown, limit: isDown ? 560 : 860, headerWidth: () => 150,
        sizeOf: (item) => (item.isGroup ? { w: 160, h: 84 } : { w: 150 + item.id.length, h: 54 }),
    });
    return {
        w: sheet.w, h: sheet.h,
        boxes: sheet.boxes.map(({ item, x, y, w, h, isOpen }) =>
            ({ id: item.id, parent: item.parent.id, group: item.isGroup, x, y, w, h, isOpen })),
        edges: sheet.edges,
        lifted: [network.root, ...sheet.boxes.filter((box) => box.isOpen).map((box) => box.item)]
            .map((group) => [group.id, [...group.flow.values()]]),
    };
}"""


def ends(path: str) -> tuple[list[float], list[float]]:
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path)]
    return numbers[:2], numbers[-2:]


@pytest.mark.browser
@pytest.mark.parametrize("opens", ["first", "some", "all"])
@pytest.mark.parametrize("is_down", [True, False], ids=["down", "right"])
@pytest.mark.parametrize("name", NETWORKS)
def test_boxes_are_apart_and_edges_meet_them(
    page: Page, show: Any, name: str, is_down: bool, opens: str
) -> None:
    sheet = page.evaluate(LAY, [data_of(name), is_down, opens])
    boxes = {box["id"]: box for box in sheet["boxes"]}
    siblings: dict[str, list[dict[str, Any]]] = {}
    for box in boxes.values():
        siblings.setdefault(box["parent"], []).append(box)
        outer = boxes.get(box["parent"], {"x": 0, "y": 0, "w": sheet["w"], "h": sheet["h"]})
        assert box["x"] >= outer["x"]
        assert box["y"] >= outer["y"]
        assert box["x"] + box["w"] <= outer["x"] + outer["w"] + 0.1
        assert box["y"] + box["h"] <= outer["y"] + outer["h"] + 0.1
    for group in siblings.values():
        for i, one in enumerate(group):
            for two in group[i + 1 :]:
                assert (
                    one["x"] + one["w"] <= two["x"] + 0.1
                    or two["x"] + two["w"] <= one["x"] + 0.1
                    or one["y"] + one["h"] <= two["y"] + 0.1
                    or two["y"] + two["h"] <= one["y"] + 0.1
                ), (one, two)
    drawn = sorted((edge["group"], edge["from"], edge["to"]) for edge in sheet["edges"])
    assert drawn == sorted((g, a, b) for g, flow in sheet["lifted"] for a, b in flow)
    for edge in sheet["edges"]:
        start, end = ends(edge["d"])
        for name_of_end, (x, y) in ((edge["from"], start), (edge["to"], end)):
            if name_of_end not in boxes:
                continue
            box = boxes[name_of_end]
            # 5 px: a closed group shows the edge of what is behind it.
            assert -0.2 <= x - box["x"] <= box["w"] + 5.2, edge
            assert -0.2 <= y - box["y"] <= box["h"] + 5.2, edge


@pytest.mark.browser
def test_every_row_and_edge_is_somewhere_when_all_is_open(page: Page, show: Any) -> None:
    data = data_of("densenet121")
    sheet = page.evaluate(LAY, [data, True, "all"])
    leaves = [box for box in sheet["boxes"] if not box["group"]]
    assert len(leaves) == len(data["nodes"]) + 1, "every row, and the picture"
    assert all(box["isOpen"] for box in sheet["boxes"] if box["group"])


@pytest.mark.browser
def test_flow_goes_forward(page: Page, show: Any) -> None:
    """Inside every group an edge leads to a later rank; a group used twice may lead back."""
    backward = page.evaluate(
        """data => {
            const network = readNetwork(data);
            return [network.root, ...network.groups].flatMap((group) => rankGroup(group).edges)
                .filter((edge) => edge.to.rank <= edge.from.rank).length;
        }""",
        data_of("googlenet"),
    )
    assert backward == 0


@pytest.mark.browser
def test_branches_are_side_by_side(page: Page, show: Any) -> None:
    data = data_of("googlenet")
    ranks = page.evaluate(
        """data => {
            const network = readNetwork(data);
            const group = network.groups.find((each) => each.title === 'inception3a');
            return rankGroup(group).ranks.map((rank) => rank.map((cell) =>
                cell.item ? cell.item.title ?? cell.item.label : cell.id));
        }""",
        data,
    )
    assert ranks == [["IN"], ["branch1", "branch2", "branch3", "branch4"], ["concatenate"], ["OUT"]]


# --- acting


def boxes_on(page: Page) -> list[str]:
    """The dotted names of what can be clicked."""
    labels = page.locator(".item[role=button]").evaluate_all(
        "all => all.map((each) => each.getAttribute('aria-label').split(',')[0])"
    )
    return list(labels)


def box(page: Page, name: str) -> Any:
    return page.locator(f'.item[aria-label^="{name},"]')


@pytest.mark.browser
def test_a_click_opens_and_closes_a_group(page: Page, show: Any) -> None:
    show(data_of("resnet50"))
    before = boxes_on(page)
    assert len(before) == 11
    assert box(page, "layer1").get_attribute("aria-expanded") == "false"
    box(page, "layer1").click()
    assert box(page, "layer1").get_attribute("aria-expanded") == "true"
    assert {"layer1.0", "layer1.1", "layer1.2"} <= set(boxes_on(page))
    box(page, "layer1").click(position={"x": 20, "y": 15})
    assert boxes_on(page) == before
    assert page.evaluate("window.sent") is None, "opening is no selection"


@pytest.mark.browser
def test_a_click_on_a_layer_sends_its_row(page: Page, show: Any) -> None:
    show(data_of("resnet50"))
    box(page, "bn1").click()
    assert page.evaluate("window.sent") == [["selected", 1]]
    assert box(page, "bn1").get_attribute("aria-pressed") == "true"
    assert page.locator(".chosen").count() == 1


@pytest.mark.browser
def test_the_selected_row_is_outlined_or_the_box_that_hides_it(page: Page, show: Any) -> None:
    rows = vizcore.layers("resnet50").rows
    row = next(row.index for row in rows if row.name == "layer1.0.conv2")
    show(data_of("resnet50", selected=row))
    assert page.locator(".holds").get_attribute("aria-label").startswith("layer1,")
    box(page, "layer1").click()
    box(page, "layer1.0").click(position={"x": 20, "y": 15})
    assert page.locator(".holds").count() == 0
    assert page.locator(".chosen").get_attribute("aria-label").startswith("layer1.0.conv2,")


@pytest.mark.browser
def test_what_is_open_outlives_a_rerun_another_column_and_a_reload(page: Page, show: Any) -> None:
    show(data_of("resnet50"))
    box(page, "layer2").click()
    opened = boxes_on(page)
    show(data_of("resnet50"))
    assert boxes_on(page) == opened
    show(data_of("resnet50", "macs"))
    assert boxes_on(page) == opened
    show(data_of("vgg16"))
    assert "layer2.0" not in boxes_on(page)
    page.reload()
    show(data_of("resnet50"))
    assert boxes_on(page) == opened


@pytest.mark.browser
def test_open_all_stops_at_what_can_be_drawn(page: Page, show: Any) -> None:
    show(data_of("resnet50"))
    page.locator("[data-do=all]").click()
    assert len(boxes_on(page)) == 175 + 24
    assert page.locator(".note").inner_text() == ""
    page.locator("[data-do=none]").click()
    assert len(boxes_on(page)) == 11
    show(data_of("efficientnet_v2_l"))
    page.locator("[data-do=all]").click()
    closed_or_leaf = page.locator('.item[role=button]:not([aria-expanded="true"])').count()
    assert 300 < closed_or_leaf <= 400
    assert "1092 layers" in page.locator(".note").inner_text()


@pytest.mark.browser
def test_the_keyboard_reaches_everything(page: Page, show: Any) -> None:
    show(data_of("resnet50"))
    assert page.locator('.item[tabindex="0"]').count() == 1, "one stop for the tab key"
    page.locator("[data-do=fit]").focus()
    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "layer1.0" in boxes_on(page)
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    assert page.evaluate("window.sent") == [["selected", 0]]
    page.keyboard.press("End")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused.startswith("fc,")


@pytest.mark.browser
def test_zoom_and_direction(page: Page, show: Any) -> None:
    show(data_of("vgg16"))
    assert page.locator(".zoom").inner_text() == "100%"
    page.locator("[data-do=in]").click()
    assert page.locator(".zoom").inner_text() == "125%"
    page.locator("[data-do=fit]").click()
    svg, sheet = page.locator("svg").bounding_box(), page.locator(".sheet").bounding_box()
    assert svg is not None
    assert sheet is not None
    assert svg["width"] <= sheet["width"]
    assert svg["height"] <= sheet["height"]
    page.locator("[data-do=turn]").click()
    first, second = box(page, "avgpool").bounding_box(), box(page, "flatten").bounding_box()
    assert first is not None
    assert second is not None
    assert first["x"] + first["width"] <= second["x"]


@pytest.mark.browser
def test_dragging_pans_and_selects_nothing(page: Page, show: Any) -> None:
    show(data_of("resnet50"))
    for _ in range(4):
        page.locator("[data-do=in]").click()
    sheet = page.locator(".sheet")
    before = sheet.evaluate("each => { each.scrollTop = 50; return each.scrollTop; }")
    frame = sheet.bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + 400, frame["y"] + 200)
    page.mouse.down()
    page.mouse.move(frame["x"] + 400, frame["y"] + 120, steps=4)
    page.mouse.up()
    assert sheet.evaluate("each => each.scrollTop") == before + 80
    assert page.evaluate("window.sent") is None


@pytest.mark.browser
def test_names_cannot_carry_markup(page: Page, show: Any) -> None:
    data = data_of("vgg16")
    data["nodes"][31]["label"] = data["nodes"][31]["name"] = "<img src=x onerror=alert(1)>"
    data["version"] = "other"
    show(data)
    assert page.locator("svg img").count() == 0
    assert box(page, "<img src=x onerror=alert(1)>").count() == 1
