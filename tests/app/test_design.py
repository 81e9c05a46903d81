"""Design your own: the numbers, the quick edits, the address, the refusals."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.anatomy.difference import difference
from vizcore.records.layers import Conventions
from vizcore.reference import facts_of
from vizcore.ui import cache
from vizcore.ui.design_notation import plain_markdown
from vizcore.ui.design_views import offer_downloads
from vizcore.ui.room import Download
from vizcore.zoo.notation import parse, to_address, write
from vizcore.zoo.notation.edits import removed, stacked
from vizcore.zoo.notation.originals import ORIGINALS, original

ZF = write(removed(parse(original("zfnet").notation), (3, 4, 6, 7)))


def address(at: AppTest) -> dict[str, str]:
    return {k: v if isinstance(v, str) else v[0] for k, v in at.query_params.items()}


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


@pytest.mark.parametrize("key", ORIGINALS)
def test_every_original_opens_with_its_own_numbers(key: str):
    at = open_page("design", **{"from": key})
    assert "as published" in texts(at)
    assert f"{facts_of(key).params:,}" in texts(at)
    assert address(at) == {"from": key}
    assert not at.warning


def test_an_address_carries_a_variant_and_the_page_says_what_it_saves():
    at = open_page("design", **{"from": "zfnet", "net": to_address(ZF)})
    said = texts(at)
    assert "10.4M parameters</b> (83% fewer)" in said
    assert "10,435,944" in said
    assert "62,357,608" in said
    assert said.count("− removed") == 4
    assert address(at) == {"from": "zfnet", "net": to_address(ZF)}


def test_layers_are_left_out_by_their_numbers():
    at = open_page("design", **{"from": "zfnet"})
    picker = at.multiselect[0]
    for label in ("3 conv3-384", "4 conv3-384", "6 fc-4096", "7 fc-4096"):
        assert label in picker.options
    picker.set_value([6, 7, 10, 12]).run()
    press(at, "Leave them out")
    assert parse(at.text_area[0].value) == parse(ZF)
    assert "10.4M parameters" in texts(at)
    assert address(at)["net"] == to_address(ZF)
    press(at, "Undo all")
    assert address(at) == {"from": "zfnet"}


def test_quick_edits_rewrite_the_notation():
    at = press(open_page("design", **{"from": "zfnet"}), "5×5 as two 3×3")
    assert parse(at.text_area[0].value) == stacked(parse(original("zfnet").notation))
    assert "+ added" in texts(at)
    press(at, "Pool the head")
    assert at.text_area[0].value.endswith("gap fc-1000")
    done = {button.label: button.disabled for button in at.button}
    assert done["5×5 as two 3×3"]
    assert done["Pool the head"]


def test_the_last_layer_cannot_leave():
    at = open_page("design", net=to_address("conv3-64 maxpool"))
    at.multiselect[0].set_value([0]).run()
    press(at, "Leave them out")
    assert "No layer with weights would be left" in at.warning[0].value


def test_every_original_keeps_its_own_variant():
    at = press(open_page("design", **{"from": "zfnet"}), "Pool the head")
    at.selectbox(key="design.from").set_value("vgg_a").run()
    assert "VGG-A (VGG-11), as published" in texts(at)
    at.selectbox(key="design.from").set_value("zfnet").run()
    assert at.text_area[0].value.endswith("gap fc-1000")


def test_rows_can_be_all_or_only_those_that_changed():
    at = open_page("design", **{"from": "zfnet", "net": to_address(ZF), "rows": "all"})
    assert "relu1" in texts(at)
    at = open_page("design", **{"from": "zfnet", "net": to_address(ZF), "rows": "changed"})
    assert "norm1" not in texts(at)
    assert "No row differs" in texts(open_page("design", rows="changed"))


def test_a_wrong_word_is_pointed_at_and_mended_by_a_button():
    at = open_page("design", net=to_address("conv3-64 maxpol fc-10"))
    assert plain_markdown("Line 1, column 10: 'maxpol' is no layer") in texts(at)
    assert at.code[0].value == "conv3-64 maxpol fc-10\n         ^^^^^^"
    assert address(at)["net"] == "conv3-64_maxpol_fc-10"
    press(at, "Write maxpool")
    assert at.text_area[0].value == "conv3-64 maxpool fc-10"
    assert "this network has" in texts(at)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input 3x8x8 maxpool maxpool maxpool maxpool fc-2", "shrinks a map of 1x1 below one"),
        ("fc-100000 fc-10", "Allowed are 2,000,000,000 in all"),
        ("", "the network has no layer"),
    ],
)
def test_what_cannot_be_built_is_refused_and_can_be_edited_on(text: str, said: str):
    at = open_page("design")
    at.text_area[0].set_value(text).run()
    assert not at.exception
    assert plain_markdown(said) in texts(at)
    press(at, "Undo all")
    assert "as published" in texts(at)


def test_nonsense_in_the_address_is_named():
    at = open_page("design", **{"from": "vgg_f", "batch": "0", "net": "x" * 20_001})
    said = " ".join(warning.value for warning in at.warning)
    assert "from = 'vgg_f'" in said
    assert "batch = '0'" in said
    assert "at most 20,000 characters" in said


def test_conventions_count_as_the_package_does():
    at = open_page("design", batch="2", ops="flops", memory="training")
    network = vc.design(original("vgg_d").notation, weights=False)
    totals = vc.layers(network, input_size=224, batch=2, ops="flops", memory="training").totals
    for count in (totals.macs, totals.memory_bytes, totals.activations):
        assert f"{count:,}" in texts(at)


def test_every_file_it_offers_is_of_this_network():
    at = open_page("design", **{"from": "zfnet", "net": to_address(ZF)})
    labels = {button.proto.label for button in at.get("download_button")}
    assert labels >= {"Notation, text", "Table, CSV", "Difference, CSV", "Charts, HTML"}
    before = cache.design_table(original("zfnet").notation, Conventions())
    table = cache.design_table(ZF, Conventions())
    offered: list[Download] = []
    here = SimpleNamespace(offer=lambda *files: offered.extend(files))
    offer_downloads(here, ZF, table, difference(before, table))  # type: ignore[arg-type]
    files = {file.label: file.make() for file in offered}
    assert files["Notation, text"] == ZF
    assert "removed,Conv2d,conv3" in str(files["Difference, CSV"])
    for label in ("Table, CSV", "Table, Markdown", "Table, LaTeX", "Table, JSON", "Charts, HTML"):
        assert "conv4" not in str(files[label])
        assert "conv3" in str(files[label])


def test_the_code_behind_the_view_runs(capsys: pytest.CaptureFixture[str]):
    at = open_page("design", **{"from": "zfnet", "net": to_address(ZF), "batch": "2"})
    exec(code_of(at, "design"), {})
    assert "params=10435944" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "near"), [("vgg99", "vgg_e"), ("resnet1202_cifar", "resnet50")])
def test_an_original_the_notation_lacks_is_refused_with_the_nearest(name: str, near: str):
    at = open_page("design", **{"from": name})
    said = at.warning[0].value
    assert f"from = '{name}'. The nearest networks in the notation are" in said
    assert near in said
    assert "azizpour" not in said  # the nearest few, and not the whole list
    assert address(at)["from"] == "vgg_d"
