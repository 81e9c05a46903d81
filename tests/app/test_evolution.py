"""Feature evolution: every view, the choices, the refusals, a machine without snapshots."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from tests.evolving import EPOCHS, KEY, change_card, rows_of, with_snapshots
from vizcore.figures.numbers import percent
from vizcore.tasks import evolution as evolution_tasks
from vizcore.ui import evolution_choices
from vizcore.ui import evolution_views as views
from vizcore.ui import evolution_words as words


@pytest.fixture(scope="module")
def folder(drawn_assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_snapshots(drawn_assets, tmp_path_factory.mktemp("evolving") / "assets")


@pytest.fixture(autouse=True)
def evolving(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three snapshots of a drawn network, and a few patches to search."""
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(folder))
    patches = np.random.default_rng(8).integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    monkeypatch.setattr(evolution_tasks, "patches_searched", lambda searched: patches)
    monkeypatch.setattr("vizcore.ui.evolution_pictures.searched_pictures", lambda searched: patches)
    return folder


def test_the_filters_and_what_is_left_of_their_way():
    at = open_page("evolution", epoch="5")
    history = vc.evolution(KEY, device="cpu")
    said = texts(at)
    assert "At epoch <b>5</b> the network names <b>48%</b> of the validation patches" in said
    for layer in history.layers:
        left = percent(layer.way_left_e[1])
        assert f'<td>{layer.layer}</td><td class="n">{left}</td>' in said
    assert "All 64 filters of conv1" in said
    assert not at.warning


@pytest.mark.parametrize("show", evolution_choices.SHOWS)
@pytest.mark.parametrize("epoch", EPOCHS)
def test_every_view_at_every_epoch_opens_from_its_address_and_again(show, epoch):
    at = open_page("evolution", show=show, epoch=str(epoch), layer="conv2", picture="cat")
    at.run()
    assert not at.exception
    assert not at.warning
    assert 'class="cs-answer"' in texts(at)
    assert f"Epoch {epoch}" in texts(at)
    assert at.session_state["evolution.epoch"] == epoch


@pytest.mark.parametrize("scale", evolution_choices.SCALES)
@pytest.mark.parametrize("layer", ["conv1", "conv5"])
def test_kernels_of_every_layer_say_their_scale(layer, scale):
    said = texts(open_page("evolution", layer=layer, scale=scale))
    assert ("own scale" in said) == (scale == "filter")
    assert ("mid-grey is 0" in said) == (layer == "conv1")


def test_the_epoch_is_scrubbed_and_the_answer_follows():
    at = open_page("evolution")
    assert at.session_state["evolution.epoch"] == 5  # the middle one
    at.select_slider[0].set_value(64).run()
    assert not at.exception
    assert "At epoch <b>64</b>" in texts(at)
    assert "has <b>0%</b> of the way" in texts(at)
    assert at.query_params["epoch"] in ("64", ["64"])


@pytest.mark.parametrize("searched", evolution_choices.SEARCHED)
def test_strongest_patches_of_chosen_units(searched):
    at = open_page("evolution", show="patches", searched=searched, layer="conv3", units="3,17")
    said = texts(at)
    assert "of the 128 units of <code>conv3</code>" in said
    assert "Searched: 12 patches" in said
    assert "51 × 51 pixels" in said
    assert at.multiselect[0].value == [3, 17]
    at.multiselect[0].set_value([5]).run()
    assert not at.exception
    assert at.query_params["units"] in ("5", ["5"])


def test_a_field_larger_than_a_patch_is_explained():
    said = texts(open_page("evolution", show="patches", layer="conv5"))
    assert "83 × 83 pixels, more than the 64 × 64 pixels of a patch" in said


def test_units_to_begin_with_answer_to_different_patches():
    found = vc.evolution_patches(KEY, device="cpu")
    units = views.default_units(found, "conv2")
    best = found.found[-1]["conv2"]
    pictures = best.pictures_ck[units, 0].tolist()
    assert len(units) == views.FIRST_UNITS
    distinct = min(views.FIRST_UNITS, len(set(best.pictures_ck[:, 0].tolist())))
    assert len(set(pictures)) == distinct
    assert units[0] == int(best.values_ck[:, 0].argmax())


def test_saliency_tells_what_the_network_said_then():
    at = open_page("evolution", show="saliency", epoch="1", picture="coffee")
    from vizcore.data.samples import sample

    found = vc.evolution_saliency(KEY, sample("coffee").read(), device="cpu")
    said = texts(at)
    assert f"<b>{found.maps[-1].target_class}</b>" in said
    for name in found.predictions[0].classes:
        assert f"<td>{name}</td>" in said


@pytest.mark.parametrize("measure", ["way", "turn", "cosine", "relative"])
def test_the_curve_is_the_measured_one(measure):
    at = open_page("evolution", show="settling", measure=measure)
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    names = [trace["name"] for trace in figure["data"] if "name" in trace]
    assert names == [each.layer for each in vc.evolution(KEY, device="cpu").layers]


@pytest.mark.parametrize(
    ("query", "said", "button"),
    [
        ({"layer": "conv9"}, "no convolution called 'conv9'", "Use conv"),
        ({"layer": "fc6"}, "no convolution called 'fc6'", "Back to"),
        ({"epoch": "7"}, "no snapshot of epoch 7. Allowed: 1, 5, 64", "Use 5"),
        ({"show": "patches", "units": "3,64"}, "'conv1' has no unit 64. Allowed: 0 to 63", "Back"),
    ],
)
def test_what_is_not_there_is_refused_with_buttons(query, said, button):
    at = open_page("evolution", **query)
    assert said in texts(at)
    next(each for each in at.button if each.label.startswith(button)).click().run()
    assert not at.exception
    assert said not in texts(at)
    assert 'class="cs-answer"' in texts(at)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"show": "films"}, "Allowed: filters, patches, saliency, settling."),
        ({"epoch": "soon"}, "a whole number from 0"),
        ({"scale": "log"}, "Allowed: filter, all."),
        ({"searched": "test"}, "Allowed: training, validation."),
        ({"units": "3,x"}, "numbers of units with commas"),
        ({"units": "1,2,3,4,5,6,7,8,9"}, "at most 8 units"),
        ({"measure": "speed"}, "Allowed: way, turn, cosine, relative."),
        ({"network": "vgg_d"}, f"Allowed: {KEY}."),
    ],
)
def test_nonsense_in_the_address_is_named_and_the_page_goes_on(query, said):
    at = open_page("evolution", **query)
    assert len(at.warning) == 1
    assert said in at.warning[0].value
    assert 'class="cs-answer"' in texts(at)


@pytest.mark.parametrize("show", evolution_choices.SHOWS)
def test_the_code_behind_every_view_runs(show, capsys):
    at = open_page("evolution", show=show, picture="cat")
    exec(code_of(at, "evolution"), {})
    assert capsys.readouterr().out.strip()


def test_a_machine_without_snapshots_says_so(drawn_weights, capsys):
    at = open_page("evolution")
    assert "No network on this machine has snapshots of its training" in texts(at)
    assert "python -m vizcore train zfnet_photos20" in texts(at)
    at.run()
    assert not at.exception
    exec(code_of(at, "evolution"), {})
    assert capsys.readouterr().out.strip() == "()"


def test_a_damaged_snapshot_is_told_without_a_traceback(folder, tmp_path, monkeypatch):
    shutil.copytree(folder, tmp_path / "assets")
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(tmp_path / "assets"))
    rows = rows_of(tmp_path / "assets")
    change_card(tmp_path / "assets", snapshots=[rows[0] | {"sha256": "0" * 64}, *rows[1:]])
    at = open_page("evolution")
    assert "The snapshot of epoch 1 is damaged" in texts(at)


def test_the_numbers_in_the_table_and_the_file_are_the_measured_ones():
    history = vc.evolution(KEY, device="cpu")
    rows = list(csv.DictReader(io.StringIO(words.table_csv(history))))
    assert len(rows) == len(history.layers) * len(EPOCHS)
    by_place = {(row["layer"], int(row["epoch"])): row for row in rows}
    for layer in history.layers:
        for place, epoch in enumerate(EPOCHS):
            row = by_place[layer.layer, epoch]
            assert float(row["way_left"]) == layer.way_left_e[place]
            assert float(row["turn_left"]) == layer.turn_left_e[place]
            if place:
                assert float(row["cosine"]) == layer.cosine_g[place - 1]
                assert float(row["relative"]) == layer.relative_g[place - 1]
                assert int(row["since_epoch"]) == EPOCHS[place - 1]
            else:
                assert not row["cosine"]
    at = open_page("evolution")
    at.session_state["kept.open.evolution.The numbers, layer by layer"] = True
    at.run()
    assert percent(history.layers[0].way_left_e[1]) in texts(at)


def test_how_it_is_measured_names_the_recipes_part():
    history = vc.evolution(KEY, device="cpu")
    said = words.explanation(
        history, {"conv1_std": 0.001, "conv1_weight_decay": 0.005, "weight_decay": 0.001}
    )
    assert "standard deviation of 0.001" in said
    assert "weight decay of 0.005, the others 0.001" in said
    assert "The recipe" not in words.explanation(history, {})
