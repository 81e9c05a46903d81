"""Fetching over real HTTP from a server of this machine that misbehaves in every way."""

from __future__ import annotations

import errno
import hashlib
import http.client
import io
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.mirror import Mirror
from vizcore.errors import BadChoice, FetchError, JobCancelled, WeightsError
from vizcore.runtime import http_transfer, store, transfer
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.fetch import fetch
from vizcore.runtime.jobs import Progress, Task, finish
from vizcore.runtime.mirror import address_of
from vizcore.runtime.store import RemoteFile

CONTENT = random.Random(7).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FILE = RemoteFile(f"net-{SHA256[:8]}.pth", "https://far.example/net.pth", SHA256[:8])
#: As the hub has them: no hash is stated.
OPEN = RemoteFile("net.tag.safetensors", "https://far.example/model.safetensors")


@pytest.fixture
def served(mirror: Mirror) -> Mirror:
    mirror.files = {FILE.name: CONTENT, OPEN.name: CONTENT}
    return mirror


def leftovers(cache: Path) -> set[str]:
    """What lies in the cache besides locks, which stay."""
    return {path.name for path in cache.iterdir() if not path.name.endswith(".lock")}


def until(condition, timeout_s: float = 30.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def asked(served: Mirror) -> list[tuple[str | None, int]]:
    return [(wanted, status) for _, wanted, status in served.asked]


def test_a_file_comes_whole_with_progress_and_gets_its_name(served, empty_cache):
    served.pause_s = 0.01
    seen = []
    steps = fetch(FILE)
    while True:
        try:
            seen.append(next(steps))
            assert not (empty_cache / FILE.name).exists()
        except StopIteration as stop:
            path = stop.value
            break
    assert path == empty_cache / FILE.name
    assert path.read_bytes() == CONTENT
    assert leftovers(empty_cache) == {FILE.name, f"{FILE.name}.sha256"}
    counts = [progress.done for progress in seen]
    assert len(counts) >= 3
    assert counts == sorted(counts)
    assert counts[-1] == len(CONTENT)
    assert {progress.total for progress in seen} == {len(CONTENT)}
    assert "3.0 MB of 3.0 MB, " in seen[-1].note
    assert " MB/s, 0 s left" in seen[-1].note
    assert asked(served) == [(None, 200)]


def test_what_is_there_is_not_fetched(served, empty_cache):
    finish(fetch(FILE))
    assert finish(fetch(FILE)) == empty_cache / FILE.name
    assert len(served.asked) == 1


def test_a_connection_that_is_cut_goes_on_where_it_was(served, empty_cache):
    served.cuts = [1_000_000, 500_000]
    notes = [progress.note for progress in fetch(FILE)]
    assert (empty_cache / FILE.name).read_bytes() == CONTENT
    assert asked(served) == [(None, 200), ("bytes=1000000-", 206), ("bytes=1500000-", 206)]
    assert "cut after 1.0 MB; connecting again" in notes
    assert leftovers(empty_cache) == {FILE.name, f"{FILE.name}.sha256"}


def test_a_server_without_ranges_begins_again(served, empty_cache):
    served.ranges = False
    served.cuts = [1_000_000]
    finish(fetch(FILE))
    assert (empty_cache / FILE.name).read_bytes() == CONTENT
    assert asked(served) == [(None, 200), ("bytes=1000000-", 200)]


def test_a_connection_that_is_always_cut_is_given_up_and_what_came_is_kept(served, empty_cache):
    served.ranges = False
    served.cuts = [1_000_000] * 50
    with pytest.raises(FetchError, match=r"cut after 1.0 MB of 3.0 MB; what has come is kept.*MIR"):
        finish(fetch(FILE))
    assert len(served.asked) == 1 + transfer.RETRIES
    assert store.partial_bytes(FILE) == 1_000_000


def stop_after(bytes_: int, file: RemoteFile = FILE) -> None:
    """Begin to fetch, and stop when so much has come."""
    steps = fetch(file)
    for progress in steps:
        if progress.done >= bytes_:
            break
    steps.close()


def test_a_fetch_that_was_stopped_is_resumed(served, empty_cache):
    served.pause_s = 0.02
    stop_after(200_000)
    come = store.partial_bytes(FILE)
    assert 200_000 <= come < len(CONTENT)
    assert not (empty_cache / FILE.name).exists()
    served.pause_s = 0.0
    finish(fetch(FILE))
    assert asked(served) == [(None, 200), (f"bytes={come}-", 206)]
    assert (empty_cache / FILE.name).read_bytes() == CONTENT


@pytest.mark.parametrize("file", [FILE, OPEN], ids=["hash", "no hash"])
def test_a_new_version_on_the_server_is_sent_whole(served, empty_cache, file):
    served.files[file.name] = bytes(len(CONTENT))
    served.pause_s = 0.02
    stop_after(200_000, file)
    served.files[file.name], served.etag, served.pause_s = CONTENT, '"two"', 0.0
    finish(fetch(file))
    assert (empty_cache / file.name).read_bytes() == CONTENT
    assert [status for _, status in asked(served)] == [200, 200]


def test_pieces_of_two_versions_are_noticed_and_fetched_again(served, empty_cache):
    """The server names no versions, so only the hash tells."""
    served.etag = ""
    empty_cache.mkdir()
    (empty_cache / f"{FILE.name}.part").write_bytes(bytes(1000))
    notes = [progress.note for progress in fetch(FILE)]
    assert "the pieces did not fit together; beginning again" in notes
    assert (empty_cache / FILE.name).read_bytes() == CONTENT
    assert asked(served) == [("bytes=1000-", 206), (None, 200)]


def test_without_version_and_hash_nothing_is_resumed(served, empty_cache):
    served.etag = ""
    empty_cache.mkdir()
    (empty_cache / f"{OPEN.name}.part").write_bytes(bytes(1000))
    finish(fetch(OPEN))
    assert (empty_cache / OPEN.name).read_bytes() == CONTENT
    assert asked(served) == [(None, 200)]


def test_a_part_longer_than_the_file_is_thrown_away(served, empty_cache):
    empty_cache.mkdir()
    (empty_cache / f"{FILE.name}.part").write_bytes(CONTENT + b"more")
    finish(fetch(FILE))
    assert (empty_cache / FILE.name).read_bytes() == CONTENT
    assert [status for _, status in asked(served)] == [416, 200]


def test_a_part_that_is_whole_needs_no_server(served, empty_cache):
    """The process was killed after the last byte and before the file had its name."""
    empty_cache.mkdir()
    (empty_cache / f"{FILE.name}.part").write_bytes(CONTENT)
    assert finish(fetch(FILE)).read_bytes() == CONTENT
    assert served.asked == []


def test_a_wrong_file_is_told_and_not_kept(served, empty_cache):
    served.files[FILE.name] = wrong = bytes(1000)
    found = hashlib.sha256(wrong).hexdigest()
    message = f"is not that file: its sha256 should begin with {SHA256[:8]} and is {found[:16]}"
    with pytest.raises(FetchError, match=message):
        finish(fetch(FILE))
    assert leftovers(empty_cache) == set()


def test_the_hash_that_the_hub_states_on_the_way_is_checked(served, empty_cache):
    served.redirect = SHA256
    path = finish(fetch(OPEN))
    assert [status for _, status in asked(served)] == [302, 200]
    assert path.with_name(f"{OPEN.name}.sha256").read_text().split() == [SHA256, OPEN.name]
    path.unlink()
    served.redirect = "0" * 64
    with pytest.raises(FetchError, match=r"should begin with 0000000000000000"):
        finish(fetch(OPEN))
    assert not path.exists()


def test_a_folder_that_was_filled_can_be_served_as_a_mirror_with_its_hashes(
    served, tmp_path, empty_cache
):
    finish(fetch(OPEN, tmp_path / "filled"))
    served.files = {path.name: path.read_bytes() for path in (tmp_path / "filled").iterdir()}
    assert set(served.files) >= {OPEN.name, f"{OPEN.name}.sha256"}
    assert finish(fetch(OPEN)).read_bytes() == CONTENT
    (empty_cache / OPEN.name).unlink()
    served.files[OPEN.name] = CONTENT[::-1]
    with pytest.raises(FetchError, match=f"should begin with {SHA256[:16]}"):
        finish(fetch(OPEN))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "answers 404 .Not Found. for net-.*: there is no such file"),
        (403, "answers 403 .Forbidden. for net-.*: it refuses"),
        (503, "answers 503 .*CONVSCOPE_MIRROR"),
    ],
)
def test_a_refusal_is_told(served, empty_cache, status, message):
    served.status = status
    with pytest.raises(FetchError, match=message) as caught:
        finish(fetch(FILE))
    assert "127.0.0.1" in str(caught.value)
    assert leftovers(empty_cache) == set()
    assert len(served.asked) == 1


def test_no_network(empty_cache, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("CONVSCOPE_MIRROR", f"http://127.0.0.1:{port}")
    with pytest.raises(FetchError, match=r"it was refused\. .*CONVSCOPE_MIRROR.*CONVSCOPE_WEIGHTS"):
        finish(fetch(FILE))
    monkeypatch.delenv("CONVSCOPE_MIRROR")  # the library's own address: cut off in tests
    with pytest.raises(FetchError, match=r"No connection to far.example: it was refused"):
        finish(fetch(FILE))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name is not known here"),
        (ssl.SSLCertVerificationError("self-signed"), "its certificate or encryption is not acc"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "No route to host"),
        (http.client.BadStatusLine("?"), r"\?"),
        (TimeoutError(), "nothing came for 20 s"),
    ],
)
def test_why_there_is_no_connection_is_told(empty_cache, monkeypatch, error, words):
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(http_transfer.urllib.request.OpenerDirector, "open", refuse)
    with pytest.raises(FetchError, match=f"No connection to far.example: {words}"):
        finish(fetch(FILE))


def test_a_server_that_falls_silent(served, monkeypatch):
    monkeypatch.setattr(http_transfer, "TIMEOUT_S", 0.2)
    served.hold, served.hold_after = threading.Event(), 1 << 16
    with pytest.raises(FetchError, match=r"was cut \(nothing came for 0.2 s\)"):
        finish(fetch(FILE))
    assert store.partial_bytes(FILE) == 1 << 16


def test_too_little_room_is_told_before_anything_comes(served, empty_cache, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4_000_000))
    with pytest.raises(FetchError, match=r"has 4.0 MB free, and 3.0 MB are needed"):
        finish(fetch(FILE))
    assert leftovers(empty_cache) <= {f"{FILE.name}.part.validator"}
    assert store.partial_bytes(FILE) == 0


class FullDisk(io.FileIO):
    """A file on a disk with room for a megabyte."""

    def write(self, data, /) -> int:
        if self.tell() + len(data) > 1_000_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_a_disk_that_fills_up_while_it_comes(served, empty_cache, monkeypatch):
    opened = Path.open

    def open_path(self, mode="r", *rest, **options):
        if self.name.endswith(".part") and mode in ("wb", "ab"):
            return FullDisk(self, mode)
        return opened(self, mode, *rest, **options)

    served.piece_bytes = 1 << 14
    served.pause_s = 0.005
    monkeypatch.setattr(Path, "open", open_path)
    with pytest.raises(FetchError, match=r"was full after [01]\.\d MB of 3.0 MB.*make room"):
        finish(fetch(FILE))
    assert leftovers(empty_cache) == set()


def test_a_folder_that_cannot_be_made(tmp_path, served, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(FetchError, match="cannot be written to"):
        finish(fetch(FILE))
    assert served.asked == []


def test_two_threads_fetch_once(served, empty_cache):
    served.hold, served.hold_after = threading.Event(), 1 << 16
    notes: list[list[str]] = [[], []]
    paths: list[Path | None] = [None, None]

    def ask(number: int) -> None:
        steps = fetch(FILE)
        try:
            while True:
                notes[number].append(next(steps).note)
        except StopIteration as stop:
            paths[number] = stop.value

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: any("somebody else is fetching it" in note for each in notes for note in each))
    served.hold.set()
    for thread in threads:
        thread.join(30)
    assert paths == [empty_cache / FILE.name] * 2
    assert asked(served) == [(None, 200)]


FETCHER = f"""
from vizcore.runtime.fetch import fetch
from vizcore.runtime.jobs import finish
from vizcore.runtime.store import RemoteFile
print("begin", flush=True)
print(finish(fetch(RemoteFile({FILE.name!r}, {FILE.url!r}, {FILE.sha256!r}))))
"""


def start_another() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", FETCHER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begin\n"
    return process


def test_two_processes_fetch_once(served, empty_cache):
    served.hold, served.hold_after = threading.Event(), 1 << 16
    processes = [start_another() for _ in range(2)]
    until(lambda: len(served.asked) == 1)
    time.sleep(0.3)  # the other one finds the lock held
    served.hold.set()
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
        assert output.strip() == str(empty_cache / FILE.name)
    assert asked(served) == [(None, 200)]


def test_a_process_that_was_killed_holds_nobody_up(served, empty_cache):
    served.hold, served.hold_after = threading.Event(), 1 << 17
    process = start_another()
    until(lambda: store.partial_bytes(FILE) == 1 << 17)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    served.hold.set()
    assert finish(fetch(FILE)).read_bytes() == CONTENT
    assert asked(served) == [(None, 200), (f"bytes={1 << 17}-", 206)]


def test_a_damaged_file_in_the_cache_is_fetched_again(served, empty_cache):
    empty_cache.mkdir()
    (empty_cache / FILE.name).write_bytes(CONTENT[:-1])
    with pytest.raises(WeightsError, match=r"is damaged: it should have a sha256 that begins with"):
        store.verified(FILE)
    assert finish(fetch(FILE)).read_bytes() == CONTENT
    assert store.verified(FILE) is not None


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("prefilled", "pre-filled folder"),
        ("torch/hub/checkpoints", "torch.hub's cache"),
    ],
)
def test_files_that_others_have_put_there_are_used(
    served, tmp_path, monkeypatch, place, words, empty_cache
):
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path / "prefilled"))
    path = tmp_path / place / FILE.name
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    found = store.verified(FILE)
    assert (found.path, found.place, found.size_bytes) == (path, words, len(CONTENT))
    assert finish(fetch(FILE)) == path
    assert served.asked == []
    path.write_bytes(CONTENT[::-1])  # damaged: another copy is fetched, and then preferred
    assert finish(fetch(FILE)) == empty_cache / FILE.name
    assert store.verified(FILE).place == "cache"


def test_the_hubs_own_cache_is_used(served, tmp_path, empty_cache):
    file = RemoteFile(
        "net.tag.safetensors", "https://huggingface.co/timm/net.tag/resolve/main/model.safetensors"
    )
    repository = tmp_path / "hf" / "hub" / "models--timm--net.tag"
    for folder in ("refs", "blobs", "snapshots/abc"):
        (repository / folder).mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    (repository / "blobs" / SHA256).write_bytes(CONTENT)
    link = repository / "snapshots" / "abc" / "model.safetensors"
    link.symlink_to(repository / "blobs" / SHA256)
    assert finish(fetch(file)) == link
    assert store.verified(file).place == "Hugging Face's cache"
    (repository / "blobs" / SHA256).write_bytes(CONTENT[:-1])
    with pytest.raises(WeightsError, match="is damaged"):
        store.verified(file)


def test_another_folder_is_filled_from_the_cache_or_the_network(served, tmp_path, empty_cache):
    for folder in ("a", "b"):
        path = finish(fetch(FILE, tmp_path / folder))
        assert path == tmp_path / folder / FILE.name
        assert path.read_bytes() == CONTENT
    assert len(served.asked) == 2  # the cache stayed empty
    finish(fetch(FILE))
    finish(fetch(FILE, tmp_path / "c"))
    assert (tmp_path / "c" / FILE.name).read_bytes() == CONTENT
    assert len(served.asked) == 3


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/convscope"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/convscope"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/convscope"),
        ("win32", {"CONVSCOPE_CACHE": "/own"}, "/own"),
    ],
)
def test_the_platforms_place_for_caches(monkeypatch, platform, variables, expected):
    monkeypatch.delenv("CONVSCOPE_CACHE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(store.sys, "platform", platform)
    assert store.cache_folder().as_posix() == expected


def test_a_mirror_has_to_be_an_address():
    assert address_of(FILE, "") == FILE.url
    with pytest.raises(BadChoice, match=r"mirror cannot be '/srv/weights'.*CONVSCOPE_WEIGHTS"):
        address_of(FILE, "/srv/weights")


def test_an_address_without_encryption_is_not_followed():
    """A hub over https may not send on to http, where anybody could change the file."""
    redirects = http_transfer._Redirects()
    request = http_transfer.urllib.request.Request("https://hub.example/a")
    with pytest.raises(FetchError, match="sends on to an address without https"):
        redirects.redirect_request(request, None, 302, "Found", {}, "http://other.example/a")


@pytest.fixture
def engine():
    engine = LocalEngine("cpu")
    yield engine
    engine.close()


def fetch_steps():
    yield from fetch(FILE)


def test_two_sessions_share_a_transfer_and_hold_no_device_up(served, engine, empty_cache):
    served.hold, served.hold_after = threading.Event(), 1 << 16
    task = Task(fetch_steps, "Fetching", key=("fetch", FILE.name), lane="network")
    first, second = (engine.submit(task, session=name) for name in "ab")
    until(lambda: first.progress is not None)
    assert engine.submit(Task(lambda: 6 * 7, "multiply")).result(30) == 42
    assert first.progress == second.progress
    assert isinstance(first.progress, Progress)
    first.cancel()
    served.hold.set()
    second.result(30)
    assert second.state == "done"
    assert asked(served) == [(None, 200)]
    assert (empty_cache / FILE.name).read_bytes() == CONTENT


def test_when_everybody_has_cancelled_what_came_is_kept(served, engine):
    served.pause_s = 0.02
    task = Task(fetch_steps, "Fetching", key=("fetch", FILE.name), lane="network")
    job = engine.submit(task)
    until(lambda: job.progress is not None and job.progress.done > 0)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result(30)
    served.pause_s = 0.0
    engine.submit(task).result(30)
    assert [status for _, status in asked(served)] == [200, 206]
