"""The recipe on a tiny run: it learns, it survives a kill, and its parts do what they say."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from vizcore.data import photos20
from vizcore.errors import WeightsError
from vizcore.training import recipe as recipes
from vizcore.training.augment import Augmentation, augment
from vizcore.training.recipe import Recipe, learning_rate, train

TINY = Recipe(epochs=3, per_class=4, batch=20, warm_up=1.0, cool_down=1.0)
STILL = Augmentation(turn_degrees=0, zoom=1, light=0, colour=0, grey=0, noise=0)


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(n == m and torch.equal(a, b) for (n, a), (m, b) in pairs)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> recipes.Trained:
    return train(TINY, tmp_path_factory.mktemp("whole") / "run.checkpoint", progress=False)


def test_the_curve_has_one_row_an_epoch(whole_run: recipes.Trained) -> None:
    assert [row["epoch"] for row in whole_run.curve] == [1, 2, 3]
    assert all(0 <= row["validation"] <= 1 and row["loss"] > 0 for row in whole_run.curve)
    assert not whole_run.network.training
    assert list(whole_run.network._modules)[:3] == ["conv1", "relu1", "pool1"]


def test_stopped_and_resumed_equals_uninterrupted(
    tmp_path: Path, whole_run: recipes.Trained
) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, stop_after=1, progress=False)
    resumed = train(TINY, checkpoint, progress=False)
    assert same(resumed.network, whole_run.network)
    assert resumed.curve == whole_run.curve


def test_nothing_is_left_to_train_when_done(tmp_path: Path, whole_run: recipes.Trained) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, progress=False)
    rows: list[dict[str, float]] = []
    again = train(TINY, checkpoint, report=rows.append, progress=False)
    assert rows == []
    assert same(again.network, whole_run.network)


@pytest.mark.slow
def test_a_killed_process_loses_nothing(tmp_path: Path, whole_run: recipes.Trained) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    threads = torch.get_num_threads()
    script = (
        "from pathlib import Path; import torch\n"
        "from vizcore.training.recipe import Augmentation, Recipe, train\n"
        f"torch.set_num_threads({threads})\n"
        f"train({TINY!r}, Path({str(checkpoint)!r}),\n"
        "      report=lambda row: print('epoch', flush=True), progress=False)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(recipes.__file__).parents[2])},
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "epoch\n"
        process.kill()
        process.wait()
    resumed = train(TINY, checkpoint, progress=False)
    assert same(resumed.network, whole_run.network)
    assert resumed.curve == whole_run.curve


def test_a_kill_while_writing_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_run: recipes.Trained
) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, stop_after=1, progress=False)

    def killed(state: object, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, checkpoint, progress=False)
    assert same(train(TINY, checkpoint, progress=False).network, whole_run.network)


def test_another_recipe_does_not_go_on(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    train(TINY, checkpoint, stop_after=1, progress=False)
    with pytest.raises(WeightsError, match="another recipe"):
        train(replace(TINY, seed=1), checkpoint, progress=False)


def test_another_seed_gives_another_network(tmp_path: Path) -> None:
    one, other = (
        train(replace(TINY, seed=s), tmp_path / f"{s}", stop_after=1, progress=False)
        for s in (1, 2)
    )
    assert not same(one.network, other.network)


@pytest.mark.slow
def test_it_learns(tmp_path: Path) -> None:
    calm = replace(TINY, epochs=6, per_class=20, weight_decay=0.0, augmentation=STILL)
    curve = train(calm, tmp_path / "run.checkpoint", progress=False).curve
    assert curve[-1]["loss"] < curve[0]["loss"] - 0.3
    assert curve[-1]["validation"] > 0.15  # chance is 0.05


def test_the_learning_rate_climbs_then_falls_to_nothing() -> None:
    recipe = Recipe(epochs=10, warm_up=2.0, cosine_epochs=18.0, cool_down=4.0)
    rates = [learning_rate(recipe, t / 4) for t in range(41)]
    assert max(rates) == rates[8] == recipe.learning_rate
    assert rates[:9] == sorted(rates[:9])
    assert rates[8:] == sorted(rates[8:], reverse=True)
    assert rates[-1] == 0
    # a quarter of the cosine's half wave, before the cool-down; then half of it, and half way down
    assert rates[24] == pytest.approx(recipe.learning_rate * (0.5 + 0.5**1.5))
    assert rates[32] == pytest.approx(recipe.learning_rate * (1 + math.cos(math.pi * 6 / 16)) / 4)


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


def test_predictions_leave_the_mode_alone() -> None:
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 20)).train()
    rgb, labels = photos20.held_out("test")
    assert recipes.predictions(network, rgb[:9]).shape == (9,)
    assert network.training
    assert 0 <= recipes.accuracy(network, rgb, labels) <= 1


def test_the_stated_mean_and_deviation_are_those_of_training_patches() -> None:
    rgb, _ = photos20.training_patches(60, np.random.default_rng(5))
    unit = rgb.reshape(-1, 3) / 255.0
    np.testing.assert_allclose(unit.mean(0), recipes.PREPROCESSING.mean, atol=0.02)
    np.testing.assert_allclose(unit.std(0), recipes.PREPROCESSING.std, atol=0.02)
