"""The Atlas: search, choose, and go on with the choice."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.opening import FRAME, open_page, texts
from vizcore import blocks, zoo
from vizcore.reference import architecture_facts, challenge_winners, facts_of
from vizcore.ui import atlas_card, atlas_details, atlas_entries, atlas_views


def address(at: AppTest) -> dict[str, str]:
    """The address as one text a name."""
    return {k: v if isinstance(v, str) else v[0] for k, v in at.query_params.items()}


def chart(at: AppTest) -> dict:
    """The page's chart, as plotly's JSON."""
    return json.loads(at.get("plotly_chart")[0].proto.spec)


def html(at: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(each.proto.body for each in at.get("html"))


def test_it_is_the_home_page_and_answers_for_the_chosen_architecture():
    at = AppTest.from_file(str(FRAME), default_timeout=60).run()
    assert not at.exception
    facts = facts_of("vgg_d")
    said = texts(at)
    assert f'title="{facts.params:,}"' in said
    assert f'title="{facts.macs:,}"' in said
    assert "28.4% top-1, 9.6% top-5" in said
    assert "16 layers" in said


@pytest.mark.parametrize("view", atlas_views.VIEWS)
@pytest.mark.parametrize("arch", ["vgg_d", "zfnet_photos20", "vit_b_16", "resnet50"])
def test_every_view_opens_from_its_address_and_again(view: str, arch: str):
    at = open_page("atlas", view=view, arch=arch)
    at.run()
    assert not at.exception
    assert not at.warning
    assert zoo.get(arch).name in html(at)
    expected = {"arch": arch} | ({} if view == "timeline" else {"view": view})
    assert address(at) == expected


@pytest.mark.parametrize("height", atlas_views.HEIGHTS)
def test_the_timeline_shows_every_entry_that_has_the_quantity(height: str):
    figure = chart(open_page("atlas", height=height))
    keys = {key for trace in figure["data"] for (key,) in trace.get("customdata", [])}
    column = {"params": "params", "macs": "macs", "error": "top1_err_pct"}[height]
    known = {e.key for e in atlas_entries.timeline_entries() if getattr(e, column) is not None}
    assert keys == known


def test_a_small_relative_is_listed_but_does_not_pass_for_the_network_it_is_named_after():
    assert "zfnet_photos20" not in {each.key for each in atlas_entries.timeline_entries()}
    assert "zfnet_photos20" in {each.key for each in atlas_entries.rows()}


def test_the_challenge_shows_the_reference():
    figure = chart(open_page("atlas", view="challenge"))
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert bars[0]["y"] == [entry.err_supplied_data_only_pct for entry in challenge_winners()]


def test_every_entry_of_the_challenge_leads_to_a_known_architecture_of_its_year():
    entries, keys = atlas_entries.challenge()
    for entry, key in zip(entries, keys, strict=True):
        if entry.shallow or entry.year == 2013:
            assert key is None
        elif key is not None:
            assert abs(zoo.get(key).year - entry.year) <= 2


def test_a_search_filters_and_is_kept_in_the_address():
    at = open_page("atlas", view="list")
    at.text_input[0].set_value("vgg 16").run()
    assert list(at.dataframe[0].value["key"]) == ["vgg_d", "vgg_d_bn"]
    assert address(at)["q"] == "vgg 16"
    at.selectbox(key="atlas.family").set_value("VGG").run()
    assert address(at)["family"] == "VGG"
    assert not at.exception


@pytest.mark.parametrize("word", ["2016", "VGG16", "torchvision:resnet50", "densenet", "vgg_d"])
def test_names_families_years_keys_and_aliases_are_found(word: str):
    found = atlas_entries.search(word)
    assert found
    assert {each.key for each in found} == {each.key for each in zoo.find(word)}


@pytest.mark.parametrize("sort", atlas_entries.SORTS)
def test_each_order_puts_what_is_not_known_last(sort: str):
    value = atlas_entries.SORTS[sort][1]
    values = [value(each) for each in atlas_entries.search("", sort=sort)]
    known = [each for each in values if each is not None]
    assert known == sorted(known)
    assert values[: len(known)] == known
    assert len(values) == len(zoo.architectures())


@pytest.mark.parametrize("view", ["timeline", "list"])
def test_a_search_that_finds_nothing_says_so_and_offers_what_is_near(view: str):
    at = open_page("atlas", view=view, q="alexnt", arch="vgg_d")
    assert "matches 'alexnt'" in texts(at)
    near = [button for button in at.button if (button.key or "").startswith("atlas-near-")]
    assert near[0].label.startswith("AlexNet")
    near[0].click().run()
    assert not at.exception
    assert at.session_state["arch"].startswith("alexnet")
    assert "q" not in address(at)


def test_show_all_ends_a_search():
    at = open_page("atlas", view="list", q="nothing like this", family="VGG")
    assert "among the VGG networks" in texts(at)
    at.button(key="atlas-all").click().run()
    assert len(at.dataframe[0].value) == len(zoo.architectures())
    assert "family" not in address(at)


@pytest.mark.parametrize(
    ("name", "value"),
    [("view", "gallery"), ("family", "Ford"), ("height", "3"), ("sort", "x"), ("arch", "vgg99")],
)
def test_a_bad_address_is_named_and_the_page_goes_on(name: str, value: str):
    at = open_page("atlas", **{name: value})
    assert any(f"{name} = '{value}'" in warning.value for warning in at.warning)
    assert 'class="cs-answer"' in texts(at)
    at.run()
    assert not at.exception


def test_the_choice_is_kept_on_the_next_page():
    at = open_page("atlas", arch="resnet50")
    at.switch_page("../../pages/layers.py").run()
    assert not at.exception
    assert at.session_state["arch"] == "resnet50"
    assert "ResNet-50" in texts(at)


def test_choosing_sets_the_shared_choice(monkeypatch):
    state: dict[str, str] = {}
    monkeypatch.setattr(atlas_views.st, "session_state", state)
    atlas_views.choose("resnet50")
    atlas_views.choose(None)
    assert state == {"arch": "resnet50"}


def test_the_card_says_how_the_build_differs_and_where_the_error_comes_from():
    body = atlas_card.body("resnet50")
    resnet = zoo.get("resnet50")
    assert resnet.paper is not None
    assert resnet.published is not None
    assert resnet.paper.title in body
    assert resnet.published.source in body
    assert resnet.published.protocol in body
    assert "ResNet v1.5" in body
    assert f"{facts_of('resnet50').params:,}" in body


def test_weights_that_saw_other_pictures_are_marked():
    assert "SWAG" in atlas_entries.protocol(zoo.get("vit_h_14"))
    assert "SWAG" not in atlas_entries.protocol(zoo.get("vit_b_16"))


def test_an_error_measured_at_another_size_says_so():
    assert "(measured at 518 × 518)" in atlas_card.answer(zoo.get("vit_h_14"))
    assert "measured at" not in atlas_card.answer(zoo.get("vgg_d"))


def test_the_numbers_of_the_list_are_those_of_the_reference():
    for facts in architecture_facts():
        if facts.source != "own":
            row = atlas_entries.row(facts.key)
            assert (row.params, row.macs) == (facts.params, facts.macs), facts.key
            assert (row.top1_err_pct, row.top5_err_pct) == (facts.top1_err_pct, facts.top5_err_pct)


def test_the_three_errors_of_alexnet_stand_apart():
    table = atlas_details.alexnet_table()
    assert [error for error in ("18.2%", "16.4%", "15.3%") if error in table] == [
        "18.2%",
        "16.4%",
        "15.3%",
    ]
    for entry in challenge_winners():
        assert entry.source in atlas_details.sources_table()


def test_the_files_hold_exact_numbers_and_only_what_was_found():
    found = atlas_entries.search("vgg 16")
    assert [each["key"] for each in json.loads(atlas_entries.to_json(found))] == [
        "vgg_d",
        "vgg_d_bn",
    ]
    lines = atlas_entries.to_csv(found).splitlines()
    assert lines[0].startswith("key,name,family,year")
    assert ",138357544," in lines[1]
    assert len(lines) == 3


@pytest.mark.parametrize(
    "view",
    [
        {"view": "timeline", "q": "vgg", "family": "VGG", "arch": "vgg_d"},
        {"view": "list", "q": "", "family": "all", "arch": "vgg_d"},
    ],
)
def test_the_code_behind_the_list_runs(view, capsys):
    exec(atlas_views.snippet(view), {})
    assert "vgg_d" in capsys.readouterr().out


def test_the_page_is_drawn_without_torch():
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"at = AppTest.from_file({str(FRAME)!r}, default_timeout=60)\n"
        "for view in ('timeline', 'challenge', 'zoo'):\n"
        "    at.query_params['view'] = view\n"
        "    at.run()\n"
        "    assert not at.exception, at.exception\n"
        "loaded = {'torch', 'torchvision', 'timm', 'captum'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_card_leads_to_building_blocks_that_there_are():
    assert set(atlas_card.IDEAS.values()) <= set(blocks.names())
    assert set(atlas_card.IDEAS) <= set(atlas_entries.families())


@pytest.mark.parametrize(
    ("view", "name", "title"),
    [
        ("challenge", "imagenet_challenge.html", "From 2010 to 2017"),
        ("timeline", "timeline.html", "2 of 88 networks match"),
    ],
)
def test_a_picture_made_after_the_run_is_the_one_on_the_screen(view, name, title):
    class Offers:
        """What of a room the downloads use."""

        def __init__(self) -> None:
            self.made = []
            self.view = self
            self.choices = {
                "view": view,
                "q": "vgg 16",
                "family": "all",
                "height": "macs",
                "arch": "vgg_d",
            }

        def values(self):
            return dict(self.choices)

        def offer(self, *downloads):
            self.made.extend(downloads)

    here = Offers()
    atlas_views.offer_downloads(here, atlas_entries.search("vgg 16"))
    here.choices.clear()  # the run is over
    picture = next(each for each in here.made if each.mime == "text/html")
    assert picture.file_name == name
    assert title.replace("88", str(len(atlas_entries.timeline_entries()))) in picture.make()


def test_a_grey_picture_and_an_error_below_one_percent_are_said_as_published():
    found = texts(open_page("atlas", arch="lenet5_1998", view="list"))
    assert "for a grey 32 × 32 picture" in found
    assert "0.95% top-1" in found
