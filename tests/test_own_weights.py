"""A person's own weights from the file to a prediction."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file

import vizcore as vc
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import UnfitWeights, UnknownWeights, WeightsError
from vizcore.networks import offers
from vizcore.networks.own import keep_own, own_weights, with_preprocessing
from vizcore.networks.presence import presence_of
from vizcore.runtime.jobs import finish
from vizcore.zoo import build
from vizcore.zoo.pretrained import imagenet_classes
from vizcore.zoo.weights import Weights

KEY = "lenet5_modern"
PICTURE = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return dict(build(KEY, seed=5, num_classes=3).state_dict())


@pytest.fixture
def file(tmp_path: Path, state: dict[str, torch.Tensor]) -> Path:
    path = tmp_path / "mine.safetensors"
    save_file(state, path)
    return path


def kept(state: dict[str, torch.Tensor], labels: bytes | None = None) -> Weights:
    content = save(state)
    steps = keep_own(
        io.BytesIO(content), len(content), KEY, title="mine.safetensors", labels=labels
    )
    return finish(steps)


def test_a_file_predicts_what_its_network_predicts(file: Path, tmp_path: Path):
    (tmp_path / "names.txt").write_text("one\ntwo\nthree\n")
    mine = own_weights(KEY, file, labels=tmp_path / "names.txt")
    assert mine.origin == "own"
    assert mine.classes == ("one", "two", "three")
    seen = vc.predict(KEY, PICTURE, weights=mine, top=3)
    network = build(KEY, seed=5, num_classes=3)
    with torch.no_grad():
        scores = network(torch.from_numpy(mine.preprocessing.apply(PICTURE)))[0]
    assert seen.indices == tuple(scores.argsort(descending=True).tolist())
    assert seen.scores == pytest.approx(scores[list(seen.indices)].tolist(), abs=1e-5)
    assert set(seen.classes) == {"one", "two", "three"}


def test_what_was_kept_is_found_by_its_name_and_is_the_same(
    file: Path, state: dict[str, torch.Tensor], own_cache: Path
):
    mine = kept(state)
    assert offers.weights(KEY, mine.name) == mine
    assert mine.name == own_weights(KEY, file).name
    assert mine.path is not None
    assert own_cache in mine.path.parents
    assert mine.sha256 == own_weights(KEY, file).sha256
    assert presence_of(mine).here
    assert vc.predict(KEY, PICTURE, weights=mine.name) == vc.predict(
        KEY, PICTURE, weights=own_weights(KEY, file)
    )
    assert mine.name not in [each.name for each in offers.weights_of(KEY)]


def test_they_are_of_one_architecture_alone(state: dict[str, torch.Tensor]):
    mine = kept(state)
    with pytest.raises(UnknownWeights):
        offers.weights("resnet18", mine.name)


def test_other_class_names_are_other_weights_for_every_cache(state: dict[str, torch.Tensor]):
    first, second = kept(state, b"a\nb\nc"), kept(state, b"x\ny\nz")
    assert first.name != second.name
    assert first.identity != second.identity
    assert first.sha256 == second.sha256
    assert offers.weights(KEY, first.name).classes == ("a", "b", "c")


def test_another_preprocessing_has_a_name_of_its_own(state: dict[str, torch.Tensor]):
    mine = kept(state)
    how = Preprocessing(40, 32, (0.1,), (0.3,))
    changed = with_preprocessing(mine, how)
    assert offers.weights(KEY, changed.name).preprocessing == how
    assert offers.weights(KEY, mine.name).preprocessing == mine.preprocessing
    assert changed.name != mine.name


def test_classes_without_names_are_numbered_and_a_thousand_are_imagenets():
    for classes, names in [(3, ("class 0", "class 1", "class 2")), (1000, imagenet_classes())]:
        state = dict(build(KEY, seed=5, num_classes=classes).state_dict())
        mine = kept(state)
        assert mine.classes == names
        assert any("no class names came" in note for note in mine.notes)


def test_the_preparation_is_that_of_the_default_weights(state: dict[str, torch.Tensor]):
    assert kept(state).preprocessing == offers.weights(KEY).preprocessing


def test_a_file_that_was_changed_after_its_check_is_not_loaded(
    state: dict[str, torch.Tensor], file: Path
):
    mine = own_weights(KEY, file)
    state["conv1.weight" if "conv1.weight" in state else next(iter(state))] += 1
    save_file(state, file)
    with pytest.raises(WeightsError, match="was changed since it was checked"):
        vc.predict(KEY, PICTURE, weights=mine)


def test_nothing_is_kept_of_what_does_not_fit(own_cache: Path):
    with pytest.raises(UnfitWeights):
        kept({"nonsense": torch.ones(3)})
    assert not list(own_cache.rglob("*.safetensors"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path, file: Path):
    with pytest.raises(WeightsError, match=r"none\.safetensors cannot be read: No such file"):
        own_weights(KEY, tmp_path / "none.safetensors")
    with pytest.raises(WeightsError, match=r"none\.txt cannot be read: No such file"):
        own_weights(KEY, file, labels=tmp_path / "none.txt")
