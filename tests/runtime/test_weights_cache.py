"""What fetched weights may take: what goes first, what stays, and what is never touched."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vizcore.errors import BadChoice, FetchError
from vizcore.runtime import weights_cache
from vizcore.runtime.fetch import fetch
from vizcore.runtime.jobs import finish
from vizcore.runtime.settings import cache_limit_bytes
from vizcore.runtime.store import RemoteFile
from vizcore.runtime.weights_cache import WeightsCache, held

KILO = bytes(1000)
FILES = [RemoteFile(f"net{n}.safetensors", f"https://far.example/net{n}") for n in range(4)]


class Made:
    """Stands for a network that was loaded from a file."""


@pytest.fixture
def limited(mirror, monkeypatch):
    """A cache for two files and a half, and a server that has four."""
    monkeypatch.setenv("CONVSCOPE_CACHE_LIMIT", "2.5KB")
    mirror.files = {file.name: KILO for file in FILES}
    return mirror


def fetched(number: int, age_s: float = 0) -> Path:
    path = finish(fetch(FILES[number]))
    then = path.stat().st_mtime - age_s
    os.utime(path, (then, then))
    return path


def names(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir() if not path.name.endswith(".lock")}


def test_what_was_not_used_for_longest_goes_with_its_note(limited, empty_cache):
    first, second = fetched(0, age_s=200), fetched(1, age_s=100)
    with held(first):  # used now, and no more
        pass
    third = fetched(2)
    assert first.exists()
    assert third.exists()
    assert not second.exists()
    assert names(empty_cache) == {
        f"{path.name}{end}" for path in (first, third) for end in ("", ".sha256")
    }
    assert WeightsCache().held_bytes() == 2000


def test_what_others_put_into_the_folder_is_not_counted_and_stays(limited, empty_cache):
    empty_cache.mkdir()
    theirs = [empty_cache / name for name in ("thesis.pdf", "film.mp4.part", "own.safetensors")]
    for path in theirs:
        path.write_bytes(10 * KILO)
        os.utime(path, (1, 1))
    for number in range(4):
        fetched(number)
    assert all(path.exists() for path in theirs)
    assert WeightsCache().held_bytes() == 2000


def test_a_file_stays_while_what_was_made_of_it_is_there(limited):
    first, made = fetched(0, age_s=200), Made()
    with held(first) as keep:
        keep(made)
    second = fetched(1, age_s=100)
    os.utime(first, (1, 1))
    fetched(2)
    assert first.exists()
    assert not second.exists()
    del made
    gc.collect()
    fetched(3)
    assert not first.exists()


def test_a_file_that_another_process_uses_stays(limited):
    first = fetched(0, age_s=200)
    code = (
        "import sys; from pathlib import Path; from vizcore.runtime.weights_cache import held\n"
        "with held(Path(sys.argv[1])): print('here', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(first)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"here\n"
        os.utime(first, (1, 1))
        fetched(1, age_s=100)
        fetched(2)
        assert first.exists()
        other.communicate(b"")
    fetched(3)
    assert not first.exists()


def test_a_file_that_cannot_fit_is_refused_before_anything_comes_or_goes(limited, monkeypatch):
    first, second = fetched(0), fetched(1)
    monkeypatch.setenv("CONVSCOPE_CACHE_LIMIT", "900B")
    with pytest.raises(FetchError, match=r"may hold 0\.0 MB .* Set CONVSCOPE_CACHE_LIMIT"):
        fetched(2)
    assert first.exists()
    assert second.exists()


def test_what_is_in_use_is_not_given_up_for_another(limited, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_CACHE_LIMIT", "2MB")
    limited.files = {file.name: 1000 * KILO for file in FILES}
    first = fetched(0)
    with held(first):
        second = fetched(1)
        with (
            held(second),
            pytest.raises(FetchError, match=r"2\.0 MB are in use, and 1\.0 MB more do not fit"),
        ):
            fetched(2)
    assert fetched(2).exists()


def test_what_has_come_of_a_file_counts_and_goes_unless_somebody_fetches_it(limited, empty_cache):
    steps = fetch(FILES[0])
    next(steps)
    part = empty_cache / f"{FILES[0].name}.part"
    os.utime(part, (1, 1))
    second = fetched(1, age_s=100)
    assert WeightsCache().held_bytes() == 1000 + part.stat().st_size == 2000
    third = fetched(2)
    assert part.exists()
    assert not second.exists()
    steps.close()
    os.utime(part, (1, 1))
    fetched(3)
    assert third.exists()
    assert not [name for name in names(empty_cache) if name.startswith(part.name)]


def test_a_file_that_went_before_it_was_read(limited):
    path = fetched(0)
    path.unlink()
    with pytest.raises(FileNotFoundError), held(path):
        pass


def test_a_system_without_locks_removes_what_was_not_used_for_longest(limited, monkeypatch):
    monkeypatch.setattr(weights_cache, "fcntl", None)
    first = fetched(0, age_s=200)
    with held(first):
        pass
    os.utime(first, (1, 1))
    fetched(1), fetched(2)
    assert not first.exists()


@pytest.mark.parametrize(("given", "count"), [("", 50 * 10**9), ("20GB", 20 * 10**9)])
def test_the_limit_is_a_setting(monkeypatch, given, count):
    monkeypatch.setenv("CONVSCOPE_CACHE_LIMIT", given)
    assert cache_limit_bytes() == count


def test_a_limit_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("CONVSCOPE_CACHE_LIMIT", "much")
    with pytest.raises(BadChoice, match="CONVSCOPE_CACHE_LIMIT cannot be 'much'"):
        cache_limit_bytes()
