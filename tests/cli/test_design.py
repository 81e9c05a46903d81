"""`python -m vizcore design`."""

from __future__ import annotations

import io
import json

import pytest

from vizcore.__main__ import main


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["design", *arguments]) == 0
    return capsys.readouterr().out


def test_a_notation_is_counted(capsys, monkeypatch):
    data = json.loads(out_of(capsys, "input 1x28x28", "conv5-6", "fc-10", "--format", "json"))
    assert data["totals"]["params"] == 156 + 28 * 28 * 6 * 10 + 10
    monkeypatch.setattr("sys.stdin", io.StringIO("conv3-8\nfc-2"))
    assert "conv1" in out_of(capsys, "-")


def test_an_original_is_edited_and_compared(capsys):
    text = out_of(capsys, "--from", "zfnet", "--remove", "3", "4", "--stack", "--pool-head",
                  "--format", "notation")  # fmt: skip
    assert "".join(text.split()[-2:]) == "gapfc-1000"
    assert "conv3-256 p0 conv3-256/2 p0" in text
    rows = out_of(capsys, "--from", "zfnet", "--remove", "7", "--against", "zfnet").splitlines()
    assert next(row.split(",")[2] for row in rows if row.startswith("removed")) in ("fc6", "fc7")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["conv3-64 maxpol"], "Line 1, column 10: 'maxpol' is no layer"),
        (["--from", "zfnett"], "zfnet"),
        ([], "Give a network in the notation, or --from"),
        (["--from", "vgg_d", "--stack"], "no 5x5 convolution"),
        (["--from", "zfnet", "--remove", "99"], "layer cannot be '99'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(capsys, arguments, said):
    assert main(["design", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
