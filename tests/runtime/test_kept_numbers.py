"""The channels in numbers, kept on disk: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vizcore.records.unit import ChannelNumbers, NetworkNumbers
from vizcore.runtime.kept_numbers import KeptNumbers
from vizcore.runtime.scans import Scans, scan_key

KEY = scan_key(what="numbers", network="a")


def numbers() -> NetworkNumbers:
    draw = np.random.default_rng(2)
    layers = {
        name: ChannelNumbers(name, *(draw.normal(size=channels) for _ in range(3)), after_relu)
        for name, channels, after_relu in (("conv1", 4, True), ("pool", 2, False))
    }
    return NetworkNumbers("some pictures", 12, layers)


def test_what_is_kept_comes_back_bit_by_bit(tmp_path: Path) -> None:
    assert KeptNumbers(tmp_path).load(KEY) is None
    assert KeptNumbers(tmp_path).save(KEY, numbers())
    back = KeptNumbers(tmp_path).load(KEY)
    assert back is not None
    assert (back.title, back.pictures, list(back.layers)) == (
        "some pictures",
        12,
        ["conv1", "pool"],
    )
    for name, each in numbers().layers.items():
        for part in ("mean_c", "maximum_c", "zeros_c"):
            np.testing.assert_array_equal(getattr(back.layers[name], part), getattr(each, part))
        assert back.layers[name].after_relu == each.after_relu


@pytest.mark.parametrize("cut", [0, 50, -200, -1])
def test_what_is_damaged_is_none(tmp_path: Path, cut: int) -> None:
    kept = KeptNumbers(tmp_path)
    kept.save(KEY, numbers())
    path = kept.path_of(KEY)
    path.write_bytes(path.read_bytes()[:cut])
    assert kept.load(KEY) is None


def test_a_part_that_is_missing_is_none(tmp_path: Path) -> None:
    kept = KeptNumbers(tmp_path)
    about = {"title": "t", "pictures": 1, "layers": [["conv1", 4, True]]}
    kept.write(KEY, about, {part: np.zeros(3) for part in ("mean_c", "maximum_c", "zeros_c")})
    assert kept.load(KEY) is None
    kept.write(KEY, about, {"mean_c": np.zeros(4)})
    assert kept.load(KEY) is None
    assert Scans(tmp_path).load(KEY) is None  # nor is it a scan
