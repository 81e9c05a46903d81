"""Building blocks: every idea opens, a knob changes the numbers, nonsense is named."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.blocks import card, names
from vizcore.blocks.export import to_csv


def page(at: AppTest) -> str:
    """All words of the page: Markdown and tables."""
    return "\n".join([texts(at), *(each.proto.body for each in at.get("html"))])


def answer(at: AppTest) -> str:
    """The page's one-sentence answer, without its markup."""
    found = re.search('<p class="cs-answer">(.*?)</p>', page(at))
    return re.sub("</?b>", "", found[1]) if found else ""


def address(at: AppTest) -> dict[str, str]:
    """The address as one text a name; AppTest gives a list where it was set by a page."""
    return {k: v if isinstance(v, str) else v[0] for k, v in at.query_params.items()}


@pytest.mark.parametrize("name", names())
def test_every_idea_opens_and_stays_open(name: str):
    at = open_page("blocks", block=name)
    assert at.title[0].value == card(name).question
    assert vc.block(name).answer in answer(at)
    for variant in vc.block(name).variants:
        assert f"{variant.table.totals.macs:,}" in page(at)
        assert f"{variant.table.totals.params:,}" in page(at)
    for _ in range(2):
        at.run()
        assert not at.exception
    assert not at.warning


@pytest.mark.parametrize("name", names())
def test_the_code_shown_runs_and_prints_what_the_page_says(name: str):
    at = open_page("blocks", block=name)
    shown = code_of(at, "blocks")
    assert shown.startswith(f"import vizcore as vc\n\nstudy = vc.block('{name}')")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(shown, {})
    assert vc.block(name).answer in said.getvalue()


def test_inception_shows_the_lectures_358m_and_why_it_is_271m():
    shown = page(open_page("blocks", block="inception"))
    assert "A lecture prints 358M; the sum is 271,351,808" in shown
    assert "271,351,808 + 86,704,128 = 358,055,936" in shown
    assert "854,196,224" in shown


def test_sharing_shows_the_lectures_three_numbers():
    shown = answer(open_page("blocks", block="sharing"))
    for number in ("7,776,000", "423,360", "735"):
        assert number in shown


@pytest.mark.parametrize(("channels", "depth"), [(64, 3), (10, 2), (4096, 5)])
def test_knobs_in_the_address_give_the_closed_form(channels: int, depth: int):
    at = open_page("blocks", block="stacked-3x3", channels=str(channels), depth=str(depth))
    shown = page(at)
    side = 2 * depth + 1
    assert f"{depth * 9 * channels**2:,}" in shown
    assert f"{side**2 * channels**2:,}" in shown
    assert f"{2 * side * channels**2:,}" in shown
    assert f"<td class=\"n\">{side}×{side}</td>" in shown  # fmt: skip


def test_a_knob_that_is_turned_changes_the_answer_the_address_and_the_code():
    at = open_page("blocks", block="depthwise")
    at.number_input(key="blocks.depthwise.channels").set_value(64).run()
    at.number_input(key="blocks.depthwise.filters").set_value(64).run()
    assert "7.89 times fewer" in answer(at)
    assert address(at) == {"block": "depthwise", "channels": "64", "filters": "64"}
    assert "vc.block('depthwise', channels=64, filters=64)" in code_of(at, "blocks")


def test_every_idea_keeps_its_own_knobs():
    at = open_page("blocks", block="inception", channels="480")
    at.session_state["block"] = "sharing"
    at.run()
    assert at.number_input(key="blocks.sharing.channels").value == 3
    assert address(at) == {"block": "sharing"}
    at.session_state["block"] = "inception"
    at.run()
    assert at.number_input(key="blocks.inception.channels").value == 480
    assert address(at) == {"block": "inception", "channels": "480"}


def test_a_late_address_does_not_bring_back_the_old_idea():
    at = open_page("blocks", block="inception")
    at.session_state["block"] = "dense"
    at.run()
    at.query_params["block"] = "inception"
    at.number_input(key="blocks.dense.layers").set_value(6).run()
    assert at.title[0].value == card("dense").question
    assert address(at) == {"block": "dense", "layers": "6"}


def test_a_new_address_opens_another_idea():
    at = open_page("blocks", block="inception", size="14")
    at.query_params.clear()
    at.query_params["block"] = "residual"
    at.query_params["stride"] = "2"
    at.run()
    assert at.title[0].value == card("residual").question
    assert at.number_input(key="blocks.residual.stride").value == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"block": "incepton"}, "block = 'incepton'. Allowed: inception, stacked-3x3"),
        ({"block": "inception", "channels": "0"}, "whole number from 1 to 4096"),
        ({"block": "inception", "channels": "many"}, "channels = 'many'"),
        ({"block": "depthwise", "kernel": "4"}, "kernel = '4'. Allowed: 1, 3, 5"),
        ({"block": "resnext", "cardinality": "3"}, "Allowed: 1, 2, 4, 8, 16, 32, 64"),
        ({"block": "sharing", "growth": "3"}, "'growth', which this page does not know"),
        ({"block": "dense", "costs": "flops"}, "Allowed: macs, params, activations"),
    ],
)
def test_nonsense_in_the_address_is_named_and_the_default_stands_in(query, said: str):
    at = open_page("blocks", **query)
    assert len(at.warning) == 1
    assert said in at.warning[0].value
    name = query["block"] if query["block"] in names() else "inception"
    assert vc.block(name).answer in answer(at)


def test_knobs_that_contradict_are_refused_with_the_nearest_value_as_a_button():
    at = open_page("blocks", block="residual", channels="30")
    assert "channels cannot be '30' with a reduction of 4. Allowed: multiples of 4." in texts(at)
    next(button for button in at.button if button.label == "Use 32").click().run()
    assert not at.exception
    assert vc.block("residual", channels=32).answer in answer(at)
    at = open_page("blocks", block="sharing", size="5")
    assert "kernel cannot be '7' on an image of 5 px" in texts(at)
    next(each for each in at.button if each.label.startswith("Back to")).click().run()
    assert vc.block("sharing").answer in answer(at), "the idea stays, its knobs go back"


@pytest.mark.parametrize("quantity", ["macs", "params", "activations"])
def test_costs_can_be_counted_in_three_ways(quantity: str):
    at = open_page("blocks", block="inception", costs=quantity)
    assert not at.warning
    assert len(at.get("plotly_chart")) == 4


def test_what_lectures_print_opens_beside_the_trace():
    at = open_page("blocks", block="inception")
    assert "agree with the trace" not in page(at)
    label = "What lectures print, beside these numbers"
    at.session_state[f"kept.open.blocks.{label}"] = True
    shown = page(at.run())
    assert "17 of 19 agree with the trace" in shown
    assert "✗ slip" in shown


def test_the_page_can_be_drawn_before_torch_is_loaded():
    code = (
        "import sys\n"
        "import vizcore.ui.block_views, vizcore.ui.room, vizcore.ui.cache\n"
        "assert 'torch' not in sys.modules, 'torch'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", names())
def test_the_rows_as_csv_add_up(name: str):
    study = vc.block(name)
    rows = list(csv.DictReader(io.StringIO(to_csv(study))))
    for variant in study.variants:
        mine = [row for row in rows if row["variant"] == variant.name]
        *parts, total = mine
        assert total["name"] == "total"
        for column in ("weights", "multiply_adds", "activations"):
            assert sum(int(row[column]) for row in parts) == int(total[column])
        assert int(total["multiply_adds"]) == variant.table.totals.macs
