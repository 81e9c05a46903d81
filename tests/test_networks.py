"""Weights from anywhere, end to end: listed, fetched from a mirror, verified, looked through."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save

import vizcore as vc
from tests.mirror import Mirror
from vizcore import zoo
from vizcore.__main__ import main
from vizcore.errors import (
    BadChoice,
    FetchError,
    NotApplicable,
    UnknownWeights,
    WeightsNotHere,
)
from vizcore.networks import loading, offers
from vizcore.networks.loading import load_network, source_of
from vizcore.networks.offers import weights, weights_of
from vizcore.networks.presence import presence_of
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import run_here
from vizcore.runtime.weights_cache import WeightsCache, held
from vizcore.tasks.fetching import fetch_task
from vizcore.tasks.maps import map_layers_task
from vizcore.tasks.prediction import prediction_task
from vizcore.tasks.saliency import saliency_task
from vizcore.zoo import pretrained
from vizcore.zoo.light_import import torchvision_models

PHOTO = np.random.default_rng(3).integers(0, 256, (260, 300, 3), dtype=np.uint8)
KEY, VERSION = "squeezenet1_1", "IMAGENET1K_V1"


@pytest.fixture(scope="module")
def drawn() -> tuple[torch.nn.Module, bytes]:
    """torchvision's own SqueezeNet with weights drawn at random, and its state dict as a file."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        network = torchvision_models().squeezenet1_1(weights=None).eval()
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    return network, file.getvalue()


@pytest.fixture
def served(mirror: Mirror, drawn, monkeypatch) -> Mirror:
    """A mirror that has this file, and a table that states its hash."""
    content = drawn[1]
    table = dict(pretrained._table())
    (entry,) = table[KEY]
    file = replace(entry.file, sha256=hashlib.sha256(content).hexdigest()[:8])
    table[KEY] = (replace(entry, file=file),)
    monkeypatch.setattr(pretrained, "_table", lambda: table)
    mirror.files = {file.name: content}
    return mirror


def test_from_a_mirror_to_a_prediction(served, drawn, empty_cache):
    with pytest.raises(WeightsNotHere, match="not on this machine") as caught:
        vc.predict(KEY, PHOTO, device="cpu")
    message = str(caught.value)
    assert f"The weights {VERSION} of '{KEY}' (about 5 MB) are not on this machine." in message
    assert f"python -m vizcore fetch {KEY}:{VERSION}" in message
    assert caught.value.suggestions == ("random",)
    assert served.asked == []  # looking never fetches

    assert not presence_of(weights(KEY)).here
    told = []
    path = vc.fetch(KEY, report=told.append)
    assert path == empty_cache / weights(KEY).file.name
    assert told[-1].done == len(drawn[1])
    assert vc.fetch(KEY, VERSION) == path
    assert len(served.asked) == 1
    there = presence_of(weights(KEY))
    assert (there.here, there.place, there.size_bytes) == (True, "cache", len(drawn[1]))

    seen = vc.predict(KEY, PHOTO, top=3, device="cpu")
    transform = torchvision_models().get_weight(f"SqueezeNet1_1_Weights.{VERSION}").transforms()
    with torch.no_grad():
        scores = drawn[0](transform(Image.fromarray(PHOTO))[None])[0]
    expected = scores.softmax(0).topk(3)
    assert seen.indices == tuple(expected.indices.tolist())
    np.testing.assert_allclose(seen.probabilities, expected.values.numpy(), rtol=1e-3)
    names = torchvision_models().get_weight(f"SqueezeNet1_1_Weights.{VERSION}").meta["categories"]
    assert seen.classes == tuple(names[i] for i in seen.indices)
    maps = vc.feature_maps(KEY, PHOTO, "features.0", device="cpu")
    assert maps.maps_chw.shape == (64, 111, 111)
    assert vc.saliency(KEY, PHOTO, device="cpu").target_class == seen.classes[0]


def test_the_file_of_a_loaded_network_does_not_make_room_for_another(served, empty_cache):
    path = vc.fetch(KEY)
    loaded = load_network(KEY, VERSION)
    assert not WeightsCache().remove(path)
    del loaded
    gc.collect()
    assert WeightsCache().remove(path)
    assert not presence_of(weights(KEY)).here


def test_a_file_that_makes_room_just_before_it_is_read_is_asked_for(served, monkeypatch):
    path = vc.fetch(KEY)
    monkeypatch.setattr(loading, "held", lambda found: (found.unlink(), held(found))[1])
    with pytest.raises(WeightsNotHere, match=f"python -m vizcore fetch {KEY}:{VERSION}"):
        load_network(KEY, VERSION)
    assert not path.exists()


def test_timms_from_a_mirror_by_the_command_line(mirror, empty_cache, tmp_path, capsys):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        network = timm.create_model("mobilenetv1_100").eval()
    content = save(network.state_dict())
    mirror.files = {weights("mobilenet_v1").file.name: content}
    mirror.redirect = hashlib.sha256(content).hexdigest()
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    predict = ["predict", "mobilenet_v1", "--image", str(tmp_path / "photo.png"), "--json"]
    assert main(predict) == 2
    assert "python -m vizcore fetch mobilenet_v1:" in capsys.readouterr().err
    assert main(["fetch", "mobilenet_v1"]) == 0
    capsys.readouterr()
    assert main([*predict, "--device", "cpu"]) == 0
    seen = json.loads(capsys.readouterr().out)["top"]
    with torch.no_grad():
        given = torch.from_numpy(weights("mobilenet_v1").preprocessing.apply(PHOTO))
        expected = network(given)[0].softmax(0).topk(5)
    assert [row["index"] for row in seen] == expected.indices.tolist()
    name = pretrained.imagenet_classes()[seen[0]["index"]]
    assert seen[0]["class"] == name


def test_two_people_who_ask_share_one_transfer(served, empty_cache):
    engine = LocalEngine("cpu")
    try:
        jobs = [engine.submit(fetch_task(weights(KEY)), session=who) for who in "ab"]
        for job in jobs:
            job.result(60)
        assert len(served.asked) == 1
        presence_of(weights(KEY)).path.unlink()  # a kept result would claim it is still there
        engine.submit(fetch_task(weights(KEY))).result(60)
        assert presence_of(weights(KEY)).here
        assert len(served.asked) == 2
    finally:
        engine.close()


def test_a_failed_transfer_says_why(served):
    served.status = 404
    engine = LocalEngine("cpu")
    try:
        job = engine.submit(fetch_task(weights(KEY)))
        with pytest.raises(FetchError, match="there is no such file"):
            job.result(60)
    finally:
        engine.close()


def test_a_file_that_changes_on_the_disk_is_not_loaded(served):
    run_here(fetch_task(weights(KEY)))
    path = presence_of(weights(KEY)).path
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(WeightsNotHere, match=r"is damaged: .* Fetch it again: python -m vizcore"):
        vc.predict(KEY, PHOTO, device="cpu")


def test_only_pretrained_weights_are_fetched():
    with pytest.raises(BadChoice, match="are not fetched: they are drawn at random"):
        fetch_task(weights(KEY, "random"))
    with pytest.raises(BadChoice, match="are not fetched: they are bundled"):
        fetch_task(weights("zfnet_photos20"))


def test_every_architecture_has_a_default_first_and_random_weights_last():
    bundled = set(offers.trained_keys())
    for entry in zoo.architectures():
        offered = weights_of(entry)
        names = [each.name for each in offered]
        assert len({name.lower() for name in names}) == len(names)
        assert [each.is_random for each in offered] == [False] * (len(offered) - 1) + [True]
        assert (offered[0].origin == "bundled") == (entry.key in bundled)
        assert weights(entry) == offered[0]
        assert weights(entry, names[-1].upper()) == offered[-1]
        channels = entry.input_shape[0]
        for each in offered:
            assert each.architecture == entry.key
            assert pickle.loads(pickle.dumps(each)) == each
            assert hash(each) is not None
            assert each.preprocessing.channels == channels
            assert each.title
            assert each.source
        if entry.key != "facenet_nn1":
            assert len(offered[-1].classes) == entry.num_classes
        assert offered[-1].preprocessing.crop_px == entry.input_shape[1]


def test_weights_are_told_apart_in_cache_keys():
    keys = [source_of(each).key for entry in zoo.architectures() for each in weights_of(entry)]
    assert len(set(keys)) == len(keys)


def test_a_name_that_is_not_there():
    with pytest.raises(UnknownWeights, match=r"no weights of 'resnet50' called 'V3'.*IMAGENET1K_V"):
        weights("resnet50", "V3")


@pytest.mark.parametrize(
    "key",
    ["lenet5_1998", "resnet20_cifar", "shufflenet_v1_x0_5_g3", "mobilenet_v3_small", "mnasnet_a1"],
)
def test_random_weights_are_the_same_each_time(key):
    filled = weights(key, "random")
    first, second = (load_network(key, "random").module.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    seen = vc.predict(key, PHOTO, weights=filled, device="cpu")
    assert set(seen.classes) <= set(filled.classes)
    assert prediction_task(key, PHOTO, weights=filled).network.key == f"{key}@random-0"


def test_outputs_that_are_no_classes_are_not_ranked():
    """FaceNet's 128 outputs are a point, not scores; its maps can be looked at all the same."""
    assert weights("facenet_nn1").classes == ()
    for task in (prediction_task, saliency_task):
        with pytest.raises(NotApplicable, match="128 outputs of 'facenet_nn1' are no class scores"):
            task("facenet_nn1", PHOTO)
    assert map_layers_task("facenet_nn1", PHOTO).label
    features = weights("vgg16", "IMAGENET1K_FEATURES")  # whose classifier torchvision left out
    assert features.classes == ()
    assert "no values for the classifier" in features.notes[0]
    assert len(weights("vgg16", "IMAGENET1K_V1").classes) == 1000
