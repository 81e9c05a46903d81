"""The recipe on a tiny run: it learns, it survives a kill, and its parts do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import torch
from torch import nn

from vizcore.data import photos20
from vizcore.errors import WeightsError
from vizcore.training import loop
from vizcore.training.augment import Augmentation, augment
from vizcore.training.datasets import DIGITS10, PHOTOS20, DataSet
from vizcore.training.loop import Row, Trained
from vizcore.training.recipe import Recipe, learning_rate
from vizcore.zoo.photos20 import zfnet_photos20

TINY = Recipe(epochs=3, per_class=4, batch=20, warm_up=1.0)
STILL = Augmentation(turn_degrees=0, zoom=1, light=0, colour=0, grey=0, noise=0)


def train(recipe: Recipe, checkpoint: Path, **options: Any) -> Trained:
    return loop.train(zfnet_photos20, PHOTOS20, recipe, checkpoint, progress=False, **options)


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(n == m and torch.equal(a, b) for (n, a), (m, b) in pairs)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(TINY, tmp_path_factory.mktemp("whole") / "run.checkpoint")


def test_the_curve_has_one_row_an_epoch(whole_run: Trained) -> None:
    assert [row["epoch"] for row in whole_run.curve] == [1, 2, 3]
    assert all(0 <= row["validation"] <= 1 and row["loss"] > 0 for row in whole_run.curve)
    assert not whole_run.network.training
    assert list(whole_run.network._modules)[:3] == ["conv1", "relu1", "pool1"]


def test_stopped_and_resumed_equals_uninterrupted(tmp_path: Path, whole_run: Trained) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, stop_after=1)
    resumed = train(TINY, checkpoint)
    assert same(resumed.network, whole_run.network)
    assert resumed.curve == whole_run.curve


def test_nothing_is_left_to_train_when_done(tmp_path: Path, whole_run: Trained) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint)
    rows: list[Row] = []
    again = train(TINY, checkpoint, report=lambda row, network: rows.append(row))
    assert rows == []
    assert same(again.network, whole_run.network)


@pytest.mark.slow
def test_a_killed_process_loses_nothing(tmp_path: Path, whole_run: Trained) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    threads = torch.get_num_threads()
    script = (
        "from pathlib import Path; import torch\n"
        "from vizcore.training.augment import Augmentation\n"
        "from vizcore.training.datasets import PHOTOS20\n"
        "from vizcore.training.loop import train\n"
        "from vizcore.training.recipe import Recipe\n"
        "from vizcore.zoo.photos20 import zfnet_photos20\n"
        f"torch.set_num_threads({threads})\n"
        f"train(zfnet_photos20, PHOTOS20, {TINY!r}, Path({str(checkpoint)!r}),\n"
        "      report=lambda row, network: print('epoch', flush=True), progress=False)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(loop.__file__).parents[2])},
    )
    assert process.stdout is not None
    with process.stdout:
        for _ in range(2):  # the first epoch is on the disk when the second is told of
            assert process.stdout.readline() == "epoch\n"
        process.kill()
        process.wait()
    resumed = train(TINY, checkpoint)
    assert same(resumed.network, whole_run.network)
    assert resumed.curve == whole_run.curve


def test_a_kill_while_writing_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_run: Trained
) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, stop_after=1)

    def killed(state: object, file: BinaryIO) -> None:
        file.write(b"half of it")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, checkpoint)
    assert same(train(TINY, checkpoint).network, whole_run.network)


def test_another_recipe_does_not_go_on(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, stop_after=1)
    with pytest.raises(WeightsError, match="another recipe"):
        train(replace(TINY, seed=1), checkpoint)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 cut"])
def test_a_damaged_checkpoint_is_said(tmp_path: Path, content: bytes) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    checkpoint.write_bytes(content)
    with pytest.raises(WeightsError, match="no checkpoint of a training, or damaged"):
        train(TINY, checkpoint)


def test_the_checkpoint_of_another_network_is_said(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, stop_after=0)
    other = partial(zfnet_photos20, num_classes=3)
    with pytest.raises(WeightsError, match="is of another network"):
        loop.train(other, PHOTOS20, TINY, checkpoint, progress=False)


def test_another_seed_gives_another_network(tmp_path: Path) -> None:
    one, other = (train(replace(TINY, seed=s), tmp_path / f"{s}", stop_after=1) for s in (1, 2))
    assert not same(one.network, other.network)


@pytest.mark.slow
def test_it_learns(tmp_path: Path) -> None:
    calm = replace(TINY, epochs=6, per_class=20, weight_decay=0.0, augmentation=STILL)
    curve = train(calm, tmp_path / "run.checkpoint").curve
    assert curve[-1]["loss"] < curve[0]["loss"] - 0.3
    assert curve[-1]["validation"] > 0.15  # chance is 0.05


def test_the_learning_rate_climbs_then_falls_to_nothing() -> None:
    recipe = Recipe(epochs=10, warm_up=2.0)
    rates = [learning_rate(recipe, t / 4) for t in range(41)]
    assert max(rates) == rates[8] == recipe.learning_rate
    assert rates[:9] == sorted(rates[:9])
    assert rates[8:] == sorted(rates[8:], reverse=True)
    assert rates[-1] == 0
    assert rates[24] == pytest.approx(recipe.learning_rate / 2)  # half way down the cosine
    assert rates[16] == pytest.approx(recipe.learning_rate * (0.5 + 0.5**1.5))


def test_still_augmentation_only_mirrors() -> None:
    patches = torch.randint(0, 256, (40, 64, 64, 3), dtype=torch.uint8)
    changed = augment(patches, STILL, 64, torch.Generator().manual_seed(0))
    unit = patches.permute(0, 3, 1, 2).float() / 255
    as_was = (changed - unit).abs().amax((1, 2, 3)) < 1e-4
    mirrored = (changed - unit.flip(3)).abs().amax((1, 2, 3)) < 1e-4
    assert (as_was | mirrored).all()
    assert as_was.any()
    assert mirrored.any()


@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_turned_patches_read_nothing_outside_their_window(
    monkeypatch: pytest.MonkeyPatch, zoom: float
) -> None:
    """The places to read from, in -1..1 across the window, must never lie beyond it."""
    places = []

    def watched(unit: torch.Tensor, grid: torch.Tensor, **options: object) -> torch.Tensor:
        places.append(grid)
        return unit[:, :, :64, :64]

    monkeypatch.setattr("torch.nn.functional.grid_sample", watched)
    turning = replace(STILL, turn_degrees=45.0, zoom=zoom)
    patches = torch.zeros(400, 80, 80, 3, dtype=torch.uint8)
    augment(patches, turning, 64, torch.Generator().manual_seed(0))
    assert places[0].abs().max() <= 1.0
    assert places[0].abs().amax((1, 2, 3)).min() > 0.9 / zoom  # and not needlessly far inside


def test_grey_patches_are_grey() -> None:
    patches = torch.randint(0, 256, (8, 64, 64, 3), dtype=torch.uint8)
    grey = augment(patches, replace(STILL, grey=1.0), 64, torch.Generator().manual_seed(0))
    assert torch.equal(grey[:, 0], grey[:, 1])
    assert torch.equal(grey[:, 1], grey[:, 2])


def test_digits_are_moved_over_black_and_never_mirrored() -> None:
    """A white dot a quarter of the side from the left stays near there and keeps its light."""
    digits = torch.zeros(200, 32, 32, 1, dtype=torch.uint8)
    digits[:, 15:17, 7:9] = 255
    how = replace(STILL, shift=0.1, mirror=False, inside=False)
    moved = augment(digits, how, 32, torch.Generator().manual_seed(0))
    assert moved.shape == (200, 1, 32, 32)
    columns = (moved.sum((1, 2)) * torch.arange(32)).sum(1) / moved.sum((1, 2, 3))
    rows = (moved.sum((1, 3)) * torch.arange(32)).sum(1) / moved.sum((1, 2, 3))
    assert columns.min() > 7.5 - 3.3
    assert columns.max() < 7.5 + 3.3
    assert columns.std() > 1
    assert rows.std() > 1
    torch.testing.assert_close(moved.sum((1, 2, 3)), torch.full((200,), 4.0), rtol=0.01, atol=0)


def test_made_smaller_only_where_the_outside_is_known() -> None:
    digits = torch.zeros(300, 32, 32, 1, dtype=torch.uint8)
    digits[:, 8:24, 8:24] = 255
    how = replace(STILL, zoom=1.5, mirror=False, inside=False)
    area = augment(digits, how, 32, torch.Generator().manual_seed(0)).sum((1, 2, 3))
    assert 256 / 1.5**2 * 0.95 < area.min() < 140
    assert 480 < area.max() < 256 * 1.5**2 * 1.05


@pytest.mark.parametrize("data", [PHOTOS20, DIGITS10], ids=lambda data: data.name)
def test_predictions_leave_the_mode_alone(data: DataSet) -> None:
    channels, classes = len(data.preprocessing.mean), len(data.classes)
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    rgb, labels = data.held_out("test")
    assert loop.predictions(network.train(), data, rgb[:9]).shape == (9,)
    assert network.training
    assert 0 <= loop.accuracy(network, data, rgb, labels) <= 1


def test_an_epoch_of_digits_draws_none_twice_before_all_were_drawn() -> None:
    recipe = Recipe(per_class=100, batch=64, augmentation=replace(STILL, mirror=False))
    batches = list(DIGITS10.batches(recipe, 0))
    assert len(batches) == DIGITS10.steps(recipe) == 16
    inputs, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    assert torch.bincount(labels).tolist() == [100] * 10
    assert len(torch.unique(inputs.flatten(1), dim=0)) == 1000
    again = torch.cat([inputs for inputs, _ in DIGITS10.batches(recipe, 0)])
    assert torch.equal(inputs, again)
    assert not torch.equal(inputs, torch.cat([x for x, _ in DIGITS10.batches(recipe, 1)]))


def test_the_stated_mean_and_deviation_are_those_of_training_pictures() -> None:
    rgb, _ = photos20.training_patches(60, np.random.default_rng(5))
    digits, _ = DIGITS10.held_out("train")
    for data, pictures, slack in ((PHOTOS20, rgb, 0.02), (DIGITS10, digits, 0.005)):
        unit = pictures.reshape(-1, pictures.shape[-1]) / 255.0
        np.testing.assert_allclose(unit.mean(0), data.preprocessing.mean, atol=slack)
        np.testing.assert_allclose(unit.std(0), data.preprocessing.std, atol=slack)


def test_standardised_as_the_app_standardises() -> None:
    rgb, _ = PHOTOS20.held_out("test")
    ours = PHOTOS20.standardise(rgb[:5]).numpy()
    np.testing.assert_allclose(ours, PHOTOS20.preprocessing.standardise(rgb[:5]), atol=1e-6)


def test_a_checkpoint_that_cannot_be_written_is_found_before_the_first_epoch(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"")
    told: list[Row] = []
    with pytest.raises(WeightsError, match=r"run.checkpoint cannot be written"):
        train(TINY, tmp_path / "file" / "run.checkpoint", report=lambda row, _: told.append(row))
    assert not told
