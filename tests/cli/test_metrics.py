"""`metrics`, as a script sees it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import vizcore as vc
from vizcore.__main__ import main
from vizcore.data.samples import sample
from vizcore.records.trust import MetricSettings

KEY = "zfnet_photos20"
QUICK = ["--steps", "4", "--random-orders", "2", "--removals", "8", "--nudges", "2"]
HOW = MetricSettings(steps=4, random_orders=2, removals=8, nudges=2, deletion_baseline="zero")


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("metrics") / "coffee.png"
    path.write_bytes(sample("coffee").read())
    return path


def test_the_command_tells_and_writes_what_the_function_gives(photo, capsys):
    out, curves = photo.with_name("table.csv"), photo.with_name("curves.csv")
    start = ["metrics", KEY, "--image", str(photo), "--device", "cpu", "--deleted", "zero", *QUICK]
    two = ["--method", "lrp", "--method", "gradient"]
    assert main([*start, *two, "--json", "--out", str(out), "--curves", str(curves)]) == 0
    told = json.loads(capsys.readouterr().out)
    found = vc.map_metrics(KEY, photo, ["lrp", "gradient"], settings=HOW, device="cpu")
    assert told["class"] == found.target_class
    assert told["out"] == [str(out), str(curves)]
    assert [row["method"] for row in told["methods"]] == ["lrp", "gradient"]
    for row, expected in zip(told["methods"], found.rows, strict=True):
        assert row["deletion"] == pytest.approx(expected.curves.deletion.area)
        assert row["not_foretold"] == pytest.approx(expected.unexplained)
        assert row["sensitivity"] == pytest.approx(expected.sensitivity)
    assert not told["methods"][0]["completeness_holds"]
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert float(rows[1]["infidelity"]) == pytest.approx(found.rows[1].infidelity)
    assert len(curves.read_text().splitlines()) == 1 + 2 * 5 * (2 + 2)


def test_the_command_says_how_it_measured_and_what_did_not_apply(photo, capsys):
    start = ["metrics", KEY, "--image", str(photo), "--device", "cpu", *QUICK]
    assert main([*start, "--method", "cam", "--method", "gradient"]) == 0
    said = capsys.readouterr().out
    assert "4 parts, 2 random orders, 8 squares of 16 x 16 pixels, 2 disturbed inputs" in said
    assert "cam           The scores are no linear function" in said
    assert "random order" in said
    assert main([*start, "--method", "lrp"]) == 0
    assert "lrp: Network rewritten: 1 Flatten made a call" in capsys.readouterr().out
    assert main([*start, "--removals", "0"]) == 2
    assert "removals cannot be '0'" in capsys.readouterr().err
    assert main([*start, "--out", "table.png"]) == 2
    assert "a file ending in .csv" in capsys.readouterr().err
