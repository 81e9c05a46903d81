"""Tasks and the facade: a name and a picture in, a record out, computed once."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import vizcore as vc
from vizcore.errors import (
    BadChoice,
    BadImage,
    UnknownArchitecture,
    UnknownClass,
    UnknownWeights,
)
from vizcore.networks.loading import load_network
from vizcore.networks.offers import preprocessing_of, trained_keys, weights
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.weights import card
from vizcore.tasks.maps import feature_maps_task, map_layers_task
from vizcore.tasks.prediction import prediction_task, warm_task
from vizcore.tasks.saliency import saliency_task
from vizcore.tasks.sight import as_picture
from vizcore.zoo.photos20 import zfnet_photos20

KEY = "zfnet_photos20"
PHOTO = np.random.default_rng(3).integers(0, 256, (80, 100, 3), dtype=np.uint8)


def png(rgb: np.ndarray = PHOTO) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def by_hand(drawn_weights) -> tuple[torch.nn.Module, torch.Tensor]:
    """The same network and input, put together without any of the code under test."""
    network = zfnet_photos20().eval()
    network.load_state_dict(load_file(drawn_weights / "weights" / f"{KEY}.safetensors"))
    resized = Image.fromarray(PHOTO).resize((80, 64), Image.Resampling.BILINEAR)
    view = np.asarray(resized.crop((8, 0, 72, 64))) / 255
    values = (view - [0.5, 0.4, 0.3]) / [0.25, 0.24, 0.23]
    return network, torch.tensor(values.transpose(2, 0, 1)[None], dtype=torch.float32)


def test_a_prediction_by_hand(by_hand):
    network, image = by_hand
    with torch.no_grad():
        odds, indices = network(image)[0].softmax(0).topk(3)
    seen = vc.predict(KEY, png(), top=3, device="cpu")
    assert seen.indices == tuple(indices.tolist())
    assert seen.classes == tuple(f"class {i}" for i in indices.tolist())
    np.testing.assert_allclose(seen.probabilities, odds.numpy(), rtol=1e-4)


def test_feature_maps_and_saliency_by_hand(by_hand):
    network, image = by_hand
    maps = vc.feature_maps(KEY, png(), "conv2", sorted_by="mean", device="cpu")
    with torch.no_grad():
        expected = network[:4](image)[0].numpy()
    np.testing.assert_allclose(maps.maps_chw, expected, rtol=1e-4, atol=1e-5)
    assert maps.order == tuple(np.argsort(-expected.mean(axis=(1, 2)), kind="stable"))

    image.requires_grad_(True)
    (gradient,) = torch.autograd.grad(network(image)[0, 7], image)
    seen = vc.saliency(KEY, png(), "Class 7", device="cpu")
    np.testing.assert_allclose(seen.values_hw, gradient[0].abs().amax(0).numpy(), rtol=1e-3)
    assert (seen.target, seen.target_class, seen.image_hwc.shape) == (7, "class 7", (64, 64, 3))


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine("cpu")
    yield engine
    engine.close()


def test_equal_tasks_are_computed_once_and_others_are_not_mixed_up(drawn_weights, engine):
    other = png(255 - PHOTO)

    def tasks() -> list[object]:
        return [
            warm_task(KEY),
            prediction_task(KEY, png()),
            prediction_task(KEY, png(), 3),
            prediction_task(KEY, other),
            map_layers_task(KEY, png()),
            feature_maps_task(KEY, png(), "conv1"),
            feature_maps_task(KEY, png(), "conv2"),
            feature_maps_task(KEY, png(), "conv1", "mean"),
            feature_maps_task(KEY, other, "conv1"),
            saliency_task(KEY, png()),
            saliency_task(KEY, png(), 3),
            saliency_task(KEY, png(), 4),
            saliency_task(KEY, png(), 3, "input_x_gradient"),
        ]

    first = [engine.submit(task).result(60) for task in tasks()]
    assert len({task.key for task in tasks()}) == len(first)
    again = [engine.submit(task) for task in tasks()]
    assert all(job.state == "done" for job in again)
    assert all(job.result() is result for job, result in zip(again, first, strict=True))
    assert engine.metrics()["networks_loaded"] == 1


def test_a_class_by_name_or_number_is_the_same_task(drawn_weights):
    keys = {saliency_task(KEY, png(), target).key for target in ("class 3", "CLASS 3", "3", 3)}
    assert len(keys) == 1


def test_other_weights_are_another_key(drawn_weights):
    import hashlib
    import json

    before = prediction_task(KEY, png())
    path = drawn_weights / "weights" / f"{KEY}.json"
    text = path.read_text()
    try:
        sha256 = hashlib.sha256(b"other").hexdigest()
        path.write_text(json.dumps(json.loads(text) | {"sha256": sha256}))
        after = prediction_task(KEY, png())
    finally:
        path.write_text(text)
    assert before.key != after.key
    assert before.network.key != after.network.key


def test_a_task_can_be_sent_to_another_machine(drawn_weights):
    from vizcore.runtime.jobs import run_here

    task = feature_maps_task(KEY, png(), "conv1")
    sent = pickle.loads(pickle.dumps(task))
    np.testing.assert_array_equal(run_here(sent).maps_chw, run_here(task).maps_chw)


def test_the_layers_with_maps(drawn_weights, engine):
    found = engine.submit(map_layers_task(KEY, png())).result(60)
    shapes = {each.name: (each.channels, each.height, each.width) for each in found}
    assert shapes["conv1"] == (64, 32, 32)
    assert shapes["pool5"] == (128, 4, 4)
    assert "fc6" not in shapes


def test_pictures_come_in_every_form(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(png())
    forms = [path, str(path), png(), as_picture(png()), PHOTO]
    for form in forms:
        np.testing.assert_array_equal(as_picture(form).rgb_hwc, PHOTO)
    assert len({as_picture(form).sha256 for form in forms[:4]}) == 1
    turned = np.ascontiguousarray(PHOTO.reshape(100, 80, 3))
    assert as_picture(turned).sha256 != as_picture(PHOTO).sha256  # same bytes, another shape


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("nowhere.png", r"'nowhere.png' cannot be read: No such file"),
        ("no\0where.png", "cannot be read: embedded null"),
        (b"not a picture", "not a picture that can be read"),
        (np.zeros((4, 4), np.uint8), r"uint8 \(4, 4\) came in; allowed is uint8"),
        (np.zeros((4, 4, 3)), "float64"),
        (np.zeros((0, 4, 3), np.uint8), r"\(0, 4, 3\)"),
    ],
)
def test_what_is_no_picture_is_told(drawn_weights, image, message):
    with pytest.raises(BadImage, match=message):
        vc.predict(KEY, image)


def test_no_more_of_a_file_is_read_than_a_picture_may_have(tmp_path, monkeypatch):
    """A device or a file of many gigabytes would fill the memory before it is refused."""
    path = tmp_path / "photo.png"
    path.write_bytes(png())
    read: list[int] = []
    monkeypatch.setattr("vizcore.tasks.sight.MAX_BYTES", 39)
    monkeypatch.setattr("vizcore.tasks.sight.decode", lambda data: read.append(len(data)))
    as_picture(path)
    assert read == [40]


def test_names_that_cannot_look_at_pictures(drawn_weights):
    with pytest.raises(UnknownArchitecture, match="zfnet_photo"):
        vc.predict("zfnet_photo", png())
    with pytest.raises(
        UnknownWeights, match=r"no weights of 'zfnet_photos20' called 'photos2'.*20"
    ):
        vc.predict(KEY, png(), weights="photos2")
    with pytest.raises(BadChoice, match="those of 'zfnet_photos20' for the network 'vgg_d'"):
        vc.predict("vgg16", png(), weights=weights(KEY))  # an alias
    for target, message in (
        ("clas 3", "nearest names are: class 3"),
        (20, "0 to 19"),
        ("-1", "0 to"),
    ):
        with pytest.raises(UnknownClass, match=message):
            vc.saliency(KEY, png(), target)


def test_the_loaded_network_and_its_card(drawn_weights):
    loaded = load_network(KEY)
    assert trained_keys() == (KEY,)
    assert loaded.weights.sha256 == loaded.weights.identity == card(KEY).sha256
    assert loaded.weights.preprocessing == preprocessing_of(card(KEY))
    assert loaded.weights.preprocessing.crop_px == 64
    assert not loaded.module.training


def test_random_weights_are_the_librarys_own_drawn_again(drawn_weights):
    """Seed 0 on the CPU: the same in every process, and other than the bundled ones."""
    torch.manual_seed(0)
    expected = zfnet_photos20().state_dict()
    torch.manual_seed(5)
    untouched = torch.random.get_rng_state()
    loaded = load_network(KEY, "Random")
    assert torch.equal(torch.random.get_rng_state(), untouched)
    assert loaded.weights.is_random
    assert loaded.weights.sha256 is None
    for name, tensor in loaded.module.state_dict().items():
        assert torch.equal(tensor, expected[name])
    assert prediction_task(KEY, png()).key != prediction_task(KEY, png(), weights="random").key
    seen = vc.predict(KEY, png(), weights="random", device="cpu")
    assert seen.scores != vc.predict(KEY, png(), device="cpu").scores


def test_making_a_task_does_not_load_torch():
    code = (
        "import sys, numpy as np; from vizcore.tasks.saliency import saliency_task;"
        "saliency_task('zfnet_photos20', np.zeros((9, 9, 3), np.uint8), 3);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_bundled_network_looks_at_a_photograph():
    """The real weights: all that is needed is there, and every answer is finite."""
    (key,) = (each for each in trained_keys() if each == KEY)
    known = card(key)
    seen = vc.predict(key, PHOTO, top=20, device="cpu")
    assert set(seen.classes) == set(known.classes)
    assert sum(seen.probabilities) == pytest.approx(1)
    assert vc.saliency(key, PHOTO, device="cpu").target_class == seen.classes[0]
    assert np.isfinite(vc.feature_maps(key, PHOTO, "relu5", device="cpu").maps_chw).all()
