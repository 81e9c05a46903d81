"""Scans on disk: kept whole, resumable, bounded, and nothing damaged is believed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from vizcore.records.patches import NotRead, StrongestPatches
from vizcore.runtime.scans import Scan, Scans, scan_key

KEY = scan_key(network="a")


def patches(layer: str, channels: int, top: int = 3) -> StrongestPatches:
    draw = np.random.default_rng(channels)
    return StrongestPatches(
        layer,
        draw.normal(size=(channels, top)).astype(np.float32),
        draw.integers(0, 70_000, (channels, top)),
        draw.integers(0, 500, (channels, top, 2)),
    )


def scan(done: int = 64, total: int = 100) -> Scan:
    found = {name: patches(name, channels) for name, channels in (("conv1", 4), ("conv2", 7))}
    return Scan(found, done, total, done - 1, (NotRead("a.png", "It is damaged."),))


def same(a: Scan, b: Scan) -> bool:
    parts = ("values_ck", "pictures_ck", "places_ckp")
    assert list(a.found) == list(b.found)
    for layer in a.found:
        for part in parts:
            first, second = getattr(a.found[layer], part), getattr(b.found[layer], part)
            assert first.dtype == second.dtype
            np.testing.assert_array_equal(first, second)
    return (a.done, a.total, a.looked_at, a.skipped) == (b.done, b.total, b.looked_at, b.skipped)


def test_what_is_kept_comes_back_and_goes_on(tmp_path: Path) -> None:
    scans = Scans(tmp_path / "scans")
    assert scans.load(KEY) is None
    assert scans.save(KEY, scan())
    assert same(Scans(tmp_path / "scans").load(KEY), scan())
    assert not scan().complete
    assert scans.save(KEY, scan(100))
    assert scans.load(KEY).complete
    assert [path.name for path in (tmp_path / "scans").iterdir()] == [f"{KEY}.npz"]


def test_a_scan_that_is_behind_does_not_replace_one_that_is_ahead(tmp_path: Path) -> None:
    scans = Scans(tmp_path)
    scans.save(KEY, scan(90))
    scans.save(KEY, scan(64))
    assert scans.load(KEY).done == 90


def test_the_folder_is_that_of_the_settings(empty_cache: Path) -> None:
    Scans().save(KEY, scan())
    assert (empty_cache / "scans" / f"{KEY}.npz").is_file()


def test_keys_tell_everything_apart() -> None:
    keys = [
        scan_key(network="a", layers=None, top=9),
        scan_key(network="b", layers=None, top=9),
        scan_key(network="a", layers=("conv1",), top=9),
        scan_key(network="a", layers=None, top=8),
    ]
    assert len(set(keys)) == 4
    assert scan_key(top=9, layers=None, network="a") == keys[0]


@pytest.mark.parametrize("cut", [0, 1, 100, -400, -30, -1])
def test_a_damaged_scan_is_none(tmp_path: Path, cut: int) -> None:
    scans = Scans(tmp_path)
    scans.save(KEY, scan())
    path = scans.path_of(KEY)
    path.write_bytes(path.read_bytes()[:cut])
    assert scans.load(KEY) is None
    scans.save(KEY, scan(70))
    assert scans.load(KEY).done == 70


def test_other_things_in_its_place_are_none(tmp_path: Path) -> None:
    scans = Scans(tmp_path)
    np.savez(scans.path_of(KEY), about=np.zeros(3, np.uint8))
    assert scans.load(KEY) is None
    np.savez(scans.path_of(KEY), about=np.array([{"a": 1}], dtype=object))
    assert scans.load(KEY) is None
    scans.path_of(KEY).unlink()
    scans.path_of(KEY).mkdir()
    assert scans.load(KEY) is None


def test_the_folder_is_bounded_and_the_least_used_goes_first(tmp_path: Path) -> None:
    keys = [scan_key(number=number) for number in range(4)]
    Scans(tmp_path).save(keys[0], scan())
    size = Scans(tmp_path).held_bytes()
    scans = Scans(tmp_path, max_bytes=3 * size)
    for place, key in enumerate(keys[:3]):
        scans.save(key, scan())
        os.utime(scans.path_of(key), (1000 + place, 1000 + place))
    assert scans.load(keys[0]) is not None  # now it was used last
    scans.save(keys[3], scan())
    assert [scans.load(key) is not None for key in keys] == [True, False, True, True]
    tiny = Scans(tmp_path, max_bytes=1)
    tiny.save(keys[1], scan())
    assert [path.stem for path in tmp_path.glob("*.npz")] == [keys[1]]


def test_what_a_killed_process_left_is_removed_after_a_while(tmp_path: Path) -> None:
    old, new = tmp_path / "old.part", tmp_path / "new.part"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    Scans(tmp_path).save(KEY, scan())
    assert (old.exists(), new.exists()) == (False, True)


def test_a_disk_that_takes_nothing_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert not Scans(tmp_path / "file").save(KEY, scan())
    scans = Scans(tmp_path / "scans")
    scans.save(KEY, scan(64))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert not scans.save(KEY, scan(70))
    assert scans.load(KEY).done == 64
    assert [path.suffix for path in scans.folder.iterdir()] == [".npz"]
