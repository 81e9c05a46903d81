"""Layer ablation: the bars' numbers, the published ones, links, refusals, files."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from tests.test_ablation_study import row
from vizcore.figures import ablation as figures
from vizcore.runtime.weights import assets_folder
from vizcore.ui.room import Room
from vizcore.zoo.ablated import BUNDLED, STUDY

KEY = "zfnet_photos20"


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Assets with results of two seeds that are made up, and none of the other network."""
    folder = tmp_path_factory.mktemp("assets")
    (folder / "weights" / "ablation").mkdir(parents=True)
    for key in BUNDLED:
        shutil.copy(assets_folder() / "weights" / f"{key}.json", folder / "weights")
    runs = [
        row((), 21, 30),
        *(row(removed, 21, 30) for removed in STUDY[:3]),
        row(STUDY[3], 21, 99),
    ]
    (folder / "weights" / "ablation" / f"{KEY}.json").write_text(json.dumps({"runs": runs}))
    return folder


@pytest.fixture(autouse=True)
def in_use(made_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(made_up))


def test_the_answer_says_what_is_told_apart_and_what_is_not():
    said = texts(open_page("ablation"))
    assert "without layers 6 and 7 saves" in said
    assert ">46%</b> of its parameters and loses 0.0 points (95% " in said
    low, high = vc.ablation(KEY).interval(vc.ablation(KEY).versions[-1])
    assert 14 < low < 18.4 < high < 23
    assert f"loses <b>18.4 points</b> (95% {low:.1f} to {high:.1f}) on 376 test patches." in said
    assert "So reduced, AlexNet lost 30.8." in said
    assert "1 seed, and held against" in said


def test_a_network_that_was_not_retrained_says_so():
    at = open_page("ablation", network="alexnet_photos20")
    said = texts(at)
    assert "its accuracy is not measured yet" in said
    assert ">21%</b> of its parameters" in said
    assert "not retrained yet" in said


@pytest.mark.parametrize("error", figures.ERRORS)
def test_all_its_parts(error):
    at = open_page("ablation", error=error)
    for label in (
        "Every training in numbers",
        "The lecture's numbers and the paper's, counted again",
        "The networks that are left, in the Design room",
        "How it is measured, and what it cannot say",
    ):
        at.session_state[f"kept.open.ablation.{label}"] = True
    at.run()
    assert not at.exception
    said = texts(at)
    for number in ("49,414,144", "16,781,312", "1,696,512", "2,507,520", "does not hold"):
        assert number in said, number
    assert "/design?net=input_3x64x64_conv7-64~2" in said
    assert "here layers 4, 5" in said
    assert "277 of 376" in said
    assert "69 / 0" in said


def test_the_charts_bars_are_the_studys_numbers():
    study = vc.ablation(KEY)
    for error, points in (("top1", [-0.5, 4.3, 4.9, 30.8]), ("top5", [0.3, 4.3, 4.0, 32.0])):
        bars = figures.draw_ablation(study, error).data
        assert list(bars[0].x) == pytest.approx(
            [100 * study.saved(version) / study.whole.params for version in study.versions]
        )
        assert list(bars[1].x) == pytest.approx(
            [100 * each.saved_one_tower / 62_378_344 for each in study.published]
        )
        assert list(bars[2].x) == [study.points(version) for version in study.versions]
        assert list(bars[2].marker.opacity) == [0.4, 0.4, 0.4, 1.0]
        reach = [study.interval(version) for version in study.versions]
        ends = zip(bars[2].x, bars[2].error_x.arrayminus, bars[2].error_x.array, strict=True)
        for (at, below, above), (low, high) in zip(ends, reach, strict=True):
            assert (at - below, at + above) == pytest.approx((low, high))
        assert list(bars[3].text) == ["0.0", "0.0", "0.0", "18.4"]  # at the intervals' ends
        assert list(bars[3].x) == pytest.approx([high for _, high in reach])
        assert bars[3].offsetgroup == bars[2].offsetgroup
        assert list(bars[4].x) == points
        assert list(bars[5].x) == [1.1, 5.7, 3.0, 33.5]


def test_links_open_the_networks_that_are_left():
    from vizcore.ui.ablation_views import design_links
    from vizcore.zoo.notation import design, from_address

    study = vc.ablation(KEY)
    for version, line in zip((study.whole, *study.versions), design_links(study), strict=True):
        notation = from_address(line.partition("net=")[2].partition(")")[0])
        network = design(notation, weights=False)
        assert sum(p.numel() for p in network.parameters()) == version.params
    at = open_page("design", net=design_links(study)[4].partition("net=")[2].partition(")")[0])
    assert not at.warning
    assert "315K" in texts(at)


def test_refusals_code_and_files(monkeypatch):
    offered = {}
    monkeypatch.setattr(
        Room, "offer", lambda self, *files: offered.update({each.label: each for each in files})
    )
    at = open_page("ablation", network="resnet14_photos20")
    assert "Allowed: alexnet_photos20, zfnet_photos20" in texts(at)
    next(each for each in at.button if each.label == "Use alexnet_photos20").click().run()
    assert "<b>AlexNet, small</b>" in texts(at)
    at = open_page("ablation")
    names: dict[str, object] = {}
    exec(code_of(at, "ablation"), names)
    study = names["study"]
    rows = list(csv.DictReader(io.StringIO(str(offered["Study, CSV"].make()))))
    assert [int(each["params_saved"]) for each in rows] == [
        study.saved(version) for version in study.versions
    ]
    assert len(json.loads(offered["Study, JSON"].make())["versions"]) == 4
    assert "Zeiler" in offered["Chart, HTML"].make()
