"""The same answers on a GPU as on the CPU. Run with `pytest -m gpu` where there is one."""

from __future__ import annotations

import numpy as np
import pytest

import vizcore as vc
from vizcore.data.samples import sample
from vizcore.runtime.engine import LocalEngine
from vizcore.tasks.prediction import prediction_task
from vizcore.tasks.saliency import saliency_task

pytestmark = pytest.mark.gpu

NETWORK = "zfnet_photos20"


def test_a_prediction_is_the_cpus():
    picture = sample("coffee").read()
    here = vc.predict(NETWORK, picture, device="cpu")
    there = vc.predict(NETWORK, picture, device="cuda")
    assert there.classes[0] == here.classes[0]
    assert np.allclose(there.scores, here.scores, atol=0.02)


def test_feature_maps_are_the_cpus():
    picture = sample("cat").read()
    here = vc.feature_maps(NETWORK, picture, "relu2", device="cpu")
    there = vc.feature_maps(NETWORK, picture, "relu2", device="cuda")
    assert np.allclose(there.maps_chw, here.maps_chw, atol=0.02)


def test_saliency_is_the_cpus():
    picture = sample("cat").read()
    here = vc.saliency(NETWORK, picture, "cat", device="cpu").values_hw
    there = vc.saliency(NETWORK, picture, "cat", device="cuda").values_hw
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.999


def test_the_engine_runs_on_it():
    engine = LocalEngine("cuda")
    try:
        picture = sample("cat").read()
        jobs = [
            engine.submit(prediction_task(NETWORK, picture)),
            engine.submit(saliency_task(NETWORK, picture)),
        ]
        assert jobs[0].result(timeout_s=60).classes[0] == jobs[1].result(timeout_s=60).target_class
    finally:
        engine.close()
