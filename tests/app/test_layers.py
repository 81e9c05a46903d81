"""Layers: the numbers on the page, the choices, the refusals."""

from __future__ import annotations

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.figures.numbers import short_bytes
from vizcore.ui.layer_views import row_names


def test_the_answer_has_the_networks_own_numbers():
    said = texts(open_page("layers", arch="vgg_d"))
    assert "15.2M values" in said
    assert "138M parameters" in said
    assert "15.5G multiply-adds" in said


def test_the_textbook_has_the_lecturers_rows_and_both_totals():
    said = texts(open_page("layers", arch="vgg_d", view="textbook"))
    for text in ("150K", "3.2M", "1,728", "102,760,448", "15.2M values", "61 MB", "138M"):
        assert text in said
    assert "24M" in said
    assert "96MB" in said


def test_a_network_with_branches_has_no_textbook_table():
    at = open_page("layers", arch="resnet18", view="textbook")
    assert "plain networks" in texts(at)
    assert at.dataframe


def test_the_table_has_every_row_and_its_sums_are_the_totals():
    at = open_page("layers", arch="resnet18")
    frame = at.dataframe[0].value
    table = vc.layers("resnet18")
    assert len(frame) == len(table)
    assert frame["parameters"].sum() == table.totals.params == 11_689_512
    assert frame["work"].sum() == table.totals.macs
    assert frame["activations"].sum() == table.totals.activations


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({"batch": "8"}, {"batch": 8}),
        ({"ops": "flops"}, {"ops": "flops"}),
        ({"bias": "0"}, {"bias": False}),
        ({"memory": "training", "dtype": "float16"}, {"memory": "training", "dtype": "float16"}),
        ({"size": "160"}, {"input_size": 160}),
    ],
)
def test_every_switch_counts_as_the_package_does(query: dict[str, str], options: dict[str, object]):
    at = open_page("layers", arch="alexnet_torchvision", **query)
    totals = vc.layers("alexnet", **options).totals
    said = texts(at)
    for count in (totals.params, totals.macs, totals.activations, totals.memory_bytes):
        assert f"{count:,}" in said


def test_an_input_that_is_too_small_is_refused_with_the_smallest_that_fits():
    at = open_page("layers", arch="vgg_d", size="7")
    assert "3x7x7" in texts(at)
    button = next(button for button in at.button if button.label == "Use 32")
    button.click().run()
    assert not at.exception
    assert "15.5G" not in texts(at)
    assert at.dataframe
    assert dict(at.query_params)["size"] in ("32", ["32"])


def test_a_chosen_layer_is_explained_with_its_arithmetic():
    at = open_page("layers", arch="alexnet_torchvision", layer="features.0")
    assert "⌊(224 - 11 + 2·2)/4⌋ + 1 = 55" in texts(at)
    next(button for button in at.button if button.label == "Next").click().run()
    assert "`features.1`" in texts(at)
    next(button for button in at.button if button.label == "Close").click().run()
    assert "`features.1`" not in texts(at)


def test_the_row_of_the_chosen_layer_is_marked_until_the_panel_is_closed():
    at = open_page("layers", arch="alexnet_torchvision", layer="features.3")
    assert at.session_state["layers.table"]["selection"]["rows"] == [3]
    next(button for button in at.button if button.label == "Close").click().run()
    assert at.session_state["layers.table"]["selection"]["rows"] == []


def test_the_answer_says_what_training_needs():
    assert "(61.0 MB)" in texts(open_page("layers", arch="vgg_d"))
    training = vc.layers("vgg_d", memory="training").totals.memory_bytes
    assert f"({short_bytes(training)} to train)" in texts(
        open_page("layers", arch="vgg_d", memory="training")
    )


@pytest.mark.parametrize("page", ["layers", "feature-maps", "saliency", "blocks", "atlas"])
def test_a_switch_always_has_one_choice(page: str):
    """A second click on the chosen side must not let it go."""
    groups = open_page(page).get("button_group")
    assert groups
    assert all(group.proto.required for group in groups)


def test_a_layer_that_does_not_exist_is_named_and_the_page_goes_on():
    at = open_page("layers", arch="vgg_d", layer="features.99")
    assert any("'features.99'" in warning.value for warning in at.warning)
    assert at.dataframe


def test_a_chosen_layer_is_let_go_when_another_network_comes():
    at = open_page("layers", arch="vgg_d", layer="features.0")
    at.sidebar.selectbox[0].set_value("resnet18").run()
    assert not at.warning
    assert not at.exception


def test_rows_of_a_module_that_runs_again_have_names_of_their_own():
    names = row_names(vc.layers("resnet50"))
    assert len(set(names)) == len(names)
    assert "layer1.0.relu:3" in names


def test_a_typed_alias_is_taken():
    at = open_page("layers")
    at.sidebar.selectbox[0].set_value("vgg11").run()
    assert at.session_state["arch"] == "vgg_a"
    assert "VGG-A" in texts(at)


def test_any_classifier_of_timm_is_found_by_its_name():
    at = open_page("layers", arch="timm:resnet10t")
    assert at.session_state["arch"] == "timm:resnet10t"
    assert "5.44M parameters" in texts(at)


def test_the_code_behind_the_view_runs(capsys: pytest.CaptureFixture[str]):
    at = open_page("layers", arch="alexnet_torchvision", batch="2", ops="flops")
    exec(code_of(at, "layers"), {})
    printed = capsys.readouterr().out
    assert str(vc.layers("alexnet", batch=2, ops="flops").totals.macs) in printed


@pytest.mark.parametrize(("ops", "unit"), [("macs", "multiply-adds"), ("flops", "FLOPs")])
def test_the_sums_are_said_in_the_unit_chosen(ops: str, unit: str):
    at = open_page("layers", arch="alexnet_torchvision", ops=ops)
    at.session_state["kept.open.layers.How this is counted"] = True
    at.run()
    assert f"{vc.layers('alexnet', ops=ops).totals.macs:,} {unit}." in texts(at)
