"""`python -m vizcore models`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from vizcore import zoo
from vizcore.__main__ import main
from vizcore.zoo import catalogue as catalogue_file
from vizcore.zoo import pretrained_counts


def test_json_is_a_list_of_records(capsys) -> None:
    assert main(["models", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["key"] for record in records] == [e.key for e in zoo.architectures()]
    for record in records:
        assert {"key", "family", "year", "source", "params", "macs", "input_shape", "name"} <= set(
            record
        )
        assert record["params"] > 0
        assert record["macs"] > 0
        assert len(record["input_shape"]) == 3
    vgg = next(record for record in records if record["key"] == "vgg_d")
    assert (vgg["source"], vgg["year"], vgg["family"]) == ("torchvision:vgg16", 2014, "VGG")
    assert vgg["params"] == 138_357_544
    assert vgg["published"]["top5"] == 9.618
    assert "vgg16" in vgg["aliases"]


def test_the_list_and_a_search(capsys) -> None:
    assert main(["models"]) == 0
    everything = capsys.readouterr().out.splitlines()
    assert len(everything) == len(zoo.architectures()) + 1
    assert main(["models", "vgg", "2014"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "key", "family", "year", "parameters", "MACs", "input", "source",
    ]  # fmt: skip
    assert len(lines) == len(zoo.find("vgg 2014")) + 1
    assert "138,357,544" in next(line for line in lines if line.startswith("vgg_d "))


def test_a_search_without_a_result_is_an_empty_list(capsys) -> None:
    assert main(["models", "nothing of this name", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_refresh_writes_the_file_that_is_there(capsys, monkeypatch) -> None:
    written, counted = [], []
    monkeypatch.setattr(catalogue_file, "write_catalogue", written.extend)
    monkeypatch.setattr(pretrained_counts, "write_counts", counted.extend)
    few = tuple(zoo.get(key) for key in ("alexnet", "zfnet_photos20", "efficientnet_b2"))
    monkeypatch.setattr("vizcore.api.models", lambda: few)
    assert main(["models", "zfnet", "--refresh"]) == 0
    assert written == [catalogue_file.counts_of(entry.key) for entry in few]
    assert [(each.key, each.side_px) for each in counted] == [("efficientnet_b2", 288)]
    assert "zfnet_photos20" in capsys.readouterr().out


def test_the_file_is_what_refresh_would_write(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(catalogue_file, "files", lambda package: tmp_path)
    catalogue_file.write_catalogue(catalogue_file.catalogue().values())
    monkeypatch.undo()
    written = (tmp_path / "catalogue.csv").read_text(encoding="utf-8")
    assert catalogue_file.files("vizcore.reference").joinpath("catalogue.csv").read_text(
        encoding="utf-8"
    ) == written  # fmt: skip


def test_listing_loads_no_torch() -> None:
    code = (
        "import sys; from vizcore.__main__ import main; main(['models', '--json']);"
        "assert not {'torch', 'torchvision', 'timm', 'streamlit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_help_and_no_command(capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "layers" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
