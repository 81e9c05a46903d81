"""The table of pretrained weights says what the libraries say, and loads what they load."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from vizcore import zoo
from vizcore.data.photographs import PHOTOS
from vizcore.errors import WeightsError
from vizcore.reference.tables import read_table
from vizcore.runtime.weights import ready_to_look
from vizcore.zoo import pretrained
from vizcore.zoo.filling import filled
from vizcore.zoo.light_import import torchvision_models
from vizcore.zoo.pretrained import (
    TABLE,
    from_row,
    imagenet_classes,
    pretrained_weights,
    to_row,
)
from vizcore.zoo.pretrained_timm import timm_name, timm_weights
from vizcore.zoo.pretrained_torchvision import torchvision_classes, torchvision_weights
from vizcore.zoo.weights import Weights

PHOTO = next(photo for photo in PHOTOS if photo.name == "cat").rgb_hwc()
OF_LIBRARIES = [each for each in zoo.architectures() if each.source.partition(":")[2]]
models = torchvision_models()


def test_every_row_is_what_the_libraries_say():
    expected = []
    for entry in OF_LIBRARIES:
        ask = torchvision_weights if entry.source.startswith("torchvision") else timm_weights
        expected += ask(entry)
    rows = read_table(TABLE)
    assert list(rows) == [to_row(weights) for weights in expected]
    for row, weights in zip(rows, expected, strict=True):
        seen = from_row(row)
        assert seen == weights
        assert (seen.options, seen.accuracy) == (weights.options, weights.accuracy)


def test_refreshing_writes_the_committed_files_again(tmp_path, monkeypatch):
    committed = Path(pretrained.__file__).parents[1] / "reference"
    monkeypatch.setattr(pretrained, "files", lambda _: tmp_path)
    assert pretrained.refresh(zoo.architectures()) == len(read_table(TABLE))
    for name in (TABLE, "imagenet1k_classes"):
        written = (tmp_path / f"{name}.csv").read_text(encoding="utf-8")
        assert written == (committed / f"{name}.csv").read_text(encoding="utf-8")


def test_class_names_are_torchvisions():
    assert list(imagenet_classes()) == torchvision_classes()


def test_every_version_of_every_enum_is_there_with_its_default_first():
    count = 0
    for entry in OF_LIBRARIES:
        library, _, name = entry.source.partition(":")
        if library == "torchvision":
            enum = models.get_model_weights(name)
            names = [each.name for each in pretrained_weights(entry)]
            assert names[0] == enum.DEFAULT.name
            assert sorted(names) == sorted(member.name for member in enum)
            count += len(names)
    assert count == 115


def test_own_builds_have_none():
    for entry in zoo.architectures():
        if entry not in OF_LIBRARIES:
            assert pretrained_weights(entry) == ()


def test_files_are_named_apart_and_torchvisions_all_state_a_hash():
    files = [each.file for entry in OF_LIBRARIES for each in pretrained_weights(entry)]
    assert len({file.name for file in files}) == len(files)
    for file in files:
        assert re.fullmatch(r"[\w.-]+\.(pth|safetensors)", file.name)
        assert file.url.startswith("https://")
        if file.url.startswith("https://download.pytorch.org"):
            assert re.fullmatch("[0-9a-f]{8,10}", file.sha256)
            assert f"-{file.sha256}." in file.name
        assert file.sha256 or file.url.startswith("https://huggingface.co")


def all_preprocessings() -> list[Weights]:
    """One weights for each way torchvision prepares pictures."""
    found = {
        each.preprocessing: each
        for entry in OF_LIBRARIES
        for each in pretrained_weights(entry)
        if each.origin == "torchvision"
    }
    return list(found.values())


@pytest.mark.parametrize("weights", all_preprocessings(), ids=lambda w: w.file.name)
def test_preprocessing_equals_torchvisions(weights):
    entry = zoo.get(weights.architecture)
    enum = models.get_model_weights(entry.source.partition(":")[2])
    theirs = enum[weights.name].transforms()(Image.fromarray(PHOTO.copy()))
    ours = weights.preprocessing.apply(PHOTO)[0]
    smallest = min(weights.preprocessing.std)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-6 / smallest)


TIMM_NAMES = ["inception_resnet_v2", "mobilenet_v1", "nasnet_a_large", "se_resnet50"]


@pytest.mark.parametrize("name", [*TIMM_NAMES, "timm:convnext_tiny", "timm:resnetv2_50x1_bit"])
def test_preprocessing_equals_timms(name):
    entry = zoo.get(name)
    model, _ = timm_name(entry)
    for weights in pretrained_weights(entry):
        config = timm.get_pretrained_cfg(f"{model}.{weights.name}").to_dict()
        transform = timm.data.create_transform(
            **timm.data.resolve_data_config(pretrained_cfg=config), is_training=False
        )
        theirs = transform(Image.fromarray(PHOTO.copy())).numpy()
        np.testing.assert_allclose(weights.preprocessing.apply(PHOTO)[0], theirs, atol=1e-5)


def test_timm_weights_of_other_data_have_their_own_names():
    found = {each.name: each for each in pretrained_weights(zoo.get("timm:convnext_tiny"))}
    assert next(iter(found)) == timm.get_pretrained_cfg("convnext_tiny").tag
    assert len(found["in12k"].classes) == 11821
    assert not found["in12k"].classes[0].startswith("class")
    assert found["fb_in1k"].classes == imagenet_classes()
    assert found["fb_in22k_ft_in1k_384"].preprocessing.squash
    (only,) = pretrained_weights(zoo.get("timm:convnext_tiny.fb_in1k"))
    assert only == replace(found["fb_in1k"], architecture="timm:convnext_tiny.fb_in1k")


def test_timm_weights_without_a_classifier_are_not_offered():
    assert timm.get_pretrained_cfg("vit_small_patch14_dinov2").num_classes == 0
    assert pretrained_weights(zoo.get("timm:vit_small_patch14_dinov2")) == ()


def named_by_its_hash(weights: Weights, path: Path) -> Weights:
    """The same weights, of a file with drawn tensors: its hash is another one."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(weights, file=replace(weights.file, sha256=sha256[:8]))


def old_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As in torchvision's DenseNet files: conv.1 for conv1, and batches are not counted."""
    pattern = re.compile(r"(denselayer\d+\.(?:norm|conv))([12]\.)")
    return {
        pattern.sub(r"\1.\2", name): tensor
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked")
    }


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("googlenet", "IMAGENET1K_V1"),
        ("inception_v3", "IMAGENET1K_V1"),
        ("efficientnet_b1", "IMAGENET1K_V2"),
        ("densenet121", "IMAGENET1K_V1"),
        ("resnet18", "IMAGENET1K_V1"),
        ("mnasnet0_5", "IMAGENET1K_V1"),
        ("swin_t", "IMAGENET1K_V1"),
        ("vit_b_32", "IMAGENET1K_V1"),
        ("maxvit_t", "IMAGENET1K_V1"),
    ],
)
def test_outputs_equal_those_of_torchvisions_own_network(name, version, empty_cache, tmp_path):
    """Both read one file: torchvision with `weights=`, which finds it in torch.hub's cache."""
    entry = zoo.get(f"torchvision:{name}")
    weights = next(each for each in pretrained_weights(entry) if each.name == version)
    make, member = getattr(models, name), models.get_model_weights(name)[version]
    own = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        drawn = make(weights=None, **own).state_dict()
        for key, tensor in drawn.items():  # as after training: statistics that are not 0 and 1
            if key.endswith("running_mean"):
                tensor.normal_(0, 0.1)
            elif key.endswith("running_var"):
                tensor.uniform_(0.8, 1.2)
            elif key == "heads.head.weight":  # ViT's starts with zeros
                tensor.normal_(0, 0.1)
    path = tmp_path / "torch" / "hub" / "checkpoints" / weights.file.name
    path.parent.mkdir(parents=True)
    if name == "densenet121":
        drawn = old_names(drawn)
    if name == "resnet18":
        drawn = {
            key: value.half() if value.is_floating_point() else value
            for key, value in drawn.items()
        }
    torch.save(drawn, path, _use_new_zipfile_serialization=name != "resnet18")

    theirs = make(weights=member).eval()
    ours = ready_to_look(filled(named_by_its_hash(weights, path), path))
    picture = torch.from_numpy(weights.preprocessing.apply(PHOTO))
    with torch.no_grad():
        expected = theirs(member.transforms()(Image.fromarray(PHOTO.copy()))[None])
        scores = ours(picture)
    assert scores.shape == (1, 1000)
    assert float(expected.std()) > 0
    torch.testing.assert_close(scores, expected, rtol=1e-3, atol=1e-4)
    if weights.left_out:
        assert not hasattr(ours, "aux1") or ours.aux1 is None
        assert "auxiliary classifiers in the file" in weights.notes[0]


@pytest.mark.parametrize("key", ["mnasnet_a1", "mobilenet_v1", "se_resnet50"])
def test_outputs_equal_those_of_timms_own_network(key, tmp_path):
    entry = zoo.get(key)
    weights = pretrained_weights(entry)[0]
    model, _ = timm_name(entry)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        theirs = timm.create_model(model).eval()
    path = tmp_path / weights.file.name
    if path.suffix == ".safetensors":
        save_file(theirs.state_dict(), path)
    else:
        torch.save(theirs.state_dict(), path)
    ours = ready_to_look(filled(weights, path))
    assert not ours.training
    picture = torch.from_numpy(weights.preprocessing.apply(PHOTO))
    with torch.no_grad():
        torch.testing.assert_close(ours(picture), theirs(picture), rtol=1e-4, atol=1e-5)


class Dangerous:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("key", ["resnet18", "se_resnet50"])
def test_a_pickle_that_runs_code_is_refused_unrun(key, tmp_path):
    weights = pretrained_weights(zoo.get(key))[0]
    path = tmp_path / weights.file.name
    path.write_bytes(pickle.dumps({"fc.weight": Dangerous(tmp_path / "mark")}, protocol=2))
    with pytest.raises(WeightsError, match=f"cannot be used as the weights .* of '{key}'"):
        filled(weights, path)
    torch.save({"fc.weight": Dangerous(tmp_path / "mark")}, path)
    with pytest.raises(WeightsError, match=f"cannot be used as the weights .* of '{key}'"):
        filled(weights, path)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("key", ["resnet18", "mnasnet_a1"])
@pytest.mark.parametrize("content", [b"", b"junk" * 100, None], ids=["empty", "junk", "other"])
def test_files_of_something_else_are_refused(key, content, tmp_path):
    weights = pretrained_weights(zoo.get(key))[0]
    path = tmp_path / weights.file.name
    if content is not None:
        path.write_bytes(content)
    elif path.suffix == ".pth":
        torch.save(nn.Linear(2, 2).state_dict(), path)
    else:
        save_file(nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(WeightsError, match=f"cannot be used as the weights .* of '{key}'") as told:
        filled(weights, path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [[1, 2], torch.zeros(3), {5: torch.zeros(1)}])
def test_a_pickle_without_names_is_refused(content, tmp_path):
    weights = pretrained_weights(zoo.get("resnet18"))[0]
    torch.save(content, tmp_path / weights.file.name)
    with pytest.raises(WeightsError, match="cannot be used as the weights"):
        filled(weights, tmp_path / weights.file.name)


def test_listing_needs_no_library():
    code = (
        "import sys; from vizcore.networks.offers import weights_of;"
        "from vizcore.networks.presence import presence_of;"
        "from vizcore import zoo;"
        "[presence_of(w) for entry in zoo.architectures() for w in weights_of(entry)];"
        "sys.exit(any(name in sys.modules for name in ('torch', 'torchvision', 'timm')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
