"""`methods`, and the options of `saliency`, as a script sees them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import vizcore as vc
from vizcore.__main__ import main
from vizcore.data.samples import sample

KEY = "zfnet_photos20"


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "coffee.png"
    path.write_bytes(sample("coffee").read())
    return str(path)


def test_methods_says_what_applies_and_why_not(capsys):
    assert main(["methods", KEY, "--json", "--device", "cpu"]) == 0
    told = {fit["method"]: fit for fit in json.loads(capsys.readouterr().out)["fits"]}
    assert told["gradient"]["verdict"] == "applies"
    assert told["lrp"]["changes"] == ["1 Flatten made a call"]
    assert "global average pooling" in told["cam"]["reasons"][0]
    assert main(["methods", KEY, "--device", "cpu"]) == 0
    text = capsys.readouterr().out
    assert "refused    cam" in text
    assert text.strip().endswith("30 apply, 8 rewritten, 1 refused")


def test_saliency_takes_options_a_layer_and_a_second_class(photo, tmp_path, capsys):
    out = tmp_path / "map.npy"
    arguments = ["saliency", KEY, "--image", photo, "--out", str(out), "--json", "--device", "cpu"]
    more = ["--method", "integrated_gradients", "--option", "steps=4", "--option",
            "baseline=blurred", "--target", "1", "--against", "2"]  # fmt: skip
    assert main([*arguments, *more]) == 0
    told = json.loads(capsys.readouterr().out)
    expected = vc.saliency(
        KEY, photo, 1, method="integrated_gradients", against=2, device="cpu",
        options={"steps": 4, "baseline": "blurred"},
    )  # fmt: skip
    np.testing.assert_array_equal(np.load(out), expected.values_hw)
    assert told["options"]["steps"] == 4
    assert told["completeness"]["gap"] == expected.completeness.gap
    assert told["against"] == expected.against_class
    assert main([*arguments, "--method", "grad_cam", "--layer", "conv4"]) == 0
    assert json.loads(capsys.readouterr().out)["layer"] == "conv4"
    assert main([*arguments, "--method", "lime", "--option", "samples=few"]) == 2
    assert "samples cannot be 'few'" in capsys.readouterr().err


def test_the_sum_is_told_in_words(photo, tmp_path, capsys):
    out = str(tmp_path / "map.png")
    main(["saliency", KEY, "--image", photo, "--out", out, "--method", "lrp", "--device", "cpu"])
    said = capsys.readouterr().out
    assert "rewritten to the same function: 1 Flatten made a call" in said
    assert "Fails completeness: its values sum to" in said
    assert "Biases absorb" in said
