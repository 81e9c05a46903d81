"""Two people at one network get what each would get alone.

Captum's and torch's hooks on a shared network mix silently: a saliency map computed while guided
backpropagation ran on the same modules was wrong every time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import GuidedBackprop
from torch import nn

from vizcore.lenses.feature_maps import feature_maps
from vizcore.lenses.prediction import class_scores, predict
from vizcore.lenses.saliency import saliency
from vizcore.runtime.clone import private_copy
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import NetworkSource, Task, finish
from vizcore.zoo.photos20 import zfnet_photos20

PHOTO = np.zeros((64, 64, 3), np.uint8)
IMAGES = torch.randn(6, 3, 64, 64, generator=torch.Generator().manual_seed(8))


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(9)
    return zfnet_photos20()


def looks(number: int) -> list[Callable[[nn.Module], Any]]:
    image = IMAGES[number : number + 1]
    return [
        partial(feature_maps, image_nchw=image, layer="relu3"),
        partial(saliency, image_nchw=image, image_hwc=PHOTO, target=number),
        partial(saliency, image_nchw=image, image_hwc=PHOTO, method="input_x_gradient"),
        partial(predict, image_nchw=image),
        partial(class_scores, images_nchw=IMAGES, batch=1 + number),
    ]


def numbers(result: Any) -> np.ndarray:
    for name in ("maps_chw", "values_hw", "scores"):
        if hasattr(result, name):
            return np.asarray(getattr(result, name))
    return np.asarray(result)


def test_jobs_side_by_side_in_the_engine(network):
    everything = [look for number in range(6) for look in looks(number)]
    source = NetworkSource("shared", lambda device: network)
    engine = LocalEngine("cpu")
    try:
        alone = [
            numbers(engine.submit(Task(look, "alone", source)).result(60)) for look in everything
        ]
        jobs = [
            engine.submit(Task(look, "together", source), session=str(number))
            for number, look in enumerate(everything)
        ]
        for job, expected in zip(jobs, alone, strict=True):
            np.testing.assert_allclose(numbers(job.result(60)), expected, rtol=1e-5, atol=1e-7)
    finally:
        engine.close()


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_lenses_in_threads_beside_guided_backpropagation(network):
    """Guided backpropagation on its own private copy, lenses on the network, all at once."""
    image = IMAGES[:1]
    expected = finish(saliency(network, image, image_hwc=PHOTO, target=2)).values_hw
    maps = feature_maps(network, image, "relu2").maps_chw
    guided = GuidedBackprop(private_copy(network))
    expected_guided = guided.attribute(image.clone().requires_grad_(True), target=2).detach()
    assert not np.allclose(expected_guided[0].abs().amax(0).numpy(), expected)
    wrong: list[str] = []

    def repeat(name: str, look: Callable[[], np.ndarray], right: np.ndarray) -> None:
        torch.set_num_threads(1)
        for _ in range(15):
            if not np.allclose(look(), right, rtol=1e-4, atol=1e-7):
                wrong.append(name)

    def guided_map() -> np.ndarray:
        method = GuidedBackprop(private_copy(network))
        return method.attribute(image.clone().requires_grad_(True), target=2).detach().numpy()

    threads = [
        threading.Thread(target=repeat, args=args)
        for args in (
            (
                "saliency",
                lambda: finish(saliency(network, image, image_hwc=PHOTO, target=2)).values_hw,
                expected,
            ),
            ("maps", lambda: feature_maps(network, image, "relu2").maps_chw, maps),
            ("guided", guided_map, expected_guided.numpy()),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
