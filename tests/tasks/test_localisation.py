"""Localisation by a network's name: its tasks' keys, and boxes in other pixels."""

from __future__ import annotations

import numpy as np
import pytest

import vizcore as vc
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import BadChoice, NotApplicable
from vizcore.networks.offers import weights
from vizcore.tasks import localisation as localisation_tasks
from vizcore.tasks.localisation import (
    box_as_seen,
    fitting_networks,
    localisation_task,
    require_scene_classes,
    scene_baselines_task,
)

KEY = "zfnet_photos20"


def test_equal_questions_have_equal_keys():
    assert localisation_task(KEY).key == localisation_task(KEY, "gradient", seed=3).key
    keys = {
        localisation_task(KEY).key,
        localisation_task(KEY, part="validation").key,
        localisation_task(KEY, "grad_cam").key,
        localisation_task(KEY, settings=vc.LocalisationSettings(blur_px=2)).key,
        localisation_task("resnet14_photos20").key,
        localisation_task(KEY, "smoothgrad").key,
        localisation_task(KEY, "smoothgrad", seed=3).key,
    }
    assert len(keys) == 7
    assert scene_baselines_task().key != scene_baselines_task(seed=1).key


def test_other_classes_and_parts_are_refused():
    with pytest.raises(NotApplicable, match="knows none") as caught:
        localisation_task("lenet5_modern")
    assert KEY in caught.value.suggestions
    assert "lenet5_modern" not in fitting_networks()
    require_scene_classes(weights(KEY))
    for task in (scene_baselines_task, lambda part: localisation_task(KEY, part=part)):
        with pytest.raises(BadChoice, match="validation, test"):
            task("train")


def test_boxes_follow_what_the_network_sees(monkeypatch: pytest.MonkeyPatch):
    scene = vc.localisation_set()[0]
    mine = weights(KEY)
    assert box_as_seen(scene.box, mine) == scene.box
    how = Preprocessing(160, 128, (0.5,) * 3, (0.25,) * 3)
    monkeypatch.setattr(localisation_tasks, "preprocessing_of", lambda weights: how)
    white = np.zeros((64, 64, 3), np.uint8)
    left, top, right, bottom = scene.box
    white[top:bottom, left:right] = 255
    rows, columns = np.nonzero(how.view(white)[..., 0] > 127)
    seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    np.testing.assert_allclose(box_as_seen(scene.box, mine), seen, atol=1)
