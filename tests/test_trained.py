"""Cards as records, and what is read off their predictions."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import pytest

import vizcore as vc
from tests.fleet_cards import CAT, MOON, ROCKET, photos_card, small_fleet, write
from vizcore import trained
from vizcore.data import photos20
from vizcore.data.photographs import PHOTOS
from vizcore.errors import NotApplicable, UnknownName, WeightsError
from vizcore.proportions import wilson
from vizcore.records.fleet import skip_pairs
from vizcore.runtime import weights

TEST_COUNT = sum(1 for photo in PHOTOS for _ in photos20.windows(photo, "test"))


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, *small_fleet())))
    return tmp_path


def test_every_shipped_card_is_a_record_of_the_same_numbers():
    cards = {each.key: each for each in weights.cards()}
    assert [network.key for network in vc.fleet()] == sorted(cards)
    for network in vc.fleet():
        told = json.loads(cards[network.key].path.with_suffix(".json").read_text(encoding="utf-8"))
        assert network.params == told["params"]
        assert network.macs == told["macs"]
        assert network.test == told["accuracy"]["test"]
        assert network.validation == told["accuracy"]["validation"]
        assert network.data == told["data"]["name"]
        assert [each.loss for each in network.curve] == [row["loss"] for row in told["curve"]]
        assert network.card == told
        for part, numbers in told.get("predictions", {}).items():
            found = vc.confusion(network.key, part)
            assert found.predicted_n.tolist() == numbers
            recall = dict(zip(found.classes, found.recall_t.tolist(), strict=True))
            if part == "test":
                assert recall == pytest.approx(told["accuracy"]["test_by_class"])


def test_mean_and_spread_are_those_of_all_seeds(assets: Path):
    network = vc.card("plain50_photos20")
    tests = [network.test, 0.90, 0.91]
    assert network.test_runs == tuple(tests)
    assert network.mean_test == pytest.approx(mean(tests))
    assert network.spread_test == pytest.approx(stdev(tests))
    alone = vc.card("vgg_photos20")
    assert alone.test_runs == (alone.test,)
    assert alone.spread_test is None


def test_the_interval_is_wilsons_of_the_counted_patches(assets: Path):
    network = vc.card("vgg_photos20")
    count = network.patches["test"]
    assert network.right("test") == count - 6
    assert network.interval("test") == wilson(count - 6, count)
    assert vc.card("lenet5_modern").right("validation") is None
    assert vc.card("lenet5_modern").interval("validation") is None


def test_pairs_are_found_by_depth_and_are_clear_where_the_seeds_lie_apart(assets: Path):
    shallow, deep = skip_pairs(vc.fleet())
    assert (shallow.plain.key, shallow.residual.key) == ("plain14_photos20", "resnet14_photos20")
    assert (deep.plain.key, deep.residual.key) == ("plain50_photos20", "resnet50_photos20")
    assert deep.clear
    assert not shallow.clear
    assert deep.points == pytest.approx(100 * (deep.residual.mean_test - deep.plain.mean_test))
    assert deep.points > 5


def test_confusions_are_counted_by_true_and_named_class(assets: Path):
    found = vc.confusion("plain50_photos20")
    assert found.wrong == 11
    assert found.counts_tp.sum() == len(found.labels_n)
    assert found.mistakes() == ((CAT, ROCKET, 5), (MOON, CAT, 4), (MOON, ROCKET, 2))
    of_cat = int((found.labels_n == CAT).sum())
    assert found.counts_tp[CAT, CAT] == of_cat - 5
    assert found.recall_t[CAT] == pytest.approx((of_cat - 5) / of_cat)
    places = found.pictures(MOON, ROCKET)
    assert len(places) == 2
    for place in places:
        assert found.labels_n[place] == MOON
        assert found.predicted_n[place] == ROCKET


def test_pictures_are_those_of_the_data_set():
    rgb, labels = trained.pictures("Photos-20", "test")
    expected_rgb, expected = photos20.held_out("test")
    assert np.array_equal(rgb, expected_rgb)
    assert np.array_equal(labels, expected)
    assert trained.pictures("Photos-20", "test")[0] is rgb  # decoded once
    with pytest.raises(NotApplicable, match="'none'"):
        trained.pictures("none", "test")


def test_two_networks_are_compared_picture_by_picture(assets: Path):
    found = vc.disagreement("plain50_photos20", "resnet50_photos20")
    first = vc.confusion("plain50_photos20")
    second = vc.confusion("resnet50_photos20")
    assert len(found.only_first) == 0  # the two cats are wrong in both
    assert len(found.only_second) == 9
    assert found.both_wrong == 2
    assert found.both_right + found.both_wrong + 9 == len(first.labels_n)
    for place in found.only_second:
        assert first.predicted_n[place] != first.labels_n[place]
        assert second.predicted_n[place] == second.labels_n[place]
    assert found.p_value == pytest.approx(2 * 0.5**9)
    with pytest.raises(NotApplicable, match="no pictures on which both"):
        vc.disagreement("plain50_photos20", "lenet5_modern")


def test_unknown_names_are_answered_with_the_nearest(assets: Path):
    with pytest.raises(UnknownName, match="resnet14_photos20") as caught:
        vc.card("resnet15_photos20")
    assert "resnet14_photos20" in caught.value.suggestions
    assert vc.card("VGG_Photos20").key == "vgg_photos20"


def test_a_network_answers_to_its_files_name_too(tmp_path, monkeypatch):
    card = photos_card("lenet5_modern", {})
    weights_folder = write(tmp_path, card) / "weights"
    (weights_folder / "lenet5_modern.json").rename(weights_folder / "lenet5_digits10.json")
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(tmp_path))
    assert vc.card("lenet5_digits10") == vc.card("lenet5_modern")
    assert vc.card("lenet5_modern").file == "lenet5_digits10"


def test_an_older_card_says_less_and_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    card = photos_card("zfnet_photos20", {CAT: {MOON: 1}})
    for name in ("predictions", "seeds", "macs", "curve", "name", "machine", "date", "epochs"):
        del card[name]
    del card["accuracy"]["patches"]
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, card)))
    network = vc.card("zfnet_photos20")
    assert (network.macs, network.curve, network.runs) == (None, (), ())
    assert network.test_runs == (network.test,)
    assert network.interval("test") is None
    with pytest.raises(NotApplicable, match="holds no predictions of the test part"):
        vc.confusion("zfnet_photos20")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([0, 1, 2], "predicts 3 pictures"),
        ([99] * TEST_COUNT, "classes that it does not have"),
        ([0] * TEST_COUNT, "contradicts itself"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(
    numbers: list[int], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    card = photos_card("zfnet_photos20", {}, predictions={"test": numbers})
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, card)))
    with pytest.raises(WeightsError, match=said):
        vc.confusion("zfnet_photos20")


def test_a_card_without_sense_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    card = photos_card("zfnet_photos20", {}, curve=[{"epoch": 1}])
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, card)))
    with pytest.raises(WeightsError, match="'zfnet_photos20' cannot be read"):
        vc.fleet()
