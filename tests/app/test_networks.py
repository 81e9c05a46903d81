"""Networks: the fleet, one network, its mistakes, and every number the card's."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from tests.fleet_cards import CAT, MOON, ROCKET, photos_card, small_fleet, write
from vizcore import trained
from vizcore.data import photos20
from vizcore.figures.patches import GUTTER_PX
from vizcore.ui import confusion_views, fleet_pictures, fleet_tables, fleet_views
from vizcore.ui.network_card import facts, links
from vizcore.ui.room import Download, Room


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fleet of `small_fleet`, cards only."""
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, *small_fleet())))
    return tmp_path


def said(at) -> str:
    """The answer of the page."""
    return next(each.proto.body for each in at.get("html") if "cs-answer" in each.proto.body)


def chart(at) -> dict:
    """The page's first chart, as plotly's JSON."""
    return json.loads(at.get("plotly_chart")[0].proto.spec)


def numbers(values) -> list[float]:
    """A column of plotly's JSON, which packs arrays."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    return list(values)


def address(at) -> dict[str, str]:
    return {k: v if isinstance(v, str) else v[0] for k, v in at.query_params.items()}


def test_the_shipped_fleet_is_shown_with_the_numbers_of_its_cards():
    at = open_page("networks")
    at.run()
    assert not at.exception
    fleet = vc.fleet()
    shown = [each for each in fleet if each.data == fleet_views.main_data(fleet)]
    trace = next(trace for trace in chart(at)["data"] if "customdata" in trace)
    assert [key for (key,) in trace["customdata"]] == [each.key for each in shown]
    assert numbers(trace["y"]) == pytest.approx([100 * each.mean_test for each in shown])
    best = max(shown, key=lambda each: each.mean_test)
    assert f"<b>{100 * best.mean_test:.1f}%</b>" in said(at)
    for other in fleet:
        if other not in shown:
            assert f"knows another data set, {other.data}" in texts(at)


@pytest.mark.parametrize("key", [network.key for network in vc.fleet()])
def test_every_shipped_network_opens_with_the_facts_of_its_card(key: str):
    at = open_page("networks", network=key)
    at.run()
    assert not at.exception
    assert not at.warning
    network = vc.card(key)
    for text in (
        f"{network.params:,}",
        network.sha256,
        f"{100 * network.test:.1f}%",
        f"{100 * network.validation:.1f}%",
        network.card["date"],
        network.licence.partition(" (")[0],
    ):
        assert text in texts(at)
    assert f"{network.right('test')} of {network.patches['test']}" in said(at)


def test_the_answer_names_the_best_and_the_cheapest(assets: Path):
    at = open_page("networks")
    best = vc.card("resnet50_photos20")
    cheapest = vc.card("plain14_photos20")
    assert (
        f"<b>Residual, 50 layers</b> gets most right, <b>{100 * best.mean_test:.1f}%</b>"
        in said(at)
    )
    assert f"<b>{100 * cheapest.mean_test:.1f}%</b> right with the least" in said(at)
    assert '<span title="41,000,000">41.0M multiply-adds</span>' in said(at)


def test_digits_stand_apart_and_open_their_card(assets: Path):
    at = open_page("networks")
    trace = next(trace for trace in chart(at)["data"] if "customdata" in trace)
    assert ["lenet5_modern"] not in trace["customdata"]
    assert "knows another data set, Digits-10, and is not on this axis" in texts(at)
    next(button for button in at.button if button.label == "Open its card").click().run()
    assert not at.exception
    assert address(at)["network"] == "lenet5_modern"
    assert "<b>356 of 360</b>" in said(at)
    assert "holds no predictions of the test part" in texts(
        at
    )  # and the card is there all the same
    assert "60,000" in texts(at)


def test_the_other_cost_is_the_other_axis(assets: Path):
    trace = next(
        t for t in chart(open_page("networks", cost="params"))["data"] if "customdata" in t
    )
    expected = [each.params for each in vc.fleet() if each.data == "Photos-20"]
    assert numbers(trace["x"]) == expected


@pytest.mark.parametrize("show", fleet_views.SHOWN)
def test_every_view_of_a_network_opens_from_its_address_and_again(show: str, assets: Path):
    at = open_page("networks", network="plain50_photos20", show=show)
    at.run()
    assert not at.exception
    assert not at.warning
    assert "<b>365 of 376</b>" in said(at)
    expected = {"network": "plain50_photos20"} | ({} if show == "confusions" else {"show": show})
    assert {name: address(at)[name] for name in expected} == expected


def test_a_network_is_chosen_and_left_by_the_picker(assets: Path):
    at = open_page("networks")
    at.selectbox[0].set_value("vgg_photos20").run()
    assert address(at) == {"network": "vgg_photos20"}
    assert "<b>VGG</b> names <b>370 of 376</b>" in said(at)
    at.selectbox[0].set_value("").run()
    assert not at.exception
    assert "gets most right" in said(at)


def test_a_network_is_found_by_the_name_of_its_file_too():
    at = open_page("networks", network="lenet5_digits10")
    assert at.selectbox[0].value == "lenet5_modern"
    assert "<b>LeNet-5</b> names" in said(at)


def test_an_unknown_network_is_answered_with_the_nearest_as_buttons(assets: Path):
    at = open_page("networks", network="resnet51_photos20")
    at.run()
    assert not at.exception
    assert "no trained network in the box called 'resnet51_photos20'" in texts(at)
    assert "gets most right" in said(at)
    next(b for b in at.button if b.label == "Use resnet50_photos20").click().run()
    assert address(at) == {"network": "resnet50_photos20"}
    assert "Residual, 50 layers" in said(at)


def test_the_matrix_counts_the_predictions_of_the_card(assets: Path):
    at = open_page("networks", network="plain50_photos20")
    heat, marks = chart(at)["data"]
    cells = zip(marks["customdata"], marks["text"], strict=True)
    filled = {tuple(cell): int(text) for cell, text in cells}
    card = next(card for card in small_fleet() if card["key"] == "plain50_photos20")
    labels = photos20.held_out("test")[1].tolist()
    expected: dict[tuple[int, int], int] = {}
    for pair in zip(labels, card["predictions"]["test"], strict=True):
        expected[pair] = expected.get(pair, 0) + 1
    assert filled == expected
    assert filled[CAT, ROCKET] == 5
    assert heat["type"] == "heatmap"


def test_all_mistakes_are_seen_with_what_they_are_and_are_named(assets: Path):
    at = open_page("networks", network="plain50_photos20")
    shown = texts(at)
    assert "**The 11 mistakes**" in shown
    for group in (
        "**cat**, named **rocket** × 5",
        "**moon**, named **cat** × 4",
        "**moon**, named **rocket** × 2",
    ):
        assert group in shown
    assert len(at.get("image")) == 3


def test_a_cell_shows_its_own_pictures_crisp(assets: Path):
    at = open_page("networks", network="plain50_photos20", cell="moon,rocket")
    of = int((photos20.held_out("test")[1] == MOON).sum())
    assert f"**2 of {of} pictures of moon are named rocket**" in texts(at)
    places = vc.confusion("plain50_photos20").pictures(MOON, ROCKET)
    png = fleet_pictures.patches_png("Photos-20", "test", places, 4, False)
    drawn = np.asarray(Image.open(io.BytesIO(png)))
    rgb = photos20.held_out("test")[0]
    for place, left in zip(places, (0, 128 + GUTTER_PX), strict=True):
        assert np.array_equal(drawn[:128:2, left : left + 128 : 2], rgb[place])


def test_a_class_named_rightly_can_be_seen_too(assets: Path):
    at = open_page("networks", network="plain50_photos20", cell="cat,cat")
    assert "pictures of cat are named rightly**" in texts(at)


def test_an_empty_cell_is_refused_with_the_nearest(assets: Path):
    at = open_page("networks", network="plain50_photos20", cell="moon,rockets")
    assert "no filled cell called 'moon,rockets'" in texts(at)
    assert "**The 11 mistakes**" in texts(at)
    next(b for b in at.button if b.label == "Use moon,rocket").click().run()
    assert not at.exception
    assert "are named rocket**" in texts(at)


def test_a_network_with_many_mistakes_shows_the_most_frequent_of_them(tmp_path, monkeypatch):
    wrong = {true: {(true + 1) % 20: 5, (true + 2) % 20: 1} for true in range(20) if true != MOON}
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, photos_card("se_photos20", wrong))))
    found = vc.confusion("se_photos20")
    assert found.wrong > confusion_views.MOST_PICTURES
    at = open_page("networks", network="se_photos20")
    assert f"**The {found.wrong} mistakes**" in texts(at)
    assert f"60 of {found.wrong}, the most frequent confusions first" in texts(at)
    assert len(at.get("image")) == 12


def test_a_cell_of_another_network_is_not_kept(assets: Path):
    at = open_page("networks", network="plain50_photos20", cell="moon,rocket")
    at.selectbox[0].set_value("vgg_photos20").run()
    assert not at.exception
    assert "no filled cell" not in texts(at)
    assert "**The 6 mistakes**" in texts(at)


def test_two_networks_are_compared_on_the_same_pictures(assets: Path):
    at = open_page(
        "networks", network="plain50_photos20", show="against", against="resnet50_photos20"
    )
    shown = texts(at)
    found = vc.disagreement("plain50_photos20", "resnet50_photos20")
    assert f'<td class="n">{found.both_right}</td><td class="n">0</td>' in shown
    assert '<td class="n">9</td><td class="n">2</td>' in shown
    assert (
        "Of the 9 pictures that only one of them names rightly, Residual, 50 layers has 9" in shown
    )
    assert f"p = {found.p_value:.2g}" in shown
    assert "**9 that only Residual, 50 layers names rightly**" in shown


def test_a_wrong_opponent_is_refused_with_names(assets: Path):
    at = open_page("networks", network="vgg_photos20", show="against", against="resnet50")
    assert "no network on the same pictures called 'resnet50'" in texts(at)
    next(b for b in at.button if b.label == "Use resnet50_photos20").click().run()
    assert not at.exception
    assert "test pictures</th>" in texts(at)


def test_alone_on_its_data_nothing_can_be_compared(assets: Path):
    at = open_page("networks", network="lenet5_modern", show="against")
    assert "LeNet-5 is alone" in texts(at)


def test_curves_are_the_cards(assets: Path):
    at = open_page("networks", network="vgg_photos20", show="curves")
    drawn = {trace["name"]: numbers(trace["y"]) for trace in chart(at)["data"]}
    curve = vc.card("vgg_photos20").curve
    assert drawn["loss"] == [row.loss for row in curve]
    assert drawn["validation"] == pytest.approx([100 * row.validation for row in curve])


def test_an_older_card_says_what_it_does_not_hold(tmp_path, monkeypatch):
    card = photos_card("zfnet_photos20", {CAT: {MOON: 1}})
    for name in ("predictions", "seeds", "macs", "name", "machine", "date", "epochs", "curve"):
        del card[name]
    del card["accuracy"]["patches"]
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, card)))
    assert "ZFNet" in said(open_page("networks", cost="params"))
    for show in fleet_views.SHOWN:
        at = open_page("networks", network="zfnet_photos20", show=show)
        at.run()
        assert not at.exception
        assert "of the test part rightly" in said(at)
        assert len(at.get("plotly_chart")) == 0
        assert "the card does not say" in texts(at)
    assert not open_page("networks").exception


def test_without_any_network_the_page_says_so(tmp_path, monkeypatch):
    (tmp_path / "weights").mkdir()
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(tmp_path))
    at = open_page("networks")
    at.run()
    assert not at.exception
    assert "No trained network is here" in said(at)


def test_facts_are_the_cards(assets: Path):
    network = vc.card("plain50_photos20")
    told = {term: (text, small) for term, text, small in facts(network)}
    low, high = network.interval("validation") or (0, 0)
    assert told["Validation"][0].startswith(f"{network.right('validation')} of 363, ")
    assert told["Validation"][0].endswith(f"interval {100 * low:.1f} to {100 * high:.1f}%")
    assert told["3 seeds, test"][1].endswith("90.0% (seed 21), 91.0% (seed 22)")
    assert told["Weights"] == ("photos20", f"sha256 {network.sha256}")


def test_the_table_and_the_files_hold_every_network(assets: Path):
    at = open_page("networks")
    at.session_state["kept.open.networks.Every network in numbers"] = True
    frame = at.run().dataframe[0].value
    assert set(frame["key"]) == {card["key"] for card in small_fleet()}
    rows = list(csv.DictReader(io.StringIO(fleet_tables.to_csv(trained.rows(vc.fleet())))))
    for row in rows:
        assert float(row["test"]) == vc.card(row["key"]).test
    matrix = list(
        csv.reader(io.StringIO(confusion_views.matrix_csv(vc.confusion("plain50_photos20"))))
    )
    assert matrix[0][1:] == list(photos20.CLASSES)
    assert matrix[1 + CAT][1 + ROCKET] == "5"


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ({}, {"fleet.csv", "fleet.json", "fleet_macs.html"}),
        (
            {"network": "plain50_photos20"},
            {
                "plain50_photos20.json",
                "plain50_photos20_confusion.csv",
                "plain50_photos20_confusion.html",
            },
        ),
        (
            {"network": "plain50_photos20", "show": "curves"},
            {
                "plain50_photos20.json",
                "plain50_photos20_curves.csv",
                "plain50_photos20_curves.html",
            },
        ),
    ],
)
def test_every_file_is_made_when_asked_for(query, files, assets: Path, monkeypatch):
    offered: dict[str, Download] = {}
    offer = Room.offer

    def keep(here: Room, *downloads: Download) -> None:
        if here.name == "networks":
            offered.update({each.file_name: each for each in downloads})
        offer(here, *downloads)

    monkeypatch.setattr(Room, "offer", keep)
    open_page("networks", **query)
    assert set(offered) == files
    made = {name: each.make() for name, each in offered.items()}
    for name, content in made.items():
        assert content
        if name.endswith(".html"):
            assert "plotly" in str(content).lower()
    if "plain50_photos20.json" in made:
        card = next(card for card in small_fleet() if card["key"] == "plain50_photos20")
        assert json.loads(made["plain50_photos20.json"]) == card
    if "plain50_photos20_curves.csv" in made:
        rows = list(csv.DictReader(io.StringIO(str(made["plain50_photos20_curves.csv"]))))
        assert [float(row["loss"]) for row in rows] == [
            row.loss for row in vc.card("plain50_photos20").curve
        ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"network": "plain50_photos20"},
        {"network": "plain50_photos20", "show": "curves"},
        {"network": "plain50_photos20", "show": "against", "against": "vgg_photos20"},
    ],
)
def test_the_code_behind_every_view_runs(query, assets: Path, capsys):
    at = open_page("networks", **query)
    exec(code_of(at, "networks"), {})
    assert capsys.readouterr().out


def test_the_weights_on_this_machine_are_told(assets: Path):
    at = open_page("networks")
    at.session_state["kept.open.networks.Weights on this machine"] = True
    at.run()
    assert not at.exception
    assert f"{len(small_fleet())} networks are bundled" in texts(at)


def test_links_open_the_same_network_elsewhere(tmp_path, monkeypatch):
    card = photos_card("zfnet_photos20", {}, snapshots=[{"epoch": 1}])
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, card)))
    network = vc.card("zfnet_photos20")
    told = {page: address for page, _, address in links(network)}
    assert told == {
        "layers": {"arch": "zfnet_photos20"},
        "feature-maps": {"network": "zfnet_photos20", "weights": "photos20"},
        "saliency": {"network": "zfnet_photos20", "weights": "photos20"},
        "evolution": {"network": "zfnet_photos20"},
    }


@pytest.mark.parametrize("page", ["layers", "feature-maps", "saliency"])
def test_the_pages_take_what_the_links_say(page: str):
    address = {name: at for name, _, at in links(vc.card("zfnet_photos20"))}[page]
    at = open_page(page, **address)
    assert not at.warning
    for name, value in address.items():
        assert value in [str(box.value) for box in at.selectbox], name


def test_details_hold_recipe_data_and_reading(assets: Path):
    at = open_page("networks", network="vgg_photos20")
    for name in ("The recipe", "The data, and its licences", "How to read this"):
        at.session_state[f"kept.open.networks.{name}"] = True
    at.run()
    assert not at.exception
    shown = texts(at)
    assert "<td>batch</td><td>128</td>" in shown
    assert "python -m vizcore train vgg_photos20" in shown
    assert "no pixel shared" in shown
