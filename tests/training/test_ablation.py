"""Retraining without layers: side by side is as alone, nothing is lost, results are measured."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vizcore.cli import ablation as command
from vizcore.errors import BadChoice, WeightsError
from vizcore.training import ablation, programmes
from vizcore.training.ablation import Run, results, retrain, runs, shared
from vizcore.training.datasets import PHOTOS20, DataSet
from vizcore.training.loop import train
from vizcore.zoo.ablated import STUDY, build_without

KEY = "zfnet_photos20"
ONE, TWO = Run(KEY, (3, 4, 6, 7), 20), Run(KEY, (3, 4), 20)


def few(part: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(len(part))
    return rng.integers(0, 256, (24, 64, 64, 3), dtype=np.uint8), np.arange(24) % 20


def drawn(recipe, rng) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 256, (40, 96, 96, 3), dtype=np.uint8), np.arange(40) % 20


@pytest.fixture(autouse=True, scope="module")
def tiny() -> Iterator[DataSet]:
    """Runs of two epochs of 40 pictures of noise."""
    whole = programmes.PROGRAMMES[KEY]
    data = replace(PHOTOS20, held_out=few, draw=drawn)
    recipe = replace(whole.recipe, epochs=2, per_class=2, warm_up=0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(programmes.PROGRAMMES, KEY, replace(whole, data=data, recipe=recipe))
        yield data


@pytest.fixture(scope="module")
def both(tiny: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two runs that were trained side by side, stopped on the way and resumed."""

    def stop(run: Run, row: dict[str, float]) -> None:
        if (run, row["epoch"]) == (TWO, 2):
            raise KeyboardInterrupt

    folder = tmp_path_factory.mktemp("both")
    with pytest.raises(KeyboardInterrupt):
        retrain([ONE, TWO], folder, machine="test", progress=False, report=stop)
    assert [run for run, _ in results(folder, KEY)] == [ONE]
    retrain([ONE, TWO], folder, machine="test", progress=False)
    return folder


def test_side_by_side_is_bit_for_bit_as_alone(both, tiny, tmp_path):
    alone = train(
        lambda: build_without(KEY, TWO.removed),
        tiny,
        programmes.PROGRAMMES[KEY].recipe,
        tmp_path / "alone.checkpoint",
        progress=False,
    )
    kept = torch.load(both / f"{TWO.name}.checkpoint", weights_only=True)
    assert kept["curve"] == list(alone.curve)
    for name, tensor in alone.network.state_dict().items():
        assert torch.equal(kept["network"][name], tensor), name


def test_results_are_measured_on_what_would_be_stored(both, tiny):
    (_, (made, row)) = results(both, KEY)
    assert made == ONE
    network = build_without(KEY, ONE.removed)
    state = torch.load(both / f"{ONE.name}.checkpoint", weights_only=True)["network"]
    network.load_state_dict(
        {name: v.half().float() if v.ndim > 1 else v for name, v in state.items()}
    )
    pictures, labels = few("test")
    with torch.no_grad():
        expected = network(tiny.standardise(pictures)).argmax(1).numpy()
    assert row["predictions"]["test"] == expected.tolist()
    assert row["test"] == (expected == labels).mean()
    assert row["params"] == sum(p.numel() for p in network.parameters())
    written = json.loads((both / f"{KEY}.json").read_text(encoding="utf-8"))
    assert written["patches"] == {"validation": 24, "test": 24}
    assert "seed" not in written["recipe"]


def test_results_that_are_there_are_not_made_again(both):
    before = (both / f"{KEY}.json").read_bytes()
    retrain([ONE, TWO], both, machine="test", report=lambda *each: pytest.fail("made again"))
    assert [run for run, _ in results(both, KEY)] == [TWO, ONE]
    assert (both / f"{KEY}.json").read_bytes() == before


def test_an_epochs_pictures_are_drawn_once_and_are_the_same(tiny):
    calls = []
    counted = replace(tiny, draw=lambda *given: (calls.append(1), drawn(*given))[1])
    recipe = programmes.PROGRAMMES[KEY].recipe
    many = shared(counted)
    for epoch in (0, 1):
        for _ in range(2):
            pairs = zip(many.batches(recipe, epoch), tiny.batches(recipe, epoch), strict=True)
            assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in pairs)
    assert len(calls) == 2
    assert many.standardise(few("test")[0]).shape == (24, 3, 64, 64)


def test_the_runs_of_a_study():
    assert [run.removed for run in runs(KEY, (20,))] == list(STUDY)  # the whole one's card ships
    assert [run.removed for run in runs(KEY, (21,))] == [(), *STUDY]
    assert Run(KEY, (), 21).name == "zfnet_photos20-whole-21"
    whole = ablation.build(Run(KEY, (), 21))
    assert next(name for name, _ in whole.named_children()) == "conv1"


def retrained(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(["--retrain", *words]))


def test_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ablation, "STUDY", ((3, 4, 6, 7),))
    assert retrained(KEY, "--epochs", "1", "--out", str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert "zfnet_photos20-without-3-4-6-7-20: validation accuracy" in said
    assert len(results(tmp_path, KEY)) == 1
    for words in ([KEY, "--epochs", "0"], ["resnet14_photos20"], [KEY, "--seed", "-1"]):
        with pytest.raises(BadChoice):
            retrained(*words, "--out", str(tmp_path))


def test_damaged_results_are_refused(tmp_path):
    (tmp_path / f"{KEY}.json").write_text('{"runs": [{"removed": [7]}]}')
    with pytest.raises(WeightsError, match=r"zfnet_photos20\.json cannot be read"):
        retrain([ONE], tmp_path, machine="test")
    (tmp_path / f"{KEY}.json").unlink()
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match="cannot be written"):
        retrain([ONE], tmp_path / "file", machine="test", progress=False)
