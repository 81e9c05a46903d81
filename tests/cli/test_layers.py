"""`python -m vizcore layers`, in this process and as a script would use it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from vizcore.__main__ import main


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["layers", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_json(capsys) -> None:
    data = json.loads(out_of(capsys, "vgg16", "--format", "json"))
    assert data["key"] == "vgg_d"
    assert data["input_shape"] == [1, 3, 224, 224]
    assert data["totals"]["params"] == 138_357_544
    assert data["totals"]["macs"] == 15_470_264_320
    assert {"name", "kind", "in_shape", "out_shape", "params", "macs", "activations",
            "receptive_field"} <= set(data["layers"][0])  # fmt: skip


def test_options(capsys) -> None:
    plain = json.loads(out_of(capsys, "vgg_d", "--format", "json"))["totals"]
    data = json.loads(
        out_of(capsys, "vgg_d", "--input-size", "192x256", "--batch", "2", "--no-bias", "--flops",
               "--dtype", "float16", "--training", "--format", "json")
    )  # fmt: skip
    assert data["input_shape"] == [2, 3, 192, 256]
    assert data["conventions"] == {
        "bias": False, "ops": "flops", "batch": 2, "dtype": "float16", "memory": "training",
    }  # fmt: skip
    assert data["totals"]["params"] == plain["weights"]
    first = data["layers"][0]
    assert first["flops"] == 2 * 2 * 192 * 256 * 64 * 27


@pytest.mark.parametrize(
    ("form", "start"),
    [("table", "alexnet_torchvision, input 1x3x64x64"), ("markdown", "alexnet_torchvision, input"),
     ("latex", "% needs"), ("csv", "index,name,kind")],
)  # fmt: skip
def test_forms(capsys, form: str, start: str) -> None:
    text = out_of(capsys, "alexnet", "--input-size", "64", "--format", form)
    assert text.startswith(start)
    if form == "csv":
        assert list(csv.DictReader(io.StringIO(text)))[-1]["name"] == "total"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["vgg17"], ["'vgg17'", "vgg16"]),
        (["vgg16", "--input-size", "7"], ["3x7x7", "features.16", "side of 32"]),
        (["vgg16", "--batch", "0"], ["batch", "from 1"]),
        (["vgg16", "--input-size", "0"], ["whole number from 1"]),
    ],
)
def test_bad_input_is_one_line_and_code_2(capsys, arguments, words) -> None:
    assert main(["layers", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    for word in words:
        assert word in captured.err


@pytest.mark.parametrize(
    "arguments",
    [["--input-size", "big"], ["--format", "yaml"], ["--batch", "x"], ["--dtype", "float8"]],
)
def test_bad_usage_is_code_2(capsys, arguments) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["layers", "vgg16", *arguments])
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough() -> None:
    command = [sys.executable, "-m", "vizcore", "layers", "densenet201", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_file_that_cannot_be_written_is_one_line_and_code_1(tmp_path) -> None:
    path = tmp_path / "table.txt"
    path.touch()
    with path.open() as unwritable:
        done = subprocess.run(
            [sys.executable, "-m", "vizcore", "blocks"],
            stdout=unwritable, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "The output cannot be read or written: Bad file descriptor.\n"


def test_files_get_utf8_whatever_the_system_would_write(tmp_path) -> None:
    """Windows gives a redirected stream its own code page, which lacks the table's rules."""
    done = subprocess.run(
        [sys.executable, "-m", "vizcore", "layers", "alexnet"],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"}, capture_output=True, check=True,
    )  # fmt: skip
    assert "─" in done.stdout.decode("utf-8")
