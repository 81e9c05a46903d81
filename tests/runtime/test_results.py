"""Kept results: bounded, and nobody can change them."""

from __future__ import annotations

import threading
from types import MappingProxyType

import numpy as np
import pytest

from vizcore.records.maps import FeatureMaps
from vizcore.runtime.results import ResultCache


def maps(channels: int) -> FeatureMaps:
    values = np.zeros((channels, 10, 10), np.float32)
    return FeatureMaps("conv1", values, tuple(range(channels)), "channel", values[:, 0, 0].copy())


def test_the_least_recently_used_goes_first():
    kept = ResultCache(limit_bytes=3 * 2000)
    for name in "abc":
        kept.put(name, np.zeros(900, np.uint8))
    assert kept.get("a") is not None
    kept.put("d", np.zeros(900, np.uint8))
    assert [kept.get(name) is not None for name in "abcd"] == [True, False, True, True]


def test_it_never_holds_more_than_its_limit():
    kept = ResultCache(limit_bytes=50_000)
    for number in range(100):
        kept.put(number % 30, maps(number % 20 + 1))
        assert kept.held_bytes <= 50_000
    assert 0 < len(kept) < 30
    kept.put("too large", maps(1000))
    assert kept.get("too large") is None
    kept.clear()
    assert (len(kept), kept.held_bytes) == (0, 0)


def test_arrays_of_a_kept_record_cannot_be_changed():
    kept = ResultCache(limit_bytes=100_000)
    record = maps(3)
    kept.put("a", {"deep": [record]})
    with pytest.raises(ValueError, match="read-only"):
        record.maps_chw[0, 0, 0] = 1.0
    assert kept.held_bytes >= record.maps_chw.nbytes + record.strength_c.nbytes


def test_files_and_what_lies_in_any_mapping_are_weighed():
    kept = ResultCache(limit_bytes=100_000)
    inside = np.zeros(5000, np.uint8)
    kept.put("a", MappingProxyType({"one": (inside,), "two": bytes(7000)}))
    assert kept.held_bytes >= 12_000
    assert not inside.flags.writeable


def test_threads_may_use_it_together():
    kept = ResultCache(limit_bytes=20_000)

    def use(seed: int) -> None:
        for number in range(300):
            kept.put((seed * number) % 17, np.zeros(number, np.uint8))
            kept.get(number % 17)

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.held_bytes <= 20_000
    assert kept.hits + kept.misses == 4 * 300
