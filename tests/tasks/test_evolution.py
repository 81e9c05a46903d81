"""How filters came to be: tasks against the same computed by hand from the snapshot files."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import vizcore as vc
from tests.evolving import EPOCHS, KEY, change_card, rows_of, with_snapshots
from vizcore.data import photos20
from vizcore.errors import (
    BadChoice,
    BadImage,
    JobCancelled,
    NotApplicable,
    UnknownArchitecture,
    WeightsError,
)
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import Progress, run_here
from vizcore.tasks import evolution as tasks
from vizcore.zoo.photos20 import zfnet_photos20

PHOTO = np.random.default_rng(3).integers(0, 256, (80, 100, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(drawn_assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_snapshots(drawn_assets, tmp_path_factory.mktemp("evolving") / "assets")


@pytest.fixture
def evolving(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(folder))
    return folder


@pytest.fixture
def few_patches(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Twelve patches instead of hundreds."""
    patches = np.random.default_rng(8).integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    monkeypatch.setattr(tasks, "patches_searched", lambda searched: patches)
    return patches


def states(folder: Path) -> list[dict[str, torch.Tensor]]:
    return [
        {name: each.float() for name, each in load_file(folder / "weights" / row["file"]).items()}
        for row in rows_of(folder)
    ]


def networks(folder: Path) -> list[torch.nn.Module]:
    built = []
    for state in states(folder):
        network = zfnet_photos20().eval()
        network.load_state_dict(state)
        built.append(network)
    return built


def test_the_way_of_every_layer_by_hand(evolving):
    history = vc.evolution(KEY, device="cpu")
    assert history.epochs == EPOCHS
    assert history.validation == pytest.approx((0.1, 0.475, 0.6))
    weights = [
        {n.removesuffix(".weight"): w.double().numpy() for n, w in state.items() if "weight" in n}
        for state in states(evolving)
    ]
    assert [each.layer for each in history.layers] == [
        *("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
    ]
    for layer in history.layers:
        seen = [each[layer.layer] for each in weights]
        last = seen[-1]
        far = np.array([np.sqrt(((each - last) ** 2).sum()) for each in seen])
        np.testing.assert_allclose(layer.way_left_e, far / far[0], rtol=1e-6)
        assert layer.way_left_e[1] == pytest.approx(0.25, abs=0.01)
        rows = [each.reshape(len(each), -1) for each in seen]

        def turn(a: np.ndarray, b: np.ndarray) -> float:
            lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
            return float(np.mean(1 - (a * b).sum(axis=1) / lengths))

        steps = list(pairwise(rows))
        np.testing.assert_allclose(layer.cosine_g, [turn(*step) for step in steps], atol=1e-9)
        to_last = np.array([turn(each, rows[-1]) for each in rows])
        np.testing.assert_allclose(layer.turn_left_e, to_last / to_last[0], atol=1e-8)
        expected = [
            2 * np.linalg.norm(b - a) / (np.linalg.norm(a) + np.linalg.norm(b)) for a, b in steps
        ]
        np.testing.assert_allclose(layer.relative_g, expected, rtol=1e-6)
        assert (layer.way_left_e[0], layer.way_left_e[-1]) == (1, 0)


def test_the_kernels_are_the_snapshots_own(evolving):
    history = vc.evolution(KEY, device="cpu")
    weights = states(evolving)
    colour, grey = history.layer("conv1"), history.layer("conv3")
    assert colour is not None
    assert grey is not None
    assert colour.kernels_eshwp.shape == (3, 64, 7, 7, 3)
    assert grey.kernels_eshwp.shape == (3, 64, 3, 3, 1)
    assert grey.kernels == weights[0]["conv3.weight"][:, :, 0, 0].numel()
    for layer in (colour, grey):
        last = weights[-1][f"{layer.layer}.weight"].numpy()
        for place, (number, source) in enumerate(layer.shown):
            for epoch, state in enumerate(weights):
                kernel = state[f"{layer.layer}.weight"][number].numpy()
                kernel = kernel.transpose(1, 2, 0) if source < 0 else kernel[source][..., None]
                np.testing.assert_array_equal(layer.kernels_eshwp[epoch, place], kernel)
        norms = np.linalg.norm(layer.kernels_eshwp[-1].reshape(64, -1), axis=1)
        assert (np.diff(norms) <= 1e-6).all()
        every = last.reshape(len(last), -1) if layer is colour else last.reshape(layer.kernels, -1)
        assert norms[0] == pytest.approx(np.linalg.norm(every, axis=1).max(), rel=1e-5)
    assert history.layer("fc6").kernels_eshwp is None


def test_the_strongest_patches_by_hand(evolving, few_patches):
    found = vc.evolution_patches(KEY, "validation", device="cpu")
    assert (found.epochs, found.pictures) == (EPOCHS, 12)
    assert found.fields["conv1"].size == (7, 7)
    assert found.fields["conv5"].size == (83, 83)
    values = (few_patches / 255 - [0.5, 0.4, 0.3]) / [0.25, 0.24, 0.23]
    images = torch.tensor(values.transpose(0, 3, 1, 2), dtype=torch.float32)
    for place, network in enumerate(networks(evolving)):
        maps = images
        for name, module in network.named_children():
            if name == "flatten":
                break
            with torch.no_grad():
                maps = module(maps)
            if not isinstance(module, torch.nn.Conv2d):
                continue
            seen = found.found[place][name]
            assert seen.values_ck.shape == (maps.shape[1], 9)
            best = maps.flatten(2).max(dim=2).values
            expected = best.sort(dim=0, descending=True).values[:9].T
            np.testing.assert_allclose(seen.values_ck, expected, rtol=1e-3, atol=1e-4)
            for channel in (0, 5):
                number, (row, column) = seen.pictures_ck[channel, 0], seen.places_ckp[channel, 0]
                value = float(maps[number, channel, row, column])
                assert value == pytest.approx(float(seen.values_ck[channel, 0]), rel=1e-3)


def test_saliency_is_of_the_class_the_finished_network_says(evolving):
    found = vc.evolution_saliency(KEY, PHOTO, device="cpu")
    said = vc.predict(KEY, PHOTO, device="cpu")
    whole = vc.saliency(KEY, PHOTO, device="cpu")
    assert found.predictions[-1] == said
    np.testing.assert_allclose(found.maps[-1].values_hw, whole.values_hw, rtol=1e-4)
    assert {each.target for each in found.maps} == {said.indices[0]}
    first = networks(evolving)[0]
    image = torch.tensor(_input(), requires_grad=True)
    scores = first(image)
    assert found.predictions[0].indices[0] == int(scores.argmax())
    (gradient,) = torch.autograd.grad(scores[0, said.indices[0]], image)
    np.testing.assert_allclose(
        found.maps[0].values_hw, gradient[0].abs().amax(0).numpy(), rtol=1e-3, atol=1e-8
    )


def _input() -> np.ndarray:
    from vizcore.networks.offers import weights

    return weights(KEY).preprocessing.apply(PHOTO)


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine("cpu")
    yield engine
    engine.close()


def test_equal_tasks_are_computed_once_and_others_are_not_mixed_up(evolving, few_patches, engine):
    def made():
        return [
            tasks.evolution_task(KEY),
            tasks.evolution_patches_task(KEY, "training"),
            tasks.evolution_patches_task(KEY, "validation"),
            tasks.evolution_saliency_task(KEY, PHOTO),
            tasks.evolution_saliency_task(KEY, 255 - PHOTO),
        ]

    first = [engine.submit(task).result(120) for task in made()]
    assert len({task.key for task in made()}) == len(first)
    again = [engine.submit(task) for task in made()]
    assert all(job.result() is result for job, result in zip(again, first, strict=True))
    assert engine.metrics()["networks_loaded"] == 1


def test_other_snapshots_are_another_key(evolving):
    before = tasks.evolution_task(KEY).key
    rows = rows_of(evolving)
    try:
        change_card(evolving, snapshots=[rows[0] | {"sha256": "0" * 64}, *rows[1:]])
        assert tasks.evolution_task(KEY).key != before
    finally:
        change_card(evolving, snapshots=rows)


def test_the_loaded_network_is_left_as_it_was(evolving, engine):
    before = vc.predict(KEY, PHOTO, device="cpu")
    engine.submit(tasks.evolution_saliency_task(KEY, PHOTO)).result(60)
    from vizcore.tasks.prediction import prediction_task

    assert engine.submit(prediction_task(KEY, PHOTO)).result(60).scores == before.scores


def test_progress_counts_all_snapshots_and_the_search_can_be_cancelled(
    evolving, few_patches, engine
):
    task = tasks.evolution_patches_task(KEY)
    steps = task.work(task.network.load("cpu"))
    seen = [each for each in steps if isinstance(each, Progress)]
    assert [each.done for each in seen if each.total] == [12, 24, 36]
    assert {each.total for each in seen if each.total} == {36}
    assert "epoch 5" in seen[2].note
    steps = task.work(task.network.load("cpu"))
    next(steps)
    next(steps)
    steps.close()
    job = engine.submit(task)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result(60)


def test_a_task_can_be_sent_to_another_machine(evolving):
    task = tasks.evolution_task(KEY)
    sent = run_here(pickle.loads(pickle.dumps(task)))
    assert sent.layers[0].way_left_e.tolist() == run_here(task).layers[0].way_left_e.tolist()


@pytest.mark.parametrize("searched", ["training", "validation"])
def test_the_patches_searched_are_the_same_every_time(searched):
    first, again = (tasks.patches_searched(searched) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape[1:] == (64, 64, 3)
    assert first.dtype == np.uint8
    if searched == "training":
        assert len(first) == tasks.PER_CLASS * len(photos20.CLASSES)
    else:
        np.testing.assert_array_equal(first, photos20.held_out("validation")[0])


def test_what_has_no_past_is_told(evolving):
    with pytest.raises(WeightsError, match=r"'zfnet_photos20' with weights 'random' were kept"):
        vc.evolution(KEY, weights="random")
    with pytest.raises(WeightsError, match=f"There are some of: {KEY}") as caught:
        vc.evolution("alexnet_2012")
    assert caught.value.suggestions == (KEY,)
    with pytest.raises(UnknownArchitecture):
        vc.evolution("zfnet_photo")
    with pytest.raises(BadChoice, match="searched cannot be 'test'"):
        vc.evolution_patches(KEY, "test")  # type: ignore[arg-type]
    with pytest.raises(BadImage):
        vc.evolution_saliency(KEY, b"no picture")


def test_no_snapshots_on_this_machine(drawn_weights):
    assert tasks.keys_with_snapshots() == ()
    with pytest.raises(WeightsError, match="There are none on this machine"):
        vc.evolution(KEY)


def test_a_network_of_other_data_has_no_patches_to_search(evolving):
    data = json.loads((evolving / "weights" / f"{KEY}.json").read_text())["data"]
    try:
        change_card(evolving, data={"name": "Digits-10"})
        with pytest.raises(NotApplicable, match="trained on Digits-10"):
            vc.evolution_patches(KEY)
    finally:
        change_card(evolving, data=data)


def test_a_snapshot_of_another_network_is_told(evolving, tmp_path):
    from safetensors.torch import save

    rows = rows_of(evolving)
    content = save({"conv1.weight": torch.zeros(64, 3, 7, 7)})
    import hashlib

    (evolving / "weights" / "evolution" / "other.safetensors").write_bytes(content)
    other = {"file": "evolution/other.safetensors", "sha256": hashlib.sha256(content).hexdigest()}
    try:
        change_card(evolving, snapshots=[rows[0] | other, *rows[1:]])
        with pytest.raises(WeightsError, match="epoch 1 does not fit the network: "):
            vc.evolution(KEY)
    finally:
        change_card(evolving, snapshots=rows)
