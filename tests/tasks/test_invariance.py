"""Invariance by names: the record, its key, its answer, and the refusals."""

from __future__ import annotations

import numpy as np
import pytest

import vizcore as vc
from vizcore.errors import BadChoice, NotApplicable, UnknownClass, UnknownLayer
from vizcore.figures.invariance_words import finding, held
from vizcore.networks.loading import load_network
from vizcore.networks.offers import preprocessing_of, weights
from vizcore.records.invariance import Invariance
from vizcore.runtime.jobs import run_here
from vizcore.tasks.invariance import invariance_task
from vizcore.tasks.prediction import prediction_task

KEY = "zfnet_photos20"
PHOTO = np.random.default_rng(6).integers(0, 256, (80, 100, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def found(drawn_assets) -> Invariance:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVSCOPE_ASSETS", str(drawn_assets))
        return vc.invariance(KEY, PHOTO, "rotation", amounts=(0, 90, 180, 360))


def test_whole_turns_change_nothing_and_the_answer_is_the_prediction(found, drawn_weights):
    assert found.shifts.distances_ln[:, [0, 3]] == pytest.approx(0, abs=1e-5)
    assert (found.shifts.distances_ln[:, 1] > 0.01).any()
    said = run_here(prediction_task(KEY, PHOTO, 1))
    assert found.said == found.target_class == said.classes[0]
    assert found.probabilities_n[0] == pytest.approx(said.probabilities[0], rel=1e-4)
    assert np.array_equal(found.original_hwc, preprocessing_of(weights(KEY)).view(PHOTO))


def test_a_view_is_judged_as_if_it_were_the_photograph(found, drawn_weights):
    import torch

    how, network = preprocessing_of(weights(KEY)), load_network(KEY).module
    with torch.no_grad():
        scores = network(torch.from_numpy(how.standardise(found.views_nhwc)))
        features = network[:2](torch.from_numpy(how.standardise(found.views_nhwc))).flatten(1)
    assert found.shifts.probabilities_nc == pytest.approx(scores.softmax(1).numpy(), rel=1e-3)
    apart = (features - features[0]).norm(dim=1) / features[0].norm()
    assert found.shifts.distances_ln[found.layer("relu1")] == pytest.approx(apart.numpy(), abs=1e-5)


def test_rows_hold_every_number(found):
    rows = found.rows()
    assert [row["rotation"] for row in rows] == [0.0, 90.0, 180.0, 360.0]
    assert rows[1]["distance in relu1"] == found.shifts.distances_ln[1, 1]
    assert rows[1]["Euclidean in relu1"] == found.shifts.euclidean_ln[1, 1]
    assert len(rows[0]) == 4 + 2 * len(found.shifts.layers)
    with pytest.raises(UnknownLayer, match="nearest names are: relu"):
        found.layer("relu")


def with_answers(found: Invariance, answers: list[int], amounts: tuple[float, ...]) -> Invariance:
    """The same record, with other classes as the most probable."""
    from dataclasses import replace

    probabilities = np.zeros((len(answers), 20))
    probabilities[np.arange(len(answers)), answers] = 1
    original = np.eye(20)[7]
    shifts = replace(found.shifts, probabilities_nc=probabilities, original_c=original)
    return replace(found, shifts=shifts, amounts=amounts, target=7, neutral=0.0)


def test_how_far_the_answer_holds(found):
    amounts = (2.0, -1.0, 0.0, 1.0, -2.0)  # in any order
    assert with_answers(found, [7, 7, 7, 7, 7], amounts).held == (-2.0, 2.0)
    assert with_answers(found, [7, 7, 7, 3, 7], amounts).held == (-2.0, 0.0)
    assert with_answers(found, [7, 3, 7, 7, 7], amounts).held == (0.0, 2.0)
    none = with_answers(found, [7, 7, 3, 7, 7], amounts)
    assert none.held is None
    assert "at the nearest amount already" in held(none)
    assert "over the whole range" in held(with_answers(found, [7] * 5, amounts))
    said = held(with_answers(found, [7, 3, 7, 7, 7], amounts))
    assert said == "the answer stays class 7 from 0° to 2°"


def test_the_finding_escapes_names_that_come_from_anybody(found):
    from dataclasses import replace

    other = replace(found, classes=("<b>",) * 20)
    assert "&lt;b&gt;" in finding(other, 1, 2)


def test_equal_requests_share_a_key_and_others_do_not(drawn_weights):
    def key(*words, **options):
        return invariance_task(KEY, PHOTO, *words, **options).key

    assert key() == key("translation", amounts=None, beyond="mirror")
    others = [
        key(),
        key("scale"),
        key("translation", 3),
        key(beyond="inside"),
        key(amounts=(1.0,)),
    ]
    assert len(set(others)) == len(others)
    assert key("translation", "class 3") == key("translation", 3)


def test_refusals_come_before_any_work(drawn_weights):
    with pytest.raises(BadChoice, match="rotation"):
        invariance_task(KEY, PHOTO, "rotated")
    with pytest.raises(UnknownClass):
        invariance_task(KEY, PHOTO, "scale", "no such class")
    with pytest.raises(NotApplicable, match="no class scores"):
        invariance_task("facenet_nn1", PHOTO, weights="random")
