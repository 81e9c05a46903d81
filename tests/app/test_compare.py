"""Compare: the sentence, the address, the refusals, the tables, the downloads."""

from __future__ import annotations

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.ui import cache
from vizcore.ui.compare_views import parse_archs


def archs(at) -> list[str]:
    return at.session_state["compare.archs"]


def test_the_answer_compares_with_the_network_of_least_work():
    said = texts(open_page("compare", archs="vgg_d,resnet50"))
    assert "does <b>4.09G multiply-adds</b> with <b>25.6M parameters</b>; VGG-D" in said
    assert "<b>3.8 times</b> the work and <b>5.4 times</b> the parameters." in said


@pytest.mark.parametrize("quantity", ["macs", "params", "activations"])
@pytest.mark.parametrize("depth", ["relative", "absolute", "stage"])
def test_every_view_opens_from_its_address(quantity: str, depth: str):
    at = open_page("compare", archs="VGG16,resnet18", quantity=quantity, depth=depth, scale="count")
    assert not at.warning
    assert archs(at) == ["vgg_d", "resnet18"]
    assert len(at.get("plotly_chart")) == 2
    assert "138,357,544 parameters" in texts(at)
    assert "11,689,512 parameters" in texts(at)


def test_aliases_are_taken_and_duplicates_dropped():
    assert parse_archs("vgg16, vgg_d ,resnet18,VGG16") == ["vgg_d", "resnet18"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"archs": "vgg_d,resnet55"}, "'resnet55' is unknown. The nearest names are resnet50"),
        ({"archs": ","}, "Allowed: two to 4 architectures"),
        ({"archs": "vgg11,vgg13,vgg16,vgg19,resnet18"}, "with commas; here 5."),
        ({"quantity": "time"}, "Allowed: macs, params, activations."),
        ({"depth": "deep"}, "Allowed: relative, absolute, stage."),
        ({"scale": "log"}, "Allowed: share, count."),
    ],
)
def test_nonsense_in_the_address_is_named_and_the_default_stands_in(query, said: str):
    at = open_page("compare", **query)
    assert len(at.warning) == 1
    assert said in at.warning[0].value
    assert archs(at) == ["vgg_d", "resnet50", "mobilenet_v2"]
    assert "301M multiply-adds" in texts(at)


def test_one_network_is_refused_with_a_second_as_a_button():
    at = open_page("compare", archs="resnet18")
    assert "two to 4 architectures; 1 is chosen" in texts(at)
    next(button for button in at.button if button.label == "Use resnet18,vgg_d").click().run()
    assert not at.exception
    assert archs(at) == ["resnet18", "vgg_d"]
    assert "1.81G multiply-adds" in texts(at)


def test_a_network_that_is_picked_changes_the_answer_and_the_address():
    at = open_page("compare", archs="vgg_d,resnet50")
    at.multiselect[0].set_value(["vgg_d", "resnet18"]).run()
    assert "1.81G multiply-adds" in texts(at)
    assert at.query_params["archs"] in ("vgg_d,resnet18", ["vgg_d,resnet18"])


def test_every_layer_stands_once_in_the_aligned_table():
    at = open_page("compare", archs="vgg_d,resnet18", quantity="params")
    assert not at.dataframe
    at.session_state["kept.open.compare.Every layer beside its counterpart"] = True
    frame = at.run().dataframe[0].value
    for key in ("vgg_d", "resnet18"):
        column = next(c for c in frame if c.startswith(vc_name(key)) and "parameters" in c)
        assert frame[column].sum() == vc.layers(key).totals.params


def vc_name(key: str) -> str:
    from vizcore import zoo

    return zoo.get(key).name


def test_charts_are_drawn_again_for_a_download_without_a_session():
    names = ("VGG-D", "ResNet-18")
    figure = cache.comparison(("vgg_d", "resnet18"), names, "macs", "stage", "share", False)
    assert "ResNet-18" in cache.figure_html(figure)


def test_networks_of_one_name_are_told_apart():
    from vizcore.ui.compare_views import names_of

    names = names_of(("vgg_d", "vgg_d", "resnet18"))
    assert names[0] == f"{vc_name('vgg_d')} (vgg_d)"
    assert names[2] == vc_name("resnet18")


def test_the_code_behind_the_view_runs(capsys: pytest.CaptureFixture[str]):
    at = open_page("compare", archs="vgg_d,resnet18")
    exec(code_of(at, "compare"), {})
    assert "vgg_d 15470264320 138357544" in capsys.readouterr().out
