"""The Unit page: one unit by its address, with its neighbours, its refusals and what is marked."""

from __future__ import annotations

import contextlib
import io

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.data.picture_sets import PictureSet, from_arrays, open_pictures
from vizcore.data.samples import sample
from vizcore.networks.offers import weights
from vizcore.runtime.jobs import run_here
from vizcore.tasks.maps import map_layers_task

NETWORK = "zfnet_photos20"


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> PictureSet:
    """The bundled set's first patch of each of twelve classes: a scan of it takes no time."""
    whole = open_pictures("photos20")
    numbers = [whole.names.index(f"{name}, test patch {number}") for name, number in _first(whole)]
    few = from_arrays(
        [whole.read(number) for number in numbers],
        "some patches",
        [whole.names[number] for number in numbers],
    )
    monkeypatch.setattr("vizcore.ui.picture_sets.open_pictures", lambda _name: few)
    return few


def _first(whole: PictureSet) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for name in whole.names:
        what, _, rest = name.partition(", ")
        if rest.startswith("test patch "):
            found.setdefault(what, rest.removeprefix("test patch "))
    return list(found.items())[:12]


def test_a_unit_is_answered_from_its_address(few_pictures: PictureSet):
    at = open_page("unit", network=NETWORK, layer="conv3", channel="17", picture="coffee")
    said = texts(at)
    found = vc.top_patches(NETWORK, few_pictures)
    nine = found.patches("conv3", 17)
    assert "Unit <b>17</b> of <code>conv3</code>" in said
    assert "Of 12 pictures" in said
    assert "feeds the class" in said
    assert "51 × 51 pixels" in said
    assert f"{nine[0].value:.3g}" in said or "different things" in said
    assert f'<td class="n">{nine[0].value:.3g}</td>' in said  # its maximum, measured apart
    assert "Kernel norm" in said
    assert "Zeros after its ReLU" in said
    assert not at.warning
    for _ in range(2):
        at.run()
        assert not at.exception
        assert at.number_input[0].value == 17


def test_the_first_layer_and_a_unit_of_its_own_choosing():
    at = open_page("unit", network=NETWORK, layer="conv1", picture="coffee")
    assert "mid-grey is a weight of 0" in texts(at)
    from vizcore.tasks import units as unit_tasks

    best = run_here(unit_tasks.unit_task(NETWORK, sample("coffee").read(), "conv1"))
    assert at.number_input[0].value == best.channel


def test_next_and_previous_go_through_the_layer_and_stop_at_its_ends():
    at = open_page("unit", network=NETWORK, layer="conv3", channel="0")
    assert at.button(key="unit-previous").disabled
    at.button(key="unit-next").click().run()
    assert not at.exception
    assert at.number_input[0].value == 1
    assert "Unit <b>1</b> of" in texts(at)
    at.button(key="unit-previous").click().run()
    assert at.number_input[0].value == 0


def test_no_such_layer_is_one_sentence_with_the_nearest():
    at = open_page("unit", network=NETWORK, layer="conv9", channel="3")
    assert "There is no layer called 'conv9'" in texts(at)
    next(button for button in at.button if button.label == "Use conv5").click().run()
    assert not at.exception
    assert "of <code>conv5</code>" in texts(at)


def test_a_channel_out_of_range_is_one_sentence_with_the_nearest():
    at = open_page("unit", network=NETWORK, layer="conv3", channel="4711")
    assert "'conv3' has no channel 4711. Allowed: 0 to 127." in texts(at)
    next(button for button in at.button if button.label == "Use 127").click().run()
    assert not at.exception
    assert "Unit <b>127</b> of" in texts(at)


def test_a_channel_that_is_no_number_is_named():
    at = open_page("unit", network=NETWORK, layer="conv3", channel="-3")
    assert "'-3'" in at.warning[0].value


def test_a_layer_without_maps_is_refused():
    at = open_page("unit", network=NETWORK, layer="fc8")
    assert "no maps" in texts(at) or "no layer called" in texts(at)
    assert not at.exception


def test_where_the_deconvnet_has_no_way_down_the_reason_stands_in_its_place():
    at = open_page("unit", network="se_photos20", layer="stage3.unit2.residual.conv1", channel="2")
    assert "No projections." in texts(at)
    assert "there is a sigmoid" in texts(at)
    assert "vc.deconvnet" not in code_of(at, "unit")


def test_random_weights_are_marked():
    at = open_page("unit", network=NETWORK, weights="random", layer="conv2", channel="3")
    said = texts(at)
    assert said.count("Random weights, not trained") >= 4  # the answer and every picture


def test_the_code_runs():
    at = open_page("unit", network=NETWORK, layer="conv1", channel="5")
    lines = code_of(at, "unit").replace("open_pictures('photos20')", "few")
    out = io.StringIO()
    few = open_pictures(open_pictures("photographs"))
    with contextlib.redirect_stdout(out):
        exec(lines, {"few": few})
    assert "(9, 3, 64, 64)" in out.getvalue()


def test_a_layer_that_is_no_convolution_has_units_too():
    at = open_page("unit", network=NETWORK, layer="pool1", channel="4")
    assert not at.exception
    assert "no kernel of its own" in texts(at)
    assert "Values that are 0" in texts(at)


def test_every_place_with_maps_is_offered_and_convolutions_come_first():
    at = open_page("unit", network=NETWORK, picture="coffee")
    offered = next(each for each in at.selectbox if each.label == "Layer").options
    maps = run_here(map_layers_task(NETWORK, sample("coffee").read()))
    convolutions = [each.name for each in maps if each.op == "Conv2d"]
    others = [each.name for each in maps if each.op != "Conv2d"]
    assert [each.split(" · ")[0] for each in offered] == convolutions + others
    assert "pool1 · MaxPool2d · 64 units" in offered


def test_an_addition_has_units_too():
    layer = "stage1.unit1.add"
    at = open_page("unit", network="resnet14_photos20", layer=layer, channel="3", picture="coffee")
    said = texts(at)
    assert not at.exception
    assert f"Unit <b>3</b> of <code>{layer}</code> sees" in said
    assert f"`{layer}` (add) is no convolution" in said
    assert "At its right the projection of that activation" in said
    assert "feeds the class" in said
    assert "Zeros after its ReLU" in said  # the ReLU reads the sum
    before = next(each for each in at.button if each.label.startswith("Same place, layer before"))
    assert "stage1.unit1.shortcut.conv" in before.label


@pytest.mark.parametrize("layer", ["stage1.unit1.add", "stage1.unit1", "stem.conv"])
def test_every_place_of_the_feature_maps_leads_to_its_units(layer: str):
    at = open_page("feature-maps", network="resnet14_photos20", layer=layer, channel="3")
    links = [each.proto.query_string for each in at.get("page_link")]
    assert any(f"layer={layer}" in each and "channel=3" in each for each in links)


def test_neighbours_are_gone_to():
    at = open_page("unit", network=NETWORK, layer="conv3", channel="17", picture="coffee")
    button = next(each for each in at.button if each.label.startswith("Same place, layer after"))
    assert "conv4" in button.label
    channel = button.label.split("channel ")[1].split()[0]
    button.click().run()
    assert not at.exception
    assert f"Unit <b>{channel}</b> of <code>conv4</code>" in texts(at)
    nearest = next(each for each in at.button if each.label.startswith("Filter "))
    nearest.click().run()
    assert f"Unit <b>{nearest.label.split()[1].rstrip(':')}</b> of <code>conv4</code>" in texts(at)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("filters", {"layer": "conv3", "filter": "17"}),
        ("feature-maps", {"layer": "conv3", "channel": "17"}),
        ("strongest", {"layer": "conv3", "unit": "17", "pictures": "photographs"}),
    ],
)
def test_the_other_pages_lead_here(page: str, query: dict[str, str]):
    at = open_page(page, network=NETWORK, **query)
    links = [each.proto.query_string for each in at.get("page_link")]
    assert any("layer=conv3" in each and "channel=17" in each for each in links)


def _archive() -> bytes:
    """Twelve coloured pictures in a zip archive."""
    import zipfile

    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    generator = np.random.default_rng(5)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(12):
            picture = io.BytesIO()
            pixels = generator.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(picture, "PNG")
            archive.writestr(f"mine-{number}.png", picture.getvalue())
    return file.getvalue()


def test_an_archive_of_ones_own_is_looked_through_and_named_in_the_links(empty_cache):
    from vizcore.runtime.archives import Archives

    content = _archive()
    name = Archives().keep(content, "my pictures.zip")
    at = open_page("unit", network=NETWORK, layer="conv3", channel="17", pictures=name)
    found = vc.top_patches(NETWORK, content).patches("conv3", 17)
    assert "Of 12 pictures" in texts(at)
    assert f'<td class="n">{found[0].value:.3g}</td>' in texts(at)
    assert "(my pictures.zip)" in texts(at)
    assert "open_pictures('pictures.zip')" in code_of(at, "unit")
    wall = open_page("strongest", network=NETWORK, layer="conv3", unit="17", pictures=name)
    assert all(each.picture in texts(wall) for each in found)
    links = [each.proto.query_string for each in wall.get("page_link")]
    assert any(f"pictures={name}" in each for each in links)


def test_an_archive_that_is_not_here_is_said_and_the_bundled_set_offered(empty_cache):
    name = "zip-0123456789abcdef"
    at = open_page("unit", network=NETWORK, layer="conv3", channel="17", pictures=name)
    assert f"The archive of this address, `{name}`, is not on this machine" in texts(at)
    assert "Unit <b>17</b>" in texts(at)  # what one photo tells is here all the same
    at.button(key="archive-gone-bundled").click().run()
    assert not at.exception
    assert "Of 12 pictures" in texts(at)  # the test's bundled ones
    assert "photos20" in at.query_params["pictures"]


def test_the_weights_hash_is_in_the_address_and_other_weights_are_told():
    sha256 = weights(NETWORK).sha256
    at = open_page("unit", network=NETWORK, layer="conv3", channel="17")
    assert at.query_params["sha256"] == sha256[:12]
    assert not at.warning
    same = open_page("unit", network=NETWORK, layer="conv3", channel="17", sha256=sha256[:12])
    assert not same.warning
    other = open_page("unit", network=NETWORK, layer="conv3", channel="17", sha256="0123456789ab")
    told = next(each.value for each in other.warning)
    assert "The weights photos20 of zfnet_photos20 are others here" in told
    assert "Unit <b>17</b>" in texts(other)
    assert other.query_params["sha256"] == sha256[:12]
    drawn = open_page("unit", network=NETWORK, layer="conv3", channel="1", weights="random")
    assert "sha256" not in drawn.query_params


def test_the_links_to_a_unit_carry_the_weights_hash():
    at = open_page("filters", network=NETWORK, filter="3")
    links = [each.proto.query_string for each in at.get("page_link")]
    assert any(f"sha256={weights(NETWORK).sha256[:12]}" in each for each in links)
