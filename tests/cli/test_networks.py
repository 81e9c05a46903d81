"""`python -m vizcore networks`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fleet_cards import small_fleet, write
from vizcore import trained
from vizcore.__main__ import main


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(write(tmp_path, *small_fleet())))


def test_json_holds_every_network_with_the_numbers_of_its_card(assets, capsys) -> None:
    assert main(["networks", "--json"]) == 0
    records = {each["key"]: each for each in json.loads(capsys.readouterr().out)}
    for card in small_fleet():
        record = records.pop(card["key"])
        assert record["test"] == card["accuracy"]["test"]
        assert record["params"] == card["params"]
        assert record["macs"] == card["macs"]
        assert record["sha256"] == card["sha256"]
        assert record["seeds"] == max(1, len(card["seeds"]))
    assert not records


def test_the_table_has_a_line_a_network(assets, capsys) -> None:
    assert main(["networks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("key")
    assert len(lines) == len(small_fleet()) + 1
    network = trained.card("plain50_photos20")
    line = next(line for line in lines if line.startswith("plain50_photos20 "))
    low, high = network.interval("test") or (0, 0)
    for text in (
        "700,000",
        "40,000,000",
        f"{network.test:.1%}",
        f"{100 * low:.1f} to {100 * high:.1f}%",
        f"{network.mean_test:.1%} ± {100 * (network.spread_test or 0):.1f} of 3",
    ):
        assert text in line
    digits = next(line for line in lines if line.startswith("lenet5_modern "))
    assert digits.split()[-1] == "-"


def test_the_shipped_fleet_is_listed_without_torch() -> None:
    code = (
        "import sys; from vizcore.__main__ import main; main(['networks']);"
        "assert not {'torch', 'torchvision', 'timm', 'streamlit', 'plotly'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "zfnet_photos20" in done.stdout


def test_a_damaged_card_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "zfnet_photos20.json").write_text("{")
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(tmp_path))
    assert main(["networks"]) == 2
    said = capsys.readouterr().err
    assert "zfnet_photos20.json cannot be read" in said
    assert said.count("\n") == 1
