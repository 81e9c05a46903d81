"""The study of left-out layers: counted again, paired by seed, said with its uncertainty."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import vizcore as vc
from vizcore import ablation_study, trained
from vizcore.ablation_study import ablation, networks, published, rows
from vizcore.cli import ablation as command
from vizcore.errors import NotApplicable, UnknownName, WeightsError
from vizcore.proportions import mcnemar, paired_difference
from vizcore.records.ablation import named
from vizcore.runtime.weights import assets_folder
from vizcore.training.programmes import programme
from vizcore.zoo.ablated import BUNDLED, STUDY, build_without

KEY = "zfnet_photos20"


def right(wrong: int) -> list[int]:
    """Test predictions of which the first `wrong` are false."""
    _, labels = trained.pictures("Photos-20", "test")
    found = labels.copy()
    found[:wrong] = (found[:wrong] + 1) % 20
    return [int(k) for k in found]


def row(removed: tuple[int, ...], seed: int, wrong: int) -> dict[str, object]:
    params, macs = ablation_study.count(KEY, removed)
    return {
        "removed": list(removed),
        "seed": seed,
        "params": params,
        "macs": macs,
        "validation": 0.5,
        "test": 1 - wrong / 376,
        "predictions": {"validation": [], "test": right(wrong)},
        "epochs": 64,
    }


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write made-up results, and have the study read them."""
    monkeypatch.setattr(ablation_study, "folder", lambda: tmp_path)

    def write(*rows: dict[str, object]) -> None:
        (tmp_path / f"{KEY}.json").write_text(json.dumps({"recipe": {}, "runs": rows}))

    return write


def test_pairs_of_seeds_and_what_tells_them_apart(results):
    results(
        *(row((), seed, 20) for seed in (21, 22)),
        *(row((3, 4), seed, 60) for seed in (21, 22)),
        row((7,), 21, 22),
        row((7,), 23, 370),  # no whole one of this seed
        *(row((6, 7), seed, wrong) for seed, wrong in ((21, 60), (22, 1))),
    )
    study = ablation(KEY)
    whole, (seven, both, convolutions, four) = study.whole, study.versions
    assert [run.seed for run in whole.runs] == [20, 21, 22]  # the card's own among them
    assert [drop.seed for drop in study.drops(convolutions)] == [21, 22]
    assert study.points(convolutions) == pytest.approx(100 * 40 / 376)
    assert study.drops(convolutions)[0].only_whole == 40
    assert study.drops(convolutions)[0].only_without == 0
    assert study.drops(convolutions)[0].p_value == mcnemar(40, 0)
    drop = study.drops(convolutions)[0]
    assert (drop.both, drop.neither) == (316, 20)
    low, high = drop.interval
    assert (low / 100, high / 100) == pytest.approx(paired_difference(316, 40, 0, 20))
    assert low < drop.points < high
    assert study.interval(convolutions) == drop.interval  # two seeds alike
    worse, better = (each.interval for each in study.drops(both))
    assert study.interval(both) == (better[0], worse[1])
    assert study.interval(four) is None
    assert study.told_apart(convolutions)
    assert study.level == 0.05 / 4
    assert [drop.seed for drop in study.drops(seven)] == [21]
    assert study.drops(seven)[0].p_value == 0.5  # two pictures
    assert not study.told_apart(seven)
    assert all(drop.p_value < 0.05 for drop in study.drops(both))
    assert not study.told_apart(both)  # once better, once worse
    assert study.points(four) is None
    assert not study.told_apart(four)
    assert convolutions.spread_test == 0
    assert seven.runs[0].interval[0] < seven.runs[0].test < seven.runs[0].interval[1]


def test_one_p_value_below_a_twentieth_among_four_versions_tells_nothing(results):
    results(row((), 21, 20), row((3, 4), 21, 26), row((6, 7), 21, 29))
    study = ablation(KEY)
    six, nine = study.versions[2], study.versions[1]
    assert study.drops(six)[0].p_value == mcnemar(6, 0) == 0.03125
    assert not study.told_apart(six)
    assert study.drops(nine)[0].p_value == mcnemar(9, 0) < 0.0125
    assert study.told_apart(nine)


def test_rows_say_all_of_it(results):
    results(row((), 21, 20), row((7,), 21, 22))
    made = rows(ablation(KEY))
    assert [each["removed"] for each in made] == ["7", "6 7", "3 4", "3 4 6 7"]
    assert made[0]["drop_points"] == pytest.approx(100 * 2 / 376)
    assert made[1]["drop_points"] is None
    assert made[0]["zeiler_fergus_top1_points"] == -0.5
    assert made[3]["lecture_points"] == 33.5


def test_parameters_are_those_of_the_networks():
    for key in BUNDLED:
        study = ablation(key)
        for version in (study.whole, *study.versions):
            network = build_without(key, version.removed)
            assert version.params == sum(p.numel() for p in network.parameters())
        assert study.whole.macs == trained.card(key).macs


def test_published_numbers_hold_the_lectures_claims():
    for each in published():
        assert int(each.params_claim.computed) == each.saved_two_towers
        assert each.lecture_points == float(each.drop_claim.stated.split()[0])
    assert [each.top1_points for each in published()] == [-0.5, 4.3, 4.9, 30.8]
    assert [each.top5_points for each in published()] == [0.3, 4.3, 4.0, 32.0]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"params": 5}, "tell of 5 parameters"),
        ({"test": 0.5}, "contradict themselves"),
        ({"predictions": {"test": [1, 2]}}, "cannot be read"),
        ({"removed": [1]}, "cannot be read|contradict|tell of"),
    ],
)
def test_results_that_do_not_fit_are_refused(results, changes, complaint):
    results({**row((7,), 21, 22), **changes})
    with pytest.raises(WeightsError, match=complaint):
        ablation(KEY)


def test_refusals_and_machines_without_results(results, drawn_weights):
    with pytest.raises(UnknownName, match="zfnet_photos20"):
        ablation("resnet14_photos20")
    with pytest.raises(NotApplicable, match="holds no predictions"):
        ablation(KEY)  # a card that was drawn, not trained
    assert networks() == (KEY,)
    assert vc.ablation is ablation


@pytest.mark.parametrize("key", BUNDLED)
def test_what_ships_was_trained_by_the_networks_own_recipe(key):
    path = assets_folder() / "weights" / "ablation" / f"{key}.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    what = programme(key)
    recipe = found["recipe"]
    assert recipe.items() <= asdict(what.recipe).items()
    assert {row["epochs"] for row in found["runs"]} == {what.recipe.epochs}
    assert found["patches"]["test"] == 376
    study = ablation(key)  # counts again, and reads every prediction
    for version in study.versions:
        for run in version.runs:
            assert 0.2 < run.test <= 1, (version.removed, run.seed)
    for each in found["runs"]:
        assert {"torch", "numpy"} <= set(each["versions"])
        assert each["machine"]
        predicted = np.array(each["predictions"]["validation"])
        assert predicted.shape == (found["patches"]["validation"],)


def run_command(*words: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_the_command_prints_the_study(results, capsys):
    results(row((), 21, 20), *(row(removed, 21, 22) for removed in STUDY))
    assert run_command(KEY) == 0
    said = capsys.readouterr().out
    assert "without layers 3, 4, 6 and 7: 814,208 parameters saved, +0.5 points lost" in said
    low, high = 100 * np.array(paired_difference(354, 2, 0, 20))  # 20 wrong, and 22 with them
    assert f"+0.5 points lost (95% {low:+.1f} to {high:+.1f}, not told apart), 1 seed;" in said
    assert run_command(KEY, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)[0]["params_saved"] == 30336
    assert run_command("--format", "csv") == 0
    assert capsys.readouterr().out.count("\n") == 9  # a header, and four of each network
    assert named((6, 7)) == "layers 6 and 7"
